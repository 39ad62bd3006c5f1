"""The contract of `ports.Registry`, for the adapter on any registry: the local one here, real ones in tests/interop.

A test class that inherits `RegistryContract` has a fixture `place`: a repository that is not there yet, in the registry
under test. `reading` makes one for any registry that answers at a URL.
"""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from promoter.adapters.registry_oci import OciRegistry
from promoter.core.candidate import Digest, Repository, digest_of
from promoter.core.codes import Code
from promoter.ports import OutsideError, Registry
from promoter.transport.registry_auth import Endpoint
from promoter.transport.registry_credentials import Anonymous, Credentials
from promoter.transport.registry_wire import RequestSeen

HOST = "registry.acme.example"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
NOWHERE = Digest("sha256:" + "0" * 64)


@dataclass(frozen=True, slots=True)
class Place:
    """A repository in the registry under test, the adapter that reads it, and the requests that it made."""

    registry: Registry
    repository: Repository
    seen: list[RequestSeen]

    def count(self, ask: Callable[[], object]) -> int:
        """Count the requests that one call makes."""
        before = len(self.seen)
        ask()
        return len(self.seen) - before

    def push_image(self, tag: str | None = None, text: str = "an image") -> Digest:
        """Push an image of one layer."""
        config = self.registry.push_blob(self.repository, b"{}")
        layer = self.registry.push_blob(self.repository, text.encode())
        raw = manifest_of(config, layer, len(text.encode()))
        return self.registry.push_manifest(self.repository, raw, MANIFEST, tag)

    def attach(self, subject: Digest, text: str = "a bundle", artifact_type: str = BUNDLE) -> Digest:
        """Push an artifact that refers to a manifest."""
        config = self.registry.push_blob(self.repository, b"{}")
        layer = self.registry.push_blob(self.repository, text.encode())
        raw = manifest_of(config, layer, len(text.encode()), subject, artifact_type)
        return self.registry.push_manifest(self.repository, raw, MANIFEST)


def manifest_of(
    config: Digest, layer: Digest, size: int, subject: Digest | None = None, artifact_type: str = ""
) -> bytes:
    """Write an image manifest."""
    manifest: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": {"mediaType": EMPTY, "digest": config, "size": 2},
        "layers": [{"mediaType": artifact_type or "application/octet-stream", "digest": layer, "size": size}],
    }
    if artifact_type:
        manifest["artifactType"] = artifact_type
    if subject:
        manifest["subject"] = {"mediaType": MANIFEST, "digest": subject, "size": 100}
    return json.dumps(manifest).encode()


@contextmanager
def reading(url: str, path: str, credentials: Credentials | None = None) -> Iterator[Place]:
    """Give a repository of the registry that answers at a URL, by a canonical name that is not its address."""
    seen: list[RequestSeen] = []
    registry = OciRegistry((Endpoint(HOST, url, credentials or Anonymous()),), on_request=seen.append)
    try:
        yield Place(registry, Repository(HOST, path), seen)
    finally:
        registry.close()


