"""Since when a release soaks where its health is asked for, and the gate that an ill one shuts for what comes after."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from promoter.core.candidate import Digest, digest_of
from promoter.core.codes import Code
from promoter.core.environment import Environment
from promoter.core.gates import Gate, shut_gates
from promoter.core.history import History
from promoter.core.passage import follow
from promoter.core.record import RuntimeSeen
from promoter.core.runtime import Health, HealthSource, Runtime
from promoter.core.soaking import soak_ends
from promoter.core.standing import StandingEvent
from promoter.core.view import View, extend
from tests.core.scenes import DEV, GRAPH, HOUR, NEW, NOW, STAGING, know, look, stand

WATCHED = replace(DEV, health=HealthSource.ARGOCD)
OTHER = digest_of(b"another image")


def runs(health: Health, *digests: Digest) -> Runtime:
    return Runtime(health=health, source=HealthSource.ARGOCD, digests=digests, identity="Application argocd/cart")


def seen(health: Health, at: datetime, *digests: Digest) -> RuntimeSeen:
    return RuntimeSeen(
        at=at,
        service="cart",
        environment="dev",
        health=health,
        source=HealthSource.ARGOCD,
        digests=digests,
        identity="Application argocd/cart",
    )


def promoted(since: datetime, *entries: RuntimeSeen) -> History:
    history = stand(know(History(), NEW), "dev", NEW, StandingEvent.PINNED_OUT_OF_BAND, at=since)
    return extend(history, entries)


def ends(history: History, environment: Environment = WATCHED) -> datetime | None:
    return soak_ends(environment, history, history.spots["dev", NEW], NEW.digest)


def watching(runtime: Runtime | None) -> View:
    view = look()
    sight = replace(view.sight, runtimes={"dev": runtime} if runtime else {})
    return replace(view, graph=(WATCHED, *GRAPH[1:]), sight=sight)


def test_where_nobody_is_asked_time_alone_ends_a_soak() -> None:
    assert ends(promoted(NOW), DEV) == NOW + HOUR


def test_a_soak_counts_from_the_last_time_that_it_became_healthy() -> None:
    later = NOW + timedelta(minutes=10)

    assert ends(promoted(NOW, seen(Health.HEALTHY, later, NEW.digest))) == later + HOUR
    assert ends(promoted(NOW, seen(Health.HEALTHY, NOW - HOUR, NEW.digest))) == NOW + HOUR


@pytest.mark.parametrize(
    "entries",
    [
        (),
        (seen(Health.DEGRADED, NOW, NEW.digest),),
        (seen(Health.HEALTHY, NOW, OTHER),),
        (seen(Health.HEALTHY, NOW, NEW.digest), seen(Health.UNKNOWN, NOW, NEW.digest)),
    ],
    ids=["nothing seen", "ill", "another image", "not known any more"],
)
def test_it_does_not_soak_while_it_is_not_known_to_be_healthy(entries: tuple[RuntimeSeen, ...]) -> None:
    assert ends(promoted(NOW, *entries)) is None


def test_an_admission_that_was_denied_says_nothing_of_what_runs() -> None:
    denied = replace(seen(Health.UNKNOWN, NOW, NEW.digest), what="denied")

    assert ends(promoted(NOW, seen(Health.HEALTHY, NOW, NEW.digest), denied)) == NOW + HOUR


@pytest.mark.parametrize(
    "runtime",
    [None, runs(Health.DEGRADED, NEW.digest), Runtime(health=Health.UNKNOWN, source=HealthSource.FLUX)],
    ids=["not asked", "ill", "not known"],
)
def test_nothing_settles_unless_it_is_healthy_at_this_very_look(runtime: Runtime | None) -> None:
    history = promoted(NOW - 2 * HOUR, seen(Health.HEALTHY, NOW - 2 * HOUR, NEW.digest))

    entries = follow(watching(runtime), history)

    assert [entry for entry in entries if entry.kind == "standing"] == []


def gate(runtime: Runtime | None) -> Gate:
    (found,) = shut_gates(watching(runtime).conditions, STAGING, NEW, promoted(NOW))
    return found


@pytest.mark.parametrize(
    ("runtime", "sentence"),
    [
        (None, "its health in dev is not known now"),
        (Runtime(health=Health.UNKNOWN, source=HealthSource.ARGOCD), "its health in dev is not known now"),
        (runs(Health.HEALTHY, OTHER), f"dev is not seen to run it yet: it runs {OTHER[:19]}"),
        (runs(Health.DEGRADED, NEW.digest), "is degraded in dev"),
        (replace(runs(Health.PROGRESSING), detail="1 of 2 pods"), "is progressing in dev (1 of 2 pods)"),
    ],
)
def test_what_comes_after_waits_for_what_is_not_healthy(runtime: Runtime | None, sentence: str) -> None:
    found = gate(runtime)

    assert (found.code, found.sentence) == (Code.GATE_HEALTH, sentence)
    assert found.remedy.startswith(("Service team: ", "Operator: "))


def test_a_healthy_one_that_still_soaks_is_said_to_soak() -> None:
    assert gate(runs(Health.HEALTHY, NEW.digest)).code is Code.GATE_SOAK
