"""Checkpoints of the ledger and the texts they travel in: C2SP tlog-checkpoint, signed-note, and a commit trailer.

A checkpoint says that the log `origin` had, at `size` entries, this root: one kept elsewhere holds the log to its past.
Signing and verifying a signature are given as values; this module builds and reads the texts, strictly: what it does
not write itself (extension lines, leading zeros, other base64) it does not read. Every reader raises ValueError.
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Protocol

from promoter.core.merkle import HASH_SIZE

NOTE_LIMIT = 16 * 1024  # characters
SIGNATURE_LIMIT = 16  # lines of a note
TRAILER = "Promoter-Checkpoint"
ED25519 = 1  # signature type of the signed-note specification

_NAME = re.compile(r"[!-*,-~]{1,255}")  # printable ASCII, no space, no plus: fit for key names and for trailers
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")
_ROOT = re.compile(r"[0-9a-f]{64}")
_KEY_HASH_SIZE = 4  # bytes
_SIGNATURE_LINE = re.compile(r"\u2014 (?P<name>[^ ]+) (?P<blob>[A-Za-z0-9+/=]+)")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Size and root (lower-case hex) of the log `origin`. Raises ValueError when a part is not well-formed."""

    origin: str
    size: int
    root: str

    def __post_init__(self) -> None:
        check_name(self.origin)
        if not _SIZE.fullmatch(str(self.size)) or not _ROOT.fullmatch(self.root):
            raise ValueError(f"not a checkpoint's size and root: {self.size} {self.root[:100]!r}")


class NoteSigner(Protocol):
    """Signs notes under a key name; `key_hash` are the 4 bytes that tell keys of one name apart."""

    name: str
    key_hash: bytes

    def sign(self, text: bytes) -> bytes: ...


class NoteVerifier(Protocol):
    """Verifies one key's signatures on notes."""

    name: str
    key_hash: bytes

    def verifies(self, signature: bytes, text: bytes) -> bool: ...


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key for notes: its name, signature type and the type's own bytes. It is public: keep it anywhere."""

    name: str
    kind: int
    public: bytes

    def __post_init__(self) -> None:
        check_name(self.name)

    @property
    def key_hash(self) -> bytes:
        """The key's id in signature lines: the first 4 bytes of SHA-256 over name, newline, type and key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:_KEY_HASH_SIZE]

    def __str__(self) -> str:
        """The verifier key as text: `name+hash+base64(type, key)` (signed-note, verifier keys)."""
        return f"{self.name}+{self.key_hash.hex()}+{_base64(bytes([self.kind]) + self.public)}"


def check_name(name: str) -> None:
    """Raise ValueError unless this can be an origin or a key's name: 1 to 255 printable ASCII, no space, no plus."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not the name of a log, as promoter.example/ledger: {name[:100]!r}")


def parse_verifier_key(text: str) -> VerifierKey:
    """Read the text of a verifier key; its hash must be the key's."""
    name, _, rest = text.partition("+")
    key_hash, _, encoded = rest.partition("+")
    data = _bytes(encoded)
    if len(data) < 2:
        raise ValueError(f"not a verifier key, which is name+hash+base64: {text[:100]!r}")
    key = VerifierKey(name, data[0], data[1:])
    if key.key_hash.hex() != key_hash:
        raise ValueError(f"the verifier key of {name} has the hash {key.key_hash.hex()}, not {key_hash[:20]!r}")
    return key


def build_body(checkpoint: Checkpoint) -> str:
    """Give the checkpoint's text: origin, size and base64 root, a line each (tlog-checkpoint)."""
    return f"{checkpoint.origin}\n{checkpoint.size}\n{_base64(bytes.fromhex(checkpoint.root))}\n"


def parse_body(text: str) -> Checkpoint:
    """Read a checkpoint's text of exactly three lines."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise ValueError("not a checkpoint of three lines: origin, size, root")
    return _checkpoint(lines[0], lines[1], lines[2])


def sign_note(text: str, signer: NoteSigner) -> str:
    """Give the signed note: the text (which ends a line), an empty line, one signature line."""
    if not text.endswith("\n"):
        raise ValueError("the text of a note ends with a newline")
    return f"{text}\n\u2014 {signer.name} {_base64(signer.key_hash + signer.sign(text.encode()))}\n"


def open_note(note: str, verifier: NoteVerifier) -> str:
    """Give the text of a signed note, if the verifier's key signed it.

    Lines of other keys are passed over, as the specification demands; a line of this key that does not verify is an
    error even beside a good one. Raises ValueError.
    """
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    if len(note) > NOTE_LIMIT or not separator or not signatures.endswith("\n") or not _is_clean(note):
        raise ValueError("not a signed note: text, an empty line, signature lines")
    lines = signatures.removesuffix("\n").split("\n")
    if len(lines) > SIGNATURE_LIMIT:
        raise ValueError(f"a note with {len(lines)} signatures; at most {SIGNATURE_LIMIT} are read")
    blobs = [blob for name, blob in map(_signature, lines) if (name, blob[:4]) == (verifier.name, verifier.key_hash)]
    if not blobs:
        raise ValueError(f"the note is not signed by {verifier.name}+{verifier.key_hash.hex()}")
    if not all(verifier.verifies(blob[_KEY_HASH_SIZE:], text.encode()) for blob in blobs):
        raise ValueError(f"the signature of {verifier.name}+{verifier.key_hash.hex()} on the note does not verify")
    return text


def build_trailer(checkpoint: Checkpoint) -> str:
    """Give the line that anchors a checkpoint in a commit message."""
    return f"{TRAILER}: {checkpoint.origin} {checkpoint.size} {_base64(bytes.fromhex(checkpoint.root))}"


def parse_trailer(line: str) -> Checkpoint:
    """Read the line of a commit message that anchors a checkpoint."""
    words = line.split(" ")
    if len(words) != 4 or words[0] != f"{TRAILER}:":
        raise ValueError(f"not a line `{TRAILER}: origin size root`: {line[:300]!r}")
    return _checkpoint(words[1], words[2], words[3])


def parse_trailers(message: str) -> tuple[Checkpoint, ...]:
    """Read every anchoring line of a commit message, wherever a squash merge has left it.

    Raises ValueError for a line that begins as one and is none.
    """
    return tuple(parse_trailer(line.rstrip()) for line in message.splitlines() if line.startswith(f"{TRAILER}:"))


def _checkpoint(origin: str, size: str, root: str) -> Checkpoint:
    digest = _bytes(root)
    if not _SIZE.fullmatch(size) or len(digest) != HASH_SIZE:
        raise ValueError(f"not a checkpoint's size and base64 root: {size[:40]!r} {root[:100]!r}")
    return Checkpoint(origin, int(size), digest.hex())


def _signature(line: str) -> tuple[str, bytes]:
    """Read one signature line: the key's name, and the key hash with the signature behind it."""
    found = _SIGNATURE_LINE.fullmatch(line)
    blob = _bytes(found["blob"]) if found else b""
    if not found or len(blob) <= _KEY_HASH_SIZE:
        raise ValueError(f"not a signature line of a note: {line[:100]!r}")
    return found["name"], blob


def _is_clean(note: str) -> bool:
    """Tell whether a note has no control characters besides newlines."""
    return all(character == "\n" or character >= " " for character in note)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    """Decode base64 in its one canonical spelling."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError(f"not base64: {text[:100]!r}") from error
    if _base64(data) != text:
        raise ValueError(f"not base64 as it is written canonically: {text[:100]!r}")
    return data
