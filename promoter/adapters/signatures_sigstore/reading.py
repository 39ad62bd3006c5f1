"""From bytes to the one form, by the layout that they were found in; and from verified content to what it states."""

import base64

from promoter.adapters.signatures_sigstore.bundle import read_bundle
from promoter.adapters.signatures_sigstore.layer import claimed_payload, read_layer
from promoter.adapters.signatures_sigstore.piece import Content, Piece
from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.adapters.signatures_sigstore.simple_signing import check_payload
from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.evidence import Layout
from promoter.core.statement import PAYLOAD_TYPE, Statement, parse_statement
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import Material

MAX_BYTES = 64 * 1024 * 1024
"""Of one signature or attestation with everything in it; counted before anything is parsed."""

_BUNDLES = frozenset({Layout.BUNDLE, Layout.FORGE_STORE})
_LAYERS = frozenset({Layout.COSIGN_TAG, Layout.COSIGN_REFERRER})


def read_piece(material: Material, subject: Digest) -> Piece:
    """Read material in any layout; raises Refusal or Malformed with the code of the part that cannot be used."""
    size = _size(material)
    if size > MAX_BYTES:
        raise Refusal(Code.BUNDLE_TOO_LARGE, f"it has {size} bytes, at most {MAX_BYTES} are read")
    if material.found.layout in _BUNDLES:
        return read_bundle(material.raw, subject)
    if material.found.layout in _LAYERS:
        return read_layer(material)
    raise Refusal(Code.BUNDLE_UNSUPPORTED, f"nothing is signed in the layout {material.found.layout.value}")


def read_stated(content: Content, subject: Digest) -> Statement:
    """Read what verified content says, which must name our digest; a signature states nothing but the digest."""
    if not content.envelope:
        if content.covered is not None:
            check_payload(content.covered, subject)
        return Statement((subject,), "", {})
    kind = content.envelope.payload_type
    if kind != PAYLOAD_TYPE:
        raise Refusal(Code.BUNDLE_PAYLOAD_TYPE, f"the envelope's payload type is {ascii(kind)[:120]}")
    statement = parse_statement(content.envelope.payload)
    if subject not in statement.subjects:
        raise Refusal(Code.STATEMENT_WRONG_SUBJECT, f"the statement is not about {subject}")
    return statement


def claimed_type(material: Material) -> str:
    """Tell which predicate type unverified material claims, for display; empty where it says nothing readable."""
    if _size(material) > MAX_BYTES:
        return ""
    try:
        if material.found.layout in _LAYERS:
            payload = claimed_payload(material)
        else:
            payload = base64.b64decode(read_object(material.raw)["dsseEnvelope"]["payload"])
        claimed = read_object(payload).get("predicateType")
    except (Malformed, ValueError, TypeError, KeyError, AttributeError):
        return ""
    return claimed[:200] if isinstance(claimed, str) else ""


def _size(material: Material) -> int:
    return len(material.raw) + len(material.payload)
