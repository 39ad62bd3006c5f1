"""Checkpoints as text: what is built is read again, and nothing else is."""

import base64
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.checkpoint import (
    Checkpoint,
    VerifierKey,
    build_body,
    build_trailer,
    open_note,
    parse_body,
    parse_trailer,
    parse_trailers,
    parse_verifier_key,
    sign_note,
)

ORIGIN = "ledger.example/promoter"
ROOT = "00" * 31 + "ff"
ROOT64 = base64.b64encode(bytes.fromhex(ROOT)).decode()
POINT = Checkpoint(ORIGIN, 12, ROOT)

origins = st.text(st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="+"), min_size=1, max_size=60)
points = st.builds(Checkpoint, origins, st.integers(0, 10**16 - 1), st.binary(min_size=32, max_size=32).map(bytes.hex))


@dataclass(slots=True)
class Stamp:
    """A toy key: the signature is the text behind a mark."""

    name: str = ORIGIN
    key_hash: bytes = b"key1"
    mark: bytes = b"!"

    def sign(self, text: bytes) -> bytes:
        return self.mark + text

    def verifies(self, signature: bytes, text: bytes) -> bool:
        return signature == self.mark + text


@given(points)
def test_a_checkpoint_is_read_as_it_was_written(point: Checkpoint) -> None:
    assert parse_body(build_body(point)) == point
    assert parse_trailer(build_trailer(point)) == point
    assert parse_body(open_note(sign_note(build_body(point), Stamp()), Stamp())) == point


def test_the_texts_are_those_of_the_specifications() -> None:
    assert build_body(POINT) == f"{ORIGIN}\n12\n{ROOT64}\n"
    assert build_trailer(POINT) == f"Promoter-Checkpoint: {ORIGIN} 12 {ROOT64}"
    signature = base64.b64encode(b"key1!text\n").decode()
    assert sign_note("text\n", Stamp()) == f"text\n\n\u2014 {ORIGIN} {signature}\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        f"{ORIGIN}\n12\n{ROOT64}",
        f"{ORIGIN}\n12\n{ROOT64}\nextension\n",
        f"\n12\n{ROOT64}\n",
        f"two words\n12\n{ROOT64}\n",
        f"{ORIGIN}\n012\n{ROOT64}\n",
        f"{ORIGIN}\n-1\n{ROOT64}\n",
        f"{ORIGIN}\n+1\n{ROOT64}\n",
        f"{ORIGIN}\n\u0661\n{ROOT64}\n",
        f"{ORIGIN}\n99999999999999999\n{ROOT64}\n",
        f"{ORIGIN}\n12\n{ROOT64[:-4]}\n",
        f"{ORIGIN}\n12\n{ROOT64[:-2]}9=\n",
        f"{ORIGIN}\n12\n {ROOT64}\n",
        f"{ORIGIN}\r\n12\r\n{ROOT64}\r\n",
    ],
)
def test_a_body_in_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not "):
        parse_body(text)


@pytest.mark.parametrize(("size", "root"), [(-1, ROOT), (10**16, ROOT), (1, ROOT.upper()), (1, ROOT[:-1]), (1, "")])
def test_a_checkpoint_of_no_possible_log_is_not_made(size: int, root: str) -> None:
    with pytest.raises(ValueError, match="not a checkpoint's size and root"):
        Checkpoint(ORIGIN, size, root)


@pytest.mark.parametrize(
    "line",
    [
        f"promoter-checkpoint: {ORIGIN} 12 {ROOT64}",
        f"Promoter-Checkpoint:{ORIGIN} 12 {ROOT64}",
        f"Promoter-Checkpoint: {ORIGIN}  12 {ROOT64}",
        f"Promoter-Checkpoint: {ORIGIN} 12 {ROOT64} ",
        f"Promoter-Checkpoint: {ORIGIN} 12 {ROOT64}\n",
        f"Promoter-Checkpoint: {ORIGIN} 0x12 {ROOT64}",
        f"Promoter-Checkpoint: {ORIGIN} 12 {ROOT}",
        f"Promoter-Checkpoint: a+b 12 {ROOT64}",
    ],
)
def test_a_trailer_in_any_other_form_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="not "):
        parse_trailer(line)


