"""`deny.yaml`: what was withdrawn by hand of whoever may change the configuration, beside `promoter deny`.

Both forms add up, and each is lifted where it was made: an entry here counts until it is taken out of the file. Every
entry that begins or ends to count is in the ledger, by nobody's name: `by` is a note, and proves nothing.
"""

from functools import partial
from pathlib import Path
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from promoter.config_errors import attempt, parse
from promoter.config_files import Name, Strict
from promoter.core.denial import COMMAND_PREFIX, Denial, Withdrawn
from promoter.core.withdrawal import check_value
from promoter.strict_yaml import ConfigError, read_document

_TEXT_LIMIT = 1000


class DenialFile(Strict):
    """One withdrawal: exactly one of digest, commit, signer and component."""

    id: Name
    """Its name, for ever: it stands in the ledger and in every text about what it withdrew."""
    digest: str | None = None
    """A manifest, whole (`sha256:` and 64 hex digits): of a release, or of one of an index's platforms."""
    commit: str | None = None
    """A commit of a service's source, whole: 40 (or 64) lower-case hex digits."""
    signer: str | None = None
    """A signer, exactly: a certificate's subject alternative name, or a key's fingerprint (`sha256:` and hex digits).
    It matches where a policy accepts that signer's evidence."""
    component: str | None = None
    """A package URL, like `pkg:npm/left-pad`; with a version, that one is meant."""
    versions: str = ""
    """Versions of the component as VERS, `>=1.0.0|<1.2.3` or `vers:npm/>=1.0.0|<1.2.3`; without it, all of them."""
    reason: Annotated[str, Field(min_length=1, max_length=_TEXT_LIMIT)]
    """Why; people read it wherever the denial stops something."""
    since: AwareDatetime | None = None
    """When it begins to count; at once without it."""
    by: Annotated[str, Field(max_length=_TEXT_LIMIT)] = ""
    """Who decided it: a note, nothing relies on it."""

    @model_validator(mode="after")
    def _names_one_thing(self) -> Self:
        named = [what.value for what in Withdrawn if getattr(self, what.value) is not None]
        if len(named) != 1:
            raise ValueError(f"name one of digest, commit, signer and component (here: {', '.join(named) or 'none'})")
        if self.versions and self.component is None:
            raise ValueError(f"versions belong to a component, and this is a {named[0]}")
        key = "versions" if self.versions else named[0]
        try:
            check_value(self.what, self.value, self.versions)
        except ValueError as error:
            raise ValueError(f"{key} {error}") from None
        if self.id.startswith(COMMAND_PREFIX):
            raise ValueError(f"id begins with {COMMAND_PREFIX}, as those of the command do; name it otherwise")
        if not (self.reason.isprintable() and self.reason.strip()):
            raise ValueError("reason must be one line of readable characters")
        return self

    @property
    def what(self) -> Withdrawn:
        """What it names."""
        return next(what for what in Withdrawn if getattr(self, what.value) is not None)

    @property
    def value(self) -> str:
        """The value that it names."""
        return str(getattr(self, self.what.value))

    @property
    def denial(self) -> Denial:
        """The denial that it stands for; nobody is its actor."""
        return Denial(
            id=self.id,
            what=self.what,
            value=self.value,
            versions=self.versions,
            reason=f"{self.reason} (by {self.by})" if self.by else self.reason,
            since=self.since,
        )


class DenyFile(Strict):
    """`deny.yaml`: everything that was withdrawn; none where there is no such file."""

    denials: tuple[DenialFile, ...] = ()
    """The entries; their order does not matter."""


def read_denials(path: Path) -> tuple[Denial, ...]:
    """Read the file; none where there is none. Raises ConfigError with file, line, key and remedy of every problem."""
    if not path.exists():
        return ()
    document = read_document(path)
    problems: list[str] = []
    file = attempt(problems, partial(parse, document, DenyFile))
    first: dict[str, int] = {}
    for index, one in enumerate(file.denials if file else ()):
        if first.setdefault(one.id, index) != index:
            where = document.at(("denials", index, "id"))
            problems.append(
                f"{where}: denials[{index}].id: {one.id} is the id of denials[{first[one.id]}] too; rename one"
            )
    if problems or file is None:
        raise ConfigError(*problems)
    return tuple(one.denial for one in file.denials)
