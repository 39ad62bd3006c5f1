"""Software bills of materials as facts: CycloneDX 1.4 to 1.7, SPDX 2.2 and 2.3, SPDX 3.0 as inventory; all as JSON.

SPDX tag-value is recognised and refused with the remedy in the text.
"""

from promoter.core.codes import Code
from promoter.core.predicates import types
from promoter.core.predicates.body import body_of
from promoter.core.predicates.cyclonedx import read_cyclonedx
from promoter.core.predicates.inventory import MAX_COMPONENTS, Component, Origin, Sbom, SbomFormat, Tool
from promoter.core.predicates.spdx import read_spdx
from promoter.core.predicates.spdx3 import is_spdx3, read_spdx3
from promoter.core.strict_json import Malformed

__all__ = ["MAX_COMPONENTS", "Component", "Origin", "Sbom", "SbomFormat", "Tool", "read_sbom"]


def read_sbom(predicate_type: str, predicate: object) -> Sbom:
    """Read the document that the predicate type promises; raises Malformed with SBOM_UNPARSEABLE."""
    if isinstance(predicate, str):
        raise Malformed(
            Code.SBOM_UNPARSEABLE, "the document is text (SPDX tag-value); only JSON documents are read, convert it"
        )
    document = body_of(predicate, "", Code.SBOM_UNPARSEABLE)
    if predicate_type in types.CYCLONEDX:
        return read_cyclonedx(document)
    return read_spdx3(document) if is_spdx3(document) else read_spdx(document)
