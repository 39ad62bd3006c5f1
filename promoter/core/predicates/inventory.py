"""What an SBOM of any format is brought to: the components with what is said of them, and its own record.

Depth is the number of steps from the artifact along the document's own dependency graph: 1 is a direct dependency.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from promoter.core.candidate import Digest

MAX_COMPONENTS: Final = 500_000
MAX_RELATIONS: Final = 4 * MAX_COMPONENTS
MAX_LIST: Final = 10_000
"""Tools, licences, hashes and references of one thing."""

MAX_LICENCE: Final = 500
"""Characters of one licence that are kept: some generators put the whole licence text there."""


class SbomFormat(Enum):
    """The formats, without their minor versions; SPDX 3 is another format than SPDX 2."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"
    SPDX3 = "spdx3"


@dataclass(frozen=True, slots=True)
class Component:
    """One thing that is in the artifact; what the document does not say is empty.

    `hashes` read `algorithm:value`, the algorithm in lower case (`sha256`). `depth` is None where the document's
    dependency graph does not lead there from the artifact. `concluded` are the licences of which the document's maker
    says that they govern, `sources` the addresses that it says the component was got from. What `is_package` is not,
    a file or the name of the operating system, is listed beside packages and has neither licence nor version.
    """

    name: str
    version: str
    purl: str
    licences: tuple[str, ...]
    suppliers: tuple[str, ...] = ()
    hashes: tuple[str, ...] = ()
    depth: int | None = None
    concluded: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    is_package: bool = True

    @property
    def label(self) -> str:
        """Its name and version in one text, for people."""
        return f"{self.name}@{self.version}" if self.version else self.name


@dataclass(frozen=True, slots=True)
class Tool:
    """A program that had a part in the document."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True, slots=True)
class Origin:
    """What the document itself says of its making and its object, which its signer vouches for; empty: nothing.

    `commit` is the source commit of the artifact, `run` the build's address, `objects` the image manifests that it
    names as what it describes. Who signed it and where it was stored stands with the attestation, not here.
    """

    tools: tuple[Tool, ...] = ()
    created_at: datetime | None = None
    commit: str = ""
    run: str = ""
    objects: tuple[Digest, ...] = ()


@dataclass(frozen=True, slots=True)
class Sbom:
    """An inventory. `components` leaves out the artifact itself; nested components count like any other."""

    format: SbomFormat
    version: str
    origin: Origin
    components: tuple[Component, ...]

    @property
    def generator(self) -> str:
        """The tools and their versions in one text."""
        return ", ".join(str(tool) for tool in self.origin.tools)


@dataclass(frozen=True, slots=True)
class Depths:
    """How far from the artifact each component is; a component that is reached in several ways counts the shortest."""

    _steps: dict[str, int]

    @classmethod
    def measure(cls, root: str, edges: Iterable[tuple[str, str]]) -> "Depths":
        """Walk the graph of (dependent, dependency) from the root, breadth first: each edge once, cycles included."""
        below: dict[str, list[str]] = {}
        for dependent, dependency in edges:
            below.setdefault(dependent, []).append(dependency)
        steps, waiting = {root: 0}, deque([root])
        while waiting:
            holder = waiting.popleft()
            for reference in below.get(holder, ()):
                if reference not in steps:
                    steps[reference] = steps[holder] + 1
                    waiting.append(reference)
        return cls(steps)

    def of(self, reference: str) -> int | None:
        """Give the depth of what a reference names; None where it is not known."""
        return self._steps.get(reference) if reference else None
