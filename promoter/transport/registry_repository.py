"""One repository of a registry as requests and checked answers; what it means is the adapter's business."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import oras.oci
import requests
from oras.container import Container

from promoter.core.candidate import Digest, Repository, digest_of, is_tag, parse_digest
from promoter.core.codes import Code
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import OutsideError, RawManifest
from promoter.transport.bounded_connection import allow
from promoter.transport.registry_lists import INDEX_TYPE, bad_answer, next_page, read_digest
from promoter.transport.registry_status import refusal
from promoter.transport.registry_wire import RegistryWire

MANIFEST_TYPES = (
    INDEX_TYPE,
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)

_REFUSAL_BYTES = 64 * 1024  # on the way to a small blob, refusals and tokens must fit too


@dataclass(frozen=True, slots=True)
class ListLimits:
    """Caps on what is listed and held; over a cap is an OutsideError, never a shortened answer."""

    manifest_bytes: int = 4 * 1024 * 1024
    page_bytes: int = 8 * 1024 * 1024
    page_size: int = 1000  # tags asked for at once
    pages: int = 100
    referrers: int = 100


class RemoteRepository:
    """Requests to one repository. Every method raises OutsideError; every manifest was hashed here."""

    def __init__(self, wire: RegistryWire, repository: Repository, limits: ListLimits) -> None:
        self.name = repository
        self._wire = wire
        self._limits = limits

    def what(self, asked: str) -> str:
        """Give the words for errors about something of this repository."""
        return f"{asked} of {self.name}"

    def container(self, reference: str = "") -> Container:
        """Give oras's address of the repository, or of a tag or digest in it; raises ValueError for anything else."""
        if reference and not is_tag(reference):
            reference = parse_digest(reference)
        joint = "" if not reference else "@" if ":" in reference else ":"
        return Container(f"{self._wire.address}/{self.name.path}{joint}{reference}")

    def get_manifest(self, reference: str) -> RawManifest | None:
        """Fetch a manifest by tag or digest, None where there is none; the bytes agree with every digest named."""
        what = self.what(f"manifest {reference}")
        response = self.ask_manifest("GET", reference)
        if response.status_code == 404:
            return None
        expect(response, (200,), what)
        digest = check_digest(response, what, reference if ":" in reference else "")
        return RawManifest(digest, _media_type(response, what), response.content)

    def ask_manifest(self, method: str, reference: str) -> requests.Response:
        """Send a GET or HEAD for a manifest."""
        url = self._url(self.container(reference).manifest_url())
        with allow(self._wire.limits.call_seconds, self._limits.manifest_bytes):
            return self._wire.do_request(url, method, headers={"Accept": ", ".join(MANIFEST_TYPES)})

    def get_blob(self, digest: Digest, limit: int) -> bytes:
        """Fetch a blob of at most `limit` bytes."""
        what = self.what(f"blob {digest}")
        with allow(self._wire.limits.call_seconds, max(limit, _REFUSAL_BYTES)):
            response = self._wire.get_blob(self.container(digest), digest)
        expect(response, (200,), what)
        if len(response.content) > limit:
            raise OutsideError(Code.OUTSIDE_TOO_LARGE, f"{what}: more than {limit} bytes")
        check_digest(response, what, digest)
        return bytes(response.content)

    def put_blob(self, data: bytes) -> Digest:
        """Upload a blob unless it is there."""
        digest = digest_of(data)
        what = self.what(f"upload of blob {digest}")
        with tempfile.NamedTemporaryFile() as file:  # oras uploads files
            Path(file.name).write_bytes(data)
            try:
                response = self._wire.upload_blob(file.name, self.container(), oras.oci.NewLayer(file.name))
            except ValueError as error:  # oras's word for an answer that names no place to upload to
                raise bad_answer(what, "the registry names no place to upload it to") from error
        expect(response, (200, 201), what)
        return digest

    def put_manifest(self, reference: str, raw: bytes, media_type: str) -> requests.Response:
        """Upload a manifest by tag or digest; the registry must store it under the digest of these bytes."""
        url = self._url(self.container(reference).manifest_url())
        response = self._wire.do_request(url, "PUT", data=raw, headers={"Content-Type": media_type})
        what = self.what(f"upload of manifest {reference}")
        expect(response, (201,), what)
        named = response.headers.get("Docker-Content-Digest")
        if named and read_digest(named, what) != digest_of(raw):
            raise OutsideError(Code.OUTSIDE_DIGEST_MISMATCH, f"{what}: {digest_of(raw)} was stored as {named}")
        return response

    def tag_pages(self) -> Iterator[requests.Response]:
        """Give every page of the tag list."""
        first = self._url(self.container().tags_url(self._limits.page_size))
        return self._pages(first, "application/json", self.what("tags"))

    def referrer_pages(self, digest: Digest) -> Iterator[requests.Response]:
        """Give every page of the referrers list; nothing at all where the first page is not found."""
        manifest = self._url(self.container(digest).manifest_url())
        first = f"{manifest.rpartition('/manifests/')[0]}/referrers/{digest}"
        return self._pages(first, INDEX_TYPE, self.what(f"referrers of {digest}"), may_lack=True)

    def _pages(self, first: str, accept: str, what: str, *, may_lack: bool = False) -> Iterator[requests.Response]:
        seen: set[str] = set()
        url: str | None = first
        while url is not None:
            if url in seen:
                raise bad_answer(what, "its pages go round in a circle")
            if len(seen) >= self._limits.pages:
                raise OutsideError(Code.OUTSIDE_LIMIT, f"{what}: more than {self._limits.pages} pages")
            seen.add(url)
            with allow(self._wire.limits.call_seconds, self._limits.page_bytes):
                response = self._wire.do_request(url, "GET", headers={"Accept": accept})
            if may_lack and response.status_code == 404 and len(seen) == 1:
                return
            expect(response, (200,), what)
            yield response
            url = next_page(response, url, self._wire.origin, what)

    def _url(self, path: str) -> str:
        return f"{self._wire.prefix}://{path}"


def expect(response: requests.Response, wanted: tuple[int, ...], what: str) -> None:
    """Raise the OutsideError of a status that is not wanted."""
    if response.status_code not in wanted:
        raise refusal(response, what)


def check_digest(response: requests.Response, what: str, wanted: str = "") -> Digest:
    """Hash the bytes; raises OutsideError (digest mismatch) where the wanted or the header's digest differs."""
    digest = digest_of(response.content)
    named = response.headers.get("Docker-Content-Digest")
    for other in (wanted, read_digest(named, what) if named else ""):
        if other and other != digest:
            raise OutsideError(Code.OUTSIDE_DIGEST_MISMATCH, f"{what}: its bytes are {digest}, not {other}")
    return digest


def _media_type(response: requests.Response, what: str) -> str:
    """Give a manifest's media type; where bytes and header name two different ones it could be read in two ways."""
    told = response.headers.get("Content-Type", "").partition(";")[0].strip()
    try:
        written = read_object(response.content).get("mediaType")
    except Malformed:
        return told
    if not isinstance(written, str) or not written:
        return told
    if told in MANIFEST_TYPES and told != written:
        raise bad_answer(what, f"it is written as {written[:100]!r} and served as {told!r}")
    return written
