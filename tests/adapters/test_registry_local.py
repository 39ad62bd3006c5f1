"""The local registry's wire where our own adapter does not go: what other clients do to it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests

from promoter.core.candidate import Digest, digest_of
from promoter.local.registry import LocalRegistry
from promoter.transport.bounded import bounded_session

IMAGE = "application/vnd.oci.image.manifest.v1+json"
MANIFEST = b'{"schemaVersion":2}'
NOWHERE = Digest("sha256:" + "0" * 64)


@dataclass(frozen=True, slots=True)
class Client:
    """A plain HTTP client of a local registry."""

    registry: LocalRegistry
    session: requests.Session

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> requests.Response:
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        return self.session.request(method, self.registry.url + path, data=body, headers=named)  # type: ignore[arg-type]

    def code(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, str]:
        """Give the status and the specification's error code."""
        response = self.ask(method, path, body, **headers)
        return response.status_code, json.loads(response.content)["errors"][0]["code"]


@pytest.fixture
def client() -> Iterator[Client]:
    registry = LocalRegistry()
    registry.start()
    session = bounded_session(5, 1 << 20)
    yield Client(registry, session)
    session.close()
    registry.stop()


def begin(client: Client, query: str = "") -> str:
    response = client.ask("POST", f"/v2/team/app/blobs/uploads/{query}")
    assert response.status_code == 202
    return response.headers["Location"]


def test_a_blob_is_uploaded_in_pieces_and_in_order(client: Client) -> None:
    place = begin(client)
    first = client.ask("PATCH", place, b"abc", Content_Range="0-2")
    assert (first.status_code, first.headers["Range"]) == (202, "0-2")
    assert client.code("PATCH", place, b"xyz", Content_Range="7-9") == (416, "BLOB_UPLOAD_INVALID")
    assert client.ask("GET", place).headers["Range"] == "0-2"
    client.ask("PATCH", place, b"def", Content_Range="3-5")
    digest = digest_of(b"abcdefghi")
    last = client.ask("PUT", f"{place}?digest={digest}", b"ghi")
    assert (last.status_code, last.headers["Docker-Content-Digest"]) == (201, digest)
    assert client.ask("GET", last.headers["Location"]).content == b"abcdefghi"
    assert client.code("PATCH", place, b"more") == (404, "BLOB_UPLOAD_UNKNOWN")


def test_a_blob_is_uploaded_as_a_stream_of_unknown_length(client: Client) -> None:
    place = begin(client)
    assert client.ask("PATCH", place, iter([b"abc", b"def"])).headers["Range"] == "0-5"
    assert client.ask("PUT", f"{place}?digest={digest_of(b'abcdef')}").status_code == 201


def test_a_blob_is_uploaded_in_one_request(client: Client) -> None:
    digest = digest_of(b"data")
    assert client.ask("POST", f"/v2/team/app/blobs/uploads/?digest={digest}", b"data").status_code == 201
    head = client.ask("HEAD", f"/v2/team/app/blobs/{digest}")
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "4", b"")


def test_a_blob_is_mounted_from_a_repository_that_has_it_and_else_uploaded(client: Client) -> None:
    digest = client.registry.push_blob("other/app", b"shared")
    mounted = client.ask("POST", f"/v2/team/app/blobs/uploads/?mount={digest}&from=other/app")
    assert mounted.status_code == 201
    assert client.ask("GET", f"/v2/team/app/blobs/{digest}").content == b"shared"
    begin(client, f"?mount={NOWHERE}&from=other/app")


def test_bytes_under_a_wrong_digest_are_refused(client: Client) -> None:
    assert client.code("PUT", f"{begin(client)}?digest={NOWHERE}", b"data") == (400, "DIGEST_INVALID")
    assert client.code("PUT", f"/v2/team/app/manifests/{NOWHERE}", MANIFEST) == (400, "DIGEST_INVALID")


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"<html>", b'{"subject":7}', b'{"subject":{"digest":"x"}}', b"[" * 100_000]
)
def test_what_is_no_manifest_is_refused(body: bytes, client: Client) -> None:
    assert client.code("PUT", "/v2/team/app/manifests/1.0.0", body) == (400, "MANIFEST_INVALID")


