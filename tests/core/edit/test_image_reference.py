"""Image references are taken apart as container runtimes do it, or not at all."""

import pytest

from promoter.core.candidate import Repository
from promoter.core.image_reference import ImageReference, canonical_name, is_named, parse_image
from tests.core.edit.pinned import OLD, written


@pytest.mark.parametrize(
    ("text", "name", "tag", "pinned"),
    [
        ("nginx", "nginx", "", False),
        ("nginx:1.27", "nginx", "1.27", False),
        ("localhost:5000/app", "localhost:5000/app", "", False),
        ("localhost:5000/app:v1", "localhost:5000/app", "v1", False),
        ("10.0.0.1:5000/a/b_c:v1@OLD", "10.0.0.1:5000/a/b_c", "v1", True),
        ("ghcr.io/team/app@OLD", "ghcr.io/team/app", "", True),
    ],
)
def test_a_reference_has_name_tag_and_digest(text: str, name: str, tag: str, pinned: bool) -> None:
    assert parse_image(written(text)) == ImageReference(name, tag, OLD if pinned else None)


@pytest.mark.parametrize(
    "text",
    [
        "", " nginx", "nginx\n", "nginx:", "nginx:-v", "nginx@", "nginx@sha256:00", "nginx@md5:00", "Nginx", "a//b",
        "${IMAGE}", "{{ image }}", "nginx:${TAG}", "https://ghcr.io/a/b", "nginx:1@OLD@OLD", "a:b:c", "-a/b", "../a",
    ],
)  # fmt: skip
def test_what_is_no_reference_is_nothing(text: str) -> None:
    assert parse_image(written(text)) is None


@pytest.mark.parametrize(
    ("name", "canonical"),
    [
        ("nginx", Repository("docker.io", "library/nginx")),
        ("team/app", Repository("docker.io", "team/app")),
        ("docker.io/nginx", Repository("docker.io", "library/nginx")),
        ("index.docker.io/team/app", Repository("docker.io", "team/app")),
        ("localhost/app", Repository("localhost", "app")),
        ("registry:5000/app", Repository("registry:5000", "app")),
    ],
)
def test_short_names_stand_for_docker_hub(name: str, canonical: Repository) -> None:
    assert canonical_name(name) == canonical


def test_a_name_stands_for_an_image_only_if_host_and_path_are_equal() -> None:
    image = Repository("ghcr.io", "team/app")
    assert is_named("ghcr.io/team/app", image)
    assert not any(
        is_named(name, image) for name in ("team/app", "ghcr.io/team/app2", "ghcr.io/app", "x.ghcr.io/team/app")
    )
