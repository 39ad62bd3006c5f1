"""Raw evidence as files: `<root>/sha256/<first two digits>/<the other digits>`, each with exactly the blob's bytes.

A blob is written under a temporary name in `<root>/incoming`, synced, renamed into place, and the folder synced: a file
in place is whole and on disk. What a crash leaves in `incoming` is garbage that may be deleted while nothing runs.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from promoter.core.candidate import Digest, digest_of, parse_digest
from promoter.core.codes import Code
from promoter.ports import OutsideError

BLOB_LIMIT = 64 * 1024 * 1024  # bytes


class FileBlobs:
    """`ports.Blobs` in a folder, made where there is none; safe for threads and for several processes.

    What is not `durable` is not synced: for scratch folders, which end with the process that made them.
    """

    def __init__(self, root: Path, *, durable: bool = True) -> None:
        """Raises OutsideError when the folder cannot be made."""
        self._durable = durable
        self._blobs = root / "sha256"
        self._incoming = root / "incoming"
        with _reported(f"blob store {root}"):
            for folder in (self._blobs, self._incoming):
                folder.mkdir(parents=True, exist_ok=True)
            self._sync_folder(root)

    def put(self, data: bytes) -> Digest:
        """Store as the port says; a blob whose file was damaged is healed. Raises OutsideError over 64 MiB."""
        digest = digest_of(data)
        if len(data) > BLOB_LIMIT:
            detail = f"blob {digest}: {len(data)} bytes, over the limit of {BLOB_LIMIT}"
            raise OutsideError(Code.OUTSIDE_TOO_LARGE, detail)
        path = self._path(digest)
        with _reported(f"blob {digest}"):
            if _read(path) != data:
                self._write(path, data)
            self._sync_folder(path.parent)  # also where another writer has just renamed it into place
        return digest

    def get(self, digest: Digest) -> bytes | None:
        with _reported(f"blob {digest}"):
            data = _read(self._path(digest))
        if data is not None and digest_of(data) != digest:
            detail = (
                f"blob {digest}: the stored bytes have another digest: restore the file, or fetch the evidence again"
            )
            raise OutsideError(Code.OUTSIDE_DIGEST_MISMATCH, detail)
        return data

    def digests(self) -> Iterator[Digest]:
        """List the digest of every file in place, in order; files that are not named as a blob are passed over."""
        with _reported(f"blob store {self._blobs}"):
            for folder in sorted(path for path in self._blobs.iterdir() if path.is_dir()):
                for file in sorted(folder.iterdir()):
                    with suppress(ValueError):
                        yield parse_digest(f"sha256:{folder.name}{file.name}")

    def _path(self, digest: Digest) -> Path:
        """Give a blob's place; parsing again keeps a path that is no digest out of the file system."""
        figures = parse_digest(digest).removeprefix("sha256:")
        return self._blobs / figures[:2] / figures[2:]

    def _write(self, path: Path, data: bytes) -> None:
        draft = self._incoming / secrets.token_hex(16)
        try:
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                if self._durable:
                    os.fsync(file.fileno())
            if not path.parent.exists():
                path.parent.mkdir(exist_ok=True)
                self._sync_folder(self._blobs)
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)

    def _sync_folder(self, folder: Path) -> None:
        """Make new names in a folder durable."""
        if self._durable:
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _read(path: Path) -> bytes | None:
    """Give a file's bytes, one more than the limit at most; None where there is no file."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    with os.fdopen(handle, "rb") as file:
        return file.read(BLOB_LIMIT + 1)


@contextmanager
def _reported(what: str) -> Iterator[None]:
    """Turn what the file system raises into an OutsideError."""
    try:
        yield
    except OSError as error:
        raise OutsideError(Code.OUTSIDE_UNREACHABLE, f"{what}: {error.strerror}") from error
