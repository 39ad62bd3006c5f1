"""`promoter exception`: write a new one, list them, check who answers for them, and review break-glass."""

import sys
from datetime import timedelta
from pathlib import Path

import click

from promoter.cli.person import account, check_text
from promoter.cli.session import Session, find_environment, find_release
from promoter.cli.tables import exception_lines, write_json
from promoter.config import Configuration
from promoter.config_errors import suggest
from promoter.config_exceptions import FOLDER, read_exception_file
from promoter.core.estate import Estate
from promoter.core.policy_exception import ID, ID_DEMAND, Kind
from promoter.core.record import AnyEntry
from promoter.core.record_estate import ESTATE, ExceptionMoved, ExceptionStep
from promoter.core.waiving import NOBODY_ANSWERS
from promoter.exception_draft import Draft, Needs, draft_text, is_rated, known_code, needs_of
from promoter.exception_reports import objections, report_exceptions
from promoter.lives import read_body
from promoter.recall import KeptBlobs
from promoter.strict_yaml import ConfigError
from promoter.wiring import Store, open_clock


@click.group(epilog="\b\nExamples:\n  promoter exception list\n  promoter exception check --json")
def exception() -> None:
    """Write, list and check exceptions."""


def _check_id(_: click.Context, option: click.Parameter, text: str) -> str:
    if not ID.fullmatch(text):
        raise click.BadParameter(ID_DEMAND, param=option)
    return text


def _check_codes(_: click.Context, option: click.Parameter, codes: tuple[str, ...]) -> tuple[str, ...]:
    for code in codes:
        if not known_code(code):
            raise click.BadParameter(f"{code!r} cannot be waived; docs/findings.md tells which can", param=option)
    return codes


@exception.command(
    short_help="Write a new exception's file.",
    epilog="""\b
Examples:
  promoter exception new INC-812 --service cart --release 1.4.0 --env prod --days 7
  promoter exception new INC-813 --service cart --env prod --code scan.stale --digest sha256:...
  promoter exception new INC-814 --service cart --release 1.4.0 --env prod --break-glass --hours 4""",
)
@click.argument("id", callback=_check_id)
@click.option("--service", required=True, help="The service, or service:release.")
@click.option("--release", help="A blocked release: what its last decision needs is proposed.")
@click.option("--env", "environment", required=True, help="The environment.")
@click.option("--code", "codes", multiple=True, callback=_check_codes, help="A finding's code, instead.")
@click.option("--digest", "digests", multiple=True, help="A digest that it holds for.")
@click.option("--vulnerability", "vulnerabilities", multiple=True, help="A vulnerability that it is about.")
@click.option("--max-severity", default="", help="The worst severity that is accepted.")
@click.option("--owner", prompt=True, callback=check_text, help="Who looks after it.")
@click.option("--reason", prompt=True, callback=check_text, help="Why the risk is accepted.")
@click.option("--requested-by", prompt=True, callback=check_text, help="Account of who asks for it.")
@click.option("--control", "controls", multiple=True, help="What compensates for it.")
@click.option("--evidence", multiple=True, help="A link to a ticket or an analysis.")
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 366), help="How long it holds.")
@click.option("--break-glass", is_flag=True, help="For an emergency: hours, told loudly, and reviewed afterwards.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The folder of your checkout of the rules, where they come from git.",
)
@click.option("--hours", default=4, show_default=True, type=click.IntRange(1, 24), help="How long break-glass holds.")
@click.pass_obj
def new(
    session: Session,
    /,
    id: str,  # noqa: A002 - click names parameters as the help does
    service: str,
    release: str | None,
    environment: str,
    into: Path | None,
    **chosen: object,
) -> None:
    """Write exceptions/ID.yaml with a comment at every key; it counts once its change is approved at the forge.

    With --release, codes, digest, vulnerabilities and severity are those of the last decision about it.
    Owner, reason and account are asked for where no option says them.
    """
    configuration = session.configuration()
    found, named = find_release(configuration, service)
    name, tag = find_environment(configuration, environment), release or named
    needs = _needs(session, configuration, found.name, tag, name) if tag else None
    path = _rules_folder(session, configuration, into) / FOLDER / f"{id}.yaml"
    _write(path, draft_text(_draft(chosen, found.name, name, needs)), configuration)
    click.echo(f"{path}: written; {_next(configuration)}")
    for code in needs.never if needs else ():
        click.echo(f"promoter: {code} can never be waived: it stays in the way until it is mended", err=True)


def _rules_folder(session: Session, configuration: Configuration, into: Path | None) -> Path:
    """Give the folder that the file belongs into; raises ConfigError where rules come from git and none is named."""
    rules = configuration.promoter.rules
    if rules and into is None:
        raise ConfigError(f"rules come from {rules.repository}; name the folder of your checkout with --into")
    return into or session.directory


def _next(configuration: Configuration) -> str:
    """Say what has to happen before a new exception counts."""
    if configuration.promoter.rules is None:
        return f"it does not count as it stands: {NOBODY_ANSWERS}"
    return "have its pull request approved and merged, then `promoter exception check` tells whether it counts"


