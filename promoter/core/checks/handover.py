"""What one step of a supply chain hands over to the next: links held against each other, by SHA-256 and by name."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from promoter.core.checks.listing import listed
from promoter.core.checks.selection import Reading, name_of
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Reason
from promoter.core.predicates.links import Link, LinkArtifact


@dataclass(frozen=True, slots=True)
class StepLink:
    """A readable link of a step, prepared for comparison: its products and materials by digest and by name."""

    reading: Reading[Link]
    digests: frozenset[str]
    by_name: Mapping[str, str]
    material_digests: frozenset[str]
    materials: Mapping[str, str]

    @property
    def name(self) -> str:
        """The attestation's name in a sentence."""
        return name_of(self.reading.attestation)


def step_link(item: Reading[Link]) -> StepLink:
    """Prepare a link; where the statement's subjects are its products they have no names here."""
    subjects = tuple(LinkArtifact("", str(digest)) for digest in item.attestation.subjects)
    products = subjects if item.facts.products is None else item.facts.products
    return StepLink(
        reading=item,
        digests=frozenset(product.digest for product in products if product.digest),
        by_name={product.name: product.digest for product in products if product.name},
        material_digests=frozenset(material.digest for material in item.facts.materials if material.digest),
        materials={material.name: material.digest for material in item.facts.materials},
    )


def fits(before: StepLink, after: StepLink) -> bool:
    """Tell whether the later step worked on what the earlier one made, and on nothing else under its names."""
    return not before.digests.isdisjoint(after.material_digests) and not _changed(before, after)


def _changed(before: StepLink, after: StepLink) -> set[str]:
    """Name what both know and do not know as the same bytes; without a digest nothing is known to be the same."""
    same = {name for name, digest in before.by_name.items() & after.materials.items() if digest}
    return (before.by_name.keys() & after.materials.keys()) - same


def against_handover(before: StepLink, after: StepLink) -> Iterator[Reason]:
    """Say why the later step does not follow on the earlier one."""
    first, second = before.reading.facts.step, after.reading.facts.step
    changed = sorted(_changed(before, after))
    if changed:
        yield _wrong(
            Code.STEPS_MATERIAL_CHANGED,
            f"between the steps {first} ({before.name}) and {second} ({after.name}) something else was put in the "
            f"place of {listed(changed)}",
            f"Service team: let {second} work on what {first} made, byte for byte, and release again.",
        )
    if before.digests.isdisjoint(after.material_digests):
        yield _wrong(
            Code.STEPS_NOT_CHAINED,
            f"the step {second} ({after.name}) used nothing that the step {first} ({before.name}) made",
            f"Service team: record in the link of {second} what it took over from {first}, by SHA-256.",
        )


def against_image(made: StepLink, subject: Subject) -> tuple[Reason, ...]:
    """Say so where the last step did not make the image."""
    digest, step = subject.candidate.digest, made.reading.facts.step
    if digest in made.digests:
        return ()
    reason = _wrong(
        Code.STEPS_ARTIFACT_NOT_PRODUCED,
        f"the last step {step} ({made.name}) does not name {digest} among its products",
        f"Service team: record in the link of {step} the image that it pushed, by its digest.",
    )
    return (reason,)


def _wrong(code: Code, sentence: str, remedy: str) -> Reason:
    return Reason(code=code, sentence=sentence, remedy=remedy, state=EvidenceState.INVALID)
