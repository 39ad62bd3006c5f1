"""`promoter policy show|history|digest|revert`: which rules are in force, who answers for them, and the way back."""

from collections.abc import Iterator
from pathlib import Path

import click

from promoter.cli.person import account, check_text
from promoter.cli.session import Session
from promoter.cli.tables import write_json
from promoter.comparison import tell_weaker
from promoter.core.escape import one_line
from promoter.core.estate import Estate
from promoter.core.predicates.types import RULES_APPROVAL
from promoter.core.record import AnyEntry
from promoter.core.record_estate import PolicyActivated, PolicyRefused
from promoter.journal import Journal
from promoter.strict_yaml import ConfigError
from promoter.wiring import open_rulebook

_SHORTEST = 7  # characters of a digest or commit that name rules
_TEXT = 500


@click.command(
    short_help="Show the rules in force and who answers for them.",
    epilog="""\b
Examples:
  promoter policy show
  promoter policy show --json

\b
With --json: the entries of the ledger, {"active": policy-activated | null, "refused": policy-refused | null}.""",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def show(session: Session, as_json: bool) -> None:
    """Show the rules in force: their digest, commit, author and approvals, and what got weaker by them.

    What was refused since then stands below.
    """
    estate = _journal(session).estate()
    if as_json:
        write_json({"active": estate.active, "refused": estate.refused})
        return
    for line in _lines(estate):
        click.echo(line)


@click.command(
    short_help="List all rules that were in force or refused.",
    epilog="\b\nExamples:\n  promoter policy history\n  promoter policy history --json",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON: the entries of the ledger, oldest first.")
@click.pass_obj
def history(session: Session, as_json: bool) -> None:
    """List every activation and refusal of rules, the oldest first."""
    entries = [entry for _, entry in _journal(session).entries() if isinstance(entry, PolicyActivated | PolicyRefused)]
    if as_json:
        write_json(entries)
        return
    for entry in entries:
        click.echo(_history_line(entry))


@click.command(
    short_help="Print the digest that a signature over rules names.",
    epilog="""\b
Examples:
  promoter policy digest                          the rules beside promoter.yaml
  promoter policy digest checkout/rules           rules that are not in force yet
  promoter policy digest checkout/rules --body > rules.json""",
)
@click.argument("rules", required=False, type=click.Path(path_type=Path, file_okay=False, exists=True))
@click.option("--body", is_flag=True, help="Write the bytes that have this digest: the list of files, and the graph.")
@click.pass_obj
def digest(session: Session, rules: Path | None, body: bool) -> None:
    """Print the digest of the rules in the folder RULES, and the commands by which it is signed.

    A signature by one of `rules.signers` is an approval of just this bundle. It goes into `signatures/` beside the
    rules, in a commit of its own if need be: signatures are no part of what they sign.
    """
    machine = session.machine()
    if rules is None and machine.main.rules:
        raise ConfigError(f"rules come from {machine.main.rules.repository}; name the folder of your checkout")
    bundle = machine.load(rules).bundle
    if body:
        click.echo(bundle.body.decode(), nl=False)
        return
    place = rules or session.directory
    (kind,) = RULES_APPROVAL
    click.echo(bundle.digest)
    click.echo(
        "To approve it, with your name for NAME (cosign 3; with a key, add --key):\n"
        f"  promoter --config {session.directory} policy digest {place} --body > rules.json\n"
        "  echo '{}' > approval.json\n"
        f"  cosign attest-blob --predicate approval.json --type {kind} --bundle {place}/signatures/NAME.json rules.json"
    )


@click.command(
    short_help="Go back to rules that were in force before.",
    epilog="""\b
Examples:
  promoter policy history
  promoter policy revert 3f9c2d1 --reason "prod blocks every release, INC-931"
  promoter policy revert sha256:77aa... --reason "wrong file merged" --actor mia""",
)
@click.argument("wanted")
@click.option("--reason", required=True, callback=check_text, help="Why it is right to go back; kept in the ledger.")
@click.option("--actor", callback=check_text, help="Who decided it, if not the account that runs this.")
@click.pass_obj
def revert(session: Session, wanted: str, reason: str, actor: str | None) -> None:
    """Put rules in force again that were before: WANTED is their digest or commit, or how one of them begins.

    For emergencies: it works from kept files, also while git is down, and needs no approval; it is in the ledger under
    your name. The bot takes it over within seconds and stays on these rules until the source has something newer than
    it has now: a commit that follows on the head, or other files.
    """
    machine = session.machine()
    store = session.kept_store_of(machine.main)
    found = _find(store.journal.estate(), wanted)
    entry = open_rulebook(machine, store, tell_weaker).go_back(found, actor or account(), reason)
    click.echo(f"rules {entry.bundle} are in force again, by {entry.actor}: {one_line(entry.reason, _TEXT)}")


def _journal(session: Session) -> Journal:
    return session.kept_store_of(session.machine().main).journal


def _find(estate: Estate, wanted: str) -> PolicyActivated:
    """Find rules that were in force by digest or commit; raises ConfigError for none, several, and those in force."""
    if len(wanted) < _SHORTEST:
        raise ConfigError(f"{wanted!r} is too short to name rules; write {_SHORTEST} characters of it or more")
    named = {
        entry.bundle: entry
        for entry in estate.activated
        if any(text.startswith(wanted) for text in (entry.bundle, entry.bundle.removeprefix("sha256:"), entry.commit))
    }
    if not named:
        raise ConfigError(f"no rules {wanted!r} were in force; `promoter policy history` lists those that were")
    if len(named) > 1:
        raise ConfigError(f"{wanted!r} begins {len(named)} digests or commits; write more of it")
    (entry,) = named.values()
    if estate.active and estate.active.bundle == entry.bundle:
        raise ConfigError(f"rules {entry.bundle} are in force; there is nothing to go back from")
    return entry


def _lines(estate: Estate) -> Iterator[str]:
    active = estate.active
    if active is None:
        yield "no rules are in force yet: `promoter once` takes them over"
    else:
        yield f"rules {active.bundle}, in force since {active.at:%Y-%m-%d %H:%M:%SZ}"
        yield from (f"  {line}" for line in _about(active))
    if estate.refused:
        yield from _refused(estate.refused)


def _about(active: PolicyActivated) -> Iterator[str]:
    if active.is_revert:
        yield f"gone back to by {one_line(active.actor, _TEXT)}: {one_line(active.reason, _TEXT)}"
        if active.head:
            yield f"until there is something newer than {active.head}"
    if not active.commit:
        yield "from files of this machine: nobody is known to answer for them"
    else:
        yield f"commit {active.commit}" + (f" by {one_line(active.author, _TEXT)}" if active.author else "")
        yield f"approved by {one_line(', '.join((*active.reviewers, *active.signers)), _TEXT) or 'nobody'}"
    for weaker in active.weaker:
        yield f"weaker than before: {one_line(weaker, _TEXT)}"


def alarming_lines(estate: Estate) -> Iterator[str]:
    """Say loudly what got weaker with nobody's approval, that other rules were not taken over, and what they let by.

    Nothing, where none of it is so.
    """
    refused, active, tested = estate.refused, estate.active, estate.tested
    if active and active.weaker and not (active.reviewers or active.signers):
        yield f"Rules that are weaker than before since {active.at:%Y-%m-%d %H:%M:%SZ}, approved by nobody"
        yield from (f"  {one_line(weaker, _TEXT)}" for weaker in active.weaker)
    if active and active.is_revert:
        yield f"Rules of before are in force since {active.at:%Y-%m-%d %H:%M:%SZ}"
        yield f"  gone back to by {one_line(active.actor, _TEXT)}: {one_line(active.reason, _TEXT)}"
    if refused:
        yield from _refused(refused)
    if tested and tested.passed:
        yield f"Self-test at {tested.at:%Y-%m-%d %H:%M:%SZ}: the rules in force let known-bad releases pass"
        yield from (f"  {one_line(canary, _TEXT)}" for canary in tested.passed)


def _refused(refused: PolicyRefused) -> Iterator[str]:
    commit = f" (commit {refused.commit[:12]})" if refused.commit else ""
    yield f"Rules that were not taken over at {refused.at:%Y-%m-%d %H:%M:%SZ}{commit}: the last good ones stay"
    yield f"  {one_line(refused.detail, 4 * _TEXT)}"


def _history_line(entry: AnyEntry) -> str:
    when = f"{entry.at:%Y-%m-%d %H:%M:%SZ}"
    if isinstance(entry, PolicyRefused):
        return f"{when}  refused    {entry.commit[:12] or '-':12}  {one_line(entry.detail, _TEXT)}"
    assert isinstance(entry, PolicyActivated)
    what = "went back" if entry.is_revert else "in force"
    who = entry.actor or ", ".join((*entry.reviewers, *entry.signers)) or entry.author or "nobody known"
    weaker = f"; weaker in {len(entry.weaker)} places" if entry.weaker else ""
    return f"{when}  {what:9}  {entry.commit[:12] or '-':12}  {entry.bundle[:19]}  {one_line(who, _TEXT)}{weaker}"
