"""Bundles with any changes, which sigstore-python's own verifier accepts where we do; and where the two differ."""

import json
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import timedelta
from hashlib import sha512
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st
from sigstore.errors import Error as SigstoreError

from promoter.local.authority.rekor import Entry, log_v1
from promoter.local.authority.sealing import LogKind
from promoter.ports import Material
from tests.adapters.bundles import (
    NOW,
    OTHER,
    SUBJECT,
    V1,
    Document,
    Recipe,
    b64,
    forge,
    instance,
    key,
    statement,
    trusted_root,
)
from tests.adapters.second_verifier import Opinions, compare, objection, readable
from tests.adapters.signed_pieces import STATED, certified, good, in_bundle, sealed
from tests.adapters.test_signatures_agreement import documents, piece
from tests.fuzz.mutations import Way, ways

VALUES: tuple[Any, ...] = (
    None,
    "",
    "0",
    "1",
    [],
    {},
    "AAAA",
    {"signedEntryTimestamp": ""},
    {"rawBytes": "AAAA"},
    {"certificates": []},
)


@st.composite
def changed(draw: st.DrawFn) -> Document:
    """Give an honest bundle in which up to three parts are edited, lost, doubled, or taken from elsewhere."""
    document = deepcopy(draw(st.sampled_from(documents())))
    for _ in range(draw(st.integers(1, 3))):
        if places := ways(document)[1:]:
            change_one(document, draw(st.sampled_from(places)), draw)
    return document


def change_one(document: Document, way: Way, draw: st.DrawFn) -> None:
    holder, last = at(document, way[:-1]), way[-1]
    old = holder[last]
    match draw(st.sampled_from(("lose", "replace", "double", "swap", "letter", "more", "count"))):
        case "lose":
            del holder[last]
        case "replace":
            holder[last] = deepcopy(draw(st.sampled_from(VALUES)))
        case "double" if isinstance(holder, list):
            holder.append(deepcopy(old))
        case "double" if isinstance(old, list):
            old.append(deepcopy(draw(st.sampled_from(VALUES))))
        case "swap":
            other = draw(st.sampled_from(documents()))
            alike = [each for each in ways(other) if each[-1:] == (last,)]
            holder[last] = deepcopy(at(other, draw(st.sampled_from(alike or [()]))))
        case "letter" if isinstance(old, str) and old:
            place = draw(st.integers(0, len(old) - 1))
            holder[last] = old[:place] + draw(st.sampled_from("Aaz09+/= \n")) + old[place + 1 :]
        case "more" if isinstance(old, str):
            place = draw(st.integers(0, len(old)))
            holder[last] = old[:place] + draw(st.sampled_from(("A", "=", " ", "\n", "\n\n"))) + old[place:]
        case "count" if isinstance(old, str) and old.isdigit():
            holder[last] = str(int(old) + draw(st.sampled_from((-1, 1, 60, 2**32))))


def at(document: Document, way: Way) -> Any:
    part: Any = document
    for step in way:
        part = part[step]
    return part


def agree_on_changes(number: int) -> Counter[Opinions]:
    told = Counter[Opinions]()

    @settings(max_examples=number, deadline=None)
    @given(changed())
    def check(document: Document) -> None:
        told[compare(piece(document))] += 1

    check()
    return told


def test_no_changes_of_a_bundle_make_one_that_only_we_accept() -> None:
    told = agree_on_changes(100)

    assert told[Opinions.AGREED] >= 3
    assert told[Opinions.REFUSED] >= 25


@pytest.mark.slow
def test_many_changes_of_a_bundle_make_none_that_only_we_accept() -> None:
    told = agree_on_changes(5000)

    assert told[Opinions.AGREED] > 300
    assert told[Opinions.REFUSED] > 1000


