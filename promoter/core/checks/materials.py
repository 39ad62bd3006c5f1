"""What went into a build: pinned by digest, and from allowed places, where the policy says so.

A builder that lists no materials says of none that it is pinned or allowed: what is not told does not pass.
"""

from collections.abc import Iterator

from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Reason
from promoter.core.predicates.build import Dependency
from promoter.core.predicates.origin import comes_from, is_image
from promoter.core.predicates.provenance import Provenance

_NAMED = 3  # materials that a sentence names
_RECORD = "Service team: build with a builder that records what goes into the build."


def against_materials(facts: Provenance, params: ProvenanceParams, subject: Subject) -> tuple[Reason, ...]:
    """Give what speaks against the materials: nothing where the policy demands nothing of them."""
    return (
        *(_loose(facts.dependencies) if params.pinned_materials else ()),
        *(_from_elsewhere(facts.dependencies, params, subject) if params.material_sources else ()),
        *(_foreign_images(facts.dependencies, params, subject) if params.base_images else ()),
    )


def _loose(materials: tuple[Dependency, ...]) -> Iterator[Reason]:
    loose = [item for item in materials if not item.is_pinned]
    if not materials or loose:
        sentence = (
            f"{len(loose)} of the build's {len(materials)} materials have no SHA-256 digest and no git commit: "
            f"{_names(loose)}"
            if loose
            else "provenance lists no materials, so that none is known to be pinned"
        )
        remedy = "Service team: fetch by digest what goes into the build, with a builder that records it."
        yield _wrong(Code.PROVENANCE_MATERIAL_NOT_PINNED, sentence, remedy)


def _from_elsewhere(materials: tuple[Dependency, ...], params: ProvenanceParams, subject: Subject) -> Iterator[Reason]:
    """Find materials from other places; images have their own list where the policy has one."""
    places = tuple(subject.placeholders.fill(place) for place in params.material_sources)
    judged = [item for item in materials if not (params.base_images and is_image(item.uri))]
    if not materials:
        sentence = "provenance lists no materials, so that none is known to come from an allowed place"
        yield _wrong(Code.PROVENANCE_MATERIAL_NOT_ALLOWED, sentence, _RECORD)
    elif strange := _strange(judged, places):
        yield _wrong(
            Code.PROVENANCE_MATERIAL_NOT_ALLOWED,
            f"{len(strange)} of the build's {len(materials)} materials come from no allowed place: {_names(strange)}; "
            f"allowed: {', '.join(places)}",
            "Service team: fetch it from an allowed place. Security team: allow its place, if it is right.",
        )


def _foreign_images(materials: tuple[Dependency, ...], params: ProvenanceParams, subject: Subject) -> Iterator[Reason]:
    places = tuple(subject.placeholders.fill(place) for place in params.base_images)
    images = [item for item in materials if is_image(item.uri)]
    if not images:
        sentence = "provenance lists no image among its materials, so that the base image is not known"
        yield _wrong(Code.PROVENANCE_BASE_IMAGE_NOT_ALLOWED, sentence, _RECORD)
    elif strange := _strange(images, places):
        yield _wrong(
            Code.PROVENANCE_BASE_IMAGE_NOT_ALLOWED,
            f"{len(strange)} of the {len(images)} images among the build's materials come from no allowed place: "
            f"{_names(strange)}; allowed: {', '.join(places)}",
            "Service team: build on an allowed image. Security team: allow its place, if it is right.",
        )


def _strange(materials: list[Dependency], places: tuple[str, ...]) -> list[Dependency]:
    return [item for item in materials if not any(comes_from(item.uri, place) for place in places)]


def _names(materials: list[Dependency]) -> str:
    more = f" and {len(materials) - _NAMED} more" if len(materials) > _NAMED else ""
    return ", ".join(item.uri or item.name or "(no URI)" for item in materials[:_NAMED]) + more


def _wrong(code: Code, sentence: str, remedy: str) -> Reason:
    return Reason(code=code, sentence=sentence, remedy=remedy, state=EvidenceState.INVALID)
