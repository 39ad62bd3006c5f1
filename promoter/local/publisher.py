"""Signatures and attestations by any key or identity, in any layout, with any log: a line of a test is one of them.

`Publisher` is the honest writer; `changing` makes it break exactly one thing of what it writes. Whoever needs more
composes the values of `authority.contents`, `authority.sealing`, `layers` and `manifests` by hand.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from promoter.core.candidate import Digest, Repository
from promoter.core.evidence import ContentKind, Layout, Signer
from promoter.local.authority.bundles import BundleVersion, bundle
from promoter.local.authority.contents import (
    STATEMENT_V0_1,
    Content,
    Envelope,
    Message,
    SimpleSigning,
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


@dataclass(frozen=True, slots=True)
class Means:
    """How something is signed and where it is put: by a key or identity, in which logs, with how many timestamps.

    `stamp_envelope` has the timestamps of an attestation cover its envelope instead of its signature.
    """

    by: SigningKey | Signer | Credential
    logs: tuple[LogKind, ...] = ()
    timestamps: int = 0
    layout: Layout = Layout.COSIGN_TAG
    version: BundleVersion = BundleVersion.V0_3
    stamp_envelope: bool = False


@dataclass(frozen=True, slots=True)
class Changes:
    """What becomes of the content before it is signed, of what was signed, and of the layer that carries it."""

    content: Callable[[Content], Content] = lambda content: content
    sealed: Callable[[Sealed], Sealed] = lambda sealed: sealed
    layer: Callable[[Layer], Layer] = lambda layer: layer


@dataclass(frozen=True, slots=True)
class Publisher:
    """Signs and pushes with the keys of one instance."""

    registry: Registry
    instance: Instance
    clock: Clock
    changes: Changes = field(default_factory=Changes)

    def changing(self, changes: Changes) -> "Publisher":
        """Give a publisher that changes everything that it writes in this way."""
        return replace(self, changes=changes)

    def sign(self, repository: Repository, digest: Digest, means: Means) -> Digest:
        """Sign a manifest; gives the digest of the manifest that carries the signature."""
        if means.layout is Layout.BUNDLE:
            return self.attest(repository, digest, COSIGN_SIGN, {}, means)
        content = Message(SimpleSigning(digest, str(repository)).payload)
        layer = self.changes.layer(signature_layer(self.seal(content, means)))
        shelf = Shelf(self.registry, repository)
        if means.layout is Layout.COSIGN_TAG:
            return shelf.append(tag_of(digest, "sig"), layer)
        if means.layout is Layout.COSIGN_REFERRER:
            return shelf.refer_signature(digest, layer)
        raise ValueError(f"no signature is written in the layout {means.layout.value}")

    def sign_message(self, repository: Repository, digest: Digest, means: Means) -> Digest:
        """Sign the manifest's own bytes and refer to it with that bundle; gives the referrer's digest."""
        raw = self.registry.manifest(repository, digest).raw
        layer = Layer(means.version.value, bundle(self.seal(Message(raw), means), means.version))
        return self._refer(repository, digest, layer, ContentKind.MESSAGE_SIGNATURE, "")

    def attest(
        self, repository: Repository, digest: Digest, predicate_type: str, predicate: Mapping[str, Any], means: Means
    ) -> Digest:
        """Attest something of a manifest; gives the digest of the manifest that carries the attestation.

        Raises ValueError for a layout that knows no attestations.
        """
        if means.layout is Layout.COSIGN_TAG:
            payload = statement(digest, predicate_type, predicate, kind=STATEMENT_V0_1, name=str(repository))
            layer = attestation_layer(self.seal(Envelope(payload), means), predicate_type)
            return Shelf(self.registry, repository).append(tag_of(digest, "att"), self.changes.layer(layer))
        if means.layout is Layout.BUNDLE:
            payload = statement(digest, predicate_type, predicate)
            layer = Layer(means.version.value, bundle(self.seal(Envelope(payload), means), means.version))
            return self._refer(repository, digest, layer, ContentKind.DSSE, predicate_type)
        raise ValueError(f"no attestation is written in the layout {means.layout.value}")

    def seal(self, content: Content, means: Means) -> Sealed:
        """Sign content as asked, with the changes that concern it."""
        now, by = self.clock.now(), means.by
        if isinstance(by, Signer):
            by = identify(self.instance, by, now)
        elif isinstance(by, SigningKey):
            by = Credential(by)
        witnesses = Witnesses(now, means.logs, (now,) * means.timestamps, means.stamp_envelope)
        return self.changes.sealed(seal(self.instance, self.changes.content(content), by, witnesses))

    def _refer(
        self, repository: Repository, digest: Digest, layer: Layer, kind: ContentKind, predicate_type: str
    ) -> Digest:
        annotations = bundle_annotations(kind, predicate_type, self.clock)
        return Shelf(self.registry, repository).refer(digest, BUNDLE_TYPE, self.changes.layer(layer), annotations)


def bundle_annotations(kind: ContentKind, predicate_type: str, clock: Clock) -> dict[str, str]:
    """Give the annotations that cosign puts on a bundle's manifest; nothing in them is authenticated."""
    annotations = {
        "dev.sigstore.bundle.content": "dsse-envelope" if kind is ContentKind.DSSE else kind.value,
        "org.opencontainers.image.created": f"{clock.now():%Y-%m-%dT%H:%M:%SZ}",
    }
    return {**annotations, "dev.sigstore.bundle.predicateType": predicate_type} if predicate_type else annotations
