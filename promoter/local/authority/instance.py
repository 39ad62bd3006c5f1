"""A whole Sigstore instance as values: certificate authority, its log, two transparency logs, timestamps, tokens.

Nothing here listens: `server` puts it on loopback.
"""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from promoter.local.authority.certificate_log import CertificateLog, public_der
from promoter.local.authority.certificates import CertificateAuthority, make_authority, make_timestamp_chain
from promoter.local.authority.log import TransparencyLog
from promoter.local.authority.timestamps import TimestampAuthority
from promoter.local.authority.tokens import TokenIssuer
from promoter.local.authority.trusted_root import Period, TrustedChain, TrustedLog, TrustedRoot, moment

SIGNING_CONFIG_TYPE = "application/vnd.dev.sigstore.signingconfig.v0.2+json"
CLIENT_TRUST_TYPE = "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json"
_OPERATOR = "promoter.local"
_PAST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Instance:
    """The keys and logs of one instance; its trust material is valid from `since` on, without an end."""

    since: datetime
    authority: CertificateAuthority
    certificate_log: CertificateLog
    rekor_v1: TransparencyLog
    rekor_v2: TransparencyLog
    timestamps: TimestampAuthority
    tokens: TokenIssuer

    @property
    def trust(self) -> TrustedRoot:
        """All that verifiers of this instance need to trust."""
        always = Period(self.since)
        ct_key = public_der(self.certificate_log.key.public_key())
        return TrustedRoot(
            tuple(
                TrustedLog(log.public_key, log.key_details, log.log_id, always)
                for log in (self.rekor_v1, self.rekor_v2)
            ),
            (TrustedChain(self.authority.chain, always),),
            (TrustedLog(ct_key, "PKIX_ECDSA_P256_SHA_256", self.certificate_log.log_id, always),),
            (TrustedChain(self.timestamps.chain, always),),
        )

    def trusted_root(self, url: str) -> bytes:
        """Give the trusted_root.json that verifiers of this instance need."""
        return self.trust.document(url)

    def signing_config(self, url: str) -> bytes:
        """Give the signing_config.json v0.2 that signers need; of the two logs they take the newer one."""
        document = {
            "mediaType": SIGNING_CONFIG_TYPE,
            "caUrls": [self._service(url, 1)],
            "oidcUrls": [self._service(url, 1)],
            "rekorTlogUrls": [self._service(url, 1), self._service(url, 2)],
            "rekorTlogConfig": {"selector": "ANY"},
            "tsaUrls": [self._service(f"{url}/api/v1/timestamp", 1)],
            "tsaConfig": {"selector": "ANY"},
        }
        return json.dumps(document, indent=2).encode()

    def _service(self, url: str, version: int) -> dict[str, object]:
        period = {"start": moment(self.since)}
        return {"url": url, "majorApiVersion": version, "validFor": period, "operator": _OPERATOR}


def make_instance(now: datetime, host: str = "127.0.0.1") -> Instance:
    """Make an instance with fresh keys; `host` is the name that its logs sign their checkpoints with."""
    since = now - _PAST
    ct_key, rekor_key, timestamp_key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(3))
    return Instance(
        since=since,
        authority=make_authority("signing authority", since),
        certificate_log=CertificateLog(ct_key),
        rekor_v1=TransparencyLog(f"{host} - 1", rekor_key),
        rekor_v2=TransparencyLog(host, ed25519.Ed25519PrivateKey.generate()),
        timestamps=TimestampAuthority(make_timestamp_chain("timestamps", timestamp_key, since), timestamp_key),
        tokens=TokenIssuer(rsa.generate_private_key(public_exponent=65537, key_size=2048)),
    )
