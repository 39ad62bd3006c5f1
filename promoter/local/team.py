"""A service team of a world on one machine: it builds images, pushes them, signs and attests them as real teams do.

Images and bundles take the form of the OCI image specification v1.1 and of cosign's bundle layout (one referrer
manifest for each bundle); signing is sigstore-python's own, against the local signing authority.
"""

import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sigstore.dsse import Statement
from sigstore.hashes import Hashed
from sigstore.models import Bundle, ClientTrustConfig
from sigstore.oidc import IdentityToken
from sigstore.sign import Signer as SigningSession
from sigstore.sign import SigningContext
from sigstore_models.common.v1 import HashAlgorithm

from promoter.core.candidate import Digest, Repository, digest_of
from promoter.core.evidence import ContentKind, Signer
from promoter.local.authority import Authority
from promoter.local.authority.contents import compact, statement
from promoter.local.forge.person import Person
from promoter.local.layers import Layer
from promoter.local.manifests import CONFIG_TYPE, INDEX_TYPE, MANIFEST_TYPE, Shelf
from promoter.local.publisher import BUNDLE_TYPE, COSIGN_SIGN, Publisher, bundle_annotations
from promoter.ports import Clock, Registry

Identity = Signer
"""Who signs: subject alternative name, issuer and workflow claims, as the certificate will say them."""

_LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"


class _RawStatement(Statement):
    """A statement signed as its bytes are: cosign's subjects have no name, which the parent class would refuse."""

    def __init__(self, contents: bytes) -> None:
        self._contents = contents


@dataclass(frozen=True, slots=True)
class Team:
    """Builds and signs with whatever identity it is told; `rekor` is the major version of the log to use."""

    registry: Registry
    authority: Authority
    clock: Clock
    rekor: int = 2

    @property
    def publisher(self) -> Publisher:
        """Signs with keys and in layouts that sigstore-python does not know."""
        return Publisher(self.registry, self.authority.instance, self.clock)

    def build(
        self, repository: Repository, content: bytes, tag: str | None = None, platform: str = "linux/amd64"
    ) -> Digest:
        """Push an image whose one layer holds one file with this content; gives the digest of its manifest."""
        system, _, architecture = platform.partition("/")
        layer = _archive(content)
        config = {
            "architecture": architecture,
            "os": system,
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
        }
        shelf = Shelf(self.registry, repository)
        manifest = {
            "schemaVersion": 2,
            "mediaType": MANIFEST_TYPE,
            "config": shelf.described(Layer(CONFIG_TYPE, compact(config))),
            "layers": [shelf.described(Layer(_LAYER_TYPE, layer))],
        }
        return shelf.push(manifest, tag)

    def build_index(self, repository: Repository, contents: Mapping[str, bytes], tag: str | None = None) -> Digest:
        """Push an image index over one image for each platform; gives the digest of the index."""
        shelf, manifests = Shelf(self.registry, repository), []
        for platform, content in contents.items():
            system, _, architecture = platform.partition("/")
            described = shelf.subject(self.build(repository, content, None, platform))
            manifests.append({**described, "platform": {"architecture": architecture, "os": system}})
        return shelf.push({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": manifests}, tag)

    def sign(self, repository: Repository, digest: Digest, identity: Identity) -> Digest:
        """Sign as cosign 3 does, with a statement that says nothing but the digest; gives the referrer's digest."""
        return self.attest(repository, digest, identity, COSIGN_SIGN, {})

    def sign_message(self, repository: Repository, digest: Digest, identity: Identity) -> Digest:
        """Sign the manifest's digest itself (a message signature); gives the referrer's digest."""
        hashed = Hashed(algorithm=HashAlgorithm.SHA2_256, digest=bytes.fromhex(digest.removeprefix("sha256:")))
        bundle = self._session(identity).sign_artifact(hashed)
        return self.refer(repository, digest, bundle.to_json().encode(), ContentKind.MESSAGE_SIGNATURE)

    def attest(
        self,
        repository: Repository,
        digest: Digest,
        identity: Identity,
        predicate_type: str,
        predicate: Mapping[str, Any],
        *,
        subject_digest: Digest | None = None,
    ) -> Digest:
        """Attest something of an image, or (by mistake) of another digest; gives the referrer's digest."""
        bundle = self._bundle(subject_digest or digest, identity, predicate_type, predicate)
        return self.refer(repository, digest, bundle, ContentKind.DSSE, predicate_type)

    def store(
        self, digest: Digest, identity: Identity, predicate_type: str, predicate: Mapping[str, Any], *, store: Person
    ) -> None:
        """Attest something of an image in the forge's attestation store only, with the hands of somebody there."""
        store.store_attestation(self._bundle(digest, identity, predicate_type, predicate))

    def refer(
        self, repository: Repository, digest: Digest, bundle: bytes, kind: ContentKind, predicate_type: str = ""
    ) -> Digest:
        """Push a bundle as a referrer of an image in cosign's layout; gives the digest of the referring manifest."""
        annotations = bundle_annotations(kind, predicate_type, self.clock)
        shelf = Shelf(self.registry, repository)
        return shelf.refer(digest, BUNDLE_TYPE, Layer(BUNDLE_TYPE, bundle), annotations)

    def _bundle(self, subject: Digest, identity: Identity, predicate_type: str, predicate: Mapping[str, Any]) -> bytes:
        """Sign a statement about a digest."""
        said = statement(subject, predicate_type, predicate)
        bundle: Bundle = self._session(identity).sign_dsse(_RawStatement(said))
        return bundle.to_json().encode()

    def _session(self, identity: Identity) -> SigningSession:
        config = ClientTrustConfig.from_json(self.authority.client_trust_config())
        config.force_tlog_version = self.rekor
        token = IdentityToken(self.authority.token(identity))
        with SigningContext.from_trust_config(config).signer(token) as session:
            return session


def _archive(content: bytes) -> bytes:
    """Pack one file into a tar archive, the same bytes each time."""
    archive = io.BytesIO()
    member = tarfile.TarInfo("app")
    member.size, member.mode = len(content), 0o755
    with tarfile.open(fileobj=archive, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        tar.addfile(member, io.BytesIO(content))
    return archive.getvalue()
