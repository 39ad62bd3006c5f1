"""Real cosign judges what the publisher writes: every layout, keys and identities, with logs and without.

And the other way round: what cosign writes has the bytes, media types and annotations that the publisher gives it.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest, Repository
from promoter.core.evidence import Layout
from promoter.local import lies
from promoter.local.authority import Authority
from promoter.local.authority.contents import SimpleSigning
from promoter.local.authority.keys import Hash, KeyKind, SigningKey, make_key
from promoter.local.authority.sealing import LogKind
from promoter.local.layers import CERTIFICATE, SIGNATURE, Layer
from promoter.local.manifests import Shelf, tag_of
from promoter.local.publisher import Changes, Means, Publisher
from promoter.ports import Registry
from tests.interop.releases import PLAIN_HTTP, RELEASER, push_image
from tests.interop.toolbox import Toolbox, ToolError

pytestmark = pytest.mark.interop

BOM = {"bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "components": []}
BOM_TYPE = "https://cyclonedx.org/bom"
BOM_FILE = "application/vnd.cyclonedx+json"
LEGACY = ("--new-bundle-format=false",)


@dataclass(frozen=True, slots=True)
class Judge:
    """cosign, told to trust the local authority, and a key or the releaser's identity."""

    toolbox: Toolbox
    authority: Authority

    def verify(self, image: str, means: Means, kind: str = "") -> str:
        """Verify a signature, or an attestation of a kind; raises ToolError where cosign refuses."""
        command = ("verify-attestation", "--type", kind) if kind else ("verify",)
        root = ("--trusted-root", str(self.authority.trusted_root))
        return self.toolbox.run("cosign", *command, *PLAIN_HTTP, *root, *self._whose(means), *_how(means), image)

    def _whose(self, means: Means) -> tuple[str, ...]:
        if isinstance(means.by, SigningKey):
            path = self.toolbox.home / "key.pub"
            path.write_bytes(means.by.public_pem)
            return ("--key", str(path))
        return ("--certificate-identity", RELEASER.san, "--certificate-oidc-issuer", RELEASER.issuer)


def _how(means: Means) -> tuple[str, ...]:
    said: tuple[str, ...] = () if means.layout is Layout.BUNDLE else LEGACY
    if means.layout is Layout.COSIGN_REFERRER:
        said += ("--experimental-oci11",)
    if not means.logs:
        said += ("--insecure-ignore-tlog",)
    if means.timestamps:
        said += ("--use-signed-timestamps",)
    return said


@pytest.fixture
def judge(toolbox: Toolbox, authority: Authority) -> Judge:
    return Judge(toolbox, authority)


@pytest.fixture
def publisher(registry: Registry, authority: Authority) -> Publisher:
    return Publisher(registry, authority.instance, SystemClock())


@pytest.fixture
def image(toolbox: Toolbox, repository: Repository) -> Digest:
    return push_image(toolbox, repository, "1.8.3", str(repository).encode())


KEYS = [KeyKind.P256, KeyKind.P384, KeyKind.ED25519, KeyKind.RSA_2048, KeyKind.RSA_3072]
KEY_SIGNATURES = [
    Means(make_key(kind), logs, stamps, layout)
    for kind in KEYS
    for layout in (Layout.COSIGN_TAG, Layout.COSIGN_REFERRER, Layout.BUNDLE)
    for logs, stamps in (((), 0), ((), 1), ((LogKind.V1,), 0))
    if not (kind is KeyKind.ED25519 and logs and layout is not Layout.BUNDLE)
] + [Means(make_key(kind), (LogKind.V2,), 1, Layout.BUNDLE) for kind in (KeyKind.P256, KeyKind.RSA_2048)]
KEYLESS_SIGNATURES = [
    Means(RELEASER, (LogKind.V1,), layout=Layout.COSIGN_TAG),
    Means(RELEASER, (LogKind.V1,), 1, Layout.COSIGN_TAG),
    Means(RELEASER, (), 1, Layout.COSIGN_TAG),
    Means(RELEASER, (LogKind.V1,), layout=Layout.COSIGN_REFERRER),
    Means(RELEASER, (LogKind.V1,), layout=Layout.BUNDLE),
    Means(RELEASER, (LogKind.V2,), 1, Layout.BUNDLE),
    Means(RELEASER, (), 1, Layout.BUNDLE),
]


def named(means: Means) -> str:
    by = means.by.details if isinstance(means.by, SigningKey) else "keyless"
    logs = "-".join(kind.name for kind in means.logs) or "no-log"
    return f"{by}-{means.layout.value}-{logs}-{means.timestamps}-stamps"


SIGNATURES = KEY_SIGNATURES + KEYLESS_SIGNATURES


