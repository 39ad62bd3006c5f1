"""`promoter trust update|show|check`: what signatures are verified with, and how old that is."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

import click

from promoter.cli.session import Session
from promoter.cli.tables import write_json
from promoter.core.candidate import digest_of
from promoter.core.escape import one_line
from promoter.core.trust_root import Member, MemberKind, RootAge, find_changes, find_gaps, period
from promoter.ports import KeptRoot
from promoter.strict_yaml import ConfigError
from promoter.trust import RootInUse, Standing
from promoter.wiring import list_members, open_clock, open_root, open_root_refresh


@click.group(
    short_help="Show, check or fetch the trusted root.",
    epilog="\b\nExamples:\n  promoter trust check\n  promoter trust update",
)
def trust() -> None:
    """Show, check or fetch the trusted root that signatures are verified with."""


@trust.command(
    short_help="Fetch the trusted root now.",
    epilog="\b\nExample:\n  promoter --config /etc/promoter trust update",
)
@click.pass_obj
def update(session: Session) -> None:
    """Fetch the trusted root now and say what has changed; exit code 3 if that fails, and the old one stays.

    A bot that runs takes it over within seconds.
    """
    main = session.machine().main
    refresh = open_root_refresh(main, session.directory)
    if refresh is None:
        raise ConfigError("trust: only what comes by tuf is fetched; put a newer file in the place of trust.root")
    done = refresh.run()
    after = list_members(done.after, str(main.trust.tuf))
    click.echo(f"{digest_of(done.after)} from {main.trust.tuf}")
    if done.before is None:
        click.echo(f"the first one that is kept here: {len(after)} authorities and logs")
    for change in _changes(done.before, after):
        click.echo(one_line(change, 500))


def _changes(before: bytes | None, after: tuple[Member, ...]) -> tuple[str, ...]:
    """Say what changed; a root that was kept and cannot be read any more is replaced all the same."""
    if before is None:
        return ()
    try:
        old = list_members(before, "the one before")
    except ConfigError as error:
        return (str(error), f"the new one has {len(after)} authorities and logs")
    return find_changes(old, after) or ("nothing has changed",)


@trust.command(
    short_help="Show every authority and log that is trusted.",
    epilog="\b\nExamples:\n  promoter trust show\n  promoter trust show --json",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def show(session: Session, as_json: bool) -> None:
    """Show every authority and log that is trusted, with its key and period, and which of them count now."""
    found = _Found.open(session)
    if as_json:
        write_json(found.document())
        return
    for line in found.lines():
        click.echo(line)


@trust.command(
    short_help="Say whether the trusted root is in order.",
    epilog="\b\nExample:\n  promoter --config /etc/promoter trust check",
)
@click.pass_obj
def check(session: Session) -> None:
    """Say whether the trusted root is in order: exit code 0 if so, 1 from its age alarm on or if it has gaps.

    2 is a root that cannot be used, 3 one that is not there to be told. The network is not asked.
    """
    found = _Found.open(session)
    click.echo(f"{found.digest} from {found.root.store.source}, refreshed {_date(found.kept.record.refreshed)}")
    problems = tuple(found.problems())
    for problem, remedy in problems:
        click.echo(one_line(problem, 1000))
        click.echo(f"-> {remedy}")
    if found.standing.age is RootAge.YOUNG and found.standing.sentence:
        click.echo(one_line(found.standing.sentence, 1000))
    if problems:
        sys.exit(1)
    click.echo("in order")


@dataclass(frozen=True, slots=True)
class _Found:
    """The trusted root as these commands find it."""

    root: RootInUse
    kept: KeptRoot
    members: tuple[Member, ...]
    standing: Standing
    now: datetime

    @classmethod
    def open(cls, session: Session) -> "_Found":
        """Read the root that the bot uses; asks nobody. Raises ConfigError and OutsideError."""
        root = open_root(session.machine().main, session.directory)
        if root.store.record() is None and not _is_fetched(root):
            raise ConfigError(f"trust.root: {root.store.place} cannot be read; put a trusted_root.json there")
        kept = root.load()
        return cls(root, kept, list_members(kept.raw, str(root.store.place)), root.standing(), open_clock().now())

    @property
    def digest(self) -> str:
        """Digest of the root's bytes, as decisions name it."""
        return digest_of(self.kept.raw)

    def problems(self) -> Iterator[tuple[str, str]]:
        """Give what is wrong, each with its remedy."""
        fetch = "promoter trust update" if _is_fetched(self.root) else f"put a newer file at {self.root.store.place}"
        if self.standing.age is not RootAge.YOUNG:
            yield self.standing.sentence, f"Platform team: {fetch}"
        for kind in find_gaps(self.members, self.now):
            yield (
                f"no {kind.value} is current, so nothing that is signed now can be verified: {self._last(kind)}",
                f"Platform team: {fetch}; ask whoever runs the instance if that does not help",
            )

    def _last(self, kind: MemberKind) -> str:
        ended = [(one.last_day, one) for one in self.members if one.kind is kind and one.has_ended(self.now)]
        if not ended:
            return "the period of none has begun"
        day, last = max(((day, one) for day, one in ended if day), key=lambda found: found[0])
        return f"{last.name} was the last, until {_date(day)}"

    def lines(self) -> Iterator[str]:
        """Give everything as lines of text."""
        yield f"digest     {self.digest}"
        yield f"source     {self.root.store.source}"
        yield f"refreshed  {_date(self.kept.record.refreshed)}"
        if self.standing.sentence:
            yield f"alarm      {one_line(self.standing.sentence, 1000)}"
        for kind in MemberKind:
            listed = [member for member in self.members if member.kind is kind]
            if listed:
                yield from ("", _HEADINGS[kind])
            for member in listed:
                yield f"  {one_line(member.name or 'without a name', 200)}"
                yield f"    {self._state(member)}, {period(member)}"
                yield f"    key {member.key}"
                for link in member.chain:
                    yield f"    {_date(link.start)} - {_date(link.end)}  {one_line(link.subject, 200)}"

    def _state(self, member: Member) -> str:
        if member.is_current(self.now):
            return "current"
        return "ended" if member.has_ended(self.now) else "not begun"

    def document(self) -> Mapping[str, object]:
        """Give everything in the shape that `--json` has."""
        return {
            "v": 1,
            "digest": self.digest,
            "source": self.root.store.source,
            "refreshed": self.kept.record.refreshed,
            "age": self.standing.age,
            "sentence": self.standing.sentence,
            "members": [
                {
                    "kind": member.kind,
                    "name": member.name,
                    "key": member.key,
                    "start": member.start,
                    "end": member.end,
                    "state": self._state(member),
                    "chain": member.chain,
                }
                for member in self.members
            ],
        }


def _is_fetched(root: RootInUse) -> bool:
    """Tell whether the root is fetched from a source, not a file of the operator's."""
    return root.store.source != str(root.store.place)


_HEADINGS = {
    MemberKind.AUTHORITY: "Certificate authorities",
    MemberKind.CERTIFICATE_LOG: "Certificate transparency logs",
    MemberKind.LOG: "Transparency logs",
    MemberKind.TIMESTAMP: "Timestamp authorities",
}


def _date(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%SZ}" if time else "at an unknown time"
