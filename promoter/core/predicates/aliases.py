"""Which identifiers are names of one vulnerability, from the aliases that reports state: union-find, in linear time.

Rule 1: identifiers that a chain of aliases joins are one vulnerability, by whichever scanner each was named.
Rule 2: an advisory may cover several vulnerabilities (a Debian DSA, a GHSA of two CVEs). Where a chain joins two
identifiers of one kind, it proves nothing: then only an identifier's own single CVE counts, and everything else stays
itself. It is counted once more rather than once too little.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

_CVE = re.compile(r"CVE-\d{4}-\d{4,}", re.ASCII)


def only_cve(names: Iterable[str]) -> str:
    """Give the one CVE among several names of a vulnerability; empty where there is none, or more than one."""
    found = {name for name in names if _CVE.fullmatch(name)}
    return found.pop() if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class Aliases:
    """The names that belong together."""

    _parents: dict[str, str] = field(default_factory=dict)
    _canonical: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, groups: Iterable[tuple[str, ...]]) -> "Aliases":
        """Join every group of names that were stated to be the same."""
        aliases = cls()
        for names in groups:
            first = aliases._root(names[0])
            for name in names[1:]:
                aliases._parents[aliases._root(name)] = first
        aliases._settle()
        return aliases

    def canonical(self, names: tuple[str, ...]) -> str:
        """Give the one name of what is called by all of these, the first of which is its own identifier.

        The CVE where it is certain which one it is, else the least name of those that belong together.
        """
        first = names[0]
        if _CVE.fullmatch(first):
            return first
        return only_cve(names) or self._canonical.get(self._root(first), first)

    def _root(self, name: str) -> str:
        parents = self._parents
        parents.setdefault(name, name)
        while parents[name] != name:
            parents[name] = parents[parents[name]]  # halving keeps the paths short
            name = parents[name]
        return name

    def _settle(self) -> None:
        """Name each group that holds no two identifiers of one kind; the others prove nothing (rule 2)."""
        groups: dict[str, list[str]] = {}
        for name in list(self._parents):
            groups.setdefault(self._root(name), []).append(name)
        for root, names in groups.items():
            kinds = {name.partition("-")[0].upper() for name in names}
            if len(kinds) == len(names):
                self._canonical[root] = only_cve(names) or min(names)
