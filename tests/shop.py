"""A registry, those who push to it, and a bot that looks for evidence there: what the tests of all layouts share."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from promoter.adapters.blobs_files import FileBlobs
from promoter.adapters.registry_oci import OciRegistry
from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.core.candidate import Candidate, Digest, Repository, digest_of
from promoter.core.checks.subject import Phase
from promoter.core.dossier import facts_of
from promoter.core.environment import Service
from promoter.core.evidence import Attestation, Evidence, Layout, Platform, Signer, SourceRevision, Unusable
from promoter.core.finding import Finding
from promoter.core.identity import SignerRule
from promoter.core.manifest import read_platforms
from promoter.core.policy import Occasion, Policy, Requirement, examine
from promoter.core.releases import ReleaseRule
from promoter.core.scope import Scope
from promoter.gather import Gatherer
from promoter.local.authority.instance import Instance
from promoter.local.authority.sealing import LogKind
from promoter.local.layers import Layer
from promoter.local.manifests import CONFIG_TYPE, INDEX_TYPE, MANIFEST_TYPE, Shelf
from promoter.local.publisher import Means, Publisher
from promoter.local.registry import LocalRegistry
from promoter.ports import SourceCommit
from promoter.recall import KeptBlobs, recall
from promoter.transport.registry_auth import Endpoint
from promoter.transport.registry_wire import RequestSeen

REPOSITORY = Repository("registry.example", "shop/cart")
SERVICE = Service(
    name="cart",
    image=REPOSITORY,
    source="https://forge.example/shop/cart",
    tag="v{release}",
    releases=ReleaseRule(semver=">=1.0.0"),
    targets={},
)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BUILDER = Signer("https://forge.example/shop/cart/release.yml@refs/tags/v1.0.0", "https://token.forge.example")
OTHER = Signer("https://forge.example/shop/desk/sign.yml@refs/heads/main", "https://token.forge.example")
BOM = "https://cyclonedx.org/bom"
BOM_FILE = "application/vnd.cyclonedx+json"
DOCUMENT = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": [{"type": "library", "name": "flask"}]}
KEYLESS = Means(BUILDER, (LogKind.V1,), layout=Layout.BUNDLE)
EVERYTHING = frozenset(Layout)
SIGNERS = {"builder": SignerRule(issuer=BUILDER.issuer, san=BUILDER.san)}


@dataclass(frozen=True, slots=True)
class Stopped:
    """A clock that stands still."""

    at: datetime = NOW

    def now(self) -> datetime:
        return self.at


@dataclass
class Forge:
    """`ports.SourceRepo` of a repository whose store of attestations is this list; counts how often it is asked."""

    stored: list[bytes] = field(default_factory=list)
    asked: int = 0

    def revision(self, repository: str, tag: str) -> SourceRevision:
        return SourceRevision(repository, f"refs/tags/{tag}", "c0" * 20)

    def contains(self, repository: str, branch: str, commit: str) -> bool:
        return False

    def commits(self, repository: str, older: str, newer: str, limit: int) -> tuple[SourceCommit, ...]:
        return ()

    def attestations(self, repository: str, digest: Digest) -> tuple[bytes, ...]:
        self.asked += 1
        return tuple(self.stored)


@dataclass
class Shop:
    """A registry, those who push to it, and a bot that looks."""

    local: LocalRegistry
    registry: OciRegistry
    publisher: Publisher
    signatures: SigstoreSignatures
    blobs: FileBlobs
    asked: list[RequestSeen]
    forge: Forge = field(default_factory=Forge)

    @property
    def shelf(self) -> Shelf:
        return Shelf(self.registry, REPOSITORY)

    def image(self, name: str) -> Digest:
        config = self.shelf.described(Layer(CONFIG_TYPE, json.dumps({"of": name}).encode()))
        return self.shelf.push({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "config": config, "layers": []})

    def index(self, name: str, **more: str) -> tuple[Digest, tuple[Platform, ...]]:
        images = {system: self.image(f"{name} {system}") for system in ("amd64", "arm64")}
        manifests = [
            {**self.shelf.subject(image), "platform": {"os": "linux", "architecture": system, **more}}
            for system, image in images.items()
        ]
        digest = self.shelf.push({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": manifests})
        return digest, read_platforms(self.registry.manifest(REPOSITORY, digest).raw)

    def bot(self, *layouts: Layout, platforms: tuple[str, ...] = ()) -> Gatherer:
        scope = Scope(frozenset(layouts) or EVERYTHING, frozenset(platforms))
        return Gatherer(self.registry, self.signatures, self.forge, self.blobs, scope)

    def look(
        self,
        digest: Digest,
        bot: Gatherer | None = None,
        tags: frozenset[str] | None = None,
        platforms: tuple[Platform, ...] = (),
    ) -> Evidence:
        self.asked.clear()
        self.blobs.put(self.registry.manifest(REPOSITORY, digest).raw)
        self.asked.clear()
        evidence = (bot or self.bot()).evidence(SERVICE, Candidate("cart", "1.0.0", digest), platforms, tags)
        assert evidence.failures == ()
        return evidence


def judged(evidence: Evidence, check: str, params: object, *layouts: Layout) -> Finding:
    """Ask one check of a policy that accepts these layouts, or all of them, and the builder alone."""
    policy = Policy(
        environment="prod",
        signers=SIGNERS,
        require=(Requirement(check=check, params=params),),
        layouts=layouts or tuple(Layout),
        digest=digest_of(b""),
        body=b"",
    )
    candidate = Candidate("cart", "1.0.0", evidence.digest)
    occasion = Occasion(candidate, SERVICE.placeholders("1.0.0"), Phase.PROPOSE, NOW)
    (finding,) = examine(policy, evidence, occasion)
    return finding


def codes(finding: Finding) -> tuple[str, ...]:
    """Give how a finding came out, and then why."""
    return finding.outcome.value, *(reason.code.value for reason in finding.reasons)


@contextmanager
def open_shop(instance: Instance, directory: Path) -> Iterator[Shop]:
    """Open a shop whose evidence is signed by an instance of the local authority."""
    local = LocalRegistry()
    asked: list[RequestSeen] = []
    registry = OciRegistry((Endpoint(REPOSITORY.host, local.start()),), on_request=asked.append)
    signatures = SigstoreSignatures(Trust.from_bytes(instance.trusted_root("http://127.0.0.1"), "the local root"))
    publisher = Publisher(registry, instance, Stopped())
    yield Shop(local, registry, publisher, signatures, FileBlobs(directory / "blobs"), asked)
    registry.close()
    local.stop()


def one(evidence: Evidence) -> Attestation:
    assert evidence.unusable == ()
    (item,) = evidence.attestations
    return item


def refused(evidence: Evidence) -> tuple[str, str, str]:
    """Give state, code and claimed type of the one thing that was found and does not count."""
    assert evidence.attestations == ()
    (item,) = evidence.unusable
    return item.state.value, item.code, item.claimed_type


def recalled(shop: Shop, evidence: Evidence) -> Evidence:
    return recall(facts_of(evidence), KeptBlobs(shop.blobs), shop.signatures)


def unsized(evidence: Evidence) -> Evidence:
    """Give the evidence without sizes, which no decision keeps, in the order in which decisions keep it."""

    def bare(item: Any) -> Any:
        return replace(item, found=replace(item.found, size=0))

    def by_place(item: Attestation | Unusable) -> tuple[Digest, Digest]:
        return item.found.blob, item.found.manifest

    return replace(
        evidence,
        attestations=tuple(sorted(map(bare, evidence.attestations), key=by_place)),
        unusable=tuple(sorted(map(bare, evidence.unusable), key=by_place)),
        parts=tuple(map(unsized, evidence.parts)),
    )
