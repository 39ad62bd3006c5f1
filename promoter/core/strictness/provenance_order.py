"""How demands of provenance are compared, where two of its parameters bear on each other."""

from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.predicates.origin import comes_from
from promoter.core.strictness.lattice import (
    demanded,
    fewer,
    fields_of,
    larger,
    permitted,
    same_members,
)

_approvals = permitted(fields_of(signers=fewer, at_least=larger))


def trusted(before: ProvenanceParams, after: ProvenanceParams) -> bool:
    """Compare which pairs of signer and builder are worth the level that is demanded; the first asks for none."""
    return before.min_level == 1 or (after.min_level > 1 and _trusted(after) <= _trusted(before))


def _trusted(params: ProvenanceParams) -> frozenset[tuple[str, str]]:
    return frozenset((row.signer, row.builder) for row in params.levels if row.level >= params.min_level)


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