def _draft(chosen: dict[str, object], service: str, environment: str, needs: Needs | None) -> Draft:
    """Join what was given with what the decision proposes; what was given counts."""
    codes = _texts(chosen, "codes") or (needs.codes if needs else ())
    if not codes:
        never = f"; {', '.join(needs.never)} can never be waived" if needs and needs.never else ""
        raise ConfigError(f"nothing to accept: give --code, or --release of one that is blocked{never}")
    is_emergency = bool(chosen["break_glass"])
    hours, days = int(str(chosen["hours"])), int(str(chosen["days"]))
    severity = str(chosen["max_severity"]) or (needs.max_severity if needs else "")
    return Draft(
        kind=Kind.BREAK_GLASS if is_emergency else Kind.EXCEPTION,
        codes=codes,
        environments=(environment,),
        services=(service,),
        digests=_texts(chosen, "digests") or ((needs.digest,) if needs else ()),
        vulnerabilities=_texts(chosen, "vulnerabilities") or (needs.vulnerabilities if needs else ()),
        max_severity=severity if is_rated(codes) else "",
        owner=str(chosen["owner"]),
        reason=str(chosen["reason"]),
        controls=_texts(chosen, "controls"),
        evidence=_texts(chosen, "evidence"),
        requested_by=str(chosen["requested_by"]),
        not_before=open_clock().now(),
        life=timedelta(hours=hours) if is_emergency else timedelta(days=days),
    )


def _texts(chosen: dict[str, object], key: str) -> tuple[str, ...]:
    value = chosen[key]
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _needs(session: Session, configuration: Configuration, service: str, release: str, environment: str) -> Needs:
    store = session.kept_store(configuration)
    history = store.journal.history(service)
    if release not in history.known:
        raise ConfigError(f"{service} has no known release {release!r}{suggest(release, history.known)}")
    spot = history.spot(environment, history.known[release].candidate)
    decided = spot.decided.get("propose") if spot else None
    raw = store.blobs.get(decided.decision) if decided else None
    if raw is None:
        raise ConfigError(f"{service} {release} has not been judged for {environment} yet; give --code instead")
    return needs_of(raw)


def _write(path: Path, text: str, configuration: Configuration) -> None:
    """Write the file, and take it away again where it would be refused: nothing broken is left behind."""
    path.parent.mkdir(exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{path}: is there already; choose another id") from None
    try:
        refused = read_exception_file(path, configuration.services, configuration.policies).refusals
    except ConfigError as error:
        refused = error.problems
    if refused:
        path.unlink()
        raise ConfigError(*refused)


@exception.command(
    "list",
    short_help="Show every exception, and what it is used for.",
    epilog="\b\nExamples:\n  promoter exception list\n  promoter exception list --json",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """Show state, time left and use of every exception; what is unused or too broad is said.

    The state is the bot's last word in the ledger; without one, that of the files alone.
    """
    configuration = session.configuration()
    store, now = _store(session, configuration), open_clock().now()
    with session.grants(configuration) as grants:
        reports = report_exceptions(configuration, store, grants, now)
    if as_json:
        write_json(reports)
        return
    for line in exception_lines(reports):
        click.echo(line)


@exception.command(
    short_help="Check the files, and who answers for them.",
    epilog="\b\nExamples:\n  promoter exception check\n  promoter exception check --json",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def check(session: Session, as_json: bool) -> None:
    """Read every exception strictly and say whether it counts; exit code 1 if one does not, 2 for a bad file.

    With rules from git their forge is asked whose reviews brought each file; where it does not answer, the exit code
    is 3. Rules in a plain directory are answered for by nobody: there only signed statements about the digest count.
    """
    configuration = session.configuration()
    now = open_clock().now()
    with session.grants(configuration) as grants:
        granted = grants.all(now)
    found = {one.exception.id: objections(configuration, one, now) for one in granted}
    if as_json:
        write_json([{"id": name, "counts": not against, "objections": against} for name, against in found.items()])
    else:
        for name, against in found.items():
            click.echo(f"{name}: {'; '.join(against)}" if against else f"{name}: in order")
        if not found:
            click.echo("no exceptions in files; `promoter exception list` also shows signed ones that were seen")
    unknown = {one.exception.id for one in granted if one.is_unsure}
    failing = {name for name, against in found.items() if against}
    sys.exit(1 if failing - unknown else 3 if failing else 0)


@exception.command(
    short_help="Write down the review of break-glass.",
    epilog='\b\nExample:\n  promoter exception review INC-814 --reason "release 1.4.1 fixes it; alert was late"',
)
@click.argument("id")
@click.option("--reason", required=True, callback=check_text, help="What the review found; kept in the ledger.")
@click.option("--actor", callback=check_text, help="Who reviewed it, if not the account that runs this.")
@click.pass_obj
def review(session: Session, id: str, reason: str, actor: str | None) -> None:  # noqa: A002
    """Write down that the use of break-glass was reviewed, by whom and with what result."""
    configuration, now, who = session.configuration(), open_clock().now(), actor or account()
    store = session.kept_store(configuration)

    def entries(estate: Estate) -> tuple[AnyEntry, ...]:
        steps = estate.exceptions.get(id)
        if not steps:
            raise ConfigError(f"the ledger knows no exception {id!r}{suggest(id, estate.exceptions)}")
        body = steps[-1].body
        if read_body(KeptBlobs(store.blobs).get(body, "exception")).kind is not Kind.BREAK_GLASS:
            raise ConfigError(f"{id} is no break-glass; only that is reviewed: an exception ends, or is revoked")
        if any(step.step is ExceptionStep.REVIEWED and step.body == body for step in steps):
            raise ConfigError(f"{id} was reviewed already; `promoter exception list` shows what is due")
        return (
            ExceptionMoved(
                at=now, service=ESTATE, id=id, step=ExceptionStep.REVIEWED, body=body, actor=who, detail=reason
            ),
        )

    store.journal.write_estate(entries)
    click.echo(f"{id}: reviewed by {who}")


def _store(session: Session, configuration: Configuration) -> Store | None:
    """Give the ledger of the bot, or nothing where none has run: the files can be listed all the same."""
    return session.kept_store(configuration) if session.has_ledger(configuration) else None
