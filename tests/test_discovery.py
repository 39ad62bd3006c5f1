"""What a registry shows becomes releases, whatever it holds: many tags, unreadable ones, and names of any length."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from promoter.adapters.registry_oci import OciRegistry
from promoter.core.candidate import Candidate, Repository, digest_of
from promoter.core.codes import Code
from promoter.core.environment import Service
from promoter.core.manifest import read_platforms
from promoter.core.record import StandingMoved
from promoter.core.releases import Order, ReleaseRule
from promoter.core.standing import Standing, StandingEvent
from promoter.core.view import in_flight
from promoter.discovery import Discovery
from promoter.gather import Gatherer
from promoter.journal import Journal
from promoter.local.manifests import INDEX_TYPE, MANIFEST_TYPE
from promoter.local.registry import LocalRegistry
from promoter.ports import Outside, OutsideError
from promoter.transport.registry_auth import Endpoint
from promoter.troubles import Troubles
from tests.fakes.ledger import MemoryBlobs, MemoryLedger
from tests.sim.fuse import counting

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
REPOSITORY = Repository("registry.example", "shop/cart")


def service(rule: ReleaseRule) -> Service:
    return Service(
        name="cart",
        image=REPOSITORY,
        source="https://forge.example/shop/cart",
        tag="v{release}",
        releases=rule,
        targets={},
    )


@dataclass(frozen=True, slots=True)
class Shelf:
    """A registry, and what looks at it."""

    local: LocalRegistry
    registry: OciRegistry
    journal: Journal
    discovery: Discovery
    asked: list[str]  # one for each manifest that discovery asked for
    failing: list[OutsideError]  # raised instead of the next manifests, one each

    def push(self, tag: str, raw: bytes | None = None) -> None:
        manifest = (
            raw or json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "annotations": {"n": tag}}).encode()
        )
        self.registry.push_manifest(REPOSITORY, manifest, MANIFEST_TYPE, tag)

    def push_other(self, tag: str) -> None:
        self.push(f"{tag}-again")
        other = self.registry.manifest(REPOSITORY, f"{tag}-again").raw
        self.registry.push_manifest(REPOSITORY, other, MANIFEST_TYPE, tag)

    def releases(self) -> tuple[str, ...]:
        return tuple(self.journal.history("cart").known)


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    local = LocalRegistry()
    url = local.start()
    registry = OciRegistry((Endpoint(REPOSITORY.host, url),))
    journal = Journal(MemoryLedger())
    rest = cast("Any", None)  # discovery asks nothing else of the world
    outside = Outside(rest, registry, rest, rest, rest, rest, rest, MemoryBlobs(), rest)
    gatherer = Gatherer(registry, rest, rest, outside.blobs)
    asked: list[str] = []
    failing: list[OutsideError] = []
    counted = counting("registry", "manifest", asked, failing)(outside)
    yield Shelf(local, registry, journal, Discovery(counted, journal, gatherer, Troubles(journal)), asked, failing)
    registry.close()
    local.stop()


def test_the_first_look_begins_with_the_newest_release_alone(shelf: Shelf) -> None:
    for tag in ("1.0.0", "1.1.0", "1.2.0"):
        shelf.push(tag)

    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)

    assert shelf.releases() == ("1.2.0",)


def test_a_newest_release_that_cannot_be_read_does_not_hide_the_older_ones(shelf: Shelf) -> None:
    for tag in ("1.0.0", "1.1.0"):
        shelf.push(tag)
    too_large = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "annotations": {"n": "x" * (5 << 20)}})
    shelf.local.push_manifest(REPOSITORY.path, too_large.encode(), "1.2.0")

    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)

    assert shelf.releases() == ("1.1.0",)
    assert shelf.journal.history("cart").failing == {"release 1.2.0": "outside.too-large"}


def test_a_release_that_cannot_be_read_is_asked_for_less_and_less_often(shelf: Shelf) -> None:
    shelf.push("1.0.0")
    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)
    too_large = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "annotations": {"n": "x" * (5 << 20)}})
    shelf.local.push_manifest(REPOSITORY.path, too_large.encode(), "1.1.0")
    shelf.asked.clear()

    for minute in range(120):
        shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW + timedelta(minutes=minute))

    assert len(shelf.asked) == 7  # at minute 0, 1, 3, 7, 15, 31 and 63
    shelf.push("1.1.0")
    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW + timedelta(minutes=123))
    assert shelf.releases() == ("1.0.0", "1.1.0")
    assert shelf.journal.history("cart").failing == {}


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        pytest.param(b'{"schemaVersion": 1, "fsLayers": []}', "image.unsupported", id="schema 1"),
        pytest.param(b'{"schemaVersion": 2, "manifests": []}', "image.empty-index", id="an index without manifests"),
        pytest.param(
            b'{"schemaVersion": 2, "manifests": [{"mediaType": "application/vnd.oci.image.index.v1+json"}]}',
            "image.nested-index",
            id="an index in an index",
        ),
        pytest.param(b"<html>", "image.unparseable", id="no manifest"),
    ],
)
def test_what_no_release_can_be_is_written_down_and_hides_no_release(shelf: Shelf, raw: bytes, code: str) -> None:
    shelf.push("1.0.0")
    shelf.local.push_manifest(REPOSITORY.path, raw, "1.1.0")

    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)

    assert shelf.releases() == ("1.0.0",)
    assert shelf.journal.history("cart").failing == {"release 1.1.0": code}


def gone(shelf: Shelf, tag: str) -> None:
    """List a tag whose manifest the registry does not have any more, as after a clean-up that went wrong."""
    too_large = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST_TYPE, "annotations": {tag: "x" * (5 << 20)}})
    shelf.local.push_manifest(REPOSITORY.path, too_large.encode(), tag)


def test_any_number_of_newest_releases_that_cannot_be_read_hides_no_older_one(shelf: Shelf) -> None:
    shelf.push("1.0.0")
    for minor in range(1, 6):
        gone(shelf, f"1.{minor}.0")
    for _ in range(2):
        shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)
    assert shelf.releases() == ("1.0.0",)
    for minor in range(7, 12):
        gone(shelf, f"1.{minor}.0")
    shelf.push("1.6.0")
    for minute in range(3):
        shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW + timedelta(seconds=minute))
    assert shelf.releases() == ("1.0.0", "1.6.0")


def test_an_older_release_is_not_begun_with_because_a_registry_fails_for_a_while(shelf: Shelf) -> None:
    for minor in range(10):
        shelf.push(f"1.{minor}.0")
    for _ in range(4):
        shelf.failing.append(OutsideError(Code.OUTSIDE_SERVER_ERROR, "HTTP 500"))
        shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)
    assert (shelf.releases(), len(shelf.asked)) == ((), 4)
    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)
    assert shelf.releases() == ("1.9.0",)
    assert shelf.journal.history("cart").failing == {}


def test_an_unreadable_release_is_no_trouble_any_more_once_a_newer_one_is_known(shelf: Shelf) -> None:
    shelf.push("1.0.0")
    gone(shelf, "1.1.0")
    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)
    shelf.push("1.2.0")
    for hour in range(3):
        shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW + timedelta(hours=hour))
    assert shelf.releases() == ("1.0.0", "1.2.0")
    assert shelf.journal.history("cart").failing == {}


def test_a_selection_that_is_widened_brings_back_nothing_that_was_there_before(shelf: Shelf) -> None:
    for minor in range(13):
        shelf.push(f"1.{minor}.0")
    shelf.discovery.discover(service(ReleaseRule(semver=">=1.12.0")), NOW)
    for _ in range(3):
        shelf.discovery.discover(service(ReleaseRule(semver=">=1.0.0")), NOW)
    assert shelf.releases() == ("1.12.0",)
    shelf.push("1.11.1")
    shelf.discovery.discover(service(ReleaseRule(semver=">=1.0.0")), NOW)
    assert shelf.releases() == ("1.12.0", "1.11.1")


def test_a_trouble_with_a_release_ends_with_its_tag(shelf: Shelf) -> None:
    shelf.push("1.0.0")
    gone(shelf, "1.1.0")
    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)
    assert shelf.journal.history("cart").failing == {"release 1.1.0": "outside.too-large"}
    shelf.local.store.remove(REPOSITORY.path, "1.1.0")
    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)
    assert shelf.journal.history("cart").failing == {}


def test_a_release_that_ran_before_the_first_look_is_known_by_the_digest_that_runs(shelf: Shelf) -> None:
    for tag in ("1.0.0", "1.1.0"):
        shelf.push(tag)
    ran = Candidate("cart", "1.0.0", shelf.registry.manifest(REPOSITORY, "1.0.0").digest)
    pinned = StandingMoved(
        at=NOW,
        service="cart",
        release=ran.release,
        digest=ran.digest,
        environment="prod",
        event=StandingEvent.PINNED_OUT_OF_BAND,
        state=Standing.PROMOTED,
    )
    shelf.journal.write("cart", lambda _: (pinned,))
    shelf.push_other("1.0.0")

    shelf.discovery.discover(service(ReleaseRule(semver="*")), NOW)

    history = shelf.journal.history("cart")
    assert history.known["1.0.0"].candidate == ran
    assert ran in in_flight(service(ReleaseRule(semver="*")), history)
    assert shelf.discovery.moved(service(ReleaseRule(semver="*")), ran, history) not in {None, ran.digest}


def test_thousands_of_tags_seen_at_once_fit_into_the_ledger(shelf: Shelf) -> None:
    tags = [f"build-{number:05}-{'c' * 40}" for number in range(2_500)]
    for tag in tags[:2]:
        shelf.push(tag)
    manifest = shelf.registry.manifest(REPOSITORY, tags[0]).raw
    for tag in tags:
        shelf.local.push_manifest(REPOSITORY.path, manifest, tag)

    shelf.discovery.discover(service(ReleaseRule(tags="build-.*", order=Order.SEEN)), NOW)

    assert shelf.journal.history("cart").seen == dict.fromkeys(sorted(tags), False)
    assert shelf.releases() == (tags[-1],)


def test_a_platform_name_of_any_length_is_cut_before_it_is_written_down() -> None:
    platforms = [
        {"digest": digest_of(b"one"), "platform": {"os": "linux" * 100, "architecture": "amd64"}} for _ in range(1_000)
    ]
    raw = json.dumps({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": platforms}).encode()

    listed = read_platforms(raw)

    assert len(listed) == 100
    assert {len(platform.name) for platform in listed} == {len("linux" * 8) + len("/amd64")}
