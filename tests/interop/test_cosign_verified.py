"""What real cosign signs with keys of every kind, in its own layout and in bundles, logged or not, verifies here."""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.core.candidate import Digest, Repository
from promoter.core.codes import Code
from promoter.core.evidence import Attestation, Mechanism, Unusable
from promoter.core.manifest import read_carrier
from promoter.core.public_key import PublicKey, parse_public_key
from promoter.local.authority import Authority
from promoter.local.authority.bundles import bundle_material
from promoter.local.authority.keys import KeyKind, SigningKey, make_key
from promoter.local.layers import Layer
from promoter.local.manifests import tag_of
from promoter.ports import Registry
from tests.interop.releases import PLAIN_HTTP, RELEASER, push_image
from tests.interop.toolbox import Toolbox

pytestmark = pytest.mark.interop

KINDS = (KeyKind.P256, KeyKind.P384, KeyKind.RSA_2048, KeyKind.RSA_4096)
"""Without Ed25519: cosign 3.1.3 hashes before it signs with such a key (Ed25519ph), which nothing here can verify."""

LEGACY = "--new-bundle-format=false"
BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}


@pytest.fixture(scope="module")
def registry_host(olareg: str) -> str:
    """One real registry is enough for what stands in the manifests."""
    return olareg


@pytest.fixture(scope="module")
def signatures(authority: Authority) -> SigstoreSignatures:
    return SigstoreSignatures.from_file(authority.trusted_root)


@dataclass(frozen=True, slots=True)
class Cosign:
    """cosign with an imported key, signing in its own layout."""

    toolbox: Toolbox
    authority: Authority
    key: SigningKey
    home: Path

    def run(self, verb: str, image: str, *more: str, logged: bool) -> None:
        """Sign or attest, with the authority's log and timestamps or without both."""
        url = self.authority.url
        log = ("--rekor-url", url, "--timestamp-server-url", f"{url}/api/v1/timestamp") if logged else ()
        how = (*log, LEGACY, "--use-signing-config=false", "--key", str(self.imported()), "--yes")
        unlogged = () if logged else ("--tlog-upload=false",)
        self.toolbox.run("cosign", verb, *PLAIN_HTTP, *how, *unlogged, *more, image)

    def imported(self) -> Path:
        """Give the key in cosign's own form."""
        (self.home / "key.pem").write_bytes(self.key.private_pem)
        to = ("--key", str(self.home / "key.pem"), "-o", str(self.home / "imported"))
        self.toolbox.run("cosign", "import-key-pair", "--yes", *to)
        return self.home / "imported.key"

    @property
    def public(self) -> PublicKey:
        """The key as a policy names it."""
        return parse_public_key(self.key.public_pem.decode())


def layers(registry: Registry, repository: Repository, digest: Digest, suffix: str) -> tuple[Layer, ...]:
    """Fetch the layers under one of cosign's tags."""
    manifest = json.loads(registry.manifest(repository, tag_of(digest, suffix)).raw)
    return tuple(
        Layer(each["mediaType"], registry.blob(repository, each["digest"], 1 << 20), each.get("annotations", {}))
        for each in manifest["layers"]
    )


def can_log(kind: KeyKind, verb: str) -> bool:
    """Tell whether cosign 3.1.3 can log it: not an attestation with P-384, where it refuses its own signature."""
    return (kind, verb) != (KeyKind.P384, "attest")


CASES = [
    pytest.param(kind, verb, logged, id=f"{kind.value}, {verb}, {'logged' if logged else 'not logged'}")
    for kind in KINDS
    for verb in ("sign", "attest")
    for logged in (True, False)
    if not logged or can_log(kind, verb)
]


