"""Log entries that are wrong, or somebody else's: proof, checkpoint, promise and body are refused one by one."""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Unusable
from promoter.local.authority.bundles import BundleVersion
from promoter.local.authority.contents import Envelope
from promoter.local.authority.log import TransparencyLog
from promoter.local.authority.rekor import Entry, log_v1
from promoter.local.authority.sealing import LogKind
from tests.adapters.bundle_changes import ENTRY, PROOF, Change, drop, flip, set_in
from tests.adapters.bundles import (
    MINUTE,
    NOW,
    V1,
    Document,
    Recipe,
    b64,
    code_of,
    dsse,
    entry_of,
    examine,
    foreign,
    forge,
    instance,
    material,
    statement,
    trusted_root,
)
from tests.adapters.signed_pieces import STATED, certified, in_bundle, key_of, sealed
from tests.adapters.signed_pieces import code_of as code_of_piece
from tests.adapters.signed_pieces import examine as examine_piece


def note(change: Callable[[list[str]], list[str]]) -> Change:
    """Give a change of the lines of the checkpoint, its signature line included."""

    def changed(document: Document) -> None:
        checkpoint = entry_of(document)["inclusionProof"]["checkpoint"]
        checkpoint["envelope"] = "\n".join(change(checkpoint["envelope"].split("\n")))

    return changed


def of_another_log(document: Document) -> None:
    """Sign the right root hash with the key of another log."""
    entry = entry_of(document)
    proof = entry["inclusionProof"]
    proof["checkpoint"]["envelope"] = foreign().rekor_v2.checkpoint(
        int(proof["treeSize"]), base64.b64decode(proof["rootHash"])
    )


def of_a_log_that_lies_about_its_id(document: Document) -> None:
    """Sign with a retired key of ours, under the id of the log that is still in use."""
    entry = entry_of(document)
    entry["logId"] = {"keyId": b64(instance().rekor_v1.log_id)}


def stapled(document: Document) -> None:
    """Put a valid entry of somebody else's signature beside ours."""
    other = forge(Recipe(payload=statement(predicate={"by": "another"}), rekor=1))
    material(document)["tlogEntries"] = material(other)["tlogEntries"]


def same_payload_signed_again(document: Document) -> None:
    material(document)["tlogEntries"] = material(dsse(rekor=1))["tlogEntries"]


def same_signature_with_another_certificate(document: Document) -> None:
    material(document)["certificate"] = material(dsse(rekor=1))["certificate"]


LOG_CASES: list[tuple[str, Change, Code]] = [
    ("no inclusion proof", drop(*PROOF), Code.BUNDLE_PROOF_MISSING),
    ("no checkpoint", drop(*PROOF, "checkpoint"), Code.BUNDLE_CHECKPOINT_INVALID),
    ("no body", drop(*ENTRY, "canonicalizedBody"), Code.BUNDLE_LOG_INVALID),
    ("a flipped bit in the root hash", flip(*PROOF, "rootHash"), Code.BUNDLE_PROOF_INVALID),
    ("a flipped bit in the body", flip(*ENTRY, "canonicalizedBody"), Code.BUNDLE_LOG_INVALID),
    ("an old proof", lambda d: entry_of(d).update(inclusionProof=older_proof()), Code.BUNDLE_PROOF_INVALID),
    (
        "an audit path that is one hash too long",
        lambda d: entry_of(d)["inclusionProof"]["hashes"].append(b64(b"x" * 32)),
        Code.BUNDLE_PROOF_INVALID,
    ),
    ("an index beyond the tree", set_in(*PROOF, "logIndex", to="99999999"), Code.BUNDLE_LOG_INVALID),
    ("an id that no log has", set_in(*ENTRY, "logId", to={"keyId": b64(b"?" * 32)}), Code.BUNDLE_LOG_UNKNOWN),
    ("the id of another of our logs", of_a_log_that_lies_about_its_id, Code.BUNDLE_CHECKPOINT_INVALID),
    ("a checkpoint of another log", of_another_log, Code.BUNDLE_CHECKPOINT_INVALID),
    ("a checkpoint without its origin", note(lambda lines: ["", *lines[1:]]), Code.BUNDLE_CHECKPOINT_INVALID),
    (
        "a checkpoint of another size",
        note(lambda lines: [lines[0], "1" + lines[1], *lines[2:]]),
        Code.BUNDLE_CHECKPOINT_INVALID,
    ),
    (
        "a checkpoint of another root hash",
        note(lambda lines: [*lines[:2], b64(b"?" * 32), *lines[3:]]),
        Code.BUNDLE_CHECKPOINT_INVALID,
    ),
    ("a checkpoint that is cut off", note(lambda lines: lines[:2]), Code.BUNDLE_CHECKPOINT_INVALID),
    ("a checkpoint without a signature", note(lambda lines: [*lines[:4], ""]), Code.BUNDLE_CHECKPOINT_INVALID),
    (
        "a checkpoint whose signature is cut off",
        note(lambda lines: [*lines[:4], lines[4][:-20], ""]),
        Code.BUNDLE_CHECKPOINT_INVALID,
    ),
    (
        "a checkpoint with the hint of another key",
        note(lambda lines: [*lines[:4], wrong_hint(lines[4]), ""]),
        Code.BUNDLE_CHECKPOINT_INVALID,
    ),
    (
        "thirty-three entries",
        lambda d: material(d).update(tlogEntries=[entry_of(d)] * 33),
        Code.BUNDLE_TOO_MANY_LOG_ENTRIES,
    ),
    (
        "a second entry that is somebody else's",
        lambda d: material(d)["tlogEntries"].append(entry_of(dsse())),
        Code.BUNDLE_LOG_MISMATCH,
    ),
]


