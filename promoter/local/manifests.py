"""Manifests in which evidence stands in a registry: tags beside the image, and referrers of it.

Bytes and media types are those that cosign 3.1.3, `oras attach` and `docker buildx` push.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from promoter.core.candidate import Digest, Repository
from promoter.local.authority.bodies import encode
from promoter.local.authority.contents import compact
from promoter.local.layers import Layer
from promoter.ports import Registry

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
EXPERIMENTAL_SIGNATURE_TYPE = "application/vnd.dev.cosign.artifact.sig.v1+json"
EXPERIMENTAL_SBOM_TYPE = "application/vnd.dev.cosign.artifact.sbom.v1+json"
_NOTHING = Layer(EMPTY_TYPE, b"{}")
_NO_TIME = "0001-01-01T00:00:00Z"


def tag_of(digest: Digest, suffix: str) -> str:
    """Give cosign's tag beside a digest; the suffix is `sig`, `att` or `sbom`."""
    return f"{digest.replace(':', '-')}.{suffix}"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A repository in a registry, where manifests are put."""

    registry: Registry
    repository: Repository

    def append(self, tag: str, layer: Layer) -> Digest:
        """Put a layer behind those that a tag has, as cosign does: fetch, append, push; gives the new digest."""
        present: list[Mapping[str, Any]] = []
        if self.registry.head(self.repository, tag) is not None:
            present = json.loads(self.registry.manifest(self.repository, tag).raw)["layers"]
        return self.push(self._image([*present, self.described(layer)]), tag)

    def replace(self, tag: str, layer: Layer) -> Digest:
        """Put a manifest with one layer under a tag, whatever the tag had, as `cosign attach sbom` does."""
        return self.push(self._image([self.described(layer)]), tag)

    def refer_signature(self, subject: Digest, layer: Layer) -> Digest:
        """Refer to an image in cosign's experimental OCI 1.1 mode; gives the referrer's digest."""
        image = self._image([self.described(layer)], EXPERIMENTAL_SIGNATURE_TYPE)
        about = {"subject": self.subject(subject), "artifactType": EXPERIMENTAL_SIGNATURE_TYPE}
        return self.push({**image, **about})

    def refer_attached_sbom(self, subject: Digest, layer: Layer) -> Digest:
        """Refer to an image as `cosign attach sbom` does in its OCI 1.1 mode; the type stands in the config alone."""
        config = compact(
            {
                "architecture": "",
                "created": _NO_TIME,
                "os": "",
                "rootfs": {"type": "layers", "diff_ids": None},
                "config": {},
            }
        )
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": self.described(Layer(EXPERIMENTAL_SBOM_TYPE, config)),
            "layers": [self.described(layer)],
            "subject": self.subject(subject),
        }
        return self.push(manifest)

    def refer(
        self, subject: Digest, artifact_type: str, layer: Layer, annotations: Mapping[str, str] | None = None
    ) -> Digest:
        """Refer to an image with one layer, as bundles are put; gives the referrer's digest."""
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": artifact_type,
            "config": self.described(_NOTHING),
            "layers": [self.described(layer)],
            "subject": self.subject(subject),
        }
        return self.push({**manifest, "annotations": dict(annotations)} if annotations else manifest)

    def attach(self, subject: Digest, media_type: str, data: bytes, name: str, created: datetime) -> Digest:
        """Refer to an image with a file, as `oras attach` does: its type is the manifest's too; gives the referrer."""
        layer = Layer(media_type, data, {"org.opencontainers.image.title": name})
        manifest: dict[str, Any] = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "artifactType": media_type,
            "config": {**self.described(_NOTHING), "data": encode(_NOTHING.data)},
            "layers": [self.described(layer)],
            "subject": self.subject(subject),
            "annotations": {"org.opencontainers.image.created": f"{created:%Y-%m-%dT%H:%M:%SZ}"},
        }
        return self.push(manifest)

    def push(self, manifest: Mapping[str, Any], tag: str | None = None) -> Digest:
        """Push a manifest; gives its digest."""
        return self.registry.push_manifest(self.repository, compact(manifest), str(manifest["mediaType"]), tag)

    def described(self, layer: Layer) -> dict[str, Any]:
        """Push a layer's bytes; gives its descriptor."""
        self.registry.push_blob(self.repository, layer.data)
        return layer.descriptor

    def subject(self, digest: Digest) -> dict[str, Any]:
        """Describe a manifest that stands in the repository."""
        manifest = self.registry.manifest(self.repository, digest)
        return {"mediaType": manifest.media_type, "digest": manifest.digest, "size": len(manifest.raw)}

    def _image(self, layers: list[Mapping[str, Any]], config_type: str = CONFIG_TYPE) -> dict[str, Any]:
        """Give an image manifest with the configuration that go-containerregistry writes for layers."""
        config = compact(
            {
                "architecture": "",
                "created": _NO_TIME,
                "history": [{"created": _NO_TIME}] * len(layers),
                "os": "",
                "rootfs": {"type": "layers", "diff_ids": [layer["digest"] for layer in layers]},
                "config": {},
            }
        )
        return {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": self.described(Layer(config_type, config)),
            "layers": layers,
        }
