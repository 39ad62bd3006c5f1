"""An exception of the wrong scope waives nothing: the release stays blocked, and its finding says why each does not."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from promoter.config import load
from promoter.core.eligibility import Eligibility
from promoter.core.standing import Standing
from promoter.grants import Brought
from promoter.local.pipeline import PACKAGES, Recipe
from promoter.local.predicates import Weakness
from promoter.reconcile import Reconciler
from tests.sim.layout import DESK, DEV, FULL, Plan
from tests.sim.town import Town

BAD: Final = Recipe(weaknesses=(Weakness("CVE-2026-31337", "CRITICAL", PACKAGES[0], fixed="3.2.1"),))
OTHER: Final = f"sha256:{'0' * 64}"
WORSE: Final = "CVE-2026-31337 is of critical severity, at most high was accepted"
OTHER_SCOPE: Final = "exception.other-scope"
RIGHT: Final = {
    "codes": "[vulnerabilities.over-limit]",
    "environments": "[desk]",
    "services": "[cart]",
    "vulnerabilities": "[CVE-2026-31337]",
    "max_severity": "critical",
    "owner": "team-cart",
    "reason": "no fixed version yet",
    "requested_by": "rosa",
}
WRONG: Final = {
    "EX-DIGEST": {"digests": f"['{OTHER}']"},
    "EX-ENVIRONMENT": {"environments": "[dev]"},
    "EX-SERVICE": {"services": "[search]"},
    "EX-RELEASE": {"versions": "'>=2.0.0'"},
    "EX-CODE": {"codes": "[scan.stale]", "max_severity": ""},
    "EX-VULNERABILITY": {"vulnerabilities": "[CVE-2026-31338]"},
    "EX-SEVERITY": {"max_severity": "high"},
}


def write(town: Town, name: str, keys: dict[str, str], now: datetime) -> None:
    """Write an exception that holds for five days."""
    times = {"not_before": f"{now:%Y-%m-%dT%H:%M:%SZ}", "expires": f"{now + timedelta(days=5):%Y-%m-%dT%H:%M:%SZ}"}
    lines = (f"{key}: {value}\n" for key, value in {**RIGHT, **keys, **times}.items() if value)
    folder = town.config / "exceptions"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text("".join(lines), encoding="utf-8")


def approve_all(town: Town) -> None:
    """Start with what the files say, which two people approved at the forge."""
    town.configuration = load(town.config, {})
    approved = Brought(("rosa",), ("mia", "omar"), "#7")
    town.rewire(lambda outside: outside)
    town._reconciler = Reconciler(town.outside, town.configuration, town.store.journal, answers=lambda _: approved)


def test_an_exception_for_something_else_waives_nothing_and_it_is_said_for_what_it_is(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan((DEV, DESK), {"cart": "shop/cart", "search": "shop/search"}, FULL))
    digest = town.release("1.0.0", BAD)
    for name, keys in WRONG.items():
        write(town, name, keys, town.clock.now())
    approve_all(town)
    town.run()

    assert town.state("desk", "1.0.0") == (Eligibility.BLOCKED, Standing.NONE)
    assert town.spot("desk", "1.0.0").why == ("vulnerabilities.over-limit",)
    (told,) = (one for one in town.explain("desk", "1.0.0").findings if one.check == "vulnerabilities")
    assert told.outcome == "fail"
    assert told.asides == (
        (OTHER_SCOPE, f"the exception EX-DIGEST does not apply: it is for {OTHER}, not for {digest}"),
        (OTHER_SCOPE, "the exception EX-ENVIRONMENT does not apply: it is for dev, not for desk"),
        (
            "exception.other-scope",
            "the exception EX-RELEASE does not apply: it is for the releases >=2.0.0, not for 1.0.0",
        ),
        (
            "exception.severity-worse",
            f"the exception EX-SEVERITY does not apply: {WORSE}",
        ),
        (OTHER_SCOPE, "the exception EX-VULNERABILITY does not suffice: it does not cover CVE-2026-31337"),
    )  # of another service and another code nothing is said: they are about something else

    write(town, "EX-RIGHT", {}, town.clock.now())
    approve_all(town)
    town.run()
    assert town.state("desk", "1.0.0") == (Eligibility.ELIGIBLE, Standing.PROPOSED)
