"""How what policies ask of exceptions is compared: shorter, narrower and better approved is stricter."""

from typing import Final

from promoter.core.strictness.comparison import Comparison, part
from promoter.core.strictness.lattice import fields_of, larger, same_members, smaller

EXCEPTION_RULES: Final = Comparison(
    (
        part("max_days", fields_of(critical=smaller, high=smaller, medium=smaller, low=smaller, other=smaller)),
        part("approvals", larger),
        part("protected", larger),
        part("signed", larger),
        part("signers", same_members, "who may grant exceptions takes them back, too"),
    )
)
"""How the rules about exceptions are compared."""
