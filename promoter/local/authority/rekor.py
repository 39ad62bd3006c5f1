"""Log entries as Rekor v1 and v2 make them: bodies with their inclusion proofs and signed entry timestamps.

A proposal whose signature does not verify with its certificate is refused with ValueError, as the real logs do.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

import rfc8785

from promoter.local.authority.bodies import (
    Signed,
    check_envelope,
    decode,
    dsse_v1,
    encode,
    hashedrekord_v1,
    hashedrekord_v2,
    verifier_of_pem,
    verifier_of_v2,
)
from promoter.local.authority.keys import Hash
from promoter.local.authority.log import Inclusion, TransparencyLog


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry that stands in a log; Rekor v2 gives neither a time nor a promise."""

    log_id: bytes
    kind: str
    version: str
    body: bytes
    inclusion: Inclusion
    integrated: int | None = None  # seconds since the epoch
    promise: bytes | None = None

    @property
    def uuid(self) -> str:
        """Rekor v1's name of the entry: tree id and leaf hash."""
        return "0" * 16 + sha256(b"\0" + self.body).hexdigest()

    @property
    def annotation(self) -> str:
        """The entry as cosign's `dev.sigstore.cosign/bundle` annotation: what the promise covers, and the promise."""
        payload = _promised(self.log_id, self.body, self.integrated, self.inclusion.index)
        return json.dumps(
            {"SignedEntryTimestamp": encode(self.promise or b""), "Payload": payload}, separators=(",", ":")
        )

    def v1_answer(self) -> bytes:
        """Give the answer of Rekor v1's API, which names the entry by its uuid."""
        proof = self.inclusion
        verification = {
            "inclusionProof": {
                "logIndex": proof.index,
                "treeSize": proof.size,
                "rootHash": proof.root.hex(),
                "hashes": [node.hex() for node in proof.path],
                "checkpoint": proof.checkpoint,
            },
            "signedEntryTimestamp": encode(self.promise or b""),
        }
        entry = {
            "body": encode(self.body),
            "integratedTime": self.integrated,
            "logID": self.log_id.hex(),
            "logIndex": proof.index,
            "verification": verification,
        }
        return json.dumps({self.uuid: entry}).encode()

    def bundle_form(self) -> bytes:
        """Give the TransparencyLogEntry of sigstore's protobuf-specs: Rekor v2's answer and a bundle's tlogEntries."""
        proof = self.inclusion
        form: dict[str, object] = {
            "logIndex": str(proof.index),
            "logId": {"keyId": encode(self.log_id)},
            "kindVersion": {"kind": self.kind, "version": self.version},
            "inclusionProof": {
                "logIndex": str(proof.index),
                "rootHash": encode(proof.root),
                "treeSize": str(proof.size),
                "hashes": [encode(node) for node in proof.path],
                "checkpoint": {"envelope": proof.checkpoint},
            },
            "canonicalizedBody": encode(self.body),
        }
        if self.integrated is not None and self.promise is not None:
            form["integratedTime"] = str(self.integrated)
            form["inclusionPromise"] = {"signedEntryTimestamp": encode(self.promise)}
        return json.dumps(form).encode()


def log_v1(log: TransparencyLog, kind: str, body: bytes, at: datetime, version: str = "0.0.1") -> Entry:
    """Append a body and promise its inclusion with a signed entry timestamp."""
    inclusion = log.append(body)
    integrated = int(at.timestamp())
    promised = _promised(log.log_id, body, integrated, inclusion.index)
    return Entry(log.log_id, kind, version, body, inclusion, integrated, log.sign(rfc8785.dumps(promised)))


def log_v2(log: TransparencyLog, signed: Signed) -> Entry:
    """Append a hashedrekord 0.0.2, the one kind that clients send to Rekor v2."""
    return Entry(log.log_id, "hashedrekord", "0.0.2", hashedrekord_v2(signed), log.append(hashedrekord_v2(signed)))


def accept_v1(log: TransparencyLog, request: bytes, at: datetime) -> Entry:
    """Answer a proposal to Rekor v1's API: hashedrekord or dsse; raises ValueError for anything else."""
    proposal = json.loads(request)
    match proposal:
        case {"apiVersion": "0.0.1", "kind": "hashedrekord", "spec": {"data": data, "signature": signature}}:
            pem = decode(signature["publicKey"]["content"])
            signed = Signed(
                bytes.fromhex(data["hash"]["value"]),
                decode(signature["content"]),
                verifier_of_pem(pem),
                Hash(data["hash"]["algorithm"]),
            )
            signed.check()
            return log_v1(log, "hashedrekord", hashedrekord_v1(signed, pem), at)
        case {"apiVersion": "0.0.1", "kind": "dsse", "spec": {"proposedContent": content}}:
            envelope, pem = content["envelope"], decode(content["verifiers"][0])
            check_envelope(envelope, verifier_of_pem(pem))
            return log_v1(log, "dsse", dsse_v1(envelope, pem), at)
    raise ValueError("only hashedrekord and dsse of version 0.0.1 are logged")


def accept_v2(log: TransparencyLog, request: bytes) -> Entry:
    """Answer a proposal to Rekor v2's API; raises ValueError for anything but a hashedrekord."""
    match json.loads(request):
        case {"hashedRekordRequestV002": {"digest": digest, "signature": {"content": content, "verifier": verifier}}}:
            details = str(verifier["keyDetails"])
            signed = Signed(decode(digest), decode(content), verifier_of_v2(verifier), _hash_of(details), details)
            signed.check()
            return log_v2(log, signed)
    raise ValueError("only hashedRekordRequestV002 is logged")


def _hash_of(details: str) -> Hash:
    for hashed in Hash:
        if details.endswith(hashed.value.removeprefix("sha")):
            return hashed
    raise ValueError(f"only ECDSA and RSA signatures are logged, not {details}")


def _promised(log_id: bytes, body: bytes, integrated: int | None, index: int) -> dict[str, Any]:
    return {"body": encode(body), "integratedTime": integrated, "logID": log_id.hex(), "logIndex": index}
