"""The bundle of rules: every file that says what is demanded, by its digest, and the promotion graph. Pure.

Its digest stands in every decision, so that "under which rules" has one answer, comments and unused files included.
"""

from dataclasses import dataclass

from promoter.core.candidate import Digest, digest_of
from promoter.core.canonical import canonical
from promoter.core.environment import Environment


@dataclass(frozen=True, slots=True, order=True)
class BundleFile:
    """One file of the rules: its path inside the configuration directory, and the digest of its bytes."""

    path: str
    digest: Digest


@dataclass(frozen=True, slots=True)
class Bundle:
    """The files of the rules, in the order of their paths, and the graph that they are about."""

    files: tuple[BundleFile, ...]
    graph: tuple[Environment, ...]

    @property
    def body(self) -> bytes:
        """The bundle in canonical form, as it is kept."""
        graph = tuple(sorted(self.graph, key=lambda node: node.name))
        return canonical({"files": tuple(sorted(self.files)), "graph": graph})

    @property
    def digest(self) -> Digest:
        """What stands for the whole of the rules."""
        return digest_of(self.body)