class RegistryContract:
    """What every registry must give through the adapter."""

    def test_tags_come_complete_over_many_pages(self, place: Place) -> None:
        names = {f"1.{number}.0" for number in range(23)}
        raw = place.registry.manifest(place.repository, place.push_image("1.0.0")).raw
        for name in sorted(names):
            place.registry.push_manifest(place.repository, raw, MANIFEST, name)
        assert sorted(place.registry.tags(place.repository)) == sorted(names)

    def test_a_repository_that_is_not_there_has_no_tags(self, place: Place) -> None:
        nowhere = Repository(place.repository.host, f"{place.repository.path}/nowhere")
        try:
            assert (
                place.registry.tags(nowhere) == ()
            )  # some registries do not tell an unknown repository from an empty one
        except OutsideError as error:
            assert error.code is Code.OUTSIDE_NOT_FOUND
            assert str(nowhere) in error.detail

    def test_head_gives_the_digest_of_a_tag_in_one_request(self, place: Place) -> None:
        digest = place.push_image("1.0.0")
        assert place.registry.head(place.repository, "1.0.0") == digest
        assert place.count(lambda: place.registry.head(place.repository, "1.0.0")) == 1

    def test_head_of_a_tag_that_is_not_there_is_none(self, place: Place) -> None:
        place.push_image("1.0.0")
        assert place.registry.head(place.repository, "2.0.0") is None

    def test_a_moved_tag_has_its_new_digest_and_the_old_digest_stays(self, place: Place) -> None:
        first = place.push_image("1.0.0", "first")
        second = place.push_image("1.0.0", "second")
        assert first != second
        assert place.registry.head(place.repository, "1.0.0") == second
        assert place.registry.manifest(place.repository, first).digest == first

    def test_a_manifest_comes_by_tag_and_by_digest_as_the_bytes_that_were_pushed(self, place: Place) -> None:
        config = place.registry.push_blob(place.repository, b"{}")
        raw = manifest_of(config, config, 2).replace(b", ", b" ,\n")
        digest = place.registry.push_manifest(place.repository, raw, MANIFEST, "1.0.0")
        by_tag = place.registry.manifest(place.repository, "1.0.0")
        assert (by_tag.digest, by_tag.media_type, by_tag.raw) == (digest_of(raw), MANIFEST, raw)
        assert place.registry.manifest(place.repository, digest) == by_tag

    def test_a_manifest_that_is_not_there_is_an_error(self, place: Place) -> None:
        place.push_image("1.0.0")
        with pytest.raises(OutsideError) as caught:
            place.registry.manifest(place.repository, NOWHERE)
        assert caught.value.code is Code.OUTSIDE_NOT_FOUND
        assert str(place.repository) in caught.value.detail
        assert NOWHERE in caught.value.detail

    def test_an_image_index_is_pushed_and_read_as_itself(self, place: Place) -> None:
        image = place.push_image()
        entry = {
            "mediaType": MANIFEST,
            "digest": image,
            "size": 100,
            "platform": {"os": "linux", "architecture": "arm64"},
        }
        raw = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}).encode()
        digest = place.registry.push_manifest(place.repository, raw, INDEX, "1.0.0")
        read = place.registry.manifest(place.repository, "1.0.0")
        assert (read.digest, read.media_type, read.raw) == (digest, INDEX, raw)

    def test_a_blob_comes_back_as_it_was_pushed(self, place: Place) -> None:
        data = bytes(range(256)) * 1000
        digest = place.registry.push_blob(place.repository, data)
        assert place.registry.blob(place.repository, digest, len(data)) == data

    def test_a_blob_over_the_limit_is_refused(self, place: Place) -> None:
        digest = place.registry.push_blob(place.repository, b"x" * 1001)
        with pytest.raises(OutsideError) as caught:
            place.registry.blob(place.repository, digest, 1000)
        assert caught.value.code is Code.OUTSIDE_TOO_LARGE

    def test_a_blob_that_is_not_there_is_an_error(self, place: Place) -> None:
        place.push_image("1.0.0")
        with pytest.raises(OutsideError) as caught:
            place.registry.blob(place.repository, NOWHERE, 1000)
        assert caught.value.code is Code.OUTSIDE_NOT_FOUND

    def test_a_blob_that_is_there_is_not_sent_again(self, place: Place) -> None:
        place.registry.push_blob(place.repository, b"once")
        assert place.count(lambda: place.registry.push_blob(place.repository, b"once")) == 1

    def test_an_image_without_referrers_has_none(self, place: Place) -> None:
        assert place.registry.referrers(place.repository, place.push_image("1.0.0")) == ()

    def test_every_artifact_that_refers_to_an_image_is_listed_with_its_type(self, place: Place) -> None:
        image = place.push_image("1.0.0")
        other = place.push_image("1.1.0", "another image")
        bundles = {place.attach(image, f"bundle {number}") for number in range(3)}
        place.attach(other, "bundle of the other")
        found = place.registry.referrers(place.repository, image)
        assert {entry.digest for entry in found} == bundles
        assert {(entry.media_type, entry.artifact_type) for entry in found} == {(MANIFEST, BUNDLE)}

    def test_attaching_the_same_artifact_twice_lists_it_once(self, place: Place) -> None:
        image = place.push_image("1.0.0")
        first, second = place.attach(image), place.attach(image)
        assert first == second
        assert [entry.digest for entry in place.registry.referrers(place.repository, image)] == [first]

    def test_artifacts_attached_at_the_same_time_are_all_listed(self, place: Place) -> None:
        image = place.push_image("1.0.0")
        with ThreadPoolExecutor(4) as threads:
            bundles = set(threads.map(lambda number: place.attach(image, f"bundle {number}"), range(8)))
        assert {entry.digest for entry in place.registry.referrers(place.repository, image)} == bundles

    def test_a_fallback_tag_written_by_others_is_united_with_the_rest(self, place: Place) -> None:
        image = place.push_image("1.0.0")
        known = place.attach(image, "by us")
        raw = place.registry.manifest(place.repository, known).raw
        other = place.push_image(None, "a stand-in")
        entries = [
            {"mediaType": MANIFEST, "digest": digest, "size": len(raw), "artifactType": EMPTY}
            for digest in (known, other)
        ]
        index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries}).encode()
        tag = image.replace(":", "-")
        place.registry.push_manifest(place.repository, index, INDEX, tag)
        found = place.registry.referrers(place.repository, image, frozenset({"1.0.0", tag}))
        assert {entry.digest for entry in found} == {known, other}

    def test_an_image_under_its_own_fallback_tag_is_no_list_of_referrers(self, place: Place) -> None:
        image = place.push_image("1.0.0")
        platforms = [{"mediaType": MANIFEST, "digest": image, "size": 2}]
        raw = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": platforms}).encode()
        index = place.registry.push_manifest(place.repository, raw, INDEX)
        pushed = ((image, place.registry.manifest(place.repository, image).raw, MANIFEST), (index, raw, INDEX))
        for digest, content, media_type in pushed:
            place.registry.push_manifest(place.repository, content, media_type, digest.replace(":", "-"))
            assert place.registry.referrers(place.repository, digest) == ()
            bundle = place.attach(digest)
            assert [entry.digest for entry in place.registry.referrers(place.repository, digest)] == [bundle]

    def test_asking_again_for_referrers_costs_at_most_one_request(self, place: Place) -> None:
        image = place.push_image("1.0.0")
        place.attach(image)
        tags = frozenset({"1.0.0"})
        place.registry.referrers(place.repository, image, tags)
        assert place.count(lambda: place.registry.referrers(place.repository, image, tags)) <= 1

    def test_a_list_of_one_page_costs_one_request(self, place: Place) -> None:
        place.push_image("1.0.0")
        place.registry.tags(place.repository)
        assert place.count(lambda: place.registry.tags(place.repository)) == 1

    def test_what_is_neither_tag_nor_digest_is_never_asked_for(self, place: Place) -> None:
        for reference in ("../../x", "sha256:abc", "sha512:" + "0" * 128, "a b", "sha256:" + "A" * 64):
            with pytest.raises(ValueError, match="not a sha256 digest"):
                place.registry.manifest(place.repository, reference)
        assert place.seen == []
