"""Evidence is fetched once for all: what is kept by its digest is not asked for again, and memory holds it packed."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.adapters.blobs_files import FileBlobs
from promoter.adapters.clock_system import SystemClock
from promoter.adapters.registry_oci import OciRegistry
from promoter.adapters.signatures_sigstore import SigstoreSignatures
from promoter.core.candidate import Candidate, Digest, Repository, digest_of
from promoter.core.codes import Code
from promoter.core.environment import Service
from promoter.core.evidence import (
    SOURCE_TAG_LOOKUP,
    Attestation,
    ContentKind,
    EvidenceState,
    Found,
    LogEntry,
    Mechanism,
    Signer,
    SourceRevision,
    Unusable,
)
from promoter.core.releases import ReleaseRule
from promoter.gather import Gatherer
from promoter.local.authority import Authority
from promoter.local.registry import LocalRegistry
from promoter.local.team import Team
from promoter.packed import pack
from promoter.ports import Descriptor, OutsideError, RawManifest, SourceCommit
from promoter.transport.registry_auth import Endpoint
from promoter.transport.registry_wire import RequestKind, RequestSeen

REPOSITORY = Repository("registry.example", "shop/cart")
SERVICE = Service(
    name="cart",
    image=REPOSITORY,
    source="https://forge.example/shop/cart",
    tag="v{release}",
    releases=ReleaseRule(semver=">=1.0.0"),
    targets={},
)
BUILDER = Signer("https://forge.example/shop/cart/release.yml@refs/tags/v1.0.0", "https://token.forge.example")
FOUND = Found(digest_of(b"bundle"), digest_of(b"manifest"), 6)


class OneTag:
    """`ports.SourceRepo` of a repository whose every tag names the same commit."""

    def revision(self, repository: str, tag: str) -> SourceRevision:
        return SourceRevision(repository, f"refs/tags/{tag}", "c0" * 20)

    def contains(self, repository: str, branch: str, commit: str) -> bool:
        return False

    def commits(self, repository: str, older: str, newer: str, limit: int) -> tuple[SourceCommit, ...]:
        return ()

    def attestations(self, repository: str, digest: Digest) -> tuple[bytes, ...]:
        return ()


class Shop:
    """A registry with one attested image, and bots that look at it one after the other over the same kept bytes."""

    def __init__(self, directory: Path, authority: Authority, url: str) -> None:
        self.asked: list[RequestSeen] = []
        self.blobs = FileBlobs(directory / "blobs")
        self._registry = OciRegistry((Endpoint(REPOSITORY.host, url),), on_request=self.asked.append)
        self._signatures = SigstoreSignatures.from_file(authority.trusted_root)
        team = Team(self._registry, authority, SystemClock())
        self.digest = team.build(REPOSITORY, b"cart 1.0.0", "1.0.0")
        team.attest(REPOSITORY, self.digest, BUILDER, "https://example.com/notes/v1", {"notes": ["é", 1, 2.5, None]})

    def bot(self) -> Gatherer:
        """Give a bot that was started a moment ago."""
        return Gatherer(self._registry, self._signatures, OneTag(), self.blobs)

    def look(self, bot: Gatherer) -> tuple[tuple[Attestation, ...], list[RequestKind]]:
        """Give the attestations that a bot finds, and what it asked the registry for."""
        self.asked.clear()
        evidence = bot.evidence(SERVICE, Candidate("cart", "1.0.0", self.digest), (), frozenset())
        assert evidence.failures == ()
        return evidence.attestations, [request.kind for request in self.asked]

    def close(self) -> None:
        self._registry.close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    with Authority(SystemClock(), tmp_path_factory.mktemp("authority")) as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path, authority: Authority) -> Iterator[Shop]:
    registry = LocalRegistry()
    shop = Shop(tmp_path, authority, registry.start())
    yield shop
    shop.close()
    registry.stop()


def kept_file(shop: Shop, digest: Digest) -> Path:
    figures = digest.removeprefix("sha256:")
    return shop.blobs._blobs / figures[:2] / figures[2:]


def test_a_look_at_known_evidence_costs_the_list_of_referrers_alone(shop: Shop) -> None:
    bot = shop.bot()

    first, asked_first = shop.look(bot)
    second, asked_second = shop.look(bot)

    assert asked_first == [RequestKind.REFERRERS, RequestKind.MANIFEST, RequestKind.BLOB]
    assert asked_second == [RequestKind.REFERRERS]
    assert second == first
    assert first[0].predicate == {"notes": ["é", 1, 2.5, None]}


def test_a_bot_that_is_started_again_fetches_nothing_that_is_kept(shop: Shop) -> None:
    first, _ = shop.look(shop.bot())

    again, asked = shop.look(shop.bot())

    assert asked == [RequestKind.REFERRERS]
    assert again == first


def test_kept_evidence_that_was_damaged_is_fetched_again_and_healed(shop: Shop) -> None:
    (first,), _ = shop.look(shop.bot())
    kept_file(shop, first.found.blob).write_bytes(b"{}")

    (again,), asked = shop.look(shop.bot())

    assert asked == [RequestKind.REFERRERS, RequestKind.BLOB]
    assert again == first
    healed = shop.blobs.get(first.found.blob)
    assert healed is not None
    assert len(healed) == first.found.size


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(predicate=st.dictionaries(st.text(), _JSON, max_size=5))
def test_packed_evidence_unpacks_to_the_same(predicate: dict[str, Any]) -> None:
    evidence = Attestation(
        found=FOUND,
        kind=ContentKind.DSSE,
        mechanism=Mechanism.KEYLESS_BUNDLE,
        signer=BUILDER,
        signed_at=datetime(2026, 1, 1, tzinfo=UTC),
        log=LogEntry("00", 1, "dsse 0.0.1"),
        predicate_type="https://example.com/notes/v1",
        predicate=predicate,
        subjects=(digest_of(b"image"),),
    )

    assert pack(evidence).unpack() == evidence
    assert repr(pack(evidence).unpack()) == repr(evidence)


def test_unusable_evidence_is_kept_as_it_is() -> None:
    unusable = Unusable(FOUND, EvidenceState.INVALID, "bundle-unsupported", "nobody signed it")

    assert pack(unusable).unpack() == unusable


class Silent:
    """A registry that lists referrers and then says nothing any more; everything else is as in a real one."""

    def __init__(self, inner: OciRegistry, listed: int) -> None:
        self._inner = inner
        self._listed = listed
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def referrers(
        self, repository: Repository, digest: Digest, tags: frozenset[str] | None = None
    ) -> tuple[Descriptor, ...]:
        return tuple(Descriptor(digest_of(b"%d" % number), "", 1) for number in range(self._listed))

    def manifest(self, repository: Repository, reference: str) -> RawManifest:
        self.asked += 1
        raise OutsideError(Code.OUTSIDE_TIMEOUT, "no answer in 60 s")


def test_after_a_time_out_the_other_referrers_are_not_asked_for_and_count_as_one_failure(
    shop: Shop, authority: Authority
) -> None:
    silent: Any = Silent(shop._registry, 100)
    bot = Gatherer(silent, SigstoreSignatures.from_file(authority.trusted_root), OneTag(), shop.blobs)
    evidence = bot.evidence(SERVICE, Candidate("cart", "1.0.0", shop.digest), (), frozenset())
    assert 1 <= silent.asked <= 8  # those that were under way already
    assert [failure.code for failure in evidence.failures] == ["outside.timeout"]


class Meeting:
    """A source repository and a registry's list of referrers, neither of which answers before both have been asked."""

    def __init__(self, registry: OciRegistry) -> None:
        self._both = threading.Barrier(2)
        self._registry = registry

    def revision(self, repository: str, tag: str) -> SourceRevision:
        self._both.wait(5)
        return OneTag().revision(repository, tag)

    def referrers(
        self, repository: Repository, digest: Digest, tags: frozenset[str] | None = None
    ) -> tuple[Descriptor, ...]:
        self._both.wait(5)
        return self._registry.referrers(repository, digest, tags)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)