def older_proof() -> Document:
    """Give the proof of an entry that was logged before, in the tree of that time."""
    proof: Document = entry_of(dsse())["inclusionProof"]
    return proof


def wrong_hint(line: str) -> str:
    dash, name, signature = line.split(" ")
    return f"{dash} {name} {b64(b'????' + base64.b64decode(signature)[4:])}"


@pytest.mark.parametrize(
    ("change", "code"), [(change, code) for _, change, code in LOG_CASES], ids=[name for name, _, _ in LOG_CASES]
)
def test_a_log_entry_is_refused_with(change: Change, code: Code) -> None:
    document = dsse()
    change(document)

    assert code_of(document) == code.value


def test_without_a_log_entry_a_timestamp_vouches_for_the_time_and_the_evidence_says_that_there_is_none() -> None:
    document = dsse()
    material(document)["tlogEntries"] = []

    result = examine(document)

    assert isinstance(result, Attestation)
    assert (result.log, result.signed_at) == (None, NOW)


PROMISED_CASES: list[tuple[str, Change, Code]] = [
    (
        "a flipped bit in the promise",
        flip(*ENTRY, "inclusionPromise", "signedEntryTimestamp"),
        Code.BUNDLE_PROMISE_INVALID,
    ),
    (
        "an edited time",
        set_in(*ENTRY, "integratedTime", to=str(int((NOW + MINUTE).timestamp()))),
        Code.BUNDLE_PROMISE_INVALID,
    ),
    ("an edited index", set_in(*ENTRY, "logIndex", to="77777777"), Code.BUNDLE_PROMISE_INVALID),
    ("the entry of another artifact", stapled, Code.BUNDLE_LOG_MISMATCH),
    ("the entry of the same payload signed again", same_payload_signed_again, Code.BUNDLE_LOG_MISMATCH),
    ("the certificate of another entry", same_signature_with_another_certificate, Code.BUNDLE_LOG_MISMATCH),
    ("the kind of another entry", set_in(*ENTRY, "kindVersion", "kind", to="hashedrekord"), Code.BUNDLE_LOG_INVALID),
    ("a time under a kind that has none", set_in(*ENTRY, "kindVersion", to=None), Code.BUNDLE_LOG_INVALID),
    ("a kind that is not the body's", set_in(*ENTRY, "kindVersion", "kind", to="intoto"), Code.BUNDLE_LOG_INVALID),
    ("a version that is not the body's", set_in(*ENTRY, "kindVersion", "version", to="0.0.3"), Code.BUNDLE_LOG_INVALID),
    ("no promise and no timestamp", drop(*ENTRY, "inclusionPromise"), Code.BUNDLE_TIME_INVALID),
    ("a promise without its time", drop(*ENTRY, "integratedTime"), Code.BUNDLE_PROMISE_INVALID),
]


