"""Sigstore bundles as their specification has them (sigstore protobuf-specs, sigstore_bundle.proto).

sigstore-models demands of every log entry an inclusion proof, and of every bundle a list of entries. The specification
does not: bundles v0.1 may bring a promise instead, and a timestamp may stand for a log.
"""

from pydantic import Field, ValidationError
from sigstore_models.bundle.v1 import Bundle, VerificationMaterial
from sigstore_models.rekor.v1 import InclusionProof, TransparencyLogEntry

from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.core.codes import Code

_PLACES = {"tlogEntries": Code.BUNDLE_LOG_INVALID, "timestampVerificationData": Code.BUNDLE_TIMESTAMP_INVALID}


class LooseEntry(TransparencyLogEntry):
    """A log entry that may lack its inclusion proof."""

    inclusion_proof: InclusionProof | None = None  # type: ignore[assignment]


class LooseMaterial(VerificationMaterial):
    """Verification material that may lack log entries."""

    tlog_entries: list[LooseEntry] = Field(default_factory=list)  # type: ignore[assignment]


class LooseBundle(Bundle):
    """A bundle with such material."""

    verification_material: LooseMaterial


def read_model(raw: bytes) -> LooseBundle:
    """Read a bundle's JSON; raises Refusal with the code of the part that is not as specified."""
    try:
        return LooseBundle.from_json(raw)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = [str(part) for part in first["loc"]]
        code = next((_PLACES[part] for part in place if part in _PLACES), Code.BUNDLE_UNPARSEABLE)
        raise Refusal(code, f"the bundle's {'.'.join(place) or 'content'}: {first['msg']}"[:300]) from error