def test_the_commit_is_asked_for_while_the_registry_is(shop: Shop, authority: Authority) -> None:
    meeting: Any = Meeting(shop._registry)
    bot = Gatherer(meeting, SigstoreSignatures.from_file(authority.trusted_root), meeting, shop.blobs)
    evidence = bot.evidence(SERVICE, Candidate("cart", "1.0.0", shop.digest), (), frozenset())
    assert evidence.failures == ()
    assert evidence.source == OneTag().revision(SERVICE.source, "v1.0.0")
    assert len(evidence.attestations) == 1


class NoForge:
    """A source repository whose forge does not answer."""

    def revision(self, repository: str, tag: str) -> SourceRevision:
        raise OutsideError(Code.OUTSIDE_TIMEOUT, f"the tag {tag}: no answer")


def test_a_commit_that_cannot_be_had_is_told_first_and_the_registry_is_read_nevertheless(
    shop: Shop, authority: Authority
) -> None:
    silent: Any = Silent(shop._registry, 1)
    forge: Any = NoForge()
    bot = Gatherer(silent, SigstoreSignatures.from_file(authority.trusted_root), forge, shop.blobs)
    evidence = bot.evidence(SERVICE, Candidate("cart", "1.0.0", shop.digest), (), frozenset())
    assert evidence.source is None
    assert [failure.what for failure in evidence.failures] == [SOURCE_TAG_LOOKUP, f"evidence {digest_of(b'0')}"]
