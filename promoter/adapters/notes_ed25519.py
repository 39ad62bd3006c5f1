"""Ed25519 signatures on notes (C2SP signed-note, type 1), with the private key in one file of the bot's own.

The file holds the signer key text that other tools of this format read: `PRIVATE+KEY+name+hash+base64(type, seed)`.
It is created once and never replaced; whoever loses it starts a new verifier key, and old checkpoints keep the old one.
"""

import base64
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from promoter.core.checkpoint import ED25519, VerifierKey, parse_verifier_key
from promoter.core.codes import Code
from promoter.ports import OutsideError

_SEED_SIZE = 32  # bytes
_FILE_LIMIT = 1024  # bytes
_PREFIX = "PRIVATE+KEY+"


class Ed25519Signer:
    """Signs notes with one private key, which it never shows; `verifier_key` is its public half."""

    def __init__(self, name: str, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.verifier_key = VerifierKey(name, ED25519, private.public_key().public_bytes_raw())
        self.name = name
        self.key_hash = self.verifier_key.key_hash

    def sign(self, text: bytes) -> bytes:
        """Give the signature over a note's text."""
        return self._private.sign(text)


class Ed25519Verifier:
    """Verifies notes with one public key. Raises ValueError when the text is not an Ed25519 verifier key."""

    def __init__(self, verifier_key: str) -> None:
        key = parse_verifier_key(verifier_key)
        if key.kind != ED25519:
            raise ValueError(f"the verifier key of {key.name} is of type {key.kind}, not Ed25519 (1)")
        self._public = Ed25519PublicKey.from_public_bytes(key.public)
        self.name = key.name
        self.key_hash = key.key_hash

    def verifies(self, signature: bytes, text: bytes) -> bool:
        """Tell whether this key made the signature over a note's text."""
        try:
            self._public.verify(signature, text)
        except InvalidSignature:
            return False
        return True


def open_signer(path: Path, name: str) -> Ed25519Signer:
    """Read the signing key at `path`, making it first where there is none, for its owner alone (mode 0600).

    Raises OutsideError when the file cannot be read or made, others may read it, or it is not a key of this name.
    """
    try:
        if not path.exists():
            _create(path, name)
        return _read(path, name)
    except OSError as error:
        raise OutsideError(Code.OUTSIDE_UNREACHABLE, f"signing key {path}: {error.strerror}") from error


def _create(path: Path, name: str) -> None:
    """Write a new key beside its place and link it in: of two who try at once, one wins and both read the same key."""
    seed = Ed25519PrivateKey.generate()
    key_hash = Ed25519Signer(name, seed).key_hash.hex()
    encoded = base64.b64encode(bytes([ED25519]) + seed.private_bytes_raw()).decode()
    draft = path.with_name(f".{path.name}.{os.getpid()}.{key_hash}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(f"{_PREFIX}{name}+{key_hash}+{encoded}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
        _sync_folder(path.parent)


def _read(path: Path, name: str) -> Ed25519Signer:
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
        if mode & 0o077:
            detail = f"signing key {path}: mode {mode:04o} lets others read it: `chmod 600` it, or make a new one"
            raise OutsideError(Code.OUTSIDE_FORBIDDEN, detail)
        text = file.read(_FILE_LIMIT)
    try:
        return _parse(text, name)
    except ValueError:  # without its text, which may hold the key
        detail = f"signing key {path}: not an Ed25519 signer key of {name!r}: restore the file, or name another one"
        raise OutsideError(Code.OUTSIDE_BAD_ANSWER, detail) from None


def _parse(text: bytes, name: str) -> Ed25519Signer:
    own, key_hash, encoded = text.decode("ascii").removeprefix(_PREFIX).removesuffix("\n").split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    if (
        not text.startswith(_PREFIX.encode())
        or own != name
        or data[:1] != bytes([ED25519])
        or len(data) != 1 + _SEED_SIZE
    ):
        raise ValueError("not this key")
    signer = Ed25519Signer(name, Ed25519PrivateKey.from_private_bytes(data[1:]))
    if signer.key_hash.hex() != key_hash:
        raise ValueError("the hash is not the key's")
    return signer


def _sync_folder(folder: Path) -> None:
    """Make a new name in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
