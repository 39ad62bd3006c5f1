"""What the editor refuses, each with its code, its line and what to do about it."""

import pytest

from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.edit import edit, read_pins
from promoter.core.target import EditRefused, Target, TargetKind, ValuesShape
from promoter.core.verdict import VerifiedDigest
from promoter.core.yaml_marks import MAX_ALIASES, MAX_BYTES, MAX_DEPTH, MAX_EVENTS
from tests.core.edit.pinned import (
    IMAGE,
    KUSTOMIZE,
    MANIFEST,
    OCI,
    RELEASE_PAIR,
    TAG,
    TAG_AND_DIGEST,
    WHOLE,
    new,
    written,
)

NAME = "registry.example/team/app"
NAMED_RELEASE = Target(
    path="release.yaml", kind=TargetKind.FLUX_HELM_RELEASE, name="x", at=("image",), shape=ValuesShape.TAG
)
NAMED_ENTRY = Target(path="kustomization.yaml", kind=TargetKind.KUSTOMIZE, name="app")
FLUX = "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\n"

REFUSALS = {
    "an alias": (
        TAG,
        "x: &x v1\nimage:\n  tag: *x\n",
        "values.yaml:3: image.tag is an alias; write the value itself there",
    ),
    "a mapping reached through an alias": (
        TAG,
        "x: &x {tag: v1}\nimage: *x\n",
        "values.yaml:2: image.tag is reached through an alias; write the value itself there",
    ),
    "an alias for the key": (
        TAG,
        "x: &x tag\nimage:\n  *x : v1\n",
        "values.yaml:3: image.tag stands under an alias for the key 'tag'; write the key itself",
    ),
    "a container reached through an alias": (
        MANIFEST,
        f"x: &x\n- image: {NAME}:v1\nspec:\n  containers: *x\n",
        "app.yaml:4: spec.containers[0].image is reached through an alias; write the value itself there",
    ),
    "an anchored value": (
        TAG,
        "image:\n  tag: &x v1\n",
        "values.yaml:2: image.tag carries the anchor &x; write the value without an anchor",
    ),
    "a mapping that an alias repeats": (
        TAG,
        "image: &x\n  tag: v1\nother: *x\n",
        (
            "values.yaml:2: image.tag is inside the anchor &x, which line 3 repeats by an alias; "
            "write the values out in both places, or keep the pin out of the anchor"
        ),
    ),
    "a tagged value": (
        TAG,
        "image:\n  tag: !!str 1.10\n",
        "values.yaml:2: image.tag carries the tag tag:yaml.org,2002:str; write the value in quotes instead",
    ),
    "a value with the tag that names none": (
        TAG,
        "image:\n  tag: ! v1\n",
        "values.yaml:2: image.tag carries the tag !; write the value in quotes instead",
    ),
    "a tagged mapping": (
        TAG,
        "image: !secret\n  tag: v1\n",
        "values.yaml:1: image.tag is inside a node tagged !secret; remove the tag",
    ),
    "a block scalar": (
        TAG,
        "image:\n  tag: |-\n    v1\n",
        "values.yaml:2: image.tag is a block scalar; write the value on the line of its key",
    ),
    "a folded scalar": (
        TAG,
        "image:\n  tag: >\n    v1\n",
        "values.yaml:2: image.tag is a block scalar; write the value on the line of its key",
    ),
    "a quoted scalar over two lines": (
        TAG,
        'image:\n  tag: "v1\\\n    .0"\n',
        "values.yaml:2: image.tag goes over several lines; write the value on one line",
    ),
    "a duplicate key": (
        TAG,
        "image:\n  tag: v1\n  x: y\n  tag: v1\n",
        "values.yaml:2: image.tag stands under the key 'tag' of lines 2, 4; keep one",
    ),
    "a duplicate key on the way": (
        TAG,
        "image: {tag: v1}\nimage: {}\n",
        "values.yaml:1: image.tag stands under the key 'image' of lines 1, 2; keep one",
    ),
    "a duplicate name": (
        KUSTOMIZE,
        f"images:\n- name: {NAME}\n  name: other\n  newTag: v1\n",
        "kustomization.yaml:2: images[0] stands under the key 'name' of lines 2, 3; keep one",
    ),
    "a tag that comes from a merge key": (
        TAG,
        "x: &x {tag: v1}\nimage:\n  <<: *x\n",
        "values.yaml:3: image gets its 'tag' by a merge key (<<) from line 1; write 'tag' out in the mapping itself",
    ),
    "a digest that comes from a merge key of several": (
        TAG_AND_DIGEST,
        "x: &x {a: b}\ny: &y\n  digest: ''\nimage:\n  <<: [*x, *y]\n  tag: v1\n",
        (
            "values.yaml:5: image gets its 'digest' by a merge key (<<) from line 3; "
            "write 'digest' out in the mapping itself"
        ),
    ),
    "a way that comes from a merge key": (
        TAG,
        "x: &x {image: {tag: v1}}\n<<: *x\n",
        (
            "values.yaml:1: the document gets its 'image' by a merge key (<<) from line 1; "
            "write 'image' out in the mapping itself"
        ),
    ),
    "a container that comes from a merge key": (
        MANIFEST,
        f"x: &x {{image: '{NAME}:v1'}}\ncontainers:\n- <<: *x\n  name: app\n",
        "app.yaml:1: containers[0].<<.image comes from a merge key (<<); write it out in the mapping itself",
    ),
    "a merge key after the tag": (
        TAG,
        "x: &x {a: b}\nimage:\n  tag: v1\n  <<: *x\n",
        (
            "values.yaml:3: image.tag stands under 'tag', which a merge key (<<) follows: "
            "YAML readers disagree about which one counts; write the merge key first"
        ),
    ),
    "a collection in place of the tag": (
        TAG,
        "image:\n  tag: [v1]\n",
        "values.yaml:2: image.tag is a collection; name the key that holds the single value",
    ),
    "a collection in place of the image": (
        WHOLE,
        "image: {tag: v1}\n",
        "values.yaml:1: image is a collection; choose another `shape` for this target",
    ),
    "a template in place of the tag": (
        TAG_AND_DIGEST,
        "image:\n  tag: ${TAG}\n",
        (
            "values.yaml:2: image.tag is no tag: '${TAG}'; "
            "write the tag that runs; a tag with a digest behind @ is a shape of its own"
        ),
    ),
    "tag and digest in one scalar where two are expected": (
        TAG_AND_DIGEST,
        "image:\n  tag: v1@OLD\n",
        (
            "values.yaml:2: image.tag is no tag: 'v1@OLD'; "
            "write the tag that runs; a tag with a digest behind @ is a shape of its own"
        ),
    ),
    "a digest beside the one scalar that holds both": (
        TAG,
        "image:\n  tag: v1\n  digest: OLD\n",
        "values.yaml:2: image has a 'digest' of its own beside the tag; choose shape tag-and-digest or remove 'digest'",
    ),
    "a digest of another algorithm": (
        TAG_AND_DIGEST,
        "image:\n  tag: v1\n  digest: sha512:00\n",
        (
            "values.yaml:3: image.digest is not a sha256 digest: 'sha512:00'; "
            "write sha256: and 64 lower-case hexadecimal digits, or leave it empty"
        ),
    ),
    "a template in place of the image": (
        WHOLE,
        "image: '{{ image }}'\n",
        "values.yaml:1: image is no image: '{{ image }}'; write the image that runs",
    ),
    "an empty key without a colon": (
        TAG_AND_DIGEST,
        "image: {tag: v1, digest}\n",
        "values.yaml:1: image.digest has no value and no colon; write the value that runs there",
    ),
    "another image": (
        WHOLE,
        "image: registry.example/team/other:v1\n",
        (
            "values.yaml:1: image is of the image 'registry.example/team/other', not registry.example/team/app; "
            "correct the target or the image in the file"
        ),
    ),
    "the image of another registry": (
        TAG,
        "image:\n  registry: registry.other\n  repository: team/app\n  tag: v1\n",
        (
            "values.yaml:2: image is of the image 'registry.other/team/app', not registry.example/team/app; "
            "correct the target or the image in the file"
        ),
    ),
    "another registry alone": (
        TAG,
        "image:\n  registry: registry.other\n  tag: v1\n",
        (
            "values.yaml:2: image is of the image 'registry.other', not registry.example/team/app; "
            "correct the target or the image in the file"
        ),
    ),
    "a kustomize entry of another image": (
        NAMED_ENTRY,
        "images:\n- name: app\n  newName: registry.example/team/other\n  newTag: v1\n",
        (
            "kustomization.yaml:2: images[0] is of the image 'registry.example/team/other', "
            "not registry.example/team/app; correct the target or the image in the file"
        ),
    ),
    "an OCIRepository of another image": (
        Target(path="source.yaml", kind=TargetKind.FLUX_OCI_REPOSITORY, name="x"),
        FLUX + "metadata: {name: x}\nspec: {url: 'oci://registry.example/team/other', ref: {tag: v1}}\n",
        (
            "source.yaml:1: the document is of the image 'registry.example/team/other', not registry.example/team/app; "
            "correct the target or the image in the file"
        ),
    ),
    "no entry": (
        KUSTOMIZE,
        "images:\n- name: registry.example/team/other\n  newTag: v1\n",
        (
            "kustomization.yaml: there is no entry of images for registry.example/team/app; "
            "add it, with its name and newTag"
        ),
    ),
    "no entry of that name": (
        NAMED_ENTRY,
        "images: []\n",
        "kustomization.yaml: there is no entry 'app' of images; add it, with its name and newTag",
    ),
    "no container": (
        MANIFEST,
        "containers:\n- image: registry.example/team/other:v1\n- image: nginx\n",
        (
            "app.yaml: no container uses registry.example/team/app; "
            "its containers use nginx, registry.example/team/other:v1; name the file that does"
        ),
    ),
    "an empty file": (MANIFEST, "", "app.yaml: no container uses registry.example/team/app; name the file that does"),
    "no such path": (
        TAG,
        "images: {tag: v1}\n",
        "values.yaml: there is no 'tag' under image; correct the target's `at` or write the value that runs there",
    ),
    "no such path, from its first key on": (
        Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("app", "image"), shape=ValuesShape.IMAGE),
        "image: nginx\n",
        "values.yaml: there is no app.image; correct the target's `at` or write the value that runs there",
    ),
    "a collection in place of the name": (
        TAG,
        "image:\n  tag: v1\n  repository: [team, app]\n",
        "values.yaml:3: image.repository is no text; write a single value there",
    ),
    "a file that would grow too large": (
        TAG_AND_DIGEST,
        "image:\n  tag: v1\n" + "#" * (MAX_BYTES - 18),
        (
            f"values.yaml: the edited file would be refused: the file has {MAX_BYTES + 85} bytes, "
            f"more than {MAX_BYTES}; split it"
        ),
    ),
    "neither tag nor digest": (
        KUSTOMIZE,
        f"images:\n- name: {NAME}\n",
        "kustomization.yaml:2: images[0] has neither 'newTag' nor 'digest'; write 'newTag' with the tag that runs",
    ),
    "no HelmRelease": (
        RELEASE_PAIR,
        "kind: HelmRelease\nspec: {values: {image: {tag: v1}}}\n",
        "release.yaml: there is no HelmRelease with spec.values; correct the target's `name` or `path`",
    ),
    "no HelmRelease of that name": (
        NAMED_RELEASE,
        "apiVersion: helm.toolkit.fluxcd.io/v2\nkind: HelmRelease\nmetadata: {name: y}\nspec: {values: {}}\n",
        "release.yaml: there is no HelmRelease 'x' with spec.values; correct the target's `name` or `path`",
    ),
    "no reference": (
        OCI,
        FLUX + f"spec: {{url: 'oci://{NAME}'}}\n",
        "source.yaml:1: the document has no spec.ref; write spec.ref.tag with the tag that runs",
    ),
    "two entries": (
        KUSTOMIZE,
        f"images:\n- name: {NAME}\n  newTag: v1\n- name: x\n  newName: {NAME}\n",
        (
            "kustomization.yaml:4: there is more than one entry of images for registry.example/team/app, "
            "on lines 2, 4; keep one or set the target's `name`"
        ),
    ),
    "two documents with the path": (
        TAG,
        "image: {tag: v1}\n---\nimage: {tag: v1}\n",
        "values.yaml:3: there is more than one 'tag' under image, on lines 1, 3; keep one or set the target's `name`",
    ),
    "an explicit key": (
        TAG_AND_DIGEST,
        "image:\n  ? tag\n  : v1\n",
        "values.yaml:2: image has its tag under an explicit key (?); write the tag as `key: value`",
    ),
    "a pair without braces in a list": (
        Target(path="values.yaml", kind=TargetKind.HELM_VALUES, at=("image", 0), shape=ValuesShape.TAG_AND_DIGEST),
        "image: [tag: v1]\n",
        "values.yaml:1: the edit would change more than the pin; write the pin as plain `key: value` lines",
    ),
    "no YAML": (
        TAG,
        "image:\n  tag: v1\n x: y\n",
        "values.yaml:3: this is not YAML: did not find expected key; correct the file",
    ),
    "a template of a chart": (
        TAG,
        "image: {{ .Values.image }}\n  tag: v1\n",
        "values.yaml:2: this is not YAML: did not find expected key; correct the file",
    ),
    "a control character": (
        TAG,
        "image:\n  tag: v1\x01\n",
        "values.yaml: this is not YAML: control characters are not allowed; correct the file",
    ),
    "a NUL": (TAG, "image:\n  tag: v1\0\n", "values.yaml:2: a NUL or a second byte order mark; remove it"),
    "two byte order marks": (
        TAG,
        "\ufeff\ufeffimage:\n  tag: v1\n",
        "values.yaml:1: a NUL or a second byte order mark; remove it",
    ),
    "a lone surrogate, escaped": (
        TAG,
        'x: "\\ud800"\nimage:\n  tag: v1\n',
        "values.yaml:1: this is not YAML: found invalid Unicode character escape code; correct the file",
    ),
    "an alias for nothing": (
        TAG,
        "x: *nothing\nimage: {tag: v1}\n",
        "values.yaml:1: the alias *nothing stands for nothing that is complete before it; name an earlier anchor",
    ),
    "an alias inside its own anchor": (
        TAG,
        "x: &x [*x]\nimage: {tag: v1}\n",
        "values.yaml:1: the alias *x stands for nothing that is complete before it; name an earlier anchor",
    ),
    "nested too deep": (
        TAG,
        "image: {tag: v1}\nx:\n  " + "[" * 100_000,
        f"values.yaml:3: nested deeper than {MAX_DEPTH}; flatten the document",
    ),
    "too many aliases": (
        TAG,
        "image: {tag: v1}\nx: &x y\nz:\n" + "- *x\n" * (MAX_ALIASES + 1),
        f"values.yaml:{MAX_ALIASES + 4}: more than {MAX_ALIASES} aliases; write the values out",
    ),
    "too many nodes": (
        TAG,
        "[" + "[]," * (MAX_EVENTS // 2) + "]",
        f"values.yaml:1: the file has more than {MAX_EVENTS} nodes; split it",
    ),
    "too large": (
        TAG,
        "#" * (MAX_BYTES + 1),
        f"values.yaml: the file has {MAX_BYTES + 1} bytes, more than {MAX_BYTES}; split it",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_it_is_refused_with_its_reason(case: str) -> None:
    target, text, message = REFUSALS[case]
    with pytest.raises(EditRefused) as refused:
        edit(written(text).encode(), target, IMAGE, new())
    assert str(refused.value) == written(message)


CODES = {
    "an alias": Code.EDIT_ALIAS,
    "an anchored value": Code.EDIT_ANCHOR,
    "a mapping that an alias repeats": Code.EDIT_SHARED,
    "a tagged value": Code.EDIT_TAGGED,
    "a block scalar": Code.EDIT_BLOCK_SCALAR,
    "a quoted scalar over two lines": Code.EDIT_MULTI_LINE,
    "a duplicate key": Code.EDIT_DUPLICATE_KEY,
    "a tag that comes from a merge key": Code.EDIT_MERGE_KEY,
    "a collection in place of the tag": Code.EDIT_NOT_A_SCALAR,
    "a template in place of the tag": Code.EDIT_NOT_A_PIN,
    "another image": Code.EDIT_IMAGE_MISMATCH,
    "no entry": Code.EDIT_NOT_FOUND,
    "two entries": Code.EDIT_AMBIGUOUS,
    "an explicit key": Code.EDIT_NOT_EXACT,
    "no YAML": Code.EDIT_UNPARSEABLE,
    "nested too deep": Code.EDIT_TOO_DEEP,
    "too large": Code.EDIT_TOO_LARGE,
}


@pytest.mark.parametrize("case", CODES)
def test_each_reason_has_its_code(case: str) -> None:
    target, text, _ = REFUSALS[case]
    with pytest.raises(EditRefused) as refused:
        edit(written(text).encode(), target, IMAGE, new())
    assert refused.value.code is CODES[case]


def test_every_code_of_the_editor_is_shown_here() -> None:
    assert {*CODES.values(), Code.EDIT_NOT_A_TAG} == {code for code in Code if code.value.startswith("edit.")}


@pytest.mark.parametrize("raw", [b"\xff\xfei\0", b"image: {tag: 'v1'} # \xed\xa0\x80\n", b"# \xc3\n"])
def test_a_file_that_is_not_utf_8_is_refused(raw: bytes) -> None:
    with pytest.raises(EditRefused, match=r"values\.yaml:1: the file is not UTF-8; store it as UTF-8"):
        read_pins(raw, TAG, IMAGE)


@pytest.mark.parametrize("release", ["", "v1 ", "1.0+build", "v1\n", "-v1", "a" * 129, "v\ud800", "v1: x", "é"])
def test_a_release_that_is_no_tag_is_refused(release: str) -> None:
    with pytest.raises(EditRefused) as refused:
        edit(b"image: {tag: 'v1'}", TAG, IMAGE, new(release))
    assert refused.value.code is Code.EDIT_NOT_A_TAG


@pytest.mark.parametrize(
    "digest", ["", "sha256:00", "sha256:" + "F" * 64, f"sha256:{'0' * 64}\n", "sha512:" + "0" * 128]
)
def test_something_else_than_a_digest_is_refused(digest: str) -> None:
    with pytest.raises(EditRefused):
        edit(b"image: {tag: 'v1'}", TAG, IMAGE, VerifiedDigest(Digest(digest), "v2"))


def test_a_merge_chain_that_doubles_at_every_step_is_read_in_time() -> None:
    chain = "".join(f"m{n}: &m{n}\n  <<: [*m{n - 1}, *m{n - 1}]\n" for n in range(1, 60))
    text = f"m0: &m0 {{a: b}}\n{chain}containers:\n- <<: *m59\n- image: {NAME}:v1\n"
    assert edit(text.encode(), MANIFEST, IMAGE, new()).raw.decode() == written(
        text.replace(f"{NAME}:v1", f"{NAME}:v2.4.2@NEW")
    )


def test_an_alias_chain_that_doubles_at_every_step_is_read_in_time() -> None:
    chain = "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 60))
    text = f"a0: &a0 {{containers: [{{image: nginx}}]}}\n{chain}containers:\n- image: {NAME}:v1\n"
    assert edit(text.encode(), MANIFEST, IMAGE, new()).changes[0].where == "containers[0].image"
