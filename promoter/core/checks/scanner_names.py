"""Which names a scanner can have in the reports that are read: a policy that names another one would never pass."""

import re
from difflib import get_close_matches
from typing import Final

_KNOWN: Final = ("trivy", "grype")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+", re.ASCII)
_CLOSE: Final = 0.75  # of two texts that are alike: `trivvy` and `gripe` are, `trivial` is not


def require_scanner_names(names: tuple[str, ...]) -> None:
    """Refuse a list that names no scanner, or one that no report names; raises ValueError.

    Reports name Trivy and Grype, a URI, or tools of a CycloneDX document: in lower case, in order, joined by `+`.
    """
    if not names:
        raise ValueError("scanners names none: name trivy, grype or the URI of another scanner")
    for name in names:
        if not _URI.fullmatch(name):
            _require_produced(name)


def _require_produced(name: str) -> None:
    parts = tuple(name.lower().split("+"))
    usual = "+".join(sorted({_corrected(part) for part in parts}))
    if not all(parts) or usual != name:
        raise ValueError(f"scanners has {name!r}, which no report that is read names; did you mean {usual!r}?")


def _corrected(part: str) -> str:
    return next(iter(get_close_matches(part.strip(), _KNOWN, n=1, cutoff=_CLOSE)), part.strip())
