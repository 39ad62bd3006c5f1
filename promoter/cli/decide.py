"""`promoter hold`, `unhold`, `release` and `promote`: what people decide beside the bot, kept with name and reason."""

from datetime import UTC, datetime

import click

from promoter.cli.person import account, check_text
from promoter.cli.session import Session, find_environment, find_release, find_service
from promoter.config import Configuration
from promoter.core.environment import Environment
from promoter.core.holds import describe
from promoter.interventions import Person, Scope, Wish, ask, end_hold
from promoter.interventions import hold as write_hold
from promoter.interventions import release as end_freeze
from promoter.strict_yaml import ConfigError
from promoter.wiring import open_clock


def _read_time(_: click.Context, option: click.Parameter, text: str | None) -> datetime | None:
    """Read a time that has its zone."""
    try:
        found = datetime.fromisoformat(text) if text else None
    except ValueError:
        found = None
    if text and (found is None or found.utcoffset() is None):
        raise click.BadParameter("must be a time with its zone, like 2026-12-24T18:00:00Z", param=option)
    return found.astimezone(UTC) if found else None


_reason = click.option("--reason", required=True, callback=check_text, help="Why; kept in the ledger.")
_actor = click.option("--actor", callback=check_text, help="Who decided it, if not the account that runs this.")


@click.command(
    short_help="Stop promotions of a service or to an environment.",
    epilog="""\b
Examples:
  promoter hold cart --env prod --reason "load test until noon" --until 2026-12-24T12:00:00Z
  promoter hold --env prod --reason "INC-812"         nothing goes to prod
  promoter hold cart:1.4.0 --reason "corrupts carts"  frozen until `promoter release cart 1.4.0`""",
)
@click.argument("reference", required=False, default="")
@click.option("--env", "environment", default="", help="The environment; all of them without it.")
@click.option("--until", callback=_read_time, help="When it stops by itself.")
@_reason
@_actor
@click.pass_obj
def hold(
    session: Session, reference: str, environment: str, until: datetime | None, reason: str, actor: str | None
) -> None:
    """Stop promotions: open pull requests turn pending, and nothing is proposed or merged. What runs stays.

    REFERENCE is a service, or service:release: a release that is held is frozen, its pull requests are closed.
    """
    configuration = session.configuration()
    service, release_name = find_release(configuration, reference) if reference else (None, "")
    scope = Scope(
        service=service.name if service else "",
        release=release_name,
        environment=find_environment(configuration, environment) if environment else "",
    )
    held = write_hold(session.kept_store(configuration).journal, scope, _person(actor, reason), until)
    ends = f", until {until:%Y-%m-%d %H:%M:%SZ}" if until else ""
    click.echo(f"{held.id}: {describe(held)} is held by {held.actor}{ends}; it counts from the next look on")


@click.command(
    short_help="End a hold.", epilog='\b\nExample:\n  promoter unhold hold-3 --reason "the load test is over"'
)
@click.argument("name", metavar="ID")
@_reason
@_actor
@click.pass_obj
def unhold(session: Session, name: str, reason: str, actor: str | None) -> None:
    """End a hold by its ID, as `promoter status` shows it. One on a release is ended with `promoter release`."""
    configuration = session.configuration()
    held = end_hold(session.kept_store(configuration).journal, name, _person(actor, reason))
    click.echo(f"{held.id}: {describe(held)} goes on at the next look")


@click.command(
    short_help="End the freeze of a release.",
    epilog='\b\nExample:\n  promoter release search 1.4.0 --reason "rebuilt by mistake, INC-812"',
)
@click.argument("service")
@click.argument("tag")
@click.option("--reason", required=True, callback=check_text, help="Why it is right to go on; kept in the ledger.")
@_actor
@click.pass_obj
def release(session: Session, service: str, tag: str, reason: str, actor: str | None) -> None:
    """End the freeze of a release whose tag moved, or that is held; its first digest stays the one that is promoted."""
    configuration = session.configuration()
    name, person = find_service(configuration, service).name, _person(actor, reason)
    end_freeze(session.kept_store(configuration).journal, name, tag, person)
    click.echo(f"{name} {tag}: released by {person.actor}; it is judged again at the next look")


@click.command(
    short_help="Ask for a release in an environment.",
    epilog="""\b
Examples:
  promoter promote cart 1.4.0 --env prod --reason "CHG-4711"
  promoter promote cart 1.3.2 --env prod --back --reason "INC-812: 1.4.0 loses orders\"""",
)
@click.argument("service")
@click.argument("name", metavar="RELEASE")
@click.option("--env", "environment", required=True, help="The environment.")
@click.option("--back", is_flag=True, help="Go back to a release that is older than what runs.")
@_reason
@click.option("--as", "actor", callback=check_text, help="Your account on the forge: your approval does not count.")
@click.pass_obj
def promote(
    session: Session, service: str, name: str, environment: str, *, back: bool, reason: str, actor: str | None
) -> None:
    """Ask for a release: it is proposed as soon as it may be, with the same checks, gates and approvals as any other.

    It is needed where an environment proposes nothing by itself, to go back, and for a release whose pull request a
    person closed or that was rolled back. Who asks does not approve: by the name that --as gives, and the account that
    runs this.
    """
    configuration = session.configuration()
    found = find_service(configuration, service)
    node = _node(configuration, environment)
    if node.name not in found.targets:
        raise ConfigError(f"{found.name} has no environment {node.name!r} (allowed: {', '.join(found.targets)})")
    wish, person = Wish(release=name, is_return=back), _person(actor, reason)
    ask(session.kept_store(configuration).journal, found, node, wish, person)
    click.echo(f"{found.name} {name} is asked for in {node.name} by {person.actor}; it counts from the next look on")


def _node(configuration: Configuration, name: str) -> Environment:
    found = find_environment(configuration, name)
    return next(node for node in configuration.graph if node.name == found)


def _person(actor: str | None, reason: str) -> Person:
    who = account()
    return Person(actor=actor or who, account=who, reason=reason, at=open_clock().now())
