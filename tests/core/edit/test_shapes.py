"""Whole files before and after, for every shape that a pin has in the wild."""

import pytest

from promoter.core.edit import Change, edit, edit_all, read_pins
from promoter.core.pins import Pin
from promoter.core.target import Target, TargetKind, ValuesShape
from tests.core.edit.pinned import (
    IMAGE,
    KUSTOMIZE,
    MANIFEST,
    NEW,
    OCI,
    OLD,
    RELEASE,
    RELEASE_PAIR,
    TAG,
    TAG_AND_DIGEST,
    WHOLE,
    edited,
    new,
    written,
)

SHAPES = {
    "kustomize, tag and digest": (
        KUSTOMIZE,
        """\
# who owns this: team-app
---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
    - ../base

images:
    # the sidecar belongs to somebody else
    - name: registry.example/team/proxy
      newTag: v2.4.1
    - name: registry.example/team/app   # {"$imagepolicy": "x:y"}
      newTag: v2.4.1                    # the release
      digest: OLD  # and its bytes
""",
        """\
# who owns this: team-app
---
apiVersion: kustomize.config.k8s.io/v1beta1
kind: Kustomization
resources:
    - ../base

images:
    # the sidecar belongs to somebody else
    - name: registry.example/team/proxy
      newTag: v2.4.1
    - name: registry.example/team/app   # {"$imagepolicy": "x:y"}
      newTag: v2.4.2                    # the release
      digest: NEW  # and its bytes
""",
    ),
    "kustomize, only a tag, on the line of the dash": (
        KUSTOMIZE,
        "images:\n  - newTag: v2.4.1 # why\n    # between\n    name: registry.example/team/app\n",
        "images:\n  - newTag: v2.4.2 # why\n    digest: NEW\n    # between\n    name: registry.example/team/app\n",
    ),
    "kustomize, only a tag, at the end of a file without a last line break": (
        KUSTOMIZE,
        "images:\r\n- name: app\r\n  newName: registry.example/team/app\r\n  newTag: 'v2.4.1' # end",
        "images:\r\n- name: app\r\n  newName: registry.example/team/app\r\n  newTag: 'v2.4.2' # end\r\n  digest: 'NEW'",
    ),
    "kustomize, only a digest": (
        KUSTOMIZE,
        "images:\n- name: registry.example/team/app\n  digest: OLD\n",
        "images:\n- name: registry.example/team/app\n  digest: NEW\n",
    ),
    "kustomize in one line": (
        KUSTOMIZE,
        "images: [{name: registry.example/team/app, newTag: v2.4.1}]\n",
        'images: [{name: registry.example/team/app, newTag: v2.4.2, digest: "NEW"}]\n',
    ),
    "kustomize as JSON, compact": (
        KUSTOMIZE,
        '{"images":[{"newTag":"v2.4.1","name":"registry.example/team/app"}]}',
        '{"images":[{"newTag":"v2.4.2", "digest": "NEW","name":"registry.example/team/app"}]}',
    ),
    "kustomize as JSON, indented": (
        KUSTOMIZE,
        (
            '{\n\t"images": [\n\t\t{\n\t\t\t"name": "registry.example/team/app",\n'
            '\t\t\t"newTag": "v2.4.1"\n\t\t}\n\t]\n}\n'
        ),
        (
            '{\n\t"images": [\n\t\t{\n\t\t\t"name": "registry.example/team/app",\n'
            '\t\t\t"digest": "NEW",\n\t\t\t"newTag": "v2.4.2"\n\t\t}\n\t]\n}\n'
        ),
    ),
    "a deployment and a cron job, several documents": (
        MANIFEST,
        """\
kind: Deployment
spec:
  template:
    spec:
      initContainers:
      - {name: migrate, image: "registry.example/team/app:v2.4.1"}
      containers:
      - name: proxy
        image: registry.example/team/proxy:v2.4.1
      - image: registry.example/team/app:v2.4.1@OLD # the app
        name: app
...
%YAML 1.1
---
kind: CronJob
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{image: registry.example/team/app}]
---
kind: ConfigMap
data:
  image: registry.example/team/app:v2.4.1
""",
        """\
kind: Deployment
spec:
  template:
    spec:
      initContainers:
      - {name: migrate, image: "registry.example/team/app:v2.4.2@NEW"}
      containers:
      - name: proxy
        image: registry.example/team/proxy:v2.4.1
      - image: registry.example/team/app:v2.4.2@NEW # the app
        name: app
...
%YAML 1.1
---
kind: CronJob
spec:
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{image: "registry.example/team/app:v2.4.2@NEW"}]
---
kind: ConfigMap
data:
  image: registry.example/team/app:v2.4.1
""",
    ),
    "a manifest pinned by digest alone keeps that form": (
        MANIFEST,
        "spec: {ephemeralContainers: [{image: registry.example/team/app@OLD}]}",
        "spec: {ephemeralContainers: [{image: registry.example/team/app@NEW}]}",
    ),
    "Helm values, tag and digest": (
        TAG_AND_DIGEST,
        'image:\n  registry: registry.example\n  repository: team/app\n  tag: "v2.4.1"\n  digest: ""\n',
        'image:\n  registry: registry.example\n  repository: team/app\n  tag: "v2.4.2"\n  digest: "NEW"\n',
    ),
    "Helm values, empty values are filled in": (
        TAG_AND_DIGEST,
        "image:\n  digest:   # not yet\n  tag: ~\n",
        "image:\n  digest: NEW   # not yet\n  tag: v2.4.2\n",
    ),
    "Helm values, only a tag, deeper comment below": (
        TAG_AND_DIGEST,
        "image:\n    repository: team/app\n    tag: v2.4.1\n        # why\n\nreplicas: 2\n",
        "image:\n    repository: team/app\n    tag: v2.4.2\n    digest: NEW\n        # why\n\nreplicas: 2\n",
    ),
    "Helm values, the tag on the line after its key": (
        TAG_AND_DIGEST,
        "image:\n  tag:\n    v2.4.1\n  x: y\n",
        "image:\n  tag:\n    v2.4.2\n  digest: NEW\n  x: y\n",
    ),
    "Helm values, quoted keys": (
        TAG_AND_DIGEST,
        "image:\n  'tag': v2.4.1\n",
        "image:\n  'tag': v2.4.2\n  'digest': NEW\n",
    ),
    "Helm values, one scalar": (
        TAG,
        "image:\n  repository: team/app\n  tag: v2.4.1@OLD # pinned\n",
        "image:\n  repository: team/app\n  tag: v2.4.2@NEW # pinned\n",
    ),
    "Helm values, one scalar, tag only": (
        TAG,
        "image: {registry: registry.example/team, repository: app, tag: v2.4.1}\n",
        'image: {registry: registry.example/team, repository: app, tag: "v2.4.2@NEW"}\n',
    ),
    "Helm values, a whole image": (
        WHOLE,
        "image: 'registry.example/team/app:v2.4.1@OLD'\n",
        "image: 'registry.example/team/app:v2.4.2@NEW'\n",
    ),
    "Helm values, a merge key ahead of the tag": (
        TAG,
        "x: &x {repository: registry.example/team/app, pullPolicy: Always}\nimage:\n  <<: *x\n  tag: v2.4.1\n",
        "x: &x {repository: registry.example/team/app, pullPolicy: Always}\nimage:\n  <<: *x\n  tag: v2.4.2@NEW\n",
    ),
    "a Flux HelmRelease beside another one": (
        RELEASE_PAIR,
        """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: app}
spec:
  values:
    image:
      repository: registry.example/team/app
      tag: v2.4.1
      digest: OLD
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: other}
spec:
  values: {replicas: 2}
""",
        """\
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: app}
spec:
  values:
    image:
      repository: registry.example/team/app
      tag: v2.4.2
      digest: NEW
---
apiVersion: helm.toolkit.fluxcd.io/v2
kind: HelmRelease
metadata: {name: other}
spec:
  values: {replicas: 2}
""",
    ),
    "a Flux OCIRepository": (
        OCI,
        """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: app
spec:
  interval: 5m
  url: oci://registry.example/team/app
  ref:
    tag: v2.4.1
""",
        """\
apiVersion: source.toolkit.fluxcd.io/v1
kind: OCIRepository
metadata:
  name: app
spec:
  interval: 5m
  url: oci://registry.example/team/app
  ref:
    tag: v2.4.2
    digest: NEW
""",
    ),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_exactly_the_pin_changes(shape: str) -> None:
    target, before, after = SHAPES[shape]
    assert edited(before, target).raw.decode() == written(after)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_second_edit_changes_nothing(shape: str) -> None:
    target, _, after = SHAPES[shape]
    again = edited(after, target)
    assert (again.raw.decode(), again.changes) == (written(after), ())


@pytest.mark.parametrize("shape", SHAPES)
def test_the_new_pin_is_read_back(shape: str) -> None:
    target, _, after = SHAPES[shape]
    pins = read_pins(written(after).encode(), target, IMAGE)
    assert {pin.digest for pin in pins} == {NEW}
    assert {pin.tag for pin in pins} <= {RELEASE, ""}


def test_pins_say_what_runs_and_where_it_is_written() -> None:
    text = written("images:\n- name: registry.example/team/app\n  newTag: v2.4.1\n  digest: OLD\n")
    assert read_pins(text.encode(), KUSTOMIZE, IMAGE) == (Pin("v2.4.1", OLD, "images[0].newTag", 3),)


def test_every_container_of_the_image_is_a_pin() -> None:
    text = "a: {containers: [{image: registry.example/team/app:v1}]}\n"
    text += "b:\n  containers:\n  - image: registry.example/team/app\n"
    assert read_pins(text.encode(), MANIFEST, IMAGE) == (
        Pin("v1", None, "a.containers[0].image", 1),
        Pin("", None, "b.containers[0].image", 4),
    )


def test_changes_tell_old_and_new_values_and_what_was_inserted() -> None:
    changes = edited("image:\n  tag: v2.4.1\n", TAG_AND_DIGEST).changes
    assert changes == (
        Change("image.tag", 2, "v2.4.1", "v2.4.2"),
        Change("image.digest", 2, None, NEW),
    )


def test_a_digest_key_that_looks_like_another_type_is_quoted() -> None:
    target = Target(
        path="values.yaml", kind=TargetKind.HELM_VALUES, shape=ValuesShape.TAG_AND_DIGEST, tag_key="v", digest_key="y"
    )
    after = edited("v: v1\n", target)
    assert after.raw.decode() == written('v: v2.4.2\n"y": NEW\n')
    assert [change.where for change in after.changes] == ["v", "y"]


def test_docker_short_names_stand_for_the_same_image() -> None:
    image = type(IMAGE)("docker.io", "library/nginx")
    for name in ("nginx", "library/nginx", "docker.io/nginx", "index.docker.io/library/nginx"):
        after = edit(f"containers: [{{image: '{name}:1'}}]".encode(), MANIFEST, image, new())
        assert after.raw.decode() == written(f"containers: [{{image: '{name}:v2.4.2@NEW'}}]")


def test_a_kustomize_entry_is_chosen_by_name_where_two_stand_for_the_image() -> None:
    target = Target(path="kustomization.yaml", kind=TargetKind.KUSTOMIZE, name="two")
    text = "images:\n- {name: one, newName: registry.example/team/app, newTag: v1}\n"
    text += "- {name: two, newName: registry.example/team/app, newTag: v1, digest: ''}\n"
    assert edited(text, target).raw.decode().splitlines()[2] == written(
        "- {name: two, newName: registry.example/team/app, newTag: v2.4.2, digest: 'NEW'}"
    )


def test_a_flux_object_inside_a_list_is_chosen_by_name() -> None:
    target = Target(path="source.yaml", kind=TargetKind.FLUX_OCI_REPOSITORY, name="two")
    item = "- {apiVersion: source.toolkit.fluxcd.io/v1, kind: OCIRepository, metadata: {name: NAME},"
    item += " spec: {url: 'oci://registry.example/team/app', ref: {tag: v1, digest: ''}}}\n"
    text = "kind: List\nitems:\n" + item.replace("NAME", "one") + item.replace("NAME", "two")
    before, after = text.splitlines(), edited(text, target).raw.decode().splitlines()
    assert after[:3] == before[:3]
    assert after[3] == written(before[3].replace("tag: v1, digest: ''", "tag: v2.4.2, digest: 'NEW'"))


def test_values_may_stand_in_a_list_and_under_names_of_their_own() -> None:
    target = Target(
        path="values.yaml",
        kind=TargetKind.HELM_VALUES,
        at=("apps", 1),
        shape=ValuesShape.TAG_AND_DIGEST,
        tag_key="imageTag",
        digest_key="imageDigest",
    )
    after = edited("apps:\n- {imageTag: v1}\n- imageTag: v1\n  repository: of something else\n", target).raw.decode()
    assert after == written(
        "apps:\n- {imageTag: v1}\n- imageTag: v2.4.2\n  imageDigest: NEW\n  repository: of something else\n"
    )


def test_two_targets_of_one_file_are_edited_together() -> None:
    worker = Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("worker",), shape=ValuesShape.TAG)
    after = edit_all(b"image: {tag: 'v1'}\nworker: {tag: 'v1'}\n", (TAG, worker), IMAGE, new())
    assert after.raw.decode() == written("image: {tag: 'v2.4.2@NEW'}\nworker: {tag: 'v2.4.2@NEW'}\n")
    assert [change.where for change in after.changes] == ["image.tag", "worker.tag"]
