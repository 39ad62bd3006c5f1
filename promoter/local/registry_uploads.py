"""Blob uploads under way in the local registry, and the refusals that the specification names."""

import secrets
import threading
from http import HTTPStatus


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """An answer with an error code of the distribution specification (§error codes)."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Uploads:
    """Uploads that were begun, by their id. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._received: dict[str, bytearray] = {}

    def begin(self) -> str:
        """Give the id of a new upload."""
        upload = secrets.token_hex(16)
        with self._lock:
            self._received[upload] = bytearray()
        return upload

    def size(self, upload: str) -> int:
        """Give the bytes received so far."""
        return self.extend(upload, b"")

    def extend(self, upload: str, piece: bytes, start: int | None = None) -> int:
        """Add a piece and give the size so far; one that does not start where the last one ended is refused."""
        with self._lock:
            so_far = self._received.get(upload)
            if so_far is None:
                raise Refused(HTTPStatus.NOT_FOUND, "BLOB_UPLOAD_UNKNOWN", "no such upload")
            if start is not None and start != len(so_far):
                raise Refused(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "BLOB_UPLOAD_INVALID", "out of order")
            so_far += piece
            return len(so_far)

    def end(self, upload: str) -> bytes:
        """Give everything received and forget the upload."""
        with self._lock:
            return bytes(self._received.pop(upload, b""))
