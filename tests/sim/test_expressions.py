"""An expression of a policy's own decides like any check, and its decision computes again from kept bytes alone."""

from collections.abc import Callable

from promoter.core.eligibility import Eligibility
from promoter.core.standing import Standing
from promoter.verification import recompute
from promoter.wiring import make_signatures
from tests.sim.layout import SIGNED_ONLY, Plan
from tests.sim.town import Town

CONDITION = """
  - check: expression
    says: the image holds no jinja2
    expression: "!sboms.exists(s, s.components.exists(c, c.name == 'jinja2'))"
    facts: [sbom]
    signers: [release]
    remedy: "Service team: leave jinja2 out and release again."
"""


def test_a_condition_that_does_not_hold_blocks_and_the_decision_is_computed_again_offline(
    founded: Callable[[Plan], Town],
) -> None:
    town = founded(Plan(("dev: {merge: automatic}",), policy=SIGNED_ONLY + CONDITION))
    town.release("1.0.0")
    town.run()

    assert town.state("dev", "1.0.0") == (Eligibility.BLOCKED, Standing.NONE)
    assert town.spot("dev", "1.0.0").why == ("expression.false",)
    decision = town.spot("dev", "1.0.0").decided["propose"].decision
    assert recompute(decision, town.store.blobs, make_signatures).is_same


def test_a_condition_that_holds_lets_the_release_through(founded: Callable[[Plan], Town]) -> None:
    held = CONDITION.replace("'jinja2'))", "'django'))").replace("no jinja2", "no django")
    town = founded(Plan(("dev: {merge: automatic}",), policy=SIGNED_ONLY + held))
    town.release("1.0.0")
    town.run(2)

    assert town.state("dev", "1.0.0") == (Eligibility.ELIGIBLE, Standing.SETTLED)
