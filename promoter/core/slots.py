"""Who takes the slots of an environment that admits only so many services at once. Pure, from the ledger alone.

A service takes one slot from the entry that announces its proposal until what was merged has run there for its soak.
"""

from collections.abc import Mapping

from promoter.core.candidate import Candidate
from promoter.core.eligibility import Eligibility
from promoter.core.environment import branch_name
from promoter.core.history import History
from promoter.core.standing import RUNNING, Standing


def holders(environment: str, histories: Mapping[str, History]) -> tuple[Candidate, ...]:
    """Give what takes a slot in an environment, of all services, in the order of their names."""
    found = (_holder(environment, name, history) for name, history in sorted(histories.items()))
    return tuple(candidate for candidate in found if candidate)


def _holder(environment: str, service: str, history: History) -> Candidate | None:
    if opened := history.open(environment):
        return opened
    if (running := history.running(environment)) and _is_under_way(history, environment, running):
        return running
    return _claimed(environment, service, history)


def _is_under_way(history: History, environment: str, running: Candidate) -> bool:
    """Tell whether a release that came by a pull request has not settled; what ran before Promoter takes no slot."""
    spot = history.spots[environment, running]
    return spot.standing is Standing.PROMOTED and spot.number > 0


def _claimed(environment: str, service: str, history: History) -> Candidate | None:
    """Give what is about to be proposed: announced without an outcome, be it that the bot was stopped in between.

    The claim lapses when the release is not eligible any more, for then nobody goes on with it.
    """
    announced = history.heads.get(branch_name(environment, service), ())
    if not announced:
        return None
    newest = announced[-1]
    spot = history.spot(environment, newest.candidate)
    if spot is None or spot.eligibility is not Eligibility.ELIGIBLE or spot.standing in RUNNING:
        return None
    return newest.candidate if spot.since is None or spot.since < newest.at else None
