"""Which exceptions came, went or changed between two sets of rules, and whether that makes them weaker."""

from collections.abc import Iterator

from promoter.core.policy_exception import PolicyException
from promoter.core.strictness.order import Change, Strictness


def exception_changes(before: tuple[PolicyException, ...], after: tuple[PolicyException, ...]) -> Iterator[Change]:
    """Say what is otherwise: a new exception is weaker, and so is one that says something else than was approved."""
    olds, news = {one.id: one for one in before}, {one.id: one for one in after}
    for name in sorted(olds.keys() | news.keys()):
        old, new, place = olds.get(name), news.get(name), f"exception {name}"
        if new is None:
            yield Change(Strictness.STRONGER, place, "is gone")
        elif old is None:
            yield Change(Strictness.WEAKER, place, f"is new: {_described(new)}")
        elif old.digest != new.digest:
            sentence = f"is another one now (nothing says which of the two is stricter): {_described(new)}"
            yield Change(Strictness.INCOMPARABLE, place, sentence)
        elif old.revoked != new.revoked:
            yield _revocation(old, new, place)


def _described(one: PolicyException) -> str:
    codes, where = ", ".join(code.value for code in one.codes), ", ".join(one.environments)
    breadth = "" if one.is_narrow else ", whatever the release holds"
    return f"{one.kind.value}, accepts {codes} in {where} until {one.expires:%Y-%m-%d %H:%M:%SZ}{breadth}"


def _revocation(old: PolicyException, new: PolicyException, place: str) -> Change:
    if new.revoked is None:
        return Change(Strictness.WEAKER, place, "is revoked no more")
    is_later = old.revoked is not None and old.revoked.at < new.revoked.at
    strictness = Strictness.WEAKER if is_later else Strictness.STRONGER
    return Change(strictness, place, f"is revoked from {new.revoked.at:%Y-%m-%d %H:%M:%SZ} on")
