"""A TUF repository in a directory and on loopback: one key for every role, valid for a day unless a test says else."""

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

from securesystemslib.signer import CryptoSigner  # type: ignore[attr-defined]
from tuf.api.metadata import (  # type: ignore[attr-defined]
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
)

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import digest_of

DAY = timedelta(days=1)


class TufRepository:
    """Publishes targets, a version more each time; use it as a context manager to have it served at `url`."""

    def __init__(self, directory: Path) -> None:
        """Write the first root.json, which is `bootstrap`."""
        self.directory = directory
        directory.mkdir(parents=True)
        self.version = 0
        self._signer = CryptoSigner.generate_ecdsa()
        self._server: _Server | None = None
        root = Root(expires=SystemClock().now() + DAY)
        for role in ("root", "timestamp", "snapshot", "targets"):
            root.add_key(self._signer.public_key, role)
        self._write("1.root.json", Metadata(root))

    @property
    def bootstrap(self) -> Path:
        """The root.json that clients begin with."""
        return self.directory / "1.root.json"

    def publish(self, targets: Mapping[str, bytes], version: int = 0, lasts: timedelta = DAY) -> None:
        """Publish these targets instead of those before; a `version` of the past is an attack."""
        self.version = version or self.version + 1
        expires = SystemClock().now() + lasts
        listed = Targets(version=self.version, expires=expires)
        for name, data in targets.items():
            listed.targets[name] = TargetFile.from_data(name, data, ["sha256"])
            path = self.directory / "targets" / f"{digest_of(data).removeprefix('sha256:')}.{name}"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        meta = MetaFile(self.version)
        self._write(f"{self.version}.targets.json", Metadata(listed))
        self._write(f"{self.version}.snapshot.json", Metadata(Snapshot(self.version, expires=expires, meta={
            "targets.json": meta,
        })))  # fmt: skip
        self._write("timestamp.json", Metadata(Timestamp(self.version, expires=expires, snapshot_meta=meta)))

    def _write(self, name: str, metadata: Metadata[Any]) -> None:
        metadata.sign(self._signer)
        metadata.to_file(str(self.directory / name))

    @property
    def url(self) -> str:
        """Where it is served."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        handler = partial(_Quiet, directory=str(self.directory))
        self._server = _Server(("127.0.0.1", 0), handler)
        Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Answer nobody any more."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: object, client_address: object) -> None:
        pass  # a client that refuses an answer hangs up in the middle of it


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass
