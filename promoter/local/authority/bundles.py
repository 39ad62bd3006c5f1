"""Sigstore bundles of every version, with a certificate or a key hint (sigstore protobuf-specs, bundle.proto)."""

import base64
import json
from collections.abc import Mapping
from enum import Enum
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from promoter.local.authority.contents import Envelope, compact
from promoter.local.authority.sealing import Credential, Sealed


class BundleVersion(Enum):
    """A version of the bundle format by its media type; 0.3 has two spellings."""

    V0_1 = "application/vnd.dev.sigstore.bundle+json;version=0.1"
    V0_2 = "application/vnd.dev.sigstore.bundle+json;version=0.2"
    V0_3_OLD = "application/vnd.dev.sigstore.bundle+json;version=0.3"
    V0_3 = "application/vnd.dev.sigstore.bundle.v0.3+json"


def bundle_document(sealed: Sealed, version: BundleVersion = BundleVersion.V0_3) -> dict[str, Any]:
    """Give a bundle as a JSON document, for a test to spoil."""
    return {
        "mediaType": version.value,
        "verificationMaterial": {
            **_verifier(sealed.credential, version),
            "tlogEntries": [json.loads(entry.bundle_form()) for entry in sealed.entries],
            "timestampVerificationData": {
                "rfc3161Timestamps": [{"signedTimestamp": _base64(stamp)} for stamp in sealed.stamps]
            },
        },
        **_content(sealed),
    }


def bundle(sealed: Sealed, version: BundleVersion = BundleVersion.V0_3) -> bytes:
    """Give a bundle's bytes."""
    return compact(bundle_document(sealed, version))


def _verifier(credential: Credential, version: BundleVersion) -> Mapping[str, Any]:
    if credential.certificate is None:
        return {"publicKey": {"hint": credential.key.hint}}
    if version in {BundleVersion.V0_3, BundleVersion.V0_3_OLD}:
        return {"certificate": {"rawBytes": _base64(credential.certificate.public_bytes(Encoding.DER))}}
    return {
        "x509CertificateChain": {
            "certificates": [{"rawBytes": _base64(credential.certificate.public_bytes(Encoding.DER))}]
        }
    }


def _content(sealed: Sealed) -> Mapping[str, Any]:
    if isinstance(sealed.content, Envelope):
        return {"dsseEnvelope": json.loads(sealed.envelope)}
    hashed = sealed.credential.key.hash
    return {
        "messageSignature": {
            "messageDigest": {
                "algorithm": hashed.protobuf_name,
                "digest": _base64(hashed.of(sealed.content.data)),
            },
            "signature": _base64(sealed.signatures[0]),
        }
    }


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
