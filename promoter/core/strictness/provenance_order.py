"""How demands of provenance are compared, where two of its parameters bear on each other."""

from promoter.core.checks.provenance_demands import BuilderLevel, ProvenanceParams
from promoter.core.predicates.origin import comes_from
from promoter.core.strictness.lattice import (
    by_key,
    demanded,
    fewer,
    fields_of,
    larger,
    permitted,
    same_members,
    smaller,
)

_approvals = permitted(fields_of(signers=fewer, at_least=larger))


def _signer_and_builder(row: BuilderLevel) -> tuple[str, str]:
    return row.signer, row.builder


def _level(row: BuilderLevel) -> int:
    return row.level


levels = by_key(_signer_and_builder, _level, 1, smaller)
"""A pair that is trusted for less is stricter; one that has no row is trusted for level 1."""


def attested(before: ProvenanceParams, after: ProvenanceParams) -> bool:
    """Compare who may attest and who may approve another commit: nobody who attests may approve.

    So where approvals are possible, fewer who attest may be more who approve: then only the same ones are comparable.
    """
    order = fewer if after.mismatch_approvals is None else same_members
    return order(before.signers, after.signers) and _approvals(before.mismatch_approvals, after.mismatch_approvals)


def materials(before: ProvenanceParams, after: ProvenanceParams) -> bool:
    """Compare where materials may come from. Images among them leave the one list once they have their own."""
    return demanded(_places)(before.material_sources, after.material_sources) and _base_images(before, after)


def _base_images(before: ProvenanceParams, after: ProvenanceParams) -> bool:
    if not after.base_images:
        return not before.base_images
    bound = before.base_images or before.material_sources
    return not bound or _places(bound, after.base_images)


def _places(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Tell whether every place lies in one that was allowed before."""
    return all(any(place == known or comes_from(place, known) for known in before) for place in after)