def test_the_second_verifier_objects_to_another_signer_and_to_another_statement() -> None:
    material = in_bundle(sealed(STATED, certified(), LogKind.V1))
    read, (bundle,), root = good(material), readable(material, good(material)), trusted_root()
    claims = replace(read.signer.claims, source_repository_ref="refs/heads/main")

    assert objection(bundle, read, root) == ""
    for signer in (
        replace(read.signer, san="https://else.example"),
        replace(read.signer, issuer="https://else.example"),
        replace(read.signer, claims=claims),
    ):
        assert "does not match" in objection(bundle, replace(read, signer=signer), root).replace("do not", "does not")
    for other in (
        replace(read, predicate={}),
        replace(read, predicate_type="https://cyclonedx.org/bom"),
        replace(read, subjects=(OTHER, SUBJECT)),
    ):
        assert objection(bundle, other, root) == "we read another statement"


# --- where the two differ ---------------------------------------------------------------------------------------------


def objected(material: Material, root: bytes | None = None) -> str:
    """Give the objection of sigstore's verifier to a piece that we accept."""
    read = good(material, root=root)
    (bundle,) = readable(material, read)
    return objection(bundle, read, root or trusted_root())


def logged(log: LogKind, change: Callable[[Document], object]) -> Material:
    """Give a piece whose log wrote another body than it writes."""
    made = sealed(STATED, certified(), log, stamps=(NOW,))
    (entry,) = made.entries
    body = json.loads(entry.body)
    change(body["spec"])
    raw = json.dumps(body).encode()
    if log is LogKind.V1:
        return in_bundle(replace(made, entries=(log_v1(instance().rekor_v1, entry.kind, raw, NOW),)))
    again = Entry(entry.log_id, entry.kind, entry.version, raw, instance().rekor_v2.append(raw))
    return in_bundle(replace(made, entries=(again,)))


def by_sha512(spec: Document) -> None:
    digest = b64(sha512(STATED.signed).digest())
    spec["hashedRekordV002"]["data"] = {"algorithm": "SHA2_512", "digest": digest}


def under_another_kind_of_key(spec: Document) -> None:
    spec["hashedRekordV002"]["signature"]["verifier"]["keyDetails"] = "PKIX_ED25519"


def without_the_envelope_s_hash(spec: Document) -> None:
    del spec["envelopeHash"]


@pytest.mark.parametrize(
    ("log", "change"),
    [(LogKind.V2, by_sha512), (LogKind.V2, under_another_kind_of_key), (LogKind.V1, without_the_envelope_s_hash)],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_log_may_write_another_form_of_a_body_that_binds_as_much(
    log: LogKind, change: Callable[[Document], object]
) -> None:
    """sigstore's verifier compares the whole body with the one that its own client would have sent."""
    assert objected(logged(log, dict)) == ""
    assert objected(logged(log, change))


def test_a_timestamp_that_nobody_can_check_does_no_harm_beside_a_promise() -> None:
    """sigstore's verifier refuses every timestamp where the root has no authority for any (docs/decisions/0006)."""
    unstamped = trusted_root(lambda root: root.update(timestampAuthorities=[]))
    material = in_bundle(sealed(STATED, certified(), LogKind.V1, stamps=(NOW,)))

    assert objected(material) == ""
    assert objected(material, unstamped).startswith("no Timestamp Authorities have been provided")
    with pytest.raises(AssertionError, match="no Timestamp Authorities have been provided"):
        compare(material, unstamped)


def test_what_a_certificate_above_the_signer_s_says_counts_for_nothing() -> None:
    """It must be one; sigstore's verifier also refuses forms of it that it does not know, and trusts none of them."""
    document = forge(Recipe(statement(), media_type=V1, rekor=1))
    above = document["verificationMaterial"]["x509CertificateChain"]["certificates"]
    above.append({"rawBytes": b64(odd_authority().public_bytes(Encoding.DER))})
    assert "non-critical BasicConstraints" in refused_form(document)

    above[-1]["rawBytes"] = "AAAA"
    assert compare(piece(document)) is Opinions.REFUSED


def refused_form(document: Document) -> str:
    read = good(piece(document))
    with pytest.raises(SigstoreError) as told:
        readable(piece(document), read)
    return str(told.value)


def odd_authority() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "odd")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key().public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=False)
        .sign(key(), hashes.SHA256())
    )
