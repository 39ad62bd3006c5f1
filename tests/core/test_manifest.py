"""What a release may be: an image, or an index that lists the image of each platform itself."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.candidate import digest_of
from promoter.core.evidence import Platform
from promoter.core.manifest import read_inner_attestations, read_platforms, require_image
from promoter.core.strict_json import Malformed

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
IMAGE_TYPE = "application/vnd.oci.image.manifest.v1+json"
AMD64 = {"os": "linux", "architecture": "amd64"}


def listed(name: str, platform: object = AMD64, **more: Any) -> dict[str, Any]:
    return {"mediaType": IMAGE_TYPE, "digest": digest_of(name.encode()), "size": 2, "platform": platform, **more}


def index(*entries: object) -> bytes:
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(entries)}).encode()


STATEMENTS = listed(
    "said",
    {"os": "unknown", "architecture": "unknown"},
    annotations={"vnd.docker.reference.type": "attestation-manifest", "vnd.docker.reference.digest": digest_of(b"one")},
)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"schemaVersion": 2, "config": {}, "layers": []}', id="an image"),
        pytest.param(index(listed("one")), id="an index of one image"),
        pytest.param(index(listed("one"), listed("two"), STATEMENTS), id="a platform twice, and statements about it"),
        pytest.param(index(listed("one", None)), id="an image without a platform"),
    ],
)
def test_an_image_and_an_index_of_images_are_releases(raw: bytes) -> None:
    require_image(raw)


@pytest.mark.parametrize(
    ("raw", "code", "detail"),
    [
        pytest.param(b"<html>", "image.unparseable", "not strict JSON: Expecting value at line 1, column 1", id="HTML"),
        pytest.param(
            b'{"schemaVersion": 2, "layers": [], "layers": [{}]}',
            "image.unparseable",
            "not strict JSON: the key 'layers' stands twice in one object",
            id="layers twice",
        ),
        pytest.param(
            b'{"schemaVersion": 2, "manifests": {}}',
            "image.unparseable",
            "the manifests of the image index are not a list of descriptors",
            id="manifests that are no list",
        ),
        pytest.param(
            index(7),
            "image.unparseable",
            "the manifests of the image index are not a list of descriptors",
            id="a manifest that is a number",
        ),
        pytest.param(
            b'{"schemaVersion": 1, "name": "shop/cart", "fsLayers": [], "history": []}',
            "image.unsupported",
            "it is of manifest schema 1; only schema 2 is read",
            id="schema 1",
        ),
        pytest.param(
            b'{"layers": []}', "image.unsupported", "it is of manifest schema unknown; only schema 2 is read", id="none"
        ),
        pytest.param(index(), "image.empty-index", "the image index lists no image", id="an index without manifests"),
        pytest.param(
            index(STATEMENTS), "image.empty-index", "the image index lists no image", id="an index of statements alone"
        ),
        pytest.param(
            index(listed("one"), listed("two", mediaType=INDEX_TYPE)),
            "image.nested-index",
            f"the image index lists another index, {digest_of(b'two')}",
            id="an index in an index",
        ),
        pytest.param(
            index({"mediaType": "application/vnd.docker.distribution.manifest.list.v2+json"}),
            "image.nested-index",
            "the image index lists another index, without a digest",
            id="a manifest list in an index",
        ),
        pytest.param(
            index(STATEMENTS, *(listed(str(number)) for number in range(101))),
            "image.unsupported",
            "the image index lists 101 platforms, at most 100 are read",
            id="more platforms than anybody looks at",
        ),
    ],
)
def test_what_no_release_can_be_is_refused_by_its_own_code(raw: bytes, code: str, detail: str) -> None:
    with pytest.raises(Malformed) as caught:
        require_image(raw)

    assert (caught.value.code.value, caught.value.detail) == (code, detail)


@pytest.mark.parametrize("odd", [None, [], {}, 7, True, "x"])
def test_odd_values_in_an_index_raise_nothing_else(odd: object) -> None:
    for entry in ({"mediaType": odd}, {"platform": odd, "digest": odd}, {"annotations": odd}):
        with pytest.raises(Malformed):
            require_image(index(entry))


@given(st.binary() | st.text().map(str.encode))
def test_no_bytes_get_anything_but_malformed_out_of_it(raw: bytes) -> None:
    with pytest.raises(Malformed):
        require_image(raw)


def test_an_image_without_a_platform_is_listed_under_a_name_that_no_policy_can_mean() -> None:
    raw = index(listed("one", None), listed("two", {}), listed("three"))

    assert [platform.name for platform in read_platforms(raw)] == ["unnamed", "unnamed", "linux/amd64"]


def test_every_image_of_a_platform_that_stands_twice_is_listed() -> None:
    assert read_platforms(index(listed("one"), listed("two"))) == (
        Platform(digest_of(b"one"), "linux/amd64"),
        Platform(digest_of(b"two"), "linux/amd64"),
    )


def test_statements_of_buildx_are_no_platform_and_what_only_calls_itself_statements_is_one() -> None:
    mislabelled = {**listed("two"), "annotations": STATEMENTS["annotations"]}
    raw = index(listed("one"), STATEMENTS, mislabelled)

    assert [platform.digest for platform in read_platforms(raw)] == [digest_of(b"one"), digest_of(b"two")]
    assert read_inner_attestations(raw) == (digest_of(b"said"), digest_of(b"two"))
