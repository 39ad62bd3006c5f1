"""Signatures and attestations by any key or identity, in any layout, with any log: a line of a test is one of them.

`Publisher` is the honest writer; `change` breaks one thing of what it is about to write, and whoever needs more
composes the values of `authority.sealing`, `layers` and `manifests` by hand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from promoter.core.candidate import Digest, Repository
from promoter.core.evidence import ContentKind, Signer
from promoter.local.authority.bundles import BundleVersion, bundle
from promoter.local.authority.contents import (
    STATEMENT_V0_1,
    Content,
    Envelope,
    Message,
    simple_signing,
    statement,
)
from promoter.local.authority.instance import Instance
from promoter.local.authority.keys import SigningKey
from promoter.local.authority.sealing import Credential, LogKind, Sealed, Witnesses, identify, seal
from promoter.local.layers import Layer, attestation_layer, signature_layer
from promoter.local.manifests import Shelf, tag_of
from promoter.ports import Clock, Registry

COSIGN_SIGN = "https://sigstore.dev/cosign/sign/v1"
BUNDLE_TYPE = BundleVersion.V0_3.value


class Layout(Enum):
    """Where evidence stands in the registry."""

    TAG = "legacy tag"
    EXPERIMENTAL = "referrer of cosign's experimental OCI 1.1 mode"
    BUNDLE = "referrer that holds a bundle"


@dataclass(frozen=True, slots=True)
class Means:
    """How something is signed and where it is put: a key or identity, logs, timestamps, a layout."""

    by: SigningKey | Signer | Credential
    logs: tuple[LogKind, ...] = ()
    timestamps: int = 0
    layout: Layout = Layout.TAG
    version: BundleVersion = BundleVersion.V0_3


def _unchanged(sealed: Sealed) -> Sealed:
    return sealed


def _as_it_is(layer: Layer) -> Layer:
    return layer


@dataclass(frozen=True, slots=True)
class Publisher:
    """Signs and pushes; `change` is applied to what was sealed, `change_layer` to the layer that carries it."""

    registry: Registry
    instance: Instance
    clock: Clock
    change: Callable[[Sealed], Sealed] = _unchanged
    change_layer: Callable[[Layer], Layer] = _as_it_is

    def changing(
        self, change: Callable[[Sealed], Sealed] = _unchanged, layer: Callable[[Layer], Layer] = _as_it_is
    ) -> "Publisher":
        """Give a publisher that breaks one thing of everything it writes."""
        return replace(self, change=change, change_layer=layer)

    def sign(self, repository: Repository, digest: Digest, means: Means) -> Digest:
        """Sign an image; gives the digest of the manifest that carries the signature."""
        if means.layout is Layout.BUNDLE:
            return self.attest(repository, digest, COSIGN_SIGN, {}, means)
        content = Message(simple_signing(repository, digest).payload)
        layer = self.change_layer(signature_layer(self.seal(content, means)))
        shelf = Shelf(self.registry, repository)
        if means.layout is Layout.TAG:
            return shelf.append(tag_of(digest, "sig"), layer)
        return shelf.refer_signature(digest, layer)

    def attest(
        self,
        repository: Repository,
        digest: Digest,
        predicate_type: str,
        predicate: Mapping[str, Any],
        means: Means,
    ) -> Digest:
        """Attest something of an image; gives the digest of the manifest that carries the attestation.

        Raises ValueError for the experimental layout, which knows no attestations.
        """
        shelf = Shelf(self.registry, repository)
        match means.layout:
            case Layout.TAG:
                payload = statement(digest, predicate_type, predicate, kind=STATEMENT_V0_1, name=str(repository))
                layer = attestation_layer(self.seal(Envelope(payload), means), predicate_type)
                return shelf.append(tag_of(digest, "att"), self.change_layer(layer))
            case Layout.BUNDLE:
                payload = statement(digest, predicate_type, predicate)
                layer = Layer(means.version.value, bundle(self.seal(Envelope(payload), means), means.version))
                return self._refer(shelf, digest, self.change_layer(layer), ContentKind.DSSE, predicate_type)
            case Layout.EXPERIMENTAL:
                raise ValueError("cosign's experimental OCI 1.1 mode has signatures and SBOMs, no attestations")

    def seal(self, content: Content, means: Means) -> Sealed:
        """Sign content as asked, then change it."""
        now = self.clock.now()
        by = means.by
        if isinstance(by, Signer):
            by = identify(self.instance, by, now)
        elif isinstance(by, SigningKey):
            by = Credential(by)
        return self.change(seal(self.instance, content, by, Witnesses(now, means.logs, (now,) * means.timestamps)))

    def _refer(self, shelf: Shelf, digest: Digest, layer: Layer, kind: ContentKind, predicate_type: str) -> Digest:
        return shelf.refer(digest, BUNDLE_TYPE, layer, bundle_annotations(kind, predicate_type, self.clock))


def bundle_annotations(kind: ContentKind, predicate_type: str, clock: Clock) -> dict[str, str]:
    """Give the annotations that cosign puts on a bundle's manifest; nothing in them is authenticated."""
    content = "dsse-envelope" if kind is ContentKind.DSSE else kind.value
    annotations = {
        "dev.sigstore.bundle.content": content,
        "org.opencontainers.image.created": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
    }
    return {**annotations, "dev.sigstore.bundle.predicateType": predicate_type} if predicate_type else annotations
