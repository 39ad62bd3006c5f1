"""What is otherwise in one policy: its lines, the signers that they name, layouts, rules of exceptions.

A line is compared with the one of the same check that it stands closest to. What a line demanded may be demanded by any
line afterwards; what no line demands any more is gone, whatever else was added.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.finding import Mode
from promoter.core.policy import Policy, Requirement
from promoter.core.strictness.comparison import changes_of
from promoter.core.strictness.exceptions import EXCEPTION_RULES
from promoter.core.strictness.lattice import fewer
from promoter.core.strictness.lines import compare_lines, comparison_of, line_changes, signers_of
from promoter.core.strictness.order import Change, Strictness, relate
from promoter.core.strictness.signers import SIGNER_RULE
from promoter.core.strictness.words import differences

_AT_LEAST: Final = frozenset({Strictness.EQUAL, Strictness.STRONGER})
_CLOSEST_FIRST: Final = (Strictness.EQUAL, Strictness.STRONGER, Strictness.WEAKER, Strictness.INCOMPARABLE)
_HIDES: Final = "the newest evidence decides in some checks, so that leaving some out may hide what it says"


@dataclass(frozen=True, slots=True)
class _Pair:
    before: Requirement
    after: Requirement


def policy_changes(before: Policy, after: Policy, place: str) -> Iterator[Change]:
    """Say what is otherwise in a policy; `place` names it."""
    pairs = _pair_off(before.require, after.require)
    for pair in pairs:
        yield from line_changes(pair.before, pair.after, place)
    yield from _removed(before, after, pairs, place)
    yield from _added(after, pairs, place)
    yield from _signers(before, after, place)
    yield from _layouts(before, after, place)
    yield from changes_of(EXCEPTION_RULES, before.exceptions, after.exceptions, f"{place}: exceptions")


# --- lines ------------------------------------------------------------------------------------------------------------


def _pair_off(before: tuple[Requirement, ...], after: tuple[Requirement, ...]) -> tuple[_Pair, ...]:
    """Pair lines of one check, those that are closest to each other first; none stands in two pairs."""
    able = [
        (_CLOSEST_FIRST.index(compare_lines(old, new)), len(line_changes(old, new, "")), at, to)
        for at, old in enumerate(before)
        for to, new in enumerate(after)
        if old.check == new.check
    ]
    pairs = list[_Pair]()
    used_old, used_new = set[int](), set[int]()
    for _, _, at, to in sorted(able):
        if at not in used_old and to not in used_new:
            used_old.add(at)
            used_new.add(to)
            pairs.append(_Pair(before[at], after[to]))
    return tuple(pairs)


def _removed(before: Policy, after: Policy, pairs: tuple[_Pair, ...], place: str) -> Iterator[Change]:
    for line in _unpaired(before.require, [pair.before for pair in pairs]):
        is_kept = any(line.check == other.check and compare_lines(line, other) in _AT_LEAST for other in after.require)
        if line.mode is not Mode.OFF and not is_kept:
            yield Change(Strictness.WEAKER, f"{place}: {line.check}", f"is gone (mode was {line.mode.value})")


def _added(after: Policy, pairs: tuple[_Pair, ...], place: str) -> Iterator[Change]:
    for line in _unpaired(after.require, [pair.after for pair in pairs]):
        if line.mode is not Mode.OFF:
            yield Change(Strictness.STRONGER, f"{place}: {line.check}", f"is new (mode {line.mode.value})")


def _unpaired(lines: tuple[Requirement, ...], paired: list[Requirement]) -> Iterator[Requirement]:
    """Give the lines that stand in no pair; of two that are equal one may be in a pair."""
    left = list(paired)
    for line in lines:
        if line in left:
            left.remove(line)
        else:
            yield line


# --- signers and layouts ----------------------------------------------------------------------------------------------


def _signers(before: Policy, after: Policy, place: str) -> Iterator[Change]:
    """Compare the rules of the signers that are named before and after; a name alone says nothing."""
    named = _named(before) & _named(after)
    for name in sorted(named & before.signers.keys() & after.signers.keys()):
        found = changes_of(SIGNER_RULE, before.signers[name], after.signers[name], f"{place}: signer {name}")
        yield from (_weighed(change, _hiding(after, name)) for change in found)


def _named(policy: Policy) -> frozenset[str]:
    asked = (line.params for line in policy.require if line.mode is not Mode.OFF)
    return frozenset(name for params in (*asked, policy.exceptions) for name in signers_of(params))


def _hiding(policy: Policy, signer: str = "") -> bool:
    """Tell whether evidence that counts no more may let something pass, in a line that names the signer, if any.

    Who signs exceptions also revokes them.
    """
    return signer in policy.exceptions.signers or any(
        line.mode is not Mode.OFF
        and (not signer or signer in signers_of(line.params))
        and not comparison_of(line.check).only_adds_up(line.params)
        for line in policy.require
    )


def _weighed(change: Change, is_hiding: bool) -> Change:
    if is_hiding and change.strictness is Strictness.STRONGER:
        return Change(Strictness.INCOMPARABLE, change.place, f"{change.sentence} ({_HIDES})")
    return change


def _layouts(before: Policy, after: Policy, place: str) -> Iterator[Change]:
    strictness = relate(fewer, before.layouts, after.layouts)
    for sentence in differences("layouts", before.layouts, after.layouts):
        yield _weighed(Change(strictness, place, sentence), _hiding(after))
