"""What a proposal says of exceptions: a banner for an emergency, and every exception in use with what it accepts."""

from collections.abc import Iterator
from datetime import datetime

from promoter.core.escape import code, prose
from promoter.core.policy_exception import Granted
from promoter.core.verdict import Verdict
from promoter.core.waiving import time_left


def break_glass_banner(verdict: Verdict) -> Iterator[str]:
    """Say in the first line that an emergency lets the release pass."""
    for one in verdict.exceptions:
        if one.is_break_glass:
            exception = one.exception
            yield "> [!CAUTION]"
            yield (
                f"> **Break-glass {code(exception.id)} is in use until {_stamp(exception.expires)} "
                f"({time_left(exception.expires, verdict.at)}).** Reason: {prose(exception.reason, 500).rstrip('.')}. "
                f"Its review is due at {_stamp(exception.review_due or exception.expires)}."
            )


def exceptions_in_use(verdict: Verdict, shown: int) -> Iterator[str]:
    """Give every exception that a finding passes by: what it accepts, whose it is, how long, what compensates."""
    if not verdict.exceptions:
        return
    yield "### Exceptions in use"
    yield ""
    yield "| exception | accepts | owner | ends | compensated by |"
    yield "|---|---|---|---|---|"
    yield from (_row(one, verdict.at) for one in verdict.exceptions[:shown])
    if (more := len(verdict.exceptions) - shown) > 0:
        yield f"| and {more} more | | | | |"


def _row(one: Granted, now: datetime) -> str:
    exception = one.exception
    name = f"{'break-glass ' if one.is_break_glass else ''}{code(exception.id)}"
    codes = ", ".join(code(each.value) for each in exception.codes[:5])
    more = f" and {len(exception.codes) - 5} more" if len(exception.codes) > 5 else ""
    accepts = f"{codes}{more}: {prose(exception.reason, 300)}"
    ends = f"{_stamp(exception.expires)}, {time_left(exception.expires, now)}"
    controls = prose("; ".join(exception.controls), 300) if exception.controls else "nothing is written down"
    who = prose(", ".join(one.counting), 200)
    return f"| {name} | {accepts} | {prose(exception.owner, 100)}; approved by {who} | {ends} | {controls} |"


def _stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"
