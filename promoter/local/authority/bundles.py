"""Sigstore bundles of every version, with a certificate or a key hint (sigstore protobuf-specs, bundle.proto)."""

import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from promoter.core.candidate import Digest, digest_of
from promoter.core.evidence import Found
from promoter.local.authority.bodies import encode
from promoter.local.authority.contents import Envelope, compact
from promoter.local.authority.sealing import Credential, Sealed
from promoter.ports import Material


class BundleVersion(Enum):
    """A version of the bundle format by its media type; 0.3 has two spellings."""

    V0_1 = "application/vnd.dev.sigstore.bundle+json;version=0.1"
    V0_2 = "application/vnd.dev.sigstore.bundle+json;version=0.2"
    V0_3_OLD = "application/vnd.dev.sigstore.bundle+json;version=0.3"
    V0_3 = "application/vnd.dev.sigstore.bundle.v0.3+json"


def bundle_document(sealed: Sealed, version: BundleVersion = BundleVersion.V0_3) -> dict[str, Any]:
    """Give a bundle as a JSON document, for a test to spoil; what there is none of is left out, as cosign does."""
    material = dict(_verifier(sealed.credential, version))
    if sealed.entries:
        material["tlogEntries"] = [json.loads(entry.bundle_form()) for entry in sealed.entries]
    if sealed.stamps:
        stamps = [{"signedTimestamp": encode(stamp)} for stamp in sealed.stamps]
        material["timestampVerificationData"] = {"rfc3161Timestamps": stamps}
    return {"mediaType": version.value, "verificationMaterial": material, **_content(sealed)}


def bundle(sealed: Sealed, version: BundleVersion = BundleVersion.V0_3) -> bytes:
    """Give a bundle's bytes."""
    return compact(bundle_document(sealed, version))


def bundle_material(raw: bytes, manifest: Digest) -> Material:
    """Give a bundle as it comes to whoever verifies it, from a manifest that refers to the image."""
    return Material(Found(digest_of(raw), manifest, len(raw)), raw)


def _verifier(credential: Credential, version: BundleVersion) -> Mapping[str, Any]:
    if credential.certificate is None:
        return {"publicKey": {"hint": credential.key.hint}}
    raw = {"rawBytes": encode(credential.certificate.public_bytes(Encoding.DER))}
    if version in {BundleVersion.V0_3, BundleVersion.V0_3_OLD}:
        return {"certificate": raw}
    return {"x509CertificateChain": {"certificates": [raw]}}


def _content(sealed: Sealed) -> Mapping[str, Any]:
    if isinstance(sealed.content, Envelope):
        return {"dsseEnvelope": json.loads(sealed.envelope)}
    hashed = sealed.credential.key.hash
    digest = {"algorithm": hashed.protobuf_name, "digest": encode(hashed.of(sealed.content.data))}
    return {"messageSignature": {"messageDigest": digest, "signature": encode(sealed.signatures[0])}}