def test_trailers_are_found_wherever_a_merge_has_left_them() -> None:
    other = Checkpoint("other.example/log", 3, ROOT)
    message = (
        f"promote shop 1.8.3 to prod\r\n\r\n{build_trailer(POINT)}\r\nSigned-off-by: a\r\n\r\n"
        f"A person's text about Promoter-Checkpoint: lines\n{build_trailer(other)}\n"
    )

    assert parse_trailers(message) == (POINT, other)
    assert parse_trailers("no trailer") == ()
    with pytest.raises(ValueError, match="not a line `Promoter-Checkpoint: origin size root`"):
        parse_trailers(f"{message}\nPromoter-Checkpoint: broken")


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    note = sign_note("text\n", Stamp())
    foreign = sign_note("text\n", Stamp("witness.example/w")).splitlines()[-1]
    same_name = sign_note("text\n", Stamp(key_hash=b"key2")).splitlines()[-1]

    assert open_note(f"{note}{foreign}\n{same_name}\n", Stamp()) == "text\n"
    with pytest.raises(ValueError, match=r"the note is not signed by ledger\.example/promoter\+6b657931"):
        open_note(f"text\n\n{foreign}\n{same_name}\n", Stamp())


def test_one_signature_of_the_key_that_does_not_verify_spoils_the_note() -> None:
    note = sign_note("text\n", Stamp()) + sign_note("text\n", Stamp(mark=b"?")).splitlines()[-1] + "\n"

    with pytest.raises(ValueError, match="on the note does not verify"):
        open_note(note, Stamp())


GOOD = sign_note("text\n", Stamp())


@pytest.mark.parametrize(
    "note",
    [
        "",
        "text\n",
        "text\n\n",
        GOOD.removesuffix("\n"),
        GOOD.replace("\n\n", "\n"),
        GOOD.replace("\u2014", "-"),
        GOOD.replace("text", "te\x00xt"),
        GOOD.replace("text", "texts"),
        GOOD + "\n",
        GOOD + "no signature\n",
        GOOD + "\u2014 name AAAA\n",
        GOOD + "\u2014 name AAAAAB==\n",
        GOOD + GOOD.splitlines()[-1] + " more\n",
        GOOD + (GOOD.splitlines()[-1] + "\n") * 16,
        "x" * 17_000 + GOOD,
    ],
)
def test_a_note_in_any_other_form_is_refused(note: str) -> None:
    with pytest.raises(ValueError, match=r"note|not base64"):
        open_note(note, Stamp())


def test_a_text_that_does_not_end_its_line_is_not_signed() -> None:
    with pytest.raises(ValueError, match="the text of a note ends with a newline"):
        sign_note("text", Stamp())


def test_a_verifier_key_is_read_as_the_specification_prints_it() -> None:
    text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"  # the example of signed-note

    key = parse_verifier_key(text)

    assert (key.name, key.kind, key.key_hash.hex(), len(key.public)) == ("PeterNeumann", 1, "c74f20a3", 32)
    assert str(key) == text


@given(origins, st.binary(min_size=1, max_size=40))
def test_a_verifier_key_is_read_as_it_was_written(name: str, public: bytes) -> None:
    key = VerifierKey(name, 1, public)

    assert parse_verifier_key(str(key)) == key


@pytest.mark.parametrize(
    "text", ["", "name", "name+c74f20a3+", "name+c74f20a3+AQ==", "+00000000+AQID", "n+00000000+AQID"]
)
def test_a_verifier_key_in_any_other_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"not |has the hash"):
        parse_verifier_key(text)
