"""What `docker buildx` puts into an image index: for each platform a manifest of statements that nobody signed.

They are covered where the index is signed, and even then say what whoever ran the build made them say.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from promoter.core.candidate import Digest, digest_of
from promoter.local.authority.contents import STATEMENT_V0_1, compact, statement
from promoter.local.layers import Layer
from promoter.local.manifests import CONFIG_TYPE, MANIFEST_TYPE, Shelf

STATEMENT_TYPE = "application/vnd.in-toto+json"
ATTESTATION_TYPE = "application/vnd.docker.attestation.manifest.v1+json"
_UNKNOWN = {"architecture": "unknown", "os": "unknown"}


@dataclass(frozen=True, slots=True)
class Unsigned:
    """What a build says of each of its platforms."""

    predicate_type: str
    predicate: Mapping[str, Any]


def attest_in_index(shelf: Shelf, index: Digest, said: tuple[Unsigned, ...], tag: str | None = None) -> Digest:
    """Push an index again with a manifest of statements for each of its images; gives the new index's digest."""
    present = shelf.registry.manifest(shelf.repository, index)
    document = json.loads(present.raw)
    images: list[dict[str, Any]] = document["manifests"]
    attested = [_listed(shelf, image["digest"], said) for image in images]
    return shelf.push({**document, "manifests": [*images, *attested]}, tag)


def _listed(shelf: Shelf, image: Digest, said: tuple[Unsigned, ...]) -> dict[str, Any]:
    """Push the statements about an image; gives their descriptor in the index."""
    manifest = shelf.push(_statements(shelf, image, said))
    annotations = {"vnd.docker.reference.digest": image, "vnd.docker.reference.type": "attestation-manifest"}
    return {**shelf.subject(manifest), "annotations": annotations, "platform": _UNKNOWN}


def _statements(shelf: Shelf, image: Digest, said: tuple[Unsigned, ...]) -> dict[str, Any]:
    layers = [_layer(shelf, image, each) for each in said]
    rootfs = {"type": "layers", "diff_ids": [digest_of(layer.data) for layer in layers]}
    config = compact({**_UNKNOWN, "config": {}, "rootfs": rootfs})
    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": ATTESTATION_TYPE,
        "config": shelf.described(Layer(CONFIG_TYPE, config)),
        "layers": [shelf.described(layer) for layer in layers],
        "subject": shelf.subject(image),
    }


def _layer(shelf: Shelf, image: Digest, said: Unsigned) -> Layer:
    name = f"pkg:docker/{shelf.repository}"
    payload = statement(image, said.predicate_type, said.predicate, kind=STATEMENT_V0_1, name=name)
    return Layer(STATEMENT_TYPE, payload, {"in-toto.io/predicate-type": said.predicate_type})
