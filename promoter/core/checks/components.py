"""The components that the SBOM lists are ones that the policy accepts: by name, version, ecosystem, place and age.

What an SBOM does not say, when a version was published and whether anybody maintains it, a signer whom the policy names
says in an attestation of its own, about the same artifact. Without that, or about a component that it leaves out, the
answer is undecided. Which images it was built on is the provenance's business, and its parameter `base_images`.
"""

from dataclasses import replace
from functools import partial
from typing import Final

from promoter.core.checks.check import Check
from promoter.core.checks.component_demands import ComponentsParams, FactSource
from promoter.core.checks.component_findings import (
    Package,
    against_facts,
    against_packages,
    against_presence,
    identified,
)
from promoter.core.checks.items import components_said
from promoter.core.checks.newest import in_the_way, newest_of
from promoter.core.checks.newest_sbom import SBOM_DEMAND, Choice, Inspected, inspect_newest
from promoter.core.checks.platforms import Lack, judge_platforms
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select, set_aside
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason
from promoter.core.predicates.component_facts import ComponentFacts, read_component_facts, worst_by_component
from promoter.core.predicates.sbom import Sbom
from promoter.core.strict_json import Malformed

_LACK: Final = Lack("components", Code.SBOM_PLATFORM_MISSING, SBOM_DEMAND.noun, SBOM_DEMAND.maker)
_Stated = tuple[Reading[tuple[ComponentFacts, ...]], ...]
_Refused = tuple[Reading[Malformed], ...]


def _apply(params: ComponentsParams, subject: Subject) -> Finding:
    choice = Choice("components", params.signers, params.formats)
    return judge_platforms(
        params.platforms,
        subject,
        _LACK,
        lambda about: inspect_newest(choice, about, partial(_inspect, params, about)),
    )


def _inspect(params: ComponentsParams, subject: Subject, item: Reading[Sbom]) -> Inspected:
    components = item.facts.components
    packages, presence = identified(components), against_presence(components, params)
    found = Inspected(
        sentence=f"nothing speaks against the {components_said(len(components))} that the SBOM lists",
        reasons=(*presence.reasons, *against_packages(packages, params)),
        asides=presence.asides,
    )
    return found if params.facts is None else _with_facts(found, params, subject, packages)


# --- what was looked up -----------------------------------------------------------------------------------------------


def _with_facts(
    found: Inspected, params: ComponentsParams, subject: Subject, packages: tuple[Package, ...]
) -> Inspected:
    """Add what the attested facts say; without any that can be read, why there are none."""
    source = params.facts or FactSource(signers=params.signers)
    selection = select(subject, _demand(source), source.signers)
    readable, unreadable = read_accepted(selection, read_component_facts)
    newest, refused = newest_of(readable), in_the_way(unreadable, readable)
    facts = worst_by_component(each for stated in newest for each in stated.facts)
    against = against_facts(packages, facts, params, subject.now) if newest else ()
    attestations = (*(each.attestation for each in newest), *(each.attestation for each in refused))
    cited = tuple(item.found.blob for item in attestations)
    return replace(
        found,
        reasons=(*found.reasons, *_without_facts(source, newest, refused), *against),
        blobs=cited,
        noted=set_aside(selection, cited),
    )


def _demand(source: FactSource) -> Demand:
    return Demand(
        noun=f"attestation of type {source.predicate_type}",
        wants=lambda item: item.predicate_type == source.predicate_type,
        claims=frozenset({source.predicate_type}),
        absent=Code.COMPONENTS_FACTS_ABSENT,
        foreign=Code.COMPONENTS_FACTS_ABSENT,
        invalid=Code.COMPONENTS_FACTS_ABSENT,
        unparseable=Code.COMPONENTS_FACTS_UNPARSEABLE,
        maker="Security team",
        command=f"attest them with `cosign attest --type {source.predicate_type} --predicate facts.json "
        "REPOSITORY@DIGEST`",
    )


def _without_facts(source: FactSource, newest: _Stated, refused: _Refused) -> tuple[Reason, ...]:
    """Say what is missing or cannot be read: an unreadable one that is newer may say the opposite."""
    unread = tuple(
        Reason(
            code=Code.COMPONENTS_FACTS_UNPARSEABLE,
            sentence=f"what {name_of(each.attestation)} says of components cannot be read: {each.facts.detail}",
            remedy="Security team: write it as docs/predicates.md describes, and attest it again.",
            state=EvidenceState.UNPARSEABLE,
        )
        for each in refused
    )
    if newest or unread:
        return unread
    reason = Reason(
        code=Code.COMPONENTS_FACTS_ABSENT,
        sentence=f"nobody of {', '.join(source.signers)} says in an attestation of type {source.predicate_type} when "
        "the components were published and whether they are maintained",
        remedy="Security team: look the components up, and attest what docs/predicates.md describes.",
        state=EvidenceState.ABSENT,
    )
    return (reason,)


COMPONENTS: Final = Check("components", "components that the policy accepts", ComponentsParams, _apply)
