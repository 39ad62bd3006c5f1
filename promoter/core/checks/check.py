"""What a check is: one pure function with its parameters and its name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from promoter.core.checks.subject import Phase, Subject
from promoter.core.finding import Finding

Params = TypeVar("Params")


@dataclass(frozen=True, slots=True)
class Check(Generic[Params]):
    """One row of the table: `apply` answers for one requirement, without input, output or clock.

    `params` is the type that a policy's `with:` is read into; its own rules raise ValueError.
    """

    id: str
    title: str
    params: type[Params]
    apply: Callable[[Params, Subject], Finding]
    phases: frozenset[Phase] = frozenset(Phase)  # in which it is asked; approvals are there in the merge phase only


def require_signers(signers: tuple[str, ...]) -> None:
    """Refuse a requirement that names no signer; raises ValueError: an empty list would accept nobody, for ever."""
    if not signers:
        raise ValueError("signers names nobody: name at least one signer of the policy")