@pytest.mark.parametrize(
    ("change", "code"),
    [(change, code) for _, change, code in PROMISED_CASES],
    ids=[name for name, _, _ in PROMISED_CASES],
)
def test_an_entry_with_a_promise_is_refused_with(change: Change, code: Code) -> None:
    document = dsse(rekor=1)
    change(document)

    assert code_of(document) == code.value


def test_a_time_without_a_promise_is_no_time() -> None:
    document = dsse()
    entry_of(document)["integratedTime"] = str(int(NOW.timestamp()))
    material(document)["timestampVerificationData"]["rfc3161Timestamps"] = []

    assert code_of(document) == Code.BUNDLE_TIME_INVALID.value


def test_a_bundle_v0_1_without_a_promise_is_refused() -> None:
    assert code_of(dsse(media_type=V1)) == Code.BUNDLE_PROMISE_INVALID.value


def test_a_proof_from_a_log_that_was_forked_is_refused() -> None:
    fork = TransparencyLog(instance().rekor_v2.origin, foreign().rekor_v2.key)

    assert code_of(forge(Recipe(payload=statement()), replace(instance(), rekor_v2=fork))) == (
        Code.BUNDLE_LOG_UNKNOWN.value
    )


def test_a_retired_log_key_cannot_sign_under_the_name_of_the_log_that_replaced_it() -> None:
    retired = foreign().rekor_v2

    def both(document: Document) -> None:
        old = json.loads(json.dumps(document["tlogs"][1]))
        old["publicKey"]["rawBytes"] = b64(retired.public_key)
        old["publicKey"]["validFor"]["end"] = (NOW - MINUTE).isoformat()
        old["logId"]["keyId"] = b64(retired.log_id)
        document["tlogs"].append(old)

    class Disguised(TransparencyLog):
        @property
        def log_id(self) -> bytes:
            return instance().rekor_v2.log_id

    document = forge(Recipe(payload=statement()), replace(instance(), rekor_v2=Disguised(retired.origin, retired.key)))

    assert code_of(document, trusted_root(both)) == Code.BUNDLE_CHECKPOINT_INVALID.value


def test_a_body_that_is_no_json_is_refused_even_when_it_is_logged() -> None:
    document = dsse()
    entry = entry_of(document)
    inclusion = instance().rekor_v2.append(b"not JSON")
    entry["canonicalizedBody"] = b64(b"not JSON")
    entry["inclusionProof"] = {
        "logIndex": str(inclusion.index),
        "treeSize": str(inclusion.size),
        "rootHash": b64(inclusion.root),
        "hashes": [b64(node) for node in inclusion.path],
        "checkpoint": {"envelope": inclusion.checkpoint},
    }

    result = examine(document)

    assert isinstance(result, Unusable)
    assert result.code == Code.BUNDLE_LOG_INVALID.value


def test_an_entry_that_names_no_signature_is_refused_where_its_envelope_is_not_kept() -> None:
    """A bundle keeps an envelope's parts and not its bytes, of which an intoto 0.0.1 names the hash."""
    assert code_of_piece(in_bundle(sealed(STATED, certified(), LogKind.INTOTO_1))) == (
        Code.BUNDLE_LOG_KIND_UNSUPPORTED.value
    )


@pytest.mark.parametrize(("kind", "version"), [("rekord", "0.0.1"), ("hashedrekord", "0.0.9"), ("\x1b[2J", "1")])
def test_an_entry_of_a_kind_that_is_not_verified_is_refused(kind: str, version: str) -> None:
    body = json.dumps({"kind": kind, "apiVersion": version, "spec": {}}).encode()
    made = sealed(STATED, certified(), stamps=(NOW,))
    entry = log_v1(instance().rekor_v1, kind, body, NOW, version)

    result = examine_piece(in_bundle(replace(made, entries=(entry,))))

    assert isinstance(result, Unusable)
    assert result.code == Code.BUNDLE_LOG_KIND_UNSUPPORTED.value
    assert result.detail.isprintable()


