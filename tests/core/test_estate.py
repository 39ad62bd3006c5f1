"""What the ledger says of the bot's whole estate: each entry's effect, and that a service's history is left alone."""

from dataclasses import replace
from functools import reduce

from promoter.core.candidate import digest_of
from promoter.core.entry import Entry
from promoter.core.estate import NOTHING, Estate, settle
from promoter.core.history import History
from promoter.core.record import AnyEntry
from promoter.core.record_estate import (
    ESTATE,
    DenialLifted,
    Denied,
    ExceptionMoved,
    ExceptionStep,
    Held,
    HoldEnded,
    PolicyActivated,
    PolicyRefused,
    SelfTested,
)
from promoter.core.view import extend
from tests.core.scenes import NOW

BUNDLE = digest_of(b"bundle")
ABOUT = {"at": NOW, "service": ESTATE}
ACTIVATED = PolicyActivated(**ABOUT, bundle=BUNDLE, author="ada", reviewers=("mia", "omar"))  # type: ignore[arg-type]
REFUSED = PolicyRefused(**ABOUT, detail="weaker than before")  # type: ignore[arg-type]
DENIED = Denied(**ABOUT, id="d1", what="commit", value="a" * 40, reason="a leaked key")  # type: ignore[arg-type]
LIFTED = DenialLifted(**ABOUT, id="d1", reason="the key was not used")  # type: ignore[arg-type]
HELD = Held(**ABOUT, id="h1", environment="prod", reason="an audit", actor="mia")  # type: ignore[arg-type]
ENDED = HoldEnded(**ABOUT, id="h1", reason="it is over", actor="mia")  # type: ignore[arg-type]
USED = ExceptionMoved(**ABOUT, id="e1", step=ExceptionStep.USED, body=BUNDLE)  # type: ignore[arg-type]
TESTED = SelfTested(**ABOUT, bundle=BUNDLE, refused=9)  # type: ignore[arg-type]


def after(*entries: Entry) -> Estate:
    return reduce(lambda estate, entry: settle(entry, estate), entries, NOTHING)


def test_the_last_activation_is_in_force_and_takes_a_refusal_away() -> None:
    assert (NOTHING.active, after(REFUSED).refused) == (None, REFUSED)
    assert (after(REFUSED, ACTIVATED).active, after(REFUSED, ACTIVATED).refused) == (ACTIVATED, None)


def test_what_was_lifted_or_ended_stands_no_more() -> None:
    assert after(DENIED, HELD).denials == {"d1": DENIED}
    assert after(DENIED, HELD).holds == {"h1": HELD}
    assert after(DENIED, HELD, LIFTED, ENDED) == replace(NOTHING, held=1)


def test_an_exception_keeps_every_step_and_the_last_self_test_counts() -> None:
    estate = after(USED, USED, TESTED)

    assert (estate.exceptions, estate.tested) == ({"e1": (USED, USED)}, TESTED)


def test_nothing_of_it_changes_the_history_of_a_service() -> None:
    entries: tuple[AnyEntry, ...] = (ACTIVATED, REFUSED, DENIED, LIFTED, HELD, ENDED, USED, TESTED)

    assert extend(History(), entries) == History()
