"""There is an SBOM of the artifact: bound to its digest, by an accepted signer, readable and not empty.

Which one counts, and what it must not contradict, is the same for every check that looks into SBOMs. What stands in it
is the business of other checks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from promoter.core.canonical import added
from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.items import bounded
from promoter.core.checks.listing import listed
from promoter.core.checks.newest_sbom import (
    DEFAULT_FORMATS,
    SBOM_DEMAND,
    Choice,
    Inspected,
    inspect_newest,
    require_formats,
)
from promoter.core.checks.platforms import Lack, judge_platforms, require_platform_names
from promoter.core.checks.selection import Reading, name_of
from promoter.core.checks.subject import Subject
from promoter.core.checks.tool_versions import is_allowed, require_tool_versions
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Item, Reason
from promoter.core.predicates.sbom import Sbom, SbomFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class SbomParams:
    """Who may attest SBOMs, in which formats, and how many components one has at least."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    formats: tuple[SbomFormat, ...] = DEFAULT_FORMATS
    """Formats that are accepted; `spdx3` is SPDX 3.0, of which only the inventory is read."""
    min_components: int = 1
    """How many components an SBOM must list at least."""
    platforms: tuple[str, ...] = added(())
    """Platforms of an image index, like `linux/amd64`, each of which needs an SBOM of its own or one that lists it."""
    generators: Mapping[str, str] | None = added(None)
    """Tools that may have made it, each with its versions, like `syft: ">=1.20"`, `*` for any; all that it names must
    be among them. Not asked for if left out."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        require_platform_names(self.platforms)
        require_formats(self.formats)
        if self.min_components < 1:
            raise ValueError("min_components is below 1: an SBOM without components says nothing")
        require_tool_versions("generators", self.generators)


_LACK: Final = Lack("sbom", Code.SBOM_PLATFORM_MISSING, SBOM_DEMAND.noun, SBOM_DEMAND.maker)


def _apply(params: SbomParams, subject: Subject) -> Finding:
    return judge_platforms(params.platforms, subject, _LACK, partial(_judge, params))


def _judge(params: SbomParams, subject: Subject) -> Finding:
    choice = Choice("sbom", params.signers, params.formats, params.min_components)
    return inspect_newest(choice, subject, partial(_inspect, params))


def _inspect(params: SbomParams, item: Reading[Sbom]) -> Inspected:
    return Inspected(_describe(item.facts), tuple(_against_generators(params.generators, item)))


def _describe(sbom: Sbom) -> str:
    by = f" by {sbom.generator}" if sbom.generator else ""
    return f"{sbom.format.value} {sbom.version}{by} lists {len(sbom.components)} components"


def _against_generators(allowed: Mapping[str, str] | None, item: Reading[Sbom]) -> Iterator[Reason]:
    """Compare every tool that the document names; one that names none was made by nobody knows what."""
    tools = item.facts.origin.tools
    strange = [tool for tool in tools if not is_allowed(allowed or {}, tool.name, tool.version)]
    if allowed is None or (tools and not strange):
        return
    accepted = ", ".join(f"{name} {versions}" for name, versions in allowed.items())
    made = f"was made by {listed([str(tool) for tool in strange])}" if strange else "does not say what made it"
    yield Reason(
        code=Code.SBOM_GENERATOR_NOT_ALLOWED,
        sentence=f"the SBOM {name_of(item.attestation)} {made}; accepted: {accepted}",
        remedy=f"Service team: make the SBOM with one of {accepted}, and attest it again.",
        state=EvidenceState.INVALID,
        items=bounded(Item(str(tool)) for tool in strange),
    )


SBOM: Final = Check("sbom", "SBOM present and readable", SbomParams, _apply)
