"""How demands of what stands in SBOMs and scans are compared, where an order of one field does not say it."""

from collections.abc import Mapping
from typing import Final

from promoter.core.checks.component_demands import DeniedComponent, SourceRule, Untold
from promoter.core.checks.grace import GracePeriods
from promoter.core.checks.lacking import Lacking
from promoter.core.checks.vulnerability_threats import Exploited
from promoter.core.predicates.origin import comes_from
from promoter.core.strictness.lattice import fewer, fields_of, permitted, smaller

_LACKING: Final = {None: 0, Lacking.WARN: 1, Lacking.FAIL: 2}
_ANY: Final = "*"

grace = permitted(fields_of(**dict.fromkeys(GracePeriods.__dataclass_fields__, permitted(smaller))))
"""Less time is stricter; none at all is the strictest."""


def lacking(before: Lacking | None, after: Lacking | None) -> bool:
    """What stands in the way is stricter than what is told, and that than what is not looked at."""
    return _LACKING[after] >= _LACKING[before]


def exploited(before: Exploited, after: Exploited) -> bool:
    """To deny is stricter than to count."""
    return after is Exploited.DENY or before is Exploited.LIMIT


def untold(before: Untold, after: Untold) -> bool:
    """To fail is stricter than to leave it open."""
    return after is Untold.FAIL or before is Untold.UNDECIDED


def tools(before: Mapping[str, str], after: Mapping[str, str]) -> bool:
    """Compare tools and their versions; a range is comparable with itself and with all versions."""
    return all(name in before and before[name] in (_ANY, versions) for name, versions in after.items())


def denied(before: tuple[DeniedComponent, ...], after: tuple[DeniedComponent, ...]) -> bool:
    """Tell whether all that was denied still is; a package in all versions is more than in some."""
    return all(any(new.purl == old.purl and new.versions in ("", old.versions) for new in after) for old in before)


def sources(before: tuple[SourceRule, ...], after: tuple[SourceRule, ...]) -> bool:
    """Tell whether every rule still holds, with the same places or narrower ones."""
    return all(any(new.purl == old.purl and _are_inside(old.places, new.places) for new in after) for old in before)


def _are_inside(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    return all(any(place == known or comes_from(place, known) for known in before) for place in after)


def allowed_licences(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Compare what is allowed; nothing named is all that is not denied.

    To name a pair with its exception, or a licence that is on no list, allows what is not allowed where none is named.
    """
    if before:
        return bool(after) and fewer(before, after)
    return all(" with " not in name.lower() and not name.lower().startswith("licenseref-") for name in after)
