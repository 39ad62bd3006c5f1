"""Identity tokens that say which identity and claims the certificate must carry: JWT, RS256 as cosign expects.

A token is minted for whoever asks: this is the authority of a world on one machine. Its signature, audience and expiry
are checked like any issuer's.
"""

import base64
import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from promoter.core.evidence import Signer, SignerClaims

LIFETIME = timedelta(minutes=10)
_AUDIENCE = "sigstore"
_CLAIM = "promoter"


@dataclass(frozen=True, slots=True)
class Identified:
    """Who a valid token speaks for, and the subject that a client signs to prove that it holds its key."""

    signer: Signer
    subject: str


@dataclass(frozen=True, slots=True)
class TokenIssuer:
    """Mints and reads identity tokens with one key."""

    key: rsa.RSAPrivateKey = field(repr=False)

    def mint(self, signer: Signer, at: datetime, lifetime: timedelta = LIFETIME) -> str:
        """Mint a token for an identity; an e-mail address becomes the e-mail claim that clients look for."""
        seconds = int(at.timestamp())
        claims: dict[str, Any] = {
            "iss": signer.issuer,
            "sub": signer.claims.token_subject or signer.san,
            "aud": _AUDIENCE,
            "iat": seconds,
            "nbf": seconds,
            "exp": seconds + int(lifetime.total_seconds()),
            _CLAIM: {"san": signer.san, "claims": asdict(signer.claims)},
        }
        if "://" not in signer.san:
            claims |= {"email": signer.san, "email_verified": True}
        signed = f"{_encoded({'alg': 'RS256', 'typ': 'JWT', 'kid': self._key_id})}.{_encoded(claims)}"
        return f"{signed}.{_url_base64(self.key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"

    def read(self, token: str, at: datetime) -> Identified:
        """Read a token that this issuer signed and that is valid now; raises ValueError for any other."""
        signed, _, signature = token.rpartition(".")
        try:
            self.key.public_key().verify(_url_bytes(signature), signed.encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            raise ValueError("the token is not signed by this authority") from None
        claims = json.loads(_url_bytes(signed.partition(".")[2]))
        if claims["aud"] != _AUDIENCE or not claims["nbf"] <= at.timestamp() < claims["exp"]:
            raise ValueError("the token is for another audience or not valid now")
        said = claims[_CLAIM]
        signer = Signer(said["san"], claims["iss"], SignerClaims(**said["claims"]))
        return Identified(signer, claims.get("email", claims["sub"]))

    @property
    def _key_id(self) -> str:
        return hashlib.sha256(str(self.key.public_key().public_numbers().n).encode()).hexdigest()[:16]


def _encoded(value: dict[str, Any]) -> str:
    return _url_base64(json.dumps(value, separators=(",", ":")).encode())


def _url_base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _url_bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
