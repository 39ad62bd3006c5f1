"""Where a pin stands in the environment repository, and why one could not be read or written.

A target is configuration: it names a file, the kind of document in it and, where the kind does not say so by itself,
the way to the pin. It never names a line: pins are found by what they are, so that people may move them.
"""

import re
from dataclasses import dataclass
from enum import Enum

from promoter.core.codes import Code


class TargetKind(Enum):
    """The kind of document that a pin stands in."""

    KUSTOMIZE = "kustomize"  # the entry of `images:`, with `newTag` and `digest`
    MANIFEST = "manifest"  # every `image:` of containers, initContainers and ephemeralContainers, in all documents
    HELM_VALUES = "helm-values"
    FLUX_HELM_RELEASE = "flux-helm-release"  # Helm values under `spec.values`
    FLUX_OCI_REPOSITORY = "flux-oci-repository"  # `spec.ref`, with `tag` and `digest`


class ValuesShape(Enum):
    """How a chart's values spell an image; the chart decides what it reads, so this is never guessed."""

    TAG_AND_DIGEST = "tag-and-digest"  # `at` leads to the mapping that holds `tag` and `digest`
    TAG = "tag"  # `at` leads to the mapping whose `tag` is `v2.4.2@sha256:...`
    IMAGE = "image"  # `at` leads to the scalar `registry.example/app:v2.4.2@sha256:...`


_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_VALUES_KINDS = frozenset({TargetKind.HELM_VALUES, TargetKind.FLUX_HELM_RELEASE})
_NAMED_KINDS = frozenset({TargetKind.KUSTOMIZE, TargetKind.FLUX_HELM_RELEASE, TargetKind.FLUX_OCI_REPOSITORY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One place that pins a service's image: a repository path, the kind of document, and the way inside it.

    `at` are mapping keys (text) and list positions (numbers, from 0) from the root of the values. `name` chooses among
    several: a kustomize entry by its `name`, a Flux object by its `metadata.name`.
    Raises ValueError where a field does not belong to the kind.
    """

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    path: str
    """Path of the file in the environment repository; `{environment}` stands for each environment's name."""
    kind: TargetKind
    """The kind of document that the pin stands in."""
    at: tuple[str | int, ...] = ()
    """Helm values: the keys (text) and list positions (numbers, from 0) that lead to the image."""
    shape: ValuesShape | None = None
    """Helm values: how the chart spells an image; `helm-values` and `flux-helm-release` need it."""
    name: str = ""
    """Which of several: a kustomize entry by its `name`, a Flux object by its `metadata.name`."""
    tag_key: str = "tag"
    """Helm values: what the chart calls the tag."""
    digest_key: str = "digest"
    """Helm values: what the chart calls the digest."""

    def __post_init__(self) -> None:
        """Refuse what no document of this kind can hold."""
        if not self.path:
            raise ValueError("a target needs the path of its file")
        self._check_values()
        if self.name and self.kind not in _NAMED_KINDS:
            raise ValueError(f"`name` does not belong to kind {self.kind.value}; remove it")

    def _check_values(self) -> None:
        if self.kind in _VALUES_KINDS:
            if self.shape is None:
                shapes = ", ".join(shape.value for shape in ValuesShape)
                raise ValueError(f"kind {self.kind.value} needs a `shape`, one of: {shapes}")
            if self.shape is ValuesShape.IMAGE and not self.at:
                raise ValueError("shape image needs `at`: the keys that lead to the image")
            if any(part == "" or (isinstance(part, int) and part < 0) for part in self.at):
                raise ValueError(f"`at` has an empty key or a negative position: {list(self.at)}")
            if self.tag_key == self.digest_key or not all(map(_KEY.fullmatch, (self.tag_key, self.digest_key))):
                raise ValueError(
                    "`tag_key` and `digest_key` must be two different names of letters, digits, _, - and ."
                )
        elif self.at or self.shape or (self.tag_key, self.digest_key) != ("tag", "digest"):
            keys = "`at`, `shape`, `tag_key` and `digest_key` do"
            raise ValueError(f"{keys} not belong to kind {self.kind.value}; remove them")


class EditRefused(Exception):  # noqa: N818 - says what happened: the file is untouched
    """A pin could not be read or written exactly; nothing was changed.

    `line` counts from 1, 0 where no line is to blame. `detail` may hold foreign text: whoever renders it escapes it.
    """

    def __init__(self, code: Code, path: str, line: int, detail: str, remedy: str) -> None:
        place = f"{path}:{line}" if line else path
        super().__init__(f"{place}: {detail}; {remedy}")
        self.code = code
        self.path = path
        self.line = line
        self.detail = detail
        self.remedy = remedy
