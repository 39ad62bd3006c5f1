"""Times that nobody vouches for, and certificates and trust material that were not valid at the time."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from promoter.adapters.signatures_sigstore.certificate import load_certificate
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Unusable
from promoter.local.authority.certificates import make_authority
from tests.adapters.bundle_changes import STAMPS, Change, flip, set_in
from tests.adapters.bundles import (
    DAY,
    MINUTE,
    NOW,
    Document,
    Recipe,
    b64,
    code_of,
    dsse,
    examine,
    foreign,
    forge,
    instance,
    leaf,
    material,
    statement,
    trusted_root,
)


@pytest.mark.parametrize("time", [NOW - timedelta(seconds=1), NOW + 10 * MINUTE + timedelta(seconds=1)])
@pytest.mark.parametrize("rekor", [1, 2])
def test_a_time_outside_the_certificate_s_is_refused(rekor: int, time: datetime) -> None:
    document = dsse(rekor=1, logged=time) if rekor == 1 else dsse(stamped=(time,))

    assert code_of(document) == Code.BUNDLE_CERTIFICATE_EXPIRED.value


def test_one_verified_time_outside_the_certificate_s_is_enough_to_refuse() -> None:
    assert code_of(dsse(rekor=1, stamped=(NOW + DAY,))) == Code.BUNDLE_CERTIFICATE_EXPIRED.value


TIMESTAMP_CASES: list[tuple[str, Change, Code]] = [
    ("no timestamp", set_in(*STAMPS, to=[]), Code.BUNDLE_TIME_INVALID),
    ("null instead of timestamps", set_in(*STAMPS, to=None), Code.BUNDLE_TIMESTAMP_INVALID),
    ("a timestamp that is none", set_in(*STAMPS, 0, "signedTimestamp", to="AAAA"), Code.BUNDLE_TIMESTAMP_INVALID),
    ("a flipped bit in the timestamp", flip(*STAMPS, 0, "signedTimestamp"), Code.BUNDLE_TIMESTAMP_UNTRUSTED),
    ("the same timestamp twice", lambda d: place_of(d).append(place_of(d)[0]), Code.BUNDLE_TIMESTAMP_DUPLICATE),
]


def place_of(document: Document) -> list[Document]:
    found: list[Document] = material(document)["timestampVerificationData"]["rfc3161Timestamps"]
    return found


@pytest.mark.parametrize(
    ("change", "code"),
    [(change, code) for _, change, code in TIMESTAMP_CASES],
    ids=[name for name, _, _ in TIMESTAMP_CASES],
)
def test_a_bundle_is_refused_for_its_time_with(change: Change, code: Code) -> None:
    document = dsse()
    change(document)

    assert code_of(document) == code.value


def test_a_timestamp_of_another_signature_is_refused() -> None:
    document, other = dsse(), dsse()
    place_of(document)[:] = place_of(other)

    assert code_of(document) == Code.BUNDLE_TIMESTAMP_MISMATCH.value


def test_thirty_three_timestamps_are_refused_and_thirty_two_are_not() -> None:
    assert code_of(dsse(stamped=(NOW,) * 32)) == "good"
    assert code_of(dsse(stamped=(NOW,) * 33)) == Code.BUNDLE_TOO_MANY_TIMESTAMPS.value


def test_an_untrusted_timestamp_authority_with_its_certificate_inside_is_refused() -> None:
    stranger = replace(instance(), timestamps=foreign().timestamps)

    assert code_of(forge(Recipe(payload=statement()), stranger)) == Code.BUNDLE_TIMESTAMP_UNTRUSTED.value


def test_a_timestamp_outside_the_authority_s_period_is_refused() -> None:
    def ended(document: Document) -> None:
        document["timestampAuthorities"][0]["validFor"]["end"] = (NOW - MINUTE).isoformat()

    assert code_of(dsse(), trusted_root(ended)) == Code.BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD.value


PERIODS: list[tuple[str, str, dict[str, str]]] = [
    (part, name, {name: (NOW + offset).isoformat()})
    for part in ("certificateAuthorities", "tlogs", "ctlogs")
    for name, offset in (("start", MINUTE), ("end", -MINUTE))
]


@pytest.mark.parametrize(("part", "bound", "period"), PERIODS)
@pytest.mark.parametrize("rekor", [1, 2])
def test_trust_that_did_not_hold_when_the_signature_was_made_is_refused(
    rekor: int, part: str, bound: str, period: dict[str, str]
) -> None:
    def change(document: Document) -> None:
        for entry in document[part]:
            entry.get("publicKey", entry)["validFor"] |= period

    result = examine(dsse(rekor=rekor), trusted_root(change))

    assert isinstance(result, Unusable)
    assert result.code == Code.BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD.value
    assert result.detail.endswith("does not cover the time of the signature")


# --- two times of one signature, and a period that begins or ends between them ----------------------------------------

BETWEEN = (NOW + timedelta(seconds=30)).isoformat()
LATER = NOW + MINUTE


def twice_timed(rekor: int, *, backwards: bool, **changes: Any) -> Document:
    """Give a bundle that two vouch for, at NOW and a minute later; the certificate is issued at NOW."""
    first, second = (LATER, NOW) if backwards else (NOW, LATER)
    if rekor == 1:
        return dsse(rekor=1, logged=first, stamped=(second,), **changes)
    return dsse(stamped=(first, second), **changes)


two_times = pytest.mark.parametrize(
    ("rekor", "backwards"), [(1, False), (1, True), (2, False), (2, True)], ids=["v1", "v1 last", "v2", "v2 last"]
)


@two_times
def test_two_times_of_one_signature_are_good_where_all_was_valid_at_both(rekor: int, *, backwards: bool) -> None:
    result = examine(twice_timed(rekor, backwards=backwards))

    assert isinstance(result, Attestation)
    assert result.signed_at == NOW


@two_times
def test_a_certificate_that_ends_between_two_times_is_refused(rekor: int, *, backwards: bool) -> None:
    short = leaf(lifetime=timedelta(seconds=30))

    assert code_of(twice_timed(rekor, backwards=backwards, leaf=short)) == Code.BUNDLE_CERTIFICATE_EXPIRED.value


@two_times
@pytest.mark.parametrize(("part", "bound"), [(part, bound) for part, bound, _ in PERIODS])
def test_a_period_of_the_root_that_begins_or_ends_between_two_times_is_refused(
    part: str, bound: str, rekor: int, *, backwards: bool
) -> None:
    def change(document: Document) -> None:
        for entry in document[part]:
            entry.get("publicKey", entry)["validFor"][bound] = BETWEEN

    assert code_of(twice_timed(rekor, backwards=backwards), trusted_root(change)) == (
        Code.BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD.value
    )


@two_times
@pytest.mark.parametrize("is_root", [False, True], ids=["the issuer's", "the root's"])
def test_a_certificate_above_that_ends_between_two_times_is_refused(
    rekor: int, *, backwards: bool, is_root: bool
) -> None:
    ending = DAY + timedelta(seconds=30)
    lifetimes = (2 * DAY, ending) if is_root else (ending, 2 * DAY)
    authority = make_authority("ending", NOW - DAY, *lifetimes)
    short = replace(instance(), authority=authority)
    times = (LATER, NOW) if backwards else (NOW, LATER)
    recipe = Recipe(payload=statement(), rekor=rekor, logged=times[0], stamped=times[1:] if rekor == 1 else times)

    def known(document: Document) -> None:
        chain = [{"rawBytes": b64(each.public_bytes(Encoding.DER))} for each in authority.chain]
        document["certificateAuthorities"][0]["certChain"] = {"certificates": chain}

    assert code_of(forge(recipe, short), trusted_root(known)) == Code.BUNDLE_AUTHORITY_EXPIRED.value


def test_a_path_is_built_once_and_every_period_is_compared_with_every_time() -> None:
    raw = instance().authority.issue(leaf()).public_bytes(Encoding.DER)
    certificate, (authority,) = load_certificate(raw), Trust.from_bytes(trusted_root(), "root").authorities
    end, moment = certificate.not_valid_after_utc, timedelta.resolution

    issued = authority.issued(certificate)
    assert issued
    assert issued.is_certified((NOW, end))
    assert not issued.is_certified((NOW, end + moment))
    assert not issued.is_certified((end, NOW - moment))
    assert not authority.issued(load_certificate(foreign().authority.issue(leaf()).public_bytes(Encoding.DER)))
