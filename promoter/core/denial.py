"""What was withdrawn, a digest, a commit, a signer or a range of components, and that a release rests on it: values."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from promoter.core.canonical import added

COMMAND_PREFIX: Final = "denial-"
"""Begins the ids of those that a command made; none in the file may."""


class Withdrawn(Enum):
    """What a denial names."""

    DIGEST = "digest"
    COMMIT = "commit"
    SIGNER = "signer"
    COMPONENT = "component"


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """One withdrawal. Texts are as a person wrote them; `withdrawal.check_value` refuses what can name nothing."""

    id: str
    what: Withdrawn
    value: str  # a digest, a commit, a subject alternative name or fingerprint, or a package URL
    versions: str = added("")  # of a component: a VERS range; empty: the package URL's own version, or all
    reason: str
    since: datetime | None = added(None)  # noqa: RUF009 - `added` gives a field
    actor: str = added("")  # empty: it stands in the file

    @property
    def mark(self) -> str:
        """What makes it one and the same: another value under the same id is another denial."""
        return " ".join(part for part in (self.id, self.what.value, self.value, self.versions) if part)

    def __str__(self) -> str:
        named = " ".join(part for part in (self.value, self.versions) if part)
        return f"{self.id} ({self.what.value} {named}: {self.reason})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A denial that a release rests on, and what of the release it is.

    Where it is not certain, `found` says why that cannot be told. Everything in it may be foreign text, still raw.
    """

    denial: Denial
    found: str
    is_certain: bool = True
