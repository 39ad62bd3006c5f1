"""Bundles as an attestation store sees them: it reads what they are about, and not who signed them."""

import base64
import json
from typing import Any

from promoter.core.candidate import Digest


def bundle_about(digest: Digest, name: str = "") -> dict[str, Any]:
    """Give a bundle with an unsigned statement about a digest."""
    statement = {"subject": [{"digest": {"sha256": digest.removeprefix("sha256:")}}], "predicate": {"name": name}}
    envelope = {
        "payload": base64.b64encode(json.dumps(statement).encode()).decode(),
        "payloadType": "application/vnd.in-toto+json",
    }
    return {"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json", "dsseEnvelope": envelope}
