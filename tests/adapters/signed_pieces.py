"""Signed material in every layout, by every kind of key, with every kind of log: made to order, honest by default."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache

from promoter.core.candidate import Digest
from promoter.core.evidence import Attestation, Layout, Unusable
from promoter.core.public_key import PublicKey, parse_public_key
from promoter.local.authority.bundles import BundleVersion, bundle_document, bundle_material
from promoter.local.authority.certificates import Leaf
from promoter.local.authority.contents import Content, Envelope, Message, SimpleSigning
from promoter.local.authority.keys import Hash, KeyKind, Padding, SigningKey, make_key
from promoter.local.authority.sealing import Credential, LogKind, Sealed, Witnesses, certify, seal
from promoter.local.layers import Layer, attestation_layer, signature_layer
from promoter.ports import Material
from tests.adapters.bundles import (
    IMAGE,
    MANIFEST,
    NOW,
    PREDICATE_TYPE,
    SIGNER,
    SUBJECT,
    Document,
    instance,
    statement,
    verifier,
)
from tests.adapters.bundles import trusted_root as usual_root

REPOSITORY = "registry.example/acme/cart"
PAYLOAD = SimpleSigning(SUBJECT, REPOSITORY).payload
SIMPLE: Content = Message(PAYLOAD)
STATED: Content = Envelope(statement())
BARE: Content = Message(IMAGE)

Change = Callable[[Document], object]


@dataclass(frozen=True)
class Kind:
    """A kind of key with its scheme."""

    kind: KeyKind = KeyKind.P256
    hash: Hash = Hash.SHA256
    padding: Padding = Padding.PKCS1

    @property
    def name(self) -> str:
        """What tests call it."""
        return "-".join(
            (self.kind.value, *((self.hash.value, self.padding.value) if self.kind != KeyKind.ED25519 else ()))
        )


KINDS = (
    Kind(KeyKind.P256),
    Kind(KeyKind.P384),
    Kind(KeyKind.P384, Hash.SHA384),
    Kind(KeyKind.ED25519),
    Kind(KeyKind.RSA_2048),
    Kind(KeyKind.RSA_2048, padding=Padding.PSS),
)


@cache
def key_of(kind: Kind = KINDS[0], number: int = 0) -> SigningKey:
    """Give a key of a kind; the same number gives the same key."""
    return make_key(kind.kind, kind.hash, kind.padding)


@cache
def certified() -> Credential:
    """Give a certified key of the usual signer."""
    key = make_key()
    return certify(instance(), Leaf(key.public, SIGNER, NOW, (instance().certificate_log,)), key)


def public(key: SigningKey) -> PublicKey:
    """Give a key as a policy names it."""
    return parse_public_key(key.public_pem.decode())


def sealed(
    content: Content,
    by: SigningKey | Credential,
    *logs: LogKind,
    stamps: tuple[datetime, ...] = (),
    at: datetime = NOW,
) -> Sealed:
    """Sign content with these logs and timestamps."""
    credential = Credential(by) if isinstance(by, SigningKey) else by
    return seal(instance(), content, credential, Witnesses(at, logs, stamps))


def in_bundle(made: Sealed, change: Change | None = None, version: BundleVersion = BundleVersion.V0_3) -> Material:
    """Put it into a bundle, after a change to its document."""
    document = bundle_document(made, version)
    if change:
        change(document)
    return bundle_material(json.dumps(document).encode(), MANIFEST)


def in_layer(made: Sealed, change: Callable[[Layer], Layer] | None = None) -> Material:
    """Put it into a layer as cosign does, after a change to that."""
    layer = signature_layer(made) if isinstance(made.content, Message) else attestation_layer(made, PREDICATE_TYPE)
    return (change(layer) if change else layer).material(MANIFEST)


def elsewhere(material: Material, layout: Layout) -> Material:
    """Give the same as it is found in another layout of the same form."""
    return replace(material, found=replace(material.found, layout=layout))


def examine(
    material: Material, *keys: SigningKey, root: bytes | None = None, subject: Digest = SUBJECT
) -> Attestation | Unusable:
    """Have it examined by somebody whose policies name these keys."""
    return verifier(root or usual_root()).examine(material, subject, tuple(public(key) for key in keys))


def code_of(material: Material, *keys: SigningKey, root: bytes | None = None) -> str:
    """Give the code with which it is refused, or say that it is good."""
    result = examine(material, *keys, root=root)
    return result.code if isinstance(result, Unusable) else "good"


def good(material: Material, *keys: SigningKey, root: bytes | None = None) -> Attestation:
    """Have it examined; it must be good."""
    result = examine(material, *keys, root=root)
    assert isinstance(result, Attestation), result
    return result
