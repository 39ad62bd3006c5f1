"""What crane and the oras CLI push and move on registries that we did not write, as our adapter sees it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from promoter.adapters.registry_oci import OciRegistry
from promoter.core.candidate import Digest, Repository, digest_of, parse_digest
from promoter.ports import Registry
from promoter.transport.registry_auth import Endpoint
from promoter.transport.registry_wire import RequestSeen
from tests.adapters.registry_contract import Place, RegistryContract
from tests.interop.releases import push_image
from tests.interop.toolbox import Toolbox

pytestmark = pytest.mark.interop

NOTE_TYPE = "application/vnd.acme.note"
EMPTY = b"{}"
MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"


@contextmanager
def _place(host: str, name: str) -> Iterator[Place]:
    seen: list[RequestSeen] = []
    registry = OciRegistry((Endpoint(host, f"http://{host}"),), on_request=seen.append)
    yield Place(registry, Repository(host, f"contract/{name.replace('_', '-')}"), seen)
    registry.close()


class TestOlareg(RegistryContract):
    """The whole contract of the port, but for what olareg does not tell."""

    @pytest.fixture
    def place(self, olareg: str, request: pytest.FixtureRequest) -> Iterator[Place]:
        with _place(olareg, request.node.name) as place:
            yield place

    def test_a_repository_that_is_not_there_is_an_error_and_not_an_empty_list(self, place: Place) -> None:
        """To olareg, a repository that nobody pushed to is an empty one."""
        assert place.registry.tags(place.repository) == ()


class TestDistribution(RegistryContract):
    """The whole contract of the port."""

    @pytest.fixture
    def place(self, distribution: str, request: pytest.FixtureRequest) -> Iterator[Place]:
        with _place(distribution, request.node.name) as place:
            yield place


def _attach(toolbox: Toolbox, image: str, text: str) -> Digest:
    note = toolbox.home / "note.txt"
    note.write_text(text)
    told = toolbox.run(
        "oras", "attach", "--plain-http", "--artifact-type", NOTE_TYPE, "--format", "json", image, "note.txt:text/plain"
    )
    return parse_digest(json.loads(told)["digest"])


def test_a_tag_that_crane_pushed_resolves_to_cranes_digest(
    registry: Registry, repository: Repository, toolbox: Toolbox
) -> None:
    digest = push_image(toolbox, repository, "1.8.3", b"first")
    assert registry.head(repository, "1.8.3") == digest
    by_tag, by_digest = registry.manifest(repository, "1.8.3"), registry.manifest(repository, digest)
    assert by_tag == by_digest
    assert (by_tag.digest, digest_of(by_tag.raw)) == (digest, digest)
    layer = parse_digest(json.loads(by_tag.raw)["layers"][0]["digest"])
    assert digest_of(registry.blob(repository, layer, 1 << 20)) == layer


def test_a_tag_that_crane_moved_is_seen_at_its_new_digest(
    registry: Registry, repository: Repository, toolbox: Toolbox
) -> None:
    first, second = (push_image(toolbox, repository, f"1.8.{n}", b"%d" % n) for n in (3, 4))
    toolbox.run("crane", "tag", "--insecure", f"{repository}@{second}", "1.8.3")
    assert registry.head(repository, "1.8.3") == second
    assert registry.manifest(repository, first).digest == first


def test_a_tag_that_oras_moved_is_seen_at_its_new_digest(
    registry: Registry, repository: Repository, toolbox: Toolbox
) -> None:
    first, second = (push_image(toolbox, repository, f"1.8.{n}", b"%d" % n) for n in (3, 4))
    assert registry.head(repository, "1.8.3") == first
    toolbox.run("oras", "tag", "--plain-http", f"{repository}@{second}", "1.8.3")
    assert registry.head(repository, "1.8.3") == second


def test_all_tags_that_crane_pushed_are_listed(registry: Registry, repository: Repository, toolbox: Toolbox) -> None:
    digest = push_image(toolbox, repository, "1.0.0", b"first")
    names = {f"1.{n}.0" for n in range(12)} | {"latest", "v2_rc.1"}
    for name in names:
        toolbox.run("crane", "tag", "--insecure", f"{repository}@{digest}", name)
    assert set(registry.tags(repository)) == names
    assert sorted(toolbox.run("crane", "ls", "--insecure", str(repository)).split()) == sorted(names)


def test_what_oras_attached_is_among_the_referrers(
    registry: Registry, repository: Repository, toolbox: Toolbox
) -> None:
    digest = push_image(toolbox, repository, "1.8.3", b"first")
    attached = {_attach(toolbox, f"{repository}@{digest}", text) for text in ("one", "two")}
    referrers = registry.referrers(repository, digest)
    assert {one.digest for one in referrers} == attached
    assert {one.artifact_type for one in referrers} == {NOTE_TYPE}
    assert all(one.size == len(registry.manifest(repository, one.digest).raw) for one in referrers)


def test_what_we_attach_is_found_by_oras_beside_what_oras_attached(
    registry: Registry, repository: Repository, toolbox: Toolbox
) -> None:
    digest = push_image(toolbox, repository, "1.8.3", b"first")
    attached = _attach(toolbox, f"{repository}@{digest}", "from oras")
    pushed = _push_referrer(registry, repository, digest)
    found = json.loads(toolbox.run("oras", "discover", "--plain-http", "--format", "json", f"{repository}@{digest}"))
    assert {one["digest"] for one in found["manifests"]} == {attached, pushed}
    assert {one.digest for one in registry.referrers(repository, digest)} == {attached, pushed}


def _push_referrer(registry: Registry, repository: Repository, digest: Digest) -> Digest:
    empty = registry.push_blob(repository, EMPTY)
    content = {"mediaType": "application/vnd.oci.empty.v1+json", "digest": empty, "size": len(EMPTY)}
    subject = registry.manifest(repository, digest)
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": NOTE_TYPE,
        "config": content,
        "layers": [content],
        "subject": {"mediaType": subject.media_type, "digest": digest, "size": len(subject.raw)},
    }
    return registry.push_manifest(repository, json.dumps(manifest).encode(), MANIFEST_TYPE)


def test_an_index_that_crane_made_is_one_digest(registry: Registry, repository: Repository, toolbox: Toolbox) -> None:
    parts = [f"{repository}@{push_image(toolbox, repository, f'part-{n}', b'%d' % n)}" for n in (1, 2)]
    appended = [flag for part in parts for flag in ("--manifest", part)]
    told = toolbox.run("crane", "index", "append", "--insecure", *appended, "--tag", f"{repository}:1.8.3")
    digest = parse_digest(told.strip().rpartition("@")[2])
    index = registry.manifest(repository, "1.8.3")
    assert (registry.head(repository, "1.8.3"), index.digest) == (digest, digest)
    assert [entry["digest"] for entry in json.loads(index.raw)["manifests"]] == [
        part.rpartition("@")[2] for part in parts
    ]


def test_olareg_has_the_referrers_api_and_distribution_has_not(
    olareg: str, distribution: str, registry: Registry, toolbox: Toolbox
) -> None:
    for host, fallback in ((olareg, False), (distribution, True)):
        repository = Repository(host, "acme/told-apart")
        digest = push_image(toolbox, repository, "1.8.3", b"first")
        _attach(toolbox, f"{repository}@{digest}", "a note")
        tags = set(registry.tags(repository))
        assert tags == {"1.8.3"} | ({digest.replace(":", "-")} if fallback else set())
