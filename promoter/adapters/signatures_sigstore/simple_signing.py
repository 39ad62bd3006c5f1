"""Cosign's simple signing payload, read strictly (cosign SIGNATURE_SPEC.md; containers/image atomic-signature.md).

Go reads the names of members without regard to case, so that `Docker-Manifest-Digest` beside `docker-manifest-digest`
would mean one thing there and another here: only the spelling that cosign writes is read, and no other may stand there.
The docker-reference binds nothing: images are mirrored, and cosign itself does not look at it (docs/decisions/0006).
"""

from collections.abc import Mapping
from typing import Any, Final

from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.core.candidate import Digest, parse_digest
from promoter.core.codes import Code
from promoter.core.strict_json import read_object

TYPE: Final = "cosign container image signature"
_NAME: Final = "docker-manifest-digest"


def check_payload(payload: bytes, subject: Digest) -> None:
    """Raise Refusal or Malformed unless a verified payload is an image signature that names this manifest."""
    document = read_object(payload, code=Code.COSIGN_PAYLOAD_UNPARSEABLE)
    critical = _member(document, "critical")
    if critical.get("type") != TYPE:
        kind = ascii(critical.get("type"))[:120]
        raise Refusal(Code.COSIGN_PAYLOAD_TYPE, f"the payload's type is {kind}, not {TYPE!r}")
    image = _member(critical, "image")
    _check_spelling(image, _NAME)
    named = image.get(_NAME)
    try:
        digest = parse_digest(named if isinstance(named, str) else "")
    except ValueError:
        raise Refusal(Code.COSIGN_PAYLOAD_UNPARSEABLE, "the payload names no SHA-256 digest") from None
    if digest != subject:
        raise Refusal(Code.COSIGN_WRONG_DIGEST, f"the payload is about {digest}, not about {subject}")


def _member(members: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    _check_spelling(members, name)
    found = members.get(name)
    if not isinstance(found, dict):
        raise Refusal(Code.COSIGN_PAYLOAD_UNPARSEABLE, f"the payload has no {name!r} object")
    return found


def _check_spelling(members: Mapping[str, Any], name: str) -> None:
    for other in members:
        if other != name and other.casefold() == name:
            raise Refusal(
                Code.COSIGN_DIGEST_SPELLING, f"the payload spells {name!r} as {other!a}, which others read alike"
            )
