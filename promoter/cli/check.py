"""`promoter config check`."""

from collections.abc import Iterator
from datetime import datetime

import click

from promoter.cli.session import Session
from promoter.config import Configuration
from promoter.core.environment import ProposeMode
from promoter.core.escape import one_line
from promoter.core.finding import Mode
from promoter.core.policy import Requirement
from promoter.expressions import Evaluator
from promoter.policy_cases import try_case
from promoter.strict_yaml import ConfigError
from promoter.wiring import open_clock, open_expressions

_NOTES = {Mode.ENFORCE: "", Mode.WARN: " (shown only)", Mode.OFF: " (off)"}


@click.group()
def config() -> None:
    """Check the configuration."""


@config.command(epilog="\b\nExample:\n  promoter --config /etc/promoter config check")
@click.pass_obj
def check(session: Session) -> None:
    """Read every file strictly and report every problem with file and line; exit code 2 if there is one.

    The policies' own cases are tried, too, as `promoter policy test` does, and exceptions that a policy would never let
    count are problems. Asks nobody and opens nothing but the
    configuration: fit for a check on every change of it.
    """
    configuration = session.written()
    if problems := (*_refused(configuration, open_clock().now()), *_differences(configuration)):
        raise ConfigError(*problems)
    click.echo(f"{session.directory}: no problem found")
    click.echo(f"services: {', '.join(sorted(configuration.services))}")
    if configuration.freezes.freezes:
        named = ", ".join(one.id for one in configuration.freezes.freezes)
        click.echo(f"freezes, by {configuration.freezes.zones}: {named}")
    for node in configuration.graph:
        policy = configuration.policies[node.name]
        upstream = [*node.after, *(" or ".join(group) for group in node.either)]
        after = f" after {' and '.join(upstream)}" if upstream else ""
        how = " by hand" if node.propose is ProposeMode.MANUAL else ""
        how += f", {node.at_once} at once" if node.at_once else ""
        checks = ", ".join(map(_shown, policy.require))
        click.echo(f"environment {node.name}{after}{how}: {checks}; policy {policy.digest}")
    for one in configuration.demanded.classes.values():
        where = f" in {', '.join(one.environments)}" if one.environments else ""
        click.echo(f"class {one.name}{where}: {', '.join(map(_shown, one.rules.require))}")
    for loosening in configuration.demanded.loosened:
        click.echo(
            f"{loosening.place}: {loosening.environment} demands less than {loosening.inherited} of {loosening.line}: "
            f"{one_line(loosening.reason)}"
        )


def _refused(configuration: Configuration, now: datetime) -> Iterator[str]:
    """Say what policies have against exceptions; one that has ended stands in nobody's way."""
    for one in configuration.exceptions:
        yield from one.refusals if now < one.exception.ends else ()


def _differences(configuration: Configuration) -> Iterator[str]:
    judge = Evaluator(open_expressions()).judge
    for tried in (try_case(case, judge) for case in configuration.cases()):
        for one in tried.differences:
            yield f"{tried.place}: in {tried.environment}, {tried.case}: {one.what}: wanted {one.wanted}, got {one.got}"


def _shown(line: Requirement) -> str:
    later = f" (from {line.effective_on:%Y-%m-%d} on)" if line.effective_on else ""
    return f"{line.title}{_NOTES[line.mode]}{later}"