@pytest.mark.parametrize("spec", [None, {}, [], {"data": 1}, {"data": {"hash": {"algorithm": "md5", "value": ""}}}])
def test_an_entry_whose_body_is_not_that_of_its_kind_is_refused(spec: object) -> None:
    body = json.dumps({"kind": "hashedrekord", "apiVersion": "0.0.1", "spec": spec}).encode()
    entry = log_v1(instance().rekor_v1, "hashedrekord", body, NOW)

    assert code_of_piece(in_bundle(replace(sealed(STATED, certified()), entries=(entry,)))) == (
        Code.BUNDLE_LOG_INVALID.value
    )


def test_a_hashedrekord_0_0_1_of_an_envelope_is_refused_which_no_client_makes() -> None:
    for by, keys in ((certified(), ()), (key_of(), (key_of(),))):
        made = sealed(STATED, by, LogKind.HASHEDREKORD)
        assert code_of_piece(in_bundle(made), *keys) == Code.BUNDLE_LOG_KIND_UNSUPPORTED.value


def test_an_empty_promise_of_a_time_is_a_broken_one_also_beside_a_timestamp() -> None:
    document = dsse(rekor=1, stamped=(NOW,))
    entry_of(document)["inclusionPromise"]["signedEntryTimestamp"] = ""

    assert code_of(document) == Code.BUNDLE_PROMISE_INVALID.value


def written(change: Callable[[Document], object], log: LogKind) -> str:
    """Give the code of a piece whose log wrote a body that is not quite its kind's."""
    made = sealed(STATED, certified(), log, stamps=(NOW,))
    (entry,) = made.entries
    body = json.loads(entry.body)
    change(body)
    raw = json.dumps(body).encode()
    if log is LogKind.V1:
        again = log_v1(instance().rekor_v1, entry.kind, raw, NOW)
    else:
        again = Entry(entry.log_id, entry.kind, entry.version, raw, instance().rekor_v2.append(raw))
    return code_of_piece(in_bundle(replace(made, entries=(again,))))


def two_certificates(body: Document) -> None:
    signed = body["spec"]["signatures"][0]
    signed["verifier"] = b64(base64.b64decode(signed["verifier"]) * 2)


@pytest.mark.parametrize(
    ("change", "log"),
    [
        pytest.param(lambda body: body.update(more={}), LogKind.V1, id="a fourth member"),
        pytest.param(lambda body: body["spec"].update(dsseV002={}), LogKind.V2, id="two records"),
        pytest.param(two_certificates, LogKind.V1, id="two certificates for one signature"),
    ],
)
def test_a_body_that_two_readers_may_understand_differently_is_refused_with(
    change: Callable[[Document], object], log: LogKind
) -> None:
    assert written(dict, log) == "good"
    assert written(change, log) == Code.BUNDLE_LOG_INVALID.value


def test_a_bundle_v0_1_may_have_a_promise_alone() -> None:
    def without_proof(document: Document) -> None:
        del entry_of(document)["inclusionProof"]

    for version, code in ((BundleVersion.V0_1, "good"), (BundleVersion.V0_2, Code.BUNDLE_PROOF_MISSING.value)):
        made = in_bundle(sealed(STATED, certified(), LogKind.V1), without_proof, version)
        assert code_of_piece(made) == code


@pytest.mark.parametrize("hashed", [True, False], ids=["its own payload", "another payload"])
def test_a_dsse_entry_of_rekor_v2_is_about_the_payload(*, hashed: bool) -> None:
    made = sealed(STATED, certified(), stamps=(NOW,))
    certificate = made.credential.certificate
    assert certificate
    assert isinstance(STATED, Envelope)
    verifier = {"x509Certificate": {"rawBytes": b64(certificate.public_bytes(Encoding.DER))}, "keyDetails": "any"}
    record = {
        "payloadHash": {"algorithm": "SHA2_256", "digest": b64(sha256(STATED.payload if hashed else b"?").digest())},
        "signatures": [{"content": b64(made.signatures[0]), "verifier": verifier}],
    }
    body = json.dumps({"kind": "dsse", "apiVersion": "0.0.2", "spec": {"dsseV002": record}}).encode()
    log = instance().rekor_v2
    entry = Entry(log.log_id, "dsse", "0.0.2", body, log.append(body))

    assert code_of_piece(in_bundle(replace(made, entries=(entry,)))) == (
        "good" if hashed else Code.BUNDLE_LOG_MISMATCH.value
    )
