"""Times that timestamp authorities vouch for (RFC 3161), each over the signature and inside its authority's period.

rfc3161-client does the cryptography: the one certificate that the trusted root names must have signed (ESSCertID), and
nothing that comes with the timestamp is an anchor. One that is by nobody we know does no harm beside one that is good.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from cryptography.x509 import ObjectIdentifier
from rfc3161_client import TimeStampResponse, VerificationError, Verifier, decode_timestamp_response

from promoter.adapters.signatures_sigstore.piece import Piece
from promoter.adapters.signatures_sigstore.refusal import Refusal, outside_period
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.core.codes import Code

_HASHES: Final[Mapping[ObjectIdentifier, str]] = {
    ObjectIdentifier(f"2.16.840.1.101.3.4.2.{number}"): name
    for number, name in ((1, "sha256"), (2, "sha384"), (3, "sha512"))
}


def stamped_times(piece: Piece, trust: Trust) -> tuple[tuple[datetime, ...], tuple[Refusal, ...]]:
    """Give the verified times, and why the other timestamps do not count.

    Raises Refusal for the same timestamp twice, and for what is none.
    """
    if len(set(piece.stamps)) != len(piece.stamps):
        raise Refusal(Code.BUNDLE_TIMESTAMP_DUPLICATE, "the same timestamp stands there twice")
    times, refusals = list[datetime](), list[Refusal]()
    for response in [_response(stamp) for stamp in piece.stamps]:
        try:
            times.append(_verified(response, piece.content.stamped, trust))
        except Refusal as refusal:
            refusals.append(refusal)
    return tuple(times), tuple(refusals)


def _response(stamp: bytes) -> TimeStampResponse:
    try:
        response = decode_timestamp_response(stamp)
        response.tst_info.gen_time  # noqa: B018 - parsed when it is asked for
    except ValueError as error:
        raise Refusal(Code.BUNDLE_TIMESTAMP_INVALID, "a timestamp cannot be read") from error
    return response


def _verified(response: TimeStampResponse, messages: tuple[bytes, ...], trust: Trust) -> datetime:
    info = response.tst_info
    name = _HASHES.get(info.message_imprint.hash_algorithm)
    hashed = info.message_imprint.message
    if name is None or hashed not in {hashlib.new(name, message).digest() for message in messages}:
        raise Refusal(Code.BUNDLE_TIMESTAMP_MISMATCH, "the timestamp is about another signature")
    known = [authority for authority in trust.timestampers if _is_by(response, hashed, authority.verifier)]
    if not known:
        raise Refusal(Code.BUNDLE_TIMESTAMP_UNTRUSTED, "the timestamp is by no timestamp authority of the trusted root")
    if not any(authority.was_valid(info.gen_time) for authority in known):
        raise outside_period("timestamp authority")
    return info.gen_time


def _is_by(response: TimeStampResponse, hashed: bytes, verifier: Verifier) -> bool:
    try:
        return verifier.verify(response, hashed)
    except VerificationError:
        return False
