"""Log entries: each is about this very signature, in a log that the trusted root knew then, and proven or promised.

All entries that come with a signature must verify; one that does not is a lie, whatever the others say.
"""

import base64
from datetime import UTC, datetime

import rfc8785
from sigstore_models.rekor.v1 import InclusionProof

from promoter.adapters.signatures_sigstore import private
from promoter.adapters.signatures_sigstore.piece import Entry, Piece
from promoter.adapters.signatures_sigstore.recorded import check_recorded
from promoter.adapters.signatures_sigstore.refusal import Refusal
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.core.codes import Code

_TIMELESS = ("hashedrekord", "dsse")  # kinds of Rekor v2, at version 0.0.2: that log promises nothing


def promised_times(piece: Piece, trust: Trust) -> tuple[datetime, ...]:
    """Give the times of entries that their log vouches for with a promise; raises Refusal for one that is broken."""
    return tuple(_promised_time(entry, trust) for entry in piece.entries if entry.promise)


def _promised_time(entry: Entry, trust: Trust) -> datetime:
    """Verify a signed entry timestamp (Rekor v1, over the canonical JSON of these four)."""
    if not entry.integrated or (entry.kind in _TIMELESS and entry.version == "0.0.2"):
        raise Refusal(Code.BUNDLE_PROMISE_INVALID, "the log's promise has no time")
    promised: dict[str, str | int] = {
        "body": base64.b64encode(entry.body).decode(),
        "integratedTime": entry.integrated,
        "logID": entry.log_id.hex(),
        "logIndex": entry.index,
    }
    try:
        covered = rfc8785.dumps(promised)
        time = datetime.fromtimestamp(entry.integrated, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Refusal(Code.BUNDLE_PROMISE_INVALID, "the log's promise is of no time that there is") from error
    if not private.is_signed_by_log(entry.log_id, entry.promise, covered, trust.keys_of_log(entry.log_id)):
        raise Refusal(Code.BUNDLE_PROMISE_INVALID, "the log's promise does not verify")
    return time


def check_entries(piece: Piece, verifier: bytes, times: tuple[datetime, ...], trust: Trust) -> None:
    """Raise Refusal or Malformed unless every entry is about the piece and in a log that was valid at all times.

    `verifier` is the certificate or key of the signature, in DER.
    """
    for entry in piece.entries:
        check_recorded(entry, piece.content, verifier)
        key = trust.key_of_log_at(entry.log_id, times)
        if entry.proven is None:
            continue  # promised: that was verified with its time
        _check_proof(entry.proven.inclusion_proof)
        if not private.is_included(entry.proven):
            raise Refusal(Code.BUNDLE_PROOF_INVALID, "the proof does not show that the entry is in the log")
        if not private.has_checkpoint(entry.proven, key):
            raise Refusal(Code.BUNDLE_CHECKPOINT_INVALID, "the log did not sign a checkpoint of the proof's tree")


def _check_proof(proof: InclusionProof) -> None:
    """Compare the checkpoint's size with the proof's, which sigstore-python does not."""
    if not proof.checkpoint:
        raise Refusal(Code.BUNDLE_CHECKPOINT_INVALID, "the log entry's inclusion proof has no checkpoint")
    if proof.checkpoint.envelope.split("\n")[1:2] != [str(proof.tree_size)]:
        raise Refusal(Code.BUNDLE_CHECKPOINT_INVALID, "the checkpoint is of another tree size than the inclusion proof")