def test_a_manifest_over_four_mebibytes_is_refused(client: Client) -> None:
    assert client.code("PUT", "/v2/team/app/manifests/x", b" " * (4 * 1024 * 1024 + 1)) == (413, "SIZE_INVALID")


def test_what_is_not_there_is_named_as_the_specification_says(client: Client) -> None:
    client.registry.push_manifest("team/app", MANIFEST, "1.0.0")
    assert client.code("GET", "/v2/nobody/tags/list") == (404, "NAME_UNKNOWN")
    assert client.code("GET", "/v2/team/app/manifests/2.0.0") == (404, "MANIFEST_UNKNOWN")
    assert client.code("GET", f"/v2/team/app/blobs/{NOWHERE}") == (404, "BLOB_UNKNOWN")
    assert client.code("GET", "/v2/UPPER/tags/list") == (404, "UNSUPPORTED")
    assert client.code("GET", "/v2/../../etc/passwd/tags/list") == (404, "UNSUPPORTED")
    assert client.ask("GET", "/v2/").status_code == 200


def test_pages_of_tags_have_the_size_that_was_asked_for(client: Client) -> None:
    for tag in ("a", "b", "c", "d", "e"):
        client.registry.push_manifest("team/app", MANIFEST, tag)
    page = client.ask("GET", "/v2/team/app/tags/list?n=2&last=a")
    assert (page.json()["tags"], page.links["next"]["url"]) == (["b", "c"], "/v2/team/app/tags/list?n=2&last=c")
    assert "Link" not in client.ask("GET", "/v2/team/app/tags/list?n=2&last=c").headers
    assert client.ask("GET", "/v2/team/app/tags/list?n=0").json()["tags"] == []


def test_referrers_are_filtered_by_artifact_type_and_it_says_so(client: Client) -> None:
    image = client.registry.push_manifest("team/app", MANIFEST, "1.0.0")
    types = {}
    for kind in ("a/b", "c/d"):
        raw = json.dumps({"artifactType": kind, "subject": {"digest": image}, "annotations": {"k": kind}}).encode()
        pushed = client.ask("PUT", f"/v2/team/app/manifests/{digest_of(raw)}", raw, Content_Type=IMAGE)
        assert (pushed.status_code, pushed.headers["OCI-Subject"]) == (201, image)
        types[kind] = digest_of(raw)
    found = client.ask("GET", f"/v2/team/app/referrers/{image}?artifactType=a/b")
    assert found.headers["OCI-Filters-Applied"] == "artifactType"
    assert [(entry["digest"], entry["annotations"]) for entry in found.json()["manifests"]] == [
        (types["a/b"], {"k": "a/b"})
    ]
    assert len(client.ask("GET", f"/v2/team/app/referrers/{image}").json()["manifests"]) == 2


def test_deleting_a_tag_leaves_the_manifest_and_deleting_the_manifest_takes_its_tags(client: Client) -> None:
    digest = client.registry.push_manifest("team/app", MANIFEST, "1.0.0")
    client.registry.push_manifest("team/app", MANIFEST, "latest")
    assert client.ask("DELETE", "/v2/team/app/manifests/latest").status_code == 202
    assert client.registry.tags("team/app") == ("1.0.0",)
    assert client.ask("DELETE", f"/v2/team/app/manifests/{digest}").status_code == 202
    assert client.registry.tags("team/app") == ()
    assert client.code("DELETE", f"/v2/team/app/manifests/{digest}") == (404, "MANIFEST_UNKNOWN")


def test_it_stops_while_clients_keep_their_connections(client: Client) -> None:
    address = f"{client.registry.url}/v2/"
    client.ask("GET", "/v2/")
    client.registry.stop()
    with pytest.raises(requests.ConnectionError):
        client.session.get(address)
