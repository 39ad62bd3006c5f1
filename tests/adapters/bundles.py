"""Sigstore bundles made to order, honest by default: every part can be made wrong before or after it is signed."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.core.candidate import Digest, digest_of
from promoter.core.evidence import Attestation, Found, Signer, SignerClaims, Unusable
from promoter.core.statement import PAYLOAD_TYPE
from promoter.local.authority.bundles import BundleVersion, bundle_document
from promoter.local.authority.certificates import Leaf
from promoter.local.authority.contents import Envelope, Message
from promoter.local.authority.instance import Instance, make_instance
from promoter.local.authority.keys import SigningKey
from promoter.local.authority.sealing import LogKind, Witnesses, certify, seal
from promoter.ports import Material

NOW = datetime.fromisoformat("2025-03-01T12:00:00Z")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
IMAGE = b"the image manifest"
OTHER_IMAGE = b"another image manifest"
SUBJECT = digest_of(IMAGE)
OTHER = digest_of(OTHER_IMAGE)
MANIFEST = digest_of(b"the referring manifest")
V1, V2, V3_ALT, V3 = (version.value for version in BundleVersion)
PREDICATE_TYPE = "https://slsa.dev/provenance/v1"

GITHUB = "https://token.actions.githubusercontent.com"
WORKFLOW = "https://github.com/acme/cart/.github/workflows/release.yml@refs/tags/v1.8.3"
SIGNER = Signer(
    san=WORKFLOW,
    issuer=GITHUB,
    claims=SignerClaims(
        build_signer_uri=WORKFLOW,
        build_signer_digest="0f" * 20,
        runner_environment="github-hosted",
        source_repository_uri="https://github.com/acme/cart",
        source_repository_digest="0f" * 20,
        source_repository_ref="refs/tags/v1.8.3",
        source_repository_identifier="101",
        source_repository_owner_uri="https://github.com/acme",
        source_repository_owner_identifier="102",
        build_config_uri=WORKFLOW,
        build_config_digest="0e" * 20,
        build_trigger="push",
        run_invocation_uri="https://github.com/acme/cart/actions/runs/7/attempts/1",
        source_repository_visibility="private",
        deployment_environment="release",
        token_subject="repo:acme/cart:environment:release",
    ),
)

Document = dict[str, Any]


@cache
def instance() -> Instance:
    """Give the one instance that the trusted root of these tests knows."""
    return make_instance(NOW)


@cache
def foreign() -> Instance:
    """Give an instance that nobody trusts."""
    return make_instance(NOW)


@cache
def key() -> ec.EllipticCurvePrivateKey:
    """Give the signer's key."""
    return ec.generate_private_key(ec.SECP256R1())


def leaf(**changes: Any) -> Leaf:
    """Give the certificate's content, honest but for the changes."""
    return replace(Leaf(key().public_key(), SIGNER, NOW, (instance().certificate_log,)), **changes)


def statement(about: Digest = SUBJECT, /, **changes: Any) -> bytes:
    """Give a statement about a digest, honest but for the changes."""
    body = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "cart", "digest": {"sha256": about.removeprefix("sha256:")}}],
        "predicateType": PREDICATE_TYPE,
        "predicate": {"made": "honestly"},
    }
    return json.dumps({**body, **changes}).encode()


@dataclass(frozen=True)
class Recipe:
    """How a bundle is made; without a payload it is a message signature over the image manifest."""

    payload: bytes | None = None
    payload_type: str = PAYLOAD_TYPE
    message: bytes = IMAGE
    rekor: int = 2
    media_type: str = V3
    leaf: Leaf | None = None
    logged: datetime = NOW
    stamped: tuple[datetime, ...] | None = None  # by default once with Rekor v2, not at all with Rekor v1
    key: ec.EllipticCurvePrivateKey | None = None


def forge(recipe: Recipe, by: Instance | None = None) -> Document:
    """Make a bundle's JSON document with the keys of an instance."""
    made_by = by or instance()
    content = Message(recipe.message) if recipe.payload is None else Envelope(recipe.payload, recipe.payload_type)
    credential = certify(made_by, recipe.leaf or leaf(), SigningKey(recipe.key or key()))
    stamps = recipe.stamped if recipe.stamped is not None else (NOW,) if recipe.rekor == 2 else ()
    log = LogKind.V2 if recipe.rekor == 2 else LogKind.V1
    sealed = seal(made_by, content, credential, Witnesses(recipe.logged, (log,), stamps))
    document = bundle_document(sealed, BundleVersion(recipe.media_type))
    material(document).setdefault("timestampVerificationData", {"rfc3161Timestamps": []})  # a place for other values
    return document


def dsse(**changes: Any) -> Document:
    """Make an honest bundle with a statement, but for what the recipe changes."""
    return forge(Recipe(payload=statement(), **changes))


def examine(document: Document | bytes, root: bytes | None = None) -> Attestation | Unusable:
    """Have a bundle examined with the instance's trusted root, or with another one."""
    raw = document if isinstance(document, bytes) else json.dumps(document).encode()
    return verifier(root or trusted_root()).examine(Material(Found(digest_of(raw), MANIFEST, len(raw)), raw), SUBJECT)


def code_of(document: Document | bytes, root: bytes | None = None) -> str:
    """Give the code with which a bundle is refused, or say that it is good."""
    result = examine(document, root)
    return result.code if isinstance(result, Unusable) else "good"


def trusted_root(change: Callable[[Document], object] | None = None) -> bytes:
    """Give the instance's trusted root, after a change to its document."""
    raw = instance().trusted_root("https://sigstore.example")
    if change is None:
        return raw
    document = json.loads(raw)
    change(document)
    return json.dumps(document).encode()


@cache
def verifier(root: bytes) -> SigstoreSignatures:
    """Give the adapter for a trusted root."""
    return SigstoreSignatures(Trust.from_bytes(root, "trusted_root.json"))


def material(document: Document) -> Document:
    """Give the verification material of a bundle."""
    found: Document = document["verificationMaterial"]
    return found


def entry_of(document: Document) -> Document:
    """Give the log entry of a bundle."""
    found: Document = material(document)["tlogEntries"][0]
    return found


def b64(data: bytes) -> str:
    """Give bytes as base64 text."""
    return base64.b64encode(data).decode()


def flipped(text: str) -> str:
    """Give base64 text whose last byte differs in one bit."""
    raw = bytearray(base64.b64decode(text))
    raw[-1] ^= 1
    return b64(bytes(raw))
