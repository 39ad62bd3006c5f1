"""Which of two lines of a policy is stricter: mode, from when on, how long evidence may be missing, and parameters.

`off` asks for nothing, so that what stands in such a line says nothing. `warn` decides nothing either, and people rely
on being warned: its demands are compared like those of a line that counts.
"""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Final

from promoter.core.finding import Mode
from promoter.core.policy import Requirement
from promoter.core.strictness.catalogue import COMPARISONS
from promoter.core.strictness.comparison import Comparison, changes_of
from promoter.core.strictness.lattice import smaller
from promoter.core.strictness.order import Change, Strictness, relate, together
from promoter.core.strictness.words import differences

_RANK: Final = {Mode.OFF: 0, Mode.WARN: 1, Mode.ENFORCE: 2}
_NO_PARTS: Final = Comparison(())


def comparison_of(check: str) -> Comparison:
    """Give how a check's parameters are compared; one that the catalogue does not know is never stricter."""
    return COMPARISONS.get(check, _NO_PARTS)


def compare_lines(before: Requirement, after: Requirement) -> Strictness:
    """Say how two lines of a policy stand to each other, their signers' rules apart."""
    return together(change.strictness for change in line_changes(before, after, ""))


def line_changes(before: Requirement, after: Requirement, place: str) -> tuple[Change, ...]:
    """Say what is otherwise in a line; two checks that are not the same cannot be compared."""
    if before.check != after.check:
        sentence = f"the check {before.check} became {after.check} (they cannot be compared)"
        return (Change(Strictness.INCOMPARABLE, place, sentence),)
    where = f"{place}: {before.check}" if place else before.check
    modes = tuple(_mode_changes(before, after, where))
    if Mode.OFF in {before.mode, after.mode}:
        return modes
    params = changes_of(comparison_of(before.check), before.params, after.params, where)
    return (*modes, *_time_changes(before, after, where), *params)


def _mode_changes(before: Requirement, after: Requirement, where: str) -> Iterator[Change]:
    if before.mode is not after.mode:
        rank, other = _RANK[before.mode], _RANK[after.mode]
        strictness = Strictness.STRONGER if other > rank else Strictness.WEAKER
        from_when = f" from {after.effective_on.isoformat()} on" if after.effective_on else ""
        yield Change(strictness, where, f"mode was {before.mode.value}, is {after.mode.value}{from_when}")


def _time_changes(before: Requirement, after: Requirement, where: str) -> Iterator[Change]:
    if before.mode is after.mode is Mode.ENFORCE and before.effective_on != after.effective_on:
        strictness = relate(_is_no_later, before.effective_on, after.effective_on)
        for sentence in differences("effective_on", before.effective_on, after.effective_on):
            yield Change(strictness, where, sentence)
    if before.deadline != after.deadline:
        for sentence in differences("deadline", before.deadline, after.deadline):
            yield Change(relate(smaller, before.deadline, after.deadline), where, sentence)


def _is_no_later(before: datetime | None, after: datetime | None) -> bool:
    """Compare from when on a line counts; None is at once."""
    return after is None or (before is not None and after <= before)


def signers_of(value: object) -> frozenset[str]:
    """Give the names of all signers in a check's parameters: what stands in fields called so, at any depth."""
    return frozenset(_named(value, is_signer=False))


def _named(value: object, *, is_signer: bool) -> Iterator[str]:
    if isinstance(value, str):
        if is_signer:
            yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _named(item, is_signer=is_signer)
    elif is_dataclass(value):
        for one in fields(value):
            is_one = one.name in {"signer", "signers"} or one.name.endswith("_signers")
            yield from _named(getattr(value, one.name), is_signer=is_one)
