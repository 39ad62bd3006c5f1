"""Targets as configuration reads them: what belongs to a kind is taken, everything else is refused by name."""

import pytest
from pydantic import TypeAdapter, ValidationError

from promoter.core.target import Target, TargetKind, ValuesShape


def test_a_target_is_read_from_configuration() -> None:
    target = TypeAdapter(Target).validate_python(
        {"path": "prod/app/values.yaml", "kind": "helm-values", "at": ["apps", 0, "image"], "shape": "tag"}
    )
    assert target == Target(
        path="prod/app/values.yaml", kind=TargetKind.HELM_VALUES, at=("apps", 0, "image"), shape=ValuesShape.TAG
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"path": "", "kind": "manifest"}, "a target needs the path of its file"),
        ({"path": "x", "kind": "helm-values"}, "needs a `shape`, one of: tag-and-digest, tag, image"),
        ({"path": "x", "kind": "helm-values", "shape": "image"}, "shape image needs `at`"),
        ({"path": "x", "kind": "helm-values", "shape": "tag", "at": [""]}, "`at` has an empty key"),
        ({"path": "x", "kind": "helm-values", "shape": "tag", "at": [-1]}, "a negative position: [-1]"),
        ({"path": "x", "kind": "helm-values", "shape": "tag", "tag_key": "digest"}, "must be two different names"),
        ({"path": "x", "kind": "helm-values", "shape": "tag", "digest_key": "a: b"}, "must be two different names"),
        ({"path": "x", "kind": "kustomize", "at": ["images"]}, "not belong to kind kustomize; remove them"),
        ({"path": "x", "kind": "flux-oci-repository", "shape": "tag"}, "not belong to kind flux-oci-repository"),
        ({"path": "x", "kind": "manifest", "name": "app"}, "`name` does not belong to kind manifest; remove it"),
        ({"path": "x", "kind": "manifest", "line": 3}, "Unexpected keyword argument"),
        ({"path": "x", "kind": "yaml"}, "Input should be 'kustomize', 'manifest', 'helm-values'"),
    ],
)
def test_what_does_not_belong_to_a_kind_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Target).validate_python(fields)
    assert message in str(refused.value)