@pytest.fixture(scope="module")
def registry_host(olareg: str) -> str:
    """One real registry is enough for what stands in the manifests; the other tests use both."""
    return olareg


@pytest.mark.parametrize("means", SIGNATURES, ids=named)
def test_cosign_accepts_a_signature(
    publisher: Publisher, judge: Judge, repository: Repository, image: Digest, means: Means
) -> None:
    publisher.sign(repository, image, means)

    (verified,) = json.loads(judge.verify(f"{repository}@{image}", means))

    assert verified["critical"]["image"]["docker-manifest-digest"] == image


ATTESTATIONS = [
    replace(means, stamp_envelope=means.timestamps > 0 and means.layout is Layout.COSIGN_TAG)
    for means in SIGNATURES
    if means.layout is not Layout.COSIGN_REFERRER
] + [
    Means(make_key(KeyKind.ED25519), (LogKind.V1,)),
    Means(make_key(), (LogKind.INTOTO_1,)),
    Means(make_key(KeyKind.RSA_2048), (LogKind.INTOTO_1,)),
    Means(make_key(), (LogKind.INTOTO_2,)),
    Means(RELEASER, (LogKind.INTOTO_1,)),
    Means(RELEASER, (LogKind.INTOTO_2,)),
]


@pytest.mark.parametrize("means", ATTESTATIONS, ids=named)
def test_cosign_accepts_an_attestation(
    publisher: Publisher, judge: Judge, repository: Repository, image: Digest, means: Means
) -> None:
    publisher.attest(repository, image, BOM_TYPE, BOM, means)

    envelope = json.loads(judge.verify(f"{repository}@{image}", means, "cyclonedx"))

    assert envelope["payloadType"] == "application/vnd.in-toto+json"


def test_cosign_accepts_the_signature_of_an_attached_document(
    publisher: Publisher, judge: Judge, repository: Repository, image: Digest
) -> None:
    shelf = Shelf(publisher.registry, repository)
    sbom = json.dumps(BOM).encode()
    means = Means(make_key())
    by_tag = shelf.replace(tag_of(image, "sbom"), Layer(BOM_FILE, sbom))
    by_referrer = shelf.attach(image, BOM_FILE, sbom, "sbom.json", SystemClock().now())

    for attached in (by_tag, by_referrer):
        publisher.sign(repository, attached, means)
        (verified,) = json.loads(judge.verify(f"{repository}@{attached}", means))
        assert verified["critical"]["image"]["docker-manifest-digest"] == attached


REFUSED: list[tuple[str, Changes]] = [
    ("a flipped signature", Changes(sealed=lies.flip_signature)),
    ("another digest", Changes(content=lies.about("sha256:" + "0" * 64))),
    ("a flipped promise", Changes(sealed=lies.flip_promise)),
    ("an edited time", Changes(sealed=lies.postpone(60))),
    ("another log", Changes(sealed=lies.in_entries(log_id=b"?" * 32))),
    ("an edited body", Changes(sealed=lies.edit_body(b"sha256", b"sha512"))),
    ("no log entry", Changes(sealed=lies.withhold_entries)),
    ("no certificate", Changes(layer=lambda layer: layer.without(CERTIFICATE))),
    ("no signature", Changes(layer=lambda layer: layer.without(SIGNATURE))),
]


@pytest.mark.parametrize("changes", [change for _, change in REFUSED], ids=[name for name, _ in REFUSED])
def test_cosign_refuses_one_lie(
    publisher: Publisher, judge: Judge, repository: Repository, image: Digest, changes: Changes
) -> None:
    means = Means(RELEASER, (LogKind.V1,))
    publisher.changing(changes).sign(repository, image, means)

    with pytest.raises(ToolError):
        judge.verify(f"{repository}@{image}", means)


@pytest.mark.parametrize(
    "changed",
    [
        lies.in_repository("evil.example/shop"),
        lies.in_payload("critical", "type", to="atomic container signature"),
        lies.in_payload("optional", to={"stage": "prod"}),
    ],
    ids=["the repository", "the type", "the annotations"],
)
def test_cosign_does_not_judge_these_parts_of_a_payload(
    publisher: Publisher, judge: Judge, repository: Repository, image: Digest, changed: lies.ContentChange
) -> None:
    means = Means(make_key())
    publisher.changing(Changes(content=changed)).sign(repository, image, means)

    (verified,) = json.loads(judge.verify(f"{repository}@{image}", means))

    assert verified != json.loads(SimpleSigning(image, str(repository)).payload)


def test_cosign_accepts_beside_a_tag_no_timestamp_over_an_attestations_signature(
    publisher: Publisher, judge: Judge, repository: Repository, image: Digest
) -> None:
    means = Means(make_key(), timestamps=1)
    publisher.attest(repository, image, BOM_TYPE, BOM, means)

    with pytest.raises(ToolError, match="hashed messages don't match"):
        judge.verify(f"{repository}@{image}", means, "cyclonedx")


