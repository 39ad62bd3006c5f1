"""What all policies together want to be looked for: layouts, platforms, keys, branches that any of them names.

Evidence is gathered once for all environments; each policy then judges the part of it that it accepts.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from promoter.core.evidence import Layout
from promoter.core.policy import Policy
from promoter.core.public_key import PublicKey


@dataclass(frozen=True, slots=True)
class Scope:
    """How far evidence is looked for."""

    layouts: frozenset[Layout] = frozenset({Layout.BUNDLE})
    platforms: frozenset[str] = frozenset()
    keys: tuple[PublicKey, ...] = ()
    branches: tuple[str, ...] = ()  # of the source repositories, whose commits may be released somewhere


def scope_of(policies: Iterable[Policy]) -> Scope:
    """Give the scope that covers every one of these policies."""
    known = tuple(policies)
    keys = {key.fingerprint: key for policy in known for key in policy.keys}
    return Scope(
        layouts=frozenset(layout for policy in known for layout in policy.layouts),
        platforms=frozenset(name for policy in known for name in policy.platforms),
        keys=tuple(keys[fingerprint] for fingerprint in sorted(keys)),
        branches=tuple(sorted({name for policy in known for name in policy.branches})),
    )
