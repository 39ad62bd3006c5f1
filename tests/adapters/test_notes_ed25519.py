"""Ed25519 notes: the specification's own example, and a key file that is made once and guarded."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from promoter.adapters.notes_ed25519 import Ed25519Signer, Ed25519Verifier, open_signer
from promoter.core.checkpoint import VerifierKey, open_note, sign_note
from promoter.core.codes import Code
from promoter.ports import OutsideError

NAME = "ledger.example/promoter"
EXAMPLE_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
EXAMPLE_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
EXAMPLE_TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
EXAMPLE_NOTE = (
    f"{EXAMPLE_TEXT}\n"
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.key"


def test_the_example_of_the_format_is_opened_and_signed_alike(path: Path) -> None:
    path.write_text(f"{EXAMPLE_PRIVATE}\n")
    path.chmod(0o600)

    signer = open_signer(path, "PeterNeumann")

    assert str(signer.verifier_key) == EXAMPLE_KEY
    assert sign_note(EXAMPLE_TEXT, signer) == EXAMPLE_NOTE
    assert open_note(EXAMPLE_NOTE, Ed25519Verifier(EXAMPLE_KEY)) == EXAMPLE_TEXT


@pytest.mark.parametrize(
    "note", [EXAMPLE_NOTE.replace("your", "my"), EXAMPLE_NOTE.replace("x08go/Z", "x08go/a"), EXAMPLE_NOTE[:-5] + "\n"]
)
def test_a_changed_text_or_signature_does_not_verify(note: str) -> None:
    with pytest.raises(ValueError, match=r"the signature of PeterNeumann\+c74f20a3 on the note does not verify"):
        open_note(note, Ed25519Verifier(EXAMPLE_KEY))


def test_a_key_is_made_once_for_its_owner_alone(path: Path) -> None:
    first = open_signer(path, NAME)
    written = path.read_bytes()
    second = open_signer(path, NAME)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes() == written
    assert first.verifier_key == second.verifier_key
    assert list(path.parent.iterdir()) == [path]
    assert open_note(sign_note("text\n", first), Ed25519Verifier(str(second.verifier_key))) == "text\n"


def test_those_who_make_a_key_at_once_get_the_same_one(path: Path) -> None:
    def key(_: int) -> str:
        return str(open_signer(path, NAME).verifier_key)

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(key, range(16)))) == 1
    assert list(path.parent.iterdir()) == [path]


def test_a_key_that_others_may_read_is_not_used(path: Path) -> None:
    open_signer(path, NAME)
    path.chmod(0o640)

    with pytest.raises(OutsideError) as raised:
        open_signer(path, NAME)

    assert raised.value.code is Code.OUTSIDE_FORBIDDEN
    assert raised.value.detail == (
        f"signing key {path}: mode 0640 lets others read it: `chmod 600` it, or make a new one"
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not a key",
        EXAMPLE_KEY,
        EXAMPLE_PRIVATE.replace("c74f20a3", "c74f20a4"),
        EXAMPLE_PRIVATE.replace("+AYEK", "+AoEK"),
        EXAMPLE_PRIVATE[:-4],
        EXAMPLE_PRIVATE + "\xe9",
    ],
)
def test_a_file_that_is_not_this_key_is_refused_and_none_of_it_shown(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o600)

    with pytest.raises(OutsideError) as raised:
        open_signer(path, "PeterNeumann")

    assert raised.value.code is Code.OUTSIDE_BAD_ANSWER
    assert raised.value.detail == (
        f"signing key {path}: not an Ed25519 signer key of 'PeterNeumann': restore the file, or name another one"
    )
    assert path.read_text() == text


def test_a_key_of_another_name_is_refused(path: Path) -> None:
    open_signer(path, NAME)

    with pytest.raises(OutsideError, match="not an Ed25519 signer key of 'other'"):
        open_signer(path, "other")


def test_a_folder_that_is_not_there_is_an_outside_error(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match=r"outside\.unreachable: signing key .*: No such file or directory"):
        open_signer(tmp_path / "no" / "key", NAME)


def test_a_name_that_no_note_can_carry_makes_no_key(path: Path) -> None:
    with pytest.raises(ValueError, match="not the name of a log"):
        open_signer(path, "two words")
    assert list(path.parent.iterdir()) == []


def test_a_verifier_key_of_another_type_is_refused() -> None:
    with pytest.raises(ValueError, match=r"the verifier key of n is of type 4, not Ed25519 \(1\)"):
        Ed25519Verifier(str(VerifierKey("n", 4, bytes(32))))


def test_the_private_key_is_not_shown_by_the_signer(path: Path) -> None:
    signer: Ed25519Signer = open_signer(path, NAME)
    secret = path.read_text().split("+", 4)[4].strip()

    assert secret not in repr(signer) + str(vars(signer))
