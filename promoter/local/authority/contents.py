"""What is signed: plain bytes, cosign's simple signing payload, or an in-toto statement in a DSSE envelope.

Every writer takes the honest value by default, and any other where a test wants one thing to be wrong.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promoter.core.candidate import Digest
from promoter.core.statement import PAYLOAD_TYPE, STATEMENT_TYPES, pre_authentication
from promoter.local.authority.bodies import encode

STATEMENT_V0_1, STATEMENT_V1 = STATEMENT_TYPES
COSIGN_SIGNATURE = "cosign container image signature"


@dataclass(frozen=True, slots=True)
class Message:
    """Bytes that are signed as they are."""

    data: bytes

    @property
    def signed(self) -> bytes:
        """What the signature covers."""
        return self.data


@dataclass(frozen=True, slots=True)
class Envelope:
    """A DSSE envelope (DSSE v1.0.0) before it is signed; a key id is written only where there is one, be it empty."""

    payload: bytes
    payload_type: str = PAYLOAD_TYPE
    key_id: str | None = None

    @property
    def signed(self) -> bytes:
        """What the signature covers: the pre-authentication encoding."""
        return pre_authentication(self.payload_type, self.payload)

    def sealed(self, signatures: tuple[bytes, ...]) -> bytes:
        """Give the envelope as JSON, as cosign writes it."""
        key_id = {} if self.key_id is None else {"keyid": self.key_id}
        document = {
            "payload": encode(self.payload),
            "payloadType": self.payload_type,
            "signatures": [{**key_id, "sig": encode(each)} for each in signatures],
        }
        return compact(document)


Content = Message | Envelope


@dataclass(frozen=True, slots=True)
class SimpleSigning:
    """A simple signing payload (containers/image, atomic signature) about a manifest, as cosign writes it.

    `signed_annotations` are what `cosign sign -a` adds: unlike a layer's annotations, the signature covers them.
    """

    digest: str
    reference: str
    kind: str = COSIGN_SIGNATURE
    signed_annotations: tuple[tuple[str, str], ...] = ()

    @property
    def payload(self) -> bytes:
        """The bytes that are signed and stored."""
        return compact(self.document())

    def document(self) -> dict[str, Any]:
        """Give the payload as a JSON document, for a test to spoil."""
        critical = {
            "identity": {"docker-reference": self.reference},
            "image": {"docker-manifest-digest": self.digest},
            "type": self.kind,
        }
        return {"critical": critical, "optional": dict(self.signed_annotations) or None}


def statement(
    digest: Digest,
    predicate_type: str,
    predicate: Mapping[str, Any],
    *,
    kind: str = STATEMENT_V1,
    name: str | None = None,
) -> bytes:
    """Give an in-toto statement about one digest; a subject has a name only where one is given."""
    named = {} if name is None else {"name": name}
    subject = {**named, "digest": {"sha256": digest.removeprefix("sha256:")}}
    return compact({"_type": kind, "subject": [subject], "predicateType": predicate_type, "predicate": predicate})


def compact(document: Mapping[str, Any]) -> bytes:
    """Give a document as JSON without spaces."""
    return json.dumps(document, separators=(",", ":")).encode()