@dataclass(frozen=True, slots=True)
class Signer:
    """cosign, with a key that it imported, writing in its legacy layout."""

    toolbox: Toolbox
    authority: Authority
    key: Path

    def run(self, *command: str, logged: bool = True) -> None:
        """Sign or attest, with the authority's log and timestamps or without."""
        log = ("--rekor-url", self.authority.url, "--timestamp-server-url", f"{self.authority.url}/api/v1/timestamp")
        how = (*PLAIN_HTTP, *LEGACY, "--yes", "--use-signing-config=false", "--key", str(self.key))
        verb, *rest = command
        self.toolbox.run("cosign", verb, *how, *(log if logged else ("--tlog-upload=false",)), *rest)


@pytest.fixture
def key() -> SigningKey:
    return make_key()


@pytest.fixture
def signer(toolbox: Toolbox, authority: Authority, key: SigningKey, home: Path) -> Signer:
    (home / "key.pem").write_bytes(key.private_pem)
    toolbox.run("cosign", "import-key-pair", "--yes", "--key", str(home / "key.pem"), "-o", str(home / "imported"))
    return Signer(toolbox, authority, home / "imported.key")


@pytest.mark.parametrize("logged", [True, False], ids=["logged", "unlogged"])
def test_cosign_writes_the_signature_manifest_that_the_publisher_writes(
    publisher: Publisher, signer: Signer, repository: Repository, image: Digest, key: SigningKey, logged: bool
) -> None:
    signer.run("sign", f"{repository}@{image}", logged=logged)
    publisher.sign(repository, image, Means(key, (LogKind.V1,) if logged else (), int(logged)))

    manifest = json.loads(publisher.registry.manifest(repository, tag_of(image, "sig")).raw)
    theirs, ours = manifest["layers"]
    assert {name for name in theirs if name != "annotations"} == {name for name in ours if name != "annotations"}
    assert (theirs["mediaType"], theirs["digest"]) == (ours["mediaType"], ours["digest"])
    assert set(theirs["annotations"]) == set(ours["annotations"])
    payload = publisher.registry.blob(repository, theirs["digest"], 4096)
    assert payload == SimpleSigning(image, str(repository)).payload
    if logged:
        assert alike(theirs, "bundle") == alike(ours, "bundle")
        assert alike(theirs, "rfc3161timestamp") == alike(ours, "rfc3161timestamp")


def alike(layer: dict[str, dict[str, str]], name: str) -> object:
    """Give the members of an annotation's document, and of what stands in it."""
    read = json.loads(layer["annotations"][f"dev.sigstore.cosign/{name}"])
    return {member: sorted(value) if isinstance(value, dict) else type(value) for member, value in read.items()}


def test_cosign_writes_the_attestation_manifest_that_the_publisher_writes(
    publisher: Publisher, signer: Signer, repository: Repository, image: Digest, key: SigningKey, home: Path
) -> None:
    (home / "bom.json").write_text(json.dumps(BOM))
    signer.run("attest", "--type", "cyclonedx", "--predicate", str(home / "bom.json"), f"{repository}@{image}")
    publisher.attest(repository, image, BOM_TYPE, BOM, Means(key, (LogKind.V1,), 1))

    manifest = json.loads(publisher.registry.manifest(repository, tag_of(image, "att")).raw)
    theirs, ours = manifest["layers"]
    assert theirs["mediaType"] == ours["mediaType"]
    assert set(theirs["annotations"]) == set(ours["annotations"])
    assert theirs["annotations"]["predicateType"] == ours["annotations"]["predicateType"]
    envelopes = [json.loads(publisher.registry.blob(repository, each["digest"], 1 << 16)) for each in (theirs, ours)]
    assert list(envelopes[0]) == list(envelopes[1])
    assert [list(each["signatures"][0]) for each in envelopes] == [["sig"], ["sig"]]


def test_cosign_signs_with_p384_by_sha_384_and_then_does_not_accept_it(
    toolbox: Toolbox, authority: Authority, judge: Judge, repository: Repository, image: Digest, home: Path
) -> None:
    key = make_key(KeyKind.P384, Hash.SHA384)
    (home / "key.pem").write_bytes(key.private_pem)
    toolbox.run("cosign", "import-key-pair", "--yes", "--key", str(home / "key.pem"), "-o", str(home / "imported"))
    Signer(toolbox, authority, home / "imported.key").run("sign", f"{repository}@{image}", logged=False)

    with pytest.raises(ToolError, match="invalid signature when validating"):
        judge.verify(f"{repository}@{image}", Means(key))
