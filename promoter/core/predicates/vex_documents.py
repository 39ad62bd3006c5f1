"""VEX documents of either format, told apart by predicate type."""

from promoter.core.codes import Code
from promoter.core.predicates import types
from promoter.core.predicates.body import body_of
from promoter.core.predicates.cyclonedx_findings import read_cyclonedx_vex
from promoter.core.predicates.vex import VexDocument, read_openvex


def read_vex(predicate_type: str, predicate: object) -> VexDocument:
    """Read the statements; raises Malformed with VEX_UNPARSEABLE."""
    document = body_of(predicate, "", Code.VEX_UNPARSEABLE)
    return read_cyclonedx_vex(document) if predicate_type in types.CYCLONEDX else read_openvex(document)
