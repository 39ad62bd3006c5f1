"""Whether one line of a policy demands at least what another one of the same check and name demands."""

from collections.abc import Callable

from promoter.core.policy import Requirement
from promoter.core.strictness.lines import compare_lines
from promoter.core.strictness.order import Strictness

Tightens = Callable[[Requirement, Requirement], bool]
"""Tells of (before, after) whether what comes after is known to be at least as strict as what was before."""


def tightens(before: Requirement, after: Requirement) -> bool:
    """Tell whether a line is the same as before or stricter; what cannot be compared is not known to be either."""
    return before.name == after.name and compare_lines(before, after) in {Strictness.EQUAL, Strictness.STRONGER}
