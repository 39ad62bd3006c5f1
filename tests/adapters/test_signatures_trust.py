"""The trusted root: what is refused when it is loaded, and chains that sigstore's own verifier would let pass."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from sigstore._utils import read_embedded

from promoter.adapters.signatures_sigstore import SigstoreSignatures, UnusableTrustRoot
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.local.authority.certificates import CertificateAuthority, make_authority
from promoter.ports import TrustRoot
from tests.adapters.bundles import (
    DAY,
    NOW,
    Document,
    Recipe,
    b64,
    code_of,
    foreign,
    forge,
    instance,
    leaf,
    material,
    statement,
    trusted_root,
)


def chain_of(authority: CertificateAuthority) -> Document:
    raw = [{"rawBytes": b64(each.public_bytes(Encoding.DER))} for each in authority.chain]
    return {"certificates": raw}


def test_the_root_is_given_as_its_bytes_and_their_digest(tmp_path: Path) -> None:
    raw = trusted_root()
    path = tmp_path / "trusted_root.json"
    path.write_bytes(raw)

    assert SigstoreSignatures.from_file(path).root() == TrustRoot(digest_of(raw), raw)


def test_a_root_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "trusted_root.json"

    with pytest.raises(UnusableTrustRoot) as caught:
        SigstoreSignatures.from_file(path)

    assert str(caught.value) == f"{path}: the trusted root cannot be read: No such file or directory"


def unlinked(document: Document) -> None:
    chain = document["certificateAuthorities"][0]["certChain"]["certificates"]
    chain[1] = chain_of(foreign().authority)["certificates"][1]


def without_root(document: Document) -> None:
    document["certificateAuthorities"][0]["certChain"]["certificates"].pop()


def empty(document: Document) -> None:
    document["certificateAuthorities"][0]["certChain"]["certificates"] = []


def without_start(document: Document) -> None:
    del document["ctlogs"][0]["publicKey"]["validFor"]["start"]


def without_zone(document: Document) -> None:
    document["ctlogs"][0]["publicKey"]["validFor"]["start"] = "2025-03-01T00:00:00"


def without_logs(document: Document) -> None:
    document.update(tlogs=[], timestampAuthorities=[])


def without_the_root_of_a_timestamp_authority(document: Document) -> None:
    document["timestampAuthorities"][0]["certChain"]["certificates"].pop()


def of_another_version(document: Document) -> None:
    document["mediaType"] = "application/vnd.dev.sigstore.trustedroot.v0.2+json"


def of_another_kind(document: Document) -> None:
    document["mediaType"] = "application/vnd.dev.sigstore.signingconfig.v0.2+json"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (unlinked, "is not issued by the one after it, or the last is no root"),
        (without_root, "is not issued by the one after it, or the last is no root"),
        (empty, "a certificate authority has no certificates"),
        (without_start, "validFor.start"),
        (without_zone, "a validity period has no time zone"),
        (of_another_kind, "mediaType"),
        (of_another_version, "unsupported trusted root format"),
        (without_logs, "it has neither a transparency log nor a timestamp authority: nobody would vouch for a time"),
        (without_the_root_of_a_timestamp_authority, "the chain of a timestamp authority lacks its root"),
    ],
)
def test_a_root_that_cannot_be_trusted_is_refused_when_it_is_loaded(
    change: Callable[[Document], None], reason: str
) -> None:
    with pytest.raises(UnusableTrustRoot) as caught:
        Trust.from_bytes(trusted_root(change), "trust/root.json")

    assert str(caught.value).startswith("trust/root.json: not a usable trusted root: ")
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "pydantic" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"mediaType": 1, "mediaType": 2}', b" " * (4 * 1024 * 1024 + 1)])
def test_bytes_that_are_no_root_are_refused(raw: bytes) -> None:
    with pytest.raises(UnusableTrustRoot, match=r"trust/root\.json: "):
        Trust.from_bytes(raw, "trust/root.json")


def with_authority(authority: CertificateAuthority) -> bytes:
    def change(document: Document) -> None:
        document["certificateAuthorities"][0]["certChain"] = chain_of(authority)

    return trusted_root(change)


def test_a_root_certificate_that_had_expired_when_the_signature_was_made_is_refused() -> None:
    expired = make_authority("expired", NOW - 2 * DAY, DAY)
    renewed = make_authority("good", NOW - 2 * DAY, 3 * DAY)

    for authority, code in ((expired, Code.BUNDLE_AUTHORITY_EXPIRED.value), (renewed, "good")):
        document = forge(Recipe(payload=statement()), replace(instance(), authority=authority))
        assert code_of(document, with_authority(authority)) == code


def test_of_two_periods_of_one_authority_the_one_that_covers_the_signature_counts() -> None:
    def twice(document: Document) -> None:
        ended = json.loads(json.dumps(document["certificateAuthorities"][0]))
        ended["validFor"] = {"start": (NOW - 2 * DAY).isoformat(), "end": (NOW - timedelta(hours=1)).isoformat()}
        document["certificateAuthorities"].insert(0, ended)

    assert code_of(forge(Recipe(payload=statement())), trusted_root(twice)) == "good"


@pytest.mark.parametrize("name", ["sigstore", "sigstage"])
def test_the_public_roots_are_usable(name: str) -> None:
    raw = read_embedded("trusted_root.json", f"https://tuf-repo-cdn.{name}.dev")

    assert Trust.from_bytes(raw, name).root.raw == raw


def test_a_bundle_of_a_private_instance_is_refused_with_the_public_root() -> None:
    raw = read_embedded("trusted_root.json", "https://tuf-repo-cdn.sigstore.dev")

    assert code_of(forge(Recipe(payload=statement(), rekor=1)), raw) == Code.BUNDLE_CERTIFICATE_UNTRUSTED.value


def without_any_log(document: Document) -> None:
    """Make the root one of an instance without logs, like that of GitHub's for private repositories."""
    document.update(tlogs=[], ctlogs=[])


def test_an_instance_without_logs_vouches_by_its_timestamps() -> None:
    unlogged = forge(Recipe(payload=statement(), leaf=leaf(logs=())))
    material(unlogged)["tlogEntries"] = []

    assert code_of(unlogged, trusted_root(without_any_log)) == "good"
    assert code_of(unlogged) == Code.BUNDLE_SCT_MISSING.value
    assert code_of(forge(Recipe(payload=statement())), trusted_root(without_any_log)) == Code.BUNDLE_LOG_UNKNOWN.value


def test_a_certificate_above_a_timestamp_s_must_have_been_valid_too() -> None:
    def ended(document: Document) -> None:
        document["timestampAuthorities"][0]["validFor"]["start"] = (NOW + DAY).isoformat()

    assert code_of(forge(Recipe(payload=statement())), trusted_root(ended)) == (
        Code.BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD.value
    )