@pytest.mark.parametrize(("kind", "verb", "logged"), CASES)
def test_what_cosign_writes_in_its_own_layout_verifies(
    toolbox: Toolbox,
    authority: Authority,
    registry: Registry,
    repository: Repository,
    signatures: SigstoreSignatures,
    home: Path,
    kind: KeyKind,
    verb: str,
    logged: bool,
) -> None:
    digest = push_image(toolbox, repository, "1.8.3", str(repository).encode())
    cosign = Cosign(toolbox, authority, make_key(kind), home)
    (home / "bom.json").write_text(json.dumps(BOM))
    more = ("--type", "cyclonedx", "--predicate", str(home / "bom.json")) if verb == "attest" else ()
    cosign.run(verb, f"{repository}@{digest}", *more, logged=logged)

    (layer,) = layers(registry, repository, digest, "att" if verb == "attest" else "sig")
    read = signatures.examine(layer.material(digest), digest, (cosign.public,))
    stranger = signatures.examine(layer.material(digest), digest)

    assert isinstance(read, Attestation), read
    assert (read.mechanism, read.signer.key) == (Mechanism.KEYED_COSIGN, cosign.public.fingerprint)
    assert (bool(read.log), bool(read.signed_at)) == (logged, logged)
    assert read.predicate == (BOM if verb == "attest" else {})
    assert isinstance(stranger, Unusable)
    assert stranger.code == Code.BUNDLE_KEY_UNKNOWN.value


@pytest.mark.parametrize("verb", ["sign", "attest"])
def test_what_cosign_writes_keyless_in_its_own_layout_verifies(
    toolbox: Toolbox,
    authority: Authority,
    registry: Registry,
    repository: Repository,
    signatures: SigstoreSignatures,
    home: Path,
    verb: str,
) -> None:
    digest = push_image(toolbox, repository, "1.8.3", str(repository).encode())
    (home / "bom.json").write_text(json.dumps(BOM))
    more = ("--type", "cyclonedx", "--predicate", str(home / "bom.json")) if verb == "attest" else ()
    token, url = home / "token", authority.url
    token.write_text(authority.token(RELEASER))
    to = ("--fulcio-url", url, "--rekor-url", url, "--identity-token", str(token), "--use-signing-config=false")
    trust = ("--trusted-root", str(authority.trusted_root), "--yes", LEGACY)
    toolbox.run("cosign", verb, *PLAIN_HTTP, *to, *trust, *more, f"{repository}@{digest}")

    (layer,) = layers(registry, repository, digest, "att" if verb == "attest" else "sig")
    read = signatures.examine(layer.material(digest), digest)

    assert isinstance(read, Attestation), read
    assert (read.mechanism, read.signer) == (Mechanism.KEYLESS_COSIGN, RELEASER)
    assert read.log
    assert read.signed_at


@pytest.mark.parametrize("verb", ["sign", "attest"])
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.value)
def test_what_cosign_writes_with_a_key_in_a_bundle_verifies(
    toolbox: Toolbox,
    authority: Authority,
    registry: Registry,
    repository: Repository,
    signatures: SigstoreSignatures,
    home: Path,
    kind: KeyKind,
    verb: str,
) -> None:
    digest = push_image(toolbox, repository, "1.8.3", str(repository).encode())
    cosign = Cosign(toolbox, authority, make_key(kind), home)
    (home / "bom.json").write_text(json.dumps(BOM))
    more = ("--type", "cyclonedx", "--predicate", str(home / "bom.json")) if verb == "attest" else ()
    trust = ("--trusted-root", str(authority.trusted_root), "--signing-config", str(authority.signing_config))
    key = cosign.imported()
    toolbox.run("cosign", verb, *PLAIN_HTTP, "--yes", *trust, "--key", str(key), *more, f"{repository}@{digest}")

    (descriptor,) = registry.referrers(repository, digest)
    (layer,) = read_carrier(registry.manifest(repository, descriptor.digest).raw).layers
    raw = registry.blob(repository, layer.digest, 1 << 20)
    read = signatures.examine(bundle_material(raw, descriptor.digest), digest, (cosign.public,))

    assert isinstance(read, Attestation), read
    assert (read.mechanism, read.signer.key) == (Mechanism.KEYED_BUNDLE, cosign.public.fingerprint)
    assert read.log
    assert read.signed_at
    assert read.predicate == (BOM if verb == "attest" else {})
