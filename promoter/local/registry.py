"""An OCI registry on loopback: what the demo pushes to and the bot reads, over real HTTP.

Speaks the distribution specification v1.1 with or without the referrers API, open or with an account. Meant for one
machine: it keeps everything in memory and never frees what nobody refers to.
"""

import contextlib
import socket
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from promoter.core.candidate import Digest
from promoter.local.registry_access import AccessPolicy, Gate
from promoter.local.registry_handler import RegistryHandler, RegistryWorld
from promoter.local.registry_store import RegistryStore, StoredManifest

_MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


class _Server(ThreadingHTTPServer):
    """A server that can end its connections, kept-alive ones included."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, handler: type[RegistryHandler]) -> None:
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that went away is no news."""

    def end_connections(self) -> None:
        """Shut every connection down, so that its thread ends."""
        with self._open_lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


class LocalRegistry:
    """A registry on 127.0.0.1, on a free port unless one is given, in memory unless a directory is given.

    The plain methods act on the store at once, whatever the access policy says. `handler` serves the requests, for
    whoever wants to see or delay them.
    """

    def __init__(
        self,
        directory: Path | None = None,
        access: AccessPolicy | None = None,
        *,
        has_referrers_api: bool = True,
        page_size: int = 1000,
        port: int = 0,
        handler: type[RegistryHandler] = RegistryHandler,
    ) -> None:
        self.store = RegistryStore(directory)
        self.gate = Gate(access or AccessPolicy())
        world = RegistryWorld(self.store, self.gate, has_referrers_api, page_size)
        self._handler = type("Handler", (handler,), {"world": world})
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> str:
        """Listen; gives the URL."""
        self._server = _Server(self._port, self._handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="registry", daemon=True)
        self._thread.start()
        return self.url

    def stop(self) -> None:
        """Stop listening and end every connection; nothing happens where it does not run."""
        if self._server is None or self._thread is None:
            return
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join()
        self._server = None

    @property
    def host(self) -> str:
        """Host and port, as in image names; the registry runs."""
        assert self._server is not None, "start the registry first"
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def url(self) -> str:
        """Address of the registry; it runs."""
        return f"http://{self.host}"

    def push_blob(self, path: str, data: bytes) -> Digest:
        """Put a blob in a repository."""
        return self.store.put_blob(path, data)

    def push_manifest(self, path: str, raw: bytes, tag: str | None = None, media_type: str = _MANIFEST_TYPE) -> Digest:
        """Put a manifest in a repository; an existing tag moves."""
        return self.store.put_manifest(path, raw, media_type, tag)

    def pull(self, path: str, reference: str) -> StoredManifest | None:
        """Give a manifest by tag or digest."""
        return self.store.manifest(path, reference)

    def tags(self, path: str) -> tuple[str, ...]:
        """List the tags of a repository in lexical order."""
        return self.store.tags(path) or ()

    def delete(self, path: str, reference: str) -> bool:
        """Remove a tag, or a manifest or blob by its digest; tells whether it was there."""
        return self.store.remove(path, reference)
