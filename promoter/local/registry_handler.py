"""The local registry's HTTP: the OCI distribution specification v1.1, without range requests.

Uploads are monolithic or in pieces; a mount is done where the other repository has the blob. Without the referrers API
it behaves as the specification says of registries that lack it (§unavailable referrers API).
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs, urlencode, urlsplit

from promoter.core.candidate import digest_of, is_tag
from promoter.local.registry_access import Gate
from promoter.local.registry_store import RegistryStore
from promoter.local.registry_uploads import Refused, Uploads

_NAME = r"(?P<name>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)"
_DIGEST = r"sha256:[0-9a-f]{64}"
_DIGEST_PATTERN = re.compile(_DIGEST)
_REPOSITORY = re.compile(rf"/v2/{_NAME}/(?:tags|manifests|blobs|referrers)/.*")
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})(?:;.*)?\r?\n")
_MAX_MANIFEST = 4 * 1024 * 1024
_MAX_BODY = 256 * 1024 * 1024
_JSON = "application/json"
_BLOB_TYPE = "application/octet-stream"
_INDEX_TYPE = "application/vnd.oci.image.index.v1+json"


@dataclass(frozen=True, slots=True)
class RegistryWorld:
    """What the requests of one registry share; a page of tags has at most `page_size`."""

    store: RegistryStore
    gate: Gate
    has_referrers_api: bool
    page_size: int
    uploads: Uploads = field(default_factory=Uploads)


class RegistryHandler(BaseHTTPRequestHandler):
    """One connection; each registry makes a subclass with its `world`."""

    world: RegistryWorld
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 60  # seconds that an idle connection is kept
    query: Mapping[str, str]
    body: bytes

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is http.server's
        """Say nothing."""

    def do_GET(self) -> None:
        """Serve any method: the table of routes tells them apart."""
        address = urlsplit(self.path)
        self.query = {key: values[-1] for key, values in parse_qs(address.query, keep_blank_values=True).items()}
        try:
            self.body = self._read_body()
            if address.path == "/token":
                self._serve_token()
            elif self._has_access(address.path):
                self._route(address.path)
        except Refused as refused:
            self._answer(refused.status, _errors(refused.code, str(refused)), {"Content-Type": _JSON})

    do_HEAD = do_PUT = do_POST = do_PATCH = do_DELETE = do_GET  # noqa: N815 - names of http.server

    def _route(self, path: str) -> None:
        for method, pattern, serve in ROUTES:
            if self.command == method or (self.command, method) == ("HEAD", "GET"):
                found = pattern.fullmatch(path)
                if found is not None:
                    serve(self, *found.groups())
                    return
        raise Refused(HTTPStatus.NOT_FOUND, "UNSUPPORTED", "there is nothing at this address")

    def _has_access(self, path: str) -> bool:
        writing = self.command not in {"GET", "HEAD"}
        if self.world.gate.allows(self.headers.get("Authorization", ""), writing=writing):
            return True
        found = _REPOSITORY.fullmatch(path)
        scope = f"repository:{found['name']}:{'pull,push' if writing else 'pull'}" if found else ""
        challenge = self.world.gate.challenge(f"http://{self.headers.get('Host', '')}", scope)
        headers = {"WWW-Authenticate": challenge, "Content-Type": _JSON}
        self._answer(HTTPStatus.UNAUTHORIZED, _errors("UNAUTHORIZED", "authentication required"), headers)
        return False

    def _serve_token(self) -> None:
        if self.command == "POST":
            form = {key: values[-1] for key, values in parse_qs(self.body.decode(errors="replace")).items()}
            token = self.world.gate.grant_for_form(form)
        else:
            token = self.world.gate.grant(self.headers.get("Authorization", ""))
        if token is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "UNAUTHORIZED", "unknown account")
        lifetime = self.world.gate.policy.token_seconds
        answer = {"token": token, "access_token": token, "expires_in": lifetime}
        self._answer(HTTPStatus.OK, json.dumps(answer).encode(), {"Content-Type": _JSON})

    # --- reading ------------------------------------------------------------------------------------------------------

    def get_root(self) -> None:
        self._answer(HTTPStatus.OK, b"{}", {"Content-Type": _JSON})

    def get_tags(self, name: str) -> None:
        tags = self.world.store.tags(name)
        if tags is None:
            raise Refused(HTTPStatus.NOT_FOUND, "NAME_UNKNOWN", "no such repository")
        asked = self.query.get("n", "")
        size = min(int(asked), self.world.page_size) if asked.isdecimal() else self.world.page_size
        later = [tag for tag in tags if tag > self.query.get("last", "")]
        headers = {"Content-Type": _JSON}
        if len(later) > size > 0:
            headers["Link"] = f'</v2/{name}/tags/list?{urlencode({"n": size, "last": later[size - 1]})}>; rel="next"'
        self._answer(HTTPStatus.OK, json.dumps({"name": name, "tags": later[:size]}).encode(), headers)

    def get_manifest(self, name: str, reference: str) -> None:
        manifest = self.world.store.manifest(name, reference)
        if manifest is None:
            raise Refused(HTTPStatus.NOT_FOUND, "MANIFEST_UNKNOWN", "no such manifest")
        headers = {"Content-Type": manifest.media_type, "Docker-Content-Digest": manifest.digest}
        self._answer(HTTPStatus.OK, manifest.raw, headers)

    def get_blob(self, name: str, digest: str) -> None:
        blob = self.world.store.blob(name, digest)
        if blob is None:
            raise Refused(HTTPStatus.NOT_FOUND, "BLOB_UNKNOWN", "no such blob")
        self._answer(HTTPStatus.OK, blob, {"Content-Type": _BLOB_TYPE, "Docker-Content-Digest": digest})

    def get_referrers(self, name: str, digest: str) -> None:
        if not self.world.has_referrers_api:
            raise Refused(HTTPStatus.NOT_FOUND, "UNSUPPORTED", "there is nothing at this address")
        found = self.world.store.referrers(name, digest)
        headers = {"Content-Type": _INDEX_TYPE}
        if wanted := self.query.get("artifactType"):
            found = tuple(entry for entry in found if entry.get("artifactType") == wanted)
            headers["OCI-Filters-Applied"] = "artifactType"
        index = {"schemaVersion": 2, "mediaType": _INDEX_TYPE, "manifests": found}
        self._answer(HTTPStatus.OK, json.dumps(index).encode(), headers)

    # --- writing ------------------------------------------------------------------------------------------------------

    def put_manifest(self, name: str, reference: str) -> None:
        subject = _subject_of(self.body)
        digest = digest_of(self.body)
        if not is_tag(reference) and reference != digest:
            raise Refused(HTTPStatus.BAD_REQUEST, "DIGEST_INVALID", "the bytes have another digest")
        media_type = self.headers.get("Content-Type", "application/vnd.oci.image.manifest.v1+json")
        self.world.store.put_manifest(name, self.body, media_type, reference if is_tag(reference) else None)
        headers = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
        if subject and self.world.has_referrers_api:
            headers["OCI-Subject"] = subject
        self._answer(HTTPStatus.CREATED, b"", headers)

    def delete_stored(self, name: str, reference: str) -> None:
        if not self.world.store.remove(name, reference):
            raise Refused(HTTPStatus.NOT_FOUND, "MANIFEST_UNKNOWN", "no such manifest or blob")
        self._answer(HTTPStatus.ACCEPTED, b"", {})

    def post_upload(self, name: str) -> None:
        if "digest" in self.query:
            self._keep_blob(name, self.body)
            return
        known = self.world.store.blob(self.query.get("from", ""), self.query.get("mount", ""))
        if known is not None:
            self._created(name, self.world.store.put_blob(name, known))
            return
        self._accepted(name, self.world.uploads.begin(), 0)

    def get_upload(self, name: str, upload: str) -> None:
        size = self.world.uploads.size(upload)
        headers = {"Location": f"/v2/{name}/blobs/uploads/{upload}", "Range": f"0-{max(size - 1, 0)}"}
        self._answer(HTTPStatus.NO_CONTENT, b"", headers)

    def patch_upload(self, name: str, upload: str) -> None:
        start = self.headers.get("Content-Range", "").partition("-")[0]
        self._accepted(
            name, upload, self.world.uploads.extend(upload, self.body, int(start) if start.isdecimal() else None)
        )

    def put_upload(self, name: str, upload: str) -> None:
        self.world.uploads.extend(upload, self.body)
        self._keep_blob(name, self.world.uploads.end(upload))

    def _keep_blob(self, name: str, data: bytes) -> None:
        if self.query.get("digest") != digest_of(data):
            raise Refused(HTTPStatus.BAD_REQUEST, "DIGEST_INVALID", "the bytes have another digest")
        self._created(name, self.world.store.put_blob(name, data))

    def _created(self, name: str, digest: str) -> None:
        headers = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
        self._answer(HTTPStatus.CREATED, b"", headers)

    def _accepted(self, name: str, upload: str, size: int) -> None:
        headers = {
            "Location": f"/v2/{name}/blobs/uploads/{upload}",
            "Range": f"0-{max(size - 1, 0)}",
            "Docker-Upload-UUID": upload,
        }
        self._answer(HTTPStatus.ACCEPTED, b"", headers)

    # --- the wire -----------------------------------------------------------------------------------------------------

    def _read_body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > _MAX_BODY:
            self.close_connection = True
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "SIZE_INVALID", f"at most {_MAX_BODY} bytes")
        return self.rfile.read(int(length))

    def _read_chunks(self) -> bytes:
        body = bytearray()
        while True:
            size = _CHUNK_SIZE.fullmatch(self.rfile.readline(1024))
            if size is None or len(body) + int(size[1], 16) > _MAX_BODY:
                self.close_connection = True
                raise Refused(HTTPStatus.BAD_REQUEST, "SIZE_INVALID", "no readable chunk")
            if int(size[1], 16) == 0:
                break
            body += self.rfile.read(int(size[1], 16))
            self.rfile.readline(8)
        while self.rfile.readline(8192) not in {b"\r\n", b"\n", b""}:
            pass  # trailers
        return bytes(body)

    def _answer(self, status: HTTPStatus, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        if status is not HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def _errors(code: str, message: str) -> bytes:
    return json.dumps({"errors": [{"code": code, "message": message}]}).encode()


def _subject_of(raw: bytes) -> str:
    """Give the digest that a manifest refers to, empty where it refers to none; refuses what is no manifest."""
    if len(raw) > _MAX_MANIFEST:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "SIZE_INVALID", f"at most {_MAX_MANIFEST} bytes")
    try:
        manifest = json.loads(raw)
        subject = manifest.get("subject") or {"digest": ""}
        digest = subject["digest"]
    except (ValueError, AttributeError, TypeError, KeyError, RecursionError):
        digest = None
    if not isinstance(digest, str) or (digest and not _DIGEST_PATTERN.fullmatch(digest)):
        raise Refused(HTTPStatus.BAD_REQUEST, "MANIFEST_INVALID", "not a manifest in JSON")
    return digest


Route = tuple[str, re.Pattern[str], Callable[..., None]]
ROUTES: tuple[Route, ...] = (
    ("GET", re.compile("/v2/?"), RegistryHandler.get_root),
    ("GET", re.compile(rf"/v2/{_NAME}/tags/list"), RegistryHandler.get_tags),
    ("GET", re.compile(rf"/v2/{_NAME}/manifests/([^/]+)"), RegistryHandler.get_manifest),
    ("PUT", re.compile(rf"/v2/{_NAME}/manifests/([^/]+)"), RegistryHandler.put_manifest),
    ("DELETE", re.compile(rf"/v2/{_NAME}/(?:manifests|blobs)/([^/]+)"), RegistryHandler.delete_stored),
    ("GET", re.compile(rf"/v2/{_NAME}/blobs/({_DIGEST})"), RegistryHandler.get_blob),
    ("GET", re.compile(rf"/v2/{_NAME}/referrers/({_DIGEST})"), RegistryHandler.get_referrers),
    ("POST", re.compile(rf"/v2/{_NAME}/blobs/uploads/?"), RegistryHandler.post_upload),
    ("GET", re.compile(rf"/v2/{_NAME}/blobs/uploads/([0-9a-f]+)"), RegistryHandler.get_upload),
    ("PATCH", re.compile(rf"/v2/{_NAME}/blobs/uploads/([0-9a-f]+)"), RegistryHandler.patch_upload),
    ("PUT", re.compile(rf"/v2/{_NAME}/blobs/uploads/([0-9a-f]+)"), RegistryHandler.put_upload),
)
