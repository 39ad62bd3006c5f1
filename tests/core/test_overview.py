"""One row for each environment of a service: what runs, and how far everything newer has come."""

from dataclasses import replace

from promoter.core.eligibility import EligibilityEvent
from promoter.core.environment import Service
from promoter.core.history import History
from promoter.core.overview import Place, Row, overview
from promoter.core.record import OutsideFailed, PinSeen
from promoter.core.standing import StandingEvent
from promoter.core.view import extend
from tests.core.scenes import (
    GRAPH,
    LONG_AGO,
    NEW,
    NEWER,
    OLD,
    SERVICE,
    deserve,
    going,
    know,
    propose,
    stand,
)


def row(environment: str, history: History, service: Service = SERVICE) -> Row:
    return next(row for row in overview(service, GRAPH, history) if row.environment == environment)


def test_rows_come_in_the_order_of_the_graph_and_only_where_the_service_has_targets() -> None:
    narrow = replace(SERVICE, targets={"prod": (), "dev": ()})

    assert [row.environment for row in overview(SERVICE, GRAPH, going())] == ["dev", "staging", "prod"]
    assert [row.environment for row in overview(narrow, GRAPH, going())] == ["dev", "prod"]


def test_a_row_shows_what_runs_and_everything_newer_with_its_reasons_newest_first() -> None:
    history = deserve(know(going(), NEWER), "dev", NEWER, EligibilityEvent.FAILED, why=("scan.stale",))
    history = propose(deserve(history, "dev", NEW, EligibilityEvent.CLEARED), "dev", NEW)

    assert row("dev", history) == Row(
        service="cart",
        environment="dev",
        running=Place("1.0.0", OLD.digest, "discovered", "settled", (), 0, LONG_AGO),
        pinned="",
        candidates=(
            Place("1.2.0", NEWER.digest, "blocked", "none", ("scan.stale",), 0, None),
            Place("1.1.0", NEW.digest, "eligible", "proposed", (), 7, LONG_AGO),
        ),
    )


def test_what_did_not_answer_for_a_service_stands_in_each_of_its_rows() -> None:
    failed = OutsideFailed(at=LONG_AGO, service="cart", what="registry", code="outside.timeout", detail="no answer")

    rows = overview(SERVICE, GRAPH, extend(going(), (failed,)))
    assert [each.failing for each in rows] == [("registry: outside.timeout",)] * 3


def test_what_is_older_than_what_runs_is_no_candidate() -> None:
    history = stand(going(), "dev", OLD, StandingEvent.NEWER_MERGED)

    assert row("dev", stand(history, "dev", NEW, StandingEvent.PINNED_OUT_OF_BAND)).candidates == ()


def test_a_closed_proposal_shows_no_number() -> None:
    history = stand(propose(going(), "prod", NEW), "prod", NEW, StandingEvent.CLOSED_BY_PERSON)

    (place,) = row("prod", history).candidates
    assert (place.standing, place.number) == ("declined", 0)


def test_a_pin_that_is_no_candidate_is_shown_as_it_is_written() -> None:
    pin = PinSeen(at=LONG_AGO, service="cart", environment="dev", tag="0.9", digest="", commit="b" * 40, how="baseline")
    history = extend(know(History(), NEW), (pin,))

    shown = row("dev", history)
    assert (shown.running, shown.pinned) == (None, "0.9")
    assert [place.release for place in shown.candidates] == ["1.1.0"]


def test_a_service_that_was_never_looked_at_has_empty_rows() -> None:
    assert overview(SERVICE, GRAPH, History()) == tuple(Row("cart", node.name, None, "", ()) for node in GRAPH)
