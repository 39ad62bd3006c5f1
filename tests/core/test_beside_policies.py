"""What stands beside policies is compared, too: what is denied."""

from dataclasses import replace

from promoter.core.beside_policies import denial_changes
from promoter.core.denial import Denial, Withdrawn

SOME = Denial(id="d1", what=Withdrawn.COMPONENT, value="pkg:npm/event-stream", versions="vers:npm/=3.3.6", reason="bad")
ALL = Denial(id="d2", what=Withdrawn.COMPONENT, value="pkg:npm/event-stream", reason="bad")


def test_a_denial_that_is_gone_or_narrower_is_weaker_whatever_it_is_called() -> None:
    assert [(one.strictness.value, one.place, one.sentence) for one in denial_changes((ALL,), (SOME,))] == [
        ("weaker", "denial d2", "no longer denies the component pkg:npm/event-stream")
    ]
    assert [one.strictness.value for one in denial_changes((SOME,), (ALL,))] == ["stronger"]
    assert list(denial_changes((ALL,), (replace(ALL, id="d3", reason="worse"),))) == []
