"""Releases as a team's pipeline makes them: images pushed with crane, evidence attached with cosign and oras."""

import tarfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest, Repository, parse_digest
from promoter.core.evidence import Attestation, Found, Signer, SignerClaims, Unusable
from promoter.core.manifest import read_carrier
from promoter.local.authority import Authority
from promoter.pieces import EVIDENCE_CAP
from promoter.ports import Material, Registry, Signatures
from tests.interop.toolbox import Toolbox

PLAIN_HTTP = ("--allow-http-registry", "--allow-insecure-registry")
SOURCE = "https://github.com/acme/shop"
RELEASER = Signer(
    f"{SOURCE}/.github/workflows/release.yaml@refs/tags/v1.8.3",
    "https://token.actions.githubusercontent.com",
    SignerClaims(
        source_repository_uri=SOURCE,
        source_repository_ref="refs/tags/v1.8.3",
        source_repository_digest="c0ffee" * 6 + "abcd",
        build_trigger="push",
    ),
)


def push_image(toolbox: Toolbox, repository: Repository, tag: str, content: bytes) -> Digest:
    """Push an image of one layer that holds `content`, by crane; gives the digest that crane computed."""
    layer = toolbox.home / "layer.tar"
    with tarfile.open(layer, "w") as archive:
        entry = tarfile.TarInfo("content")
        entry.size = len(content)
        archive.addfile(entry, BytesIO(content))
    told = toolbox.run("crane", "append", "--insecure", "--new_layer", str(layer), "--new_tag", f"{repository}:{tag}")
    return parse_digest(told.strip().rpartition("@")[2])


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A pipeline that signs with cosign, keyless, against a local signing authority."""

    toolbox: Toolbox
    authority: Authority
    signer: Signer = RELEASER

    def sign(self, image: str) -> None:
        """Sign an image that is named by its digest."""
        self.toolbox.run("cosign", "sign", "--yes", *self._keyless(), image)

    def attest(self, image: str, kind: str, predicate: Path) -> None:
        """Attest a predicate, by cosign's name for its type."""
        attested = ("--type", kind, "--predicate", str(predicate))
        self.toolbox.run("cosign", "attest", "--yes", *self._keyless(), *attested, image)

    def verify(self, command: Literal["verify", "verify-attestation"], image: str, *more: str) -> str:
        """Verify an image with cosign against the authority's trusted root and the pipeline's own identity."""
        return self.toolbox.run("cosign", command, *PLAIN_HTTP, *self._expected(), *more, image)

    def verify_blob(self, bundle: Path, blob: Path) -> None:
        """Verify a bundle about the bytes of a file with cosign; raises ToolError where it refuses."""
        self.toolbox.run("cosign", "verify-blob", *self._expected(), "--bundle", str(bundle), str(blob))

    def _expected(self) -> tuple[str, ...]:
        identity = ("--certificate-identity", self.signer.san, "--certificate-oidc-issuer", self.signer.issuer)
        return (*identity, "--trusted-root", str(self.authority.trusted_root), "--use-signed-timestamps")

    def _keyless(self) -> tuple[str, ...]:
        # As a file: cosign 3.1.3 takes only RS256 tokens for tokens, and any other text for a path.
        token = self.toolbox.home / "identity-token"
        token.write_text(self.authority.token(self.signer))
        trust = ("--trusted-root", str(self.authority.trusted_root), "--identity-token", str(token))
        return (*PLAIN_HTTP, "--signing-config", str(self.authority.signing_config), *trust)


def make_authority(directory: Path) -> Authority:
    """Make a signing authority on the system's clock; the caller starts it."""
    return Authority(SystemClock(), directory)


def examine_all(
    registry: Registry, signatures: Signatures, repository: Repository, digest: Digest
) -> tuple[Attestation | Unusable, ...]:
    """Verify every bundle that refers to a digest, as fetched through the port."""
    found = []
    for descriptor in registry.referrers(repository, digest):
        manifest = registry.manifest(repository, descriptor.digest)
        (layer,) = read_carrier(manifest.raw).layers
        raw = registry.blob(repository, layer.digest, EVIDENCE_CAP)
        found.append(signatures.examine(Material(Found(layer.digest, manifest.digest, len(raw)), raw), digest))
    return tuple(found)
