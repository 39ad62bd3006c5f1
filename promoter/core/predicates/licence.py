"""SPDX licence expressions (SPDX 2.3, annex D): what one says, licence by licence, without resolving anything.

Rule 1: a licence has the identifiers of the SPDX list, deprecated ones and any case included; what a list of somebody
else's calls by one of these names (`LicenseRef-MIT-x`) is another licence.
Rule 2: what is no expression, or may have been cut, says nothing.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from license_expression import (
    AND,
    ExpressionError,
    LicenseSymbol,
    LicenseWithExceptionSymbol,
    Licensing,
    ParseError,
    get_spdx_licensing,
)

from promoter.core.predicates.inventory import MAX_LICENCE

NO_ASSERTION: Final = "NOASSERTION"
"""What SPDX calls a licence of which nothing is said."""

_NOTHING: Final = frozenset({"", "NONE", NO_ASSERTION})
_REFERENCE: Final = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+", re.ASCII)
_REFUSED: Final = (ExpressionError, ParseError, AssertionError, AttributeError, LookupError, TypeError, ValueError)
"""What the library raises for nonsense: errors of its own, and whatever a wrong turn inside ends in."""


@dataclass(frozen=True, slots=True)
class Licence:
    """One licence of an expression, with the exception that comes with it, both as the SPDX list spells them.

    `is_listed` is True where the list has the licence (and the exception), `is_reference` for a `LicenseRef-`.
    """

    id: str
    exception: str = ""
    is_listed: bool = True
    is_reference: bool = False

    def __str__(self) -> str:
        return f"{self.id} WITH {self.exception}" if self.exception else self.id

    @property
    def key(self) -> tuple[str, str]:
        """What makes two licences one and the same."""
        return self.id.casefold(), self.exception.casefold()


@dataclass(frozen=True, slots=True)
class Expression:
    """Licences of which all, or any one, must be kept."""

    needs_all: bool
    parts: tuple["Expression | Licence", ...]

    def licences(self) -> Iterator[Licence]:
        """Give every licence that it names, from left to right."""
        for part in self.parts:
            yield from part.licences() if isinstance(part, Expression) else (part,)

    def holds(self, answer: Callable[[Licence], bool | None]) -> bool | None:
        """Tell whether it can be satisfied with the licences for which the answer is yes.

        None where that depends on licences without an answer (Kleene's three values).
        """
        answers = [part.holds(answer) if isinstance(part, Expression) else answer(part) for part in self.parts]
        decisive = not self.needs_all
        if decisive in answers:
            return decisive
        return None if None in answers else not decisive


def expression_of(text: str) -> Expression | None:
    """Read an expression; None for what is none, says nothing, or is as long as the longest that is kept."""
    if text.strip() in _NOTHING or len(text) >= MAX_LICENCE:
        return None
    try:
        parsed = _licensing().parse(text)
        return None if parsed is None else Expression(needs_all=True, parts=(_part(parsed),))
    except _REFUSED:
        return None


def licence_of(text: str) -> Licence | None:
    """Read a single licence, alone or with an exception; None for what is none."""
    expression = expression_of(text)
    found = tuple(expression.licences()) if expression else ()
    return found[0] if len(found) == 1 else None


def _part(parsed: Any) -> Expression | Licence:
    if isinstance(parsed, LicenseWithExceptionSymbol):
        base, exception = _single(parsed.license_symbol.key), parsed.exception_symbol.key
        return Licence(base.id, exception, base.is_listed and _listed().get(exception) is True, base.is_reference)
    if isinstance(parsed, LicenseSymbol):
        return _single(parsed.key)
    return Expression(isinstance(parsed, AND), tuple(_part(each) for each in parsed.args))


def _single(key: str) -> Licence:
    """Give a licence by its key; `+` behind a listed one means that version or a later one (annex D.3)."""
    is_listed = False in (_listed().get(key), _listed().get(key.removesuffix("+")))
    return Licence(key, "", is_listed, bool(_REFERENCE.fullmatch(key)))


@cache
def _licensing() -> Licensing:
    """Make the parser; the names that another list gives to SPDX licences are left out (rule 1)."""
    known = {symbol.key: symbol for symbol in get_spdx_licensing().known_symbols.values()}
    symbols = [
        LicenseSymbol(
            key,
            aliases=tuple(alias for alias in symbol.aliases if not alias.startswith("LicenseRef-")),
            is_exception=symbol.is_exception,
        )
        for key, symbol in sorted(known.items())
        if not key.startswith("LicenseRef-")
    ]
    return Licensing(symbols)


@cache
def _listed() -> Mapping[str, bool]:
    """Give every identifier of the list, and whether it is an exception."""
    return {symbol.key: bool(symbol.is_exception) for symbol in _licensing().known_symbols.values()}
