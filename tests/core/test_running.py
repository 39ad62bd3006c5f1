"""What an environment runs is read from its manifests, and compared with a candidate by the service's own order."""

from dataclasses import replace

import pytest

from promoter.core.candidate import digest_of
from promoter.core.circumstances import Running
from promoter.core.history import History
from promoter.core.releases import Order, ReleaseRule, outranks
from promoter.core.running import running_beside
from promoter.core.sight import PinSight
from tests.core.scenes import NEW, NEWER, OLD, SERVICE, know

KNOWN = know(History(), OLD, NEW, NEWER)
HOTFIX = digest_of(b"hotfix")


def test_an_older_release_runs_beside_a_newer_candidate() -> None:
    found = running_beside(SERVICE, KNOWN, PinSight(OLD.release, OLD.digest), NEW)
    assert found == Running(release="1.0.0", digest=OLD.digest, is_newer=False)


def test_a_newer_release_runs_though_the_tag_beside_its_digest_says_otherwise() -> None:
    found = running_beside(SERVICE, KNOWN, PinSight("0.1.0", NEWER.digest), NEW)
    assert found == Running(release="1.2.0", digest=NEWER.digest, is_newer=True)


def test_a_release_that_is_pinned_by_its_tag_alone_is_compared_by_that() -> None:
    assert running_beside(SERVICE, KNOWN, PinSight("9.0.0"), NEW) == Running(
        release="9.0.0", digest=None, is_newer=True
    )


def test_what_runs_itself_is_no_newer_than_itself() -> None:
    found = running_beside(SERVICE, KNOWN, PinSight("", NEW.digest), NEW)
    assert found == Running(release="1.1.0", digest=NEW.digest, is_newer=False)


def test_nothing_runs_where_the_manifest_names_no_release() -> None:
    assert running_beside(SERVICE, KNOWN, PinSight(), NEW) == Running(release="", digest=None, is_newer=False)


@pytest.mark.parametrize(
    "pin",
    [
        PinSight(trouble="deployment.yaml: no such file"),
        PinSight("1.0.0, 1.1.0", is_split=True),
        PinSight("1.0.0", "sha256:short"),
    ],
)
def test_what_cannot_be_read_or_does_not_agree_is_not_known(pin: PinSight) -> None:
    assert running_beside(SERVICE, KNOWN, pin, NEW) is None


@pytest.mark.parametrize("pin", [PinSight("hotfix", HOTFIX), PinSight("", HOTFIX)])
def test_what_has_no_place_in_the_order_is_neither_newer_nor_older(pin: PinSight) -> None:
    found = running_beside(SERVICE, KNOWN, pin, NEW)
    assert found == Running(release=pin.tag, digest=HOTFIX, is_newer=None)


def test_a_tag_that_was_never_seen_has_no_place_in_the_order_of_sight() -> None:
    service = replace(SERVICE, releases=ReleaseRule(tags=".*", order=Order.SEEN))
    history = replace(KNOWN, seen={"1.0.0": True, "1.1.0": True})

    unseen = running_beside(service, history, PinSight("never-seen"), NEW)
    assert unseen == Running(release="never-seen", digest=None, is_newer=None)
    assert outranks(service.releases, "1.1.0", "1.0.0", history.seen) is True


def test_a_version_outside_the_range_still_has_its_place() -> None:
    rule = ReleaseRule(semver=">=1.0.0")
    assert outranks(rule, "1.0.0", "0.9.0", ()) is True
    assert outranks(rule, "0.9.0", "1.0.0", ()) is False
    assert outranks(rule, "latest", "1.0.0", ()) is None
