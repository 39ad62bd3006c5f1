"""The base branch is fetched once for a moment, with all pinned files, and what cannot be fetched stops nobody."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast

from promoter.core.codes import Code
from promoter.core.environment import Service
from promoter.core.target import Target, TargetKind
from promoter.ports import EnvironmentRepo, OutsideError
from promoter.trunk import Trunk

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
POLL = timedelta(seconds=30)


class Repository:
    """A repository whose base moves when the test says so; writes down what it was asked."""

    def __init__(self) -> None:
        self.base = "a" * 40
        self.asked: list[str] = []
        self.is_damaged = False

    def refresh(self) -> str:
        self.asked.append("refresh")
        return self.base

    def bring(self, commit: str, paths: tuple[str, ...]) -> None:
        self.asked.append(f"bring {commit[:1]} {' '.join(paths)}")
        if self.is_damaged:
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, "not our ref")


def trunk(repository: Repository) -> Trunk:
    rest = cast("Any", None)
    target = Target(path="prod/cart.yaml", kind=TargetKind.KUSTOMIZE)
    service = Service(
        name="cart", image=rest, source="", tag="", releases=rest, targets={"dev": (), "prod": (target, target)}
    )
    return Trunk(cast("EnvironmentRepo", repository), (service,), POLL)


def test_the_base_is_fetched_again_when_it_is_old_or_wanted_fresh_and_its_files_when_it_moved() -> None:
    repository = Repository()
    base = trunk(repository)
    for seconds, fresh in ((0, False), (29, False), (30, False), (31, True)):
        assert base.commit(NOW + timedelta(seconds=seconds), fresh=fresh) == repository.base
    assert repository.asked == ["refresh", "bring a prod/cart.yaml", "refresh", "refresh"]
    repository.base = "b" * 40
    assert base.commit(NOW + timedelta(seconds=90), fresh=False) == "b" * 40
    assert repository.asked[4:] == ["refresh", "bring b prod/cart.yaml"]


def test_a_clock_that_was_set_back_does_not_keep_the_base_from_being_fetched() -> None:
    repository = Repository()
    base = trunk(repository)
    base.commit(NOW, fresh=False)
    repository.base = "b" * 40
    assert base.commit(NOW - timedelta(days=1), fresh=False) == "b" * 40


def test_files_that_cannot_be_fetched_together_keep_nobody_from_the_base() -> None:
    repository = Repository()
    repository.is_damaged = True
    base = trunk(repository)
    assert base.commit(NOW, fresh=False) == repository.base
    assert base.commit(NOW, fresh=False) == repository.base
    assert repository.asked == ["refresh", "bring a prod/cart.yaml"]
