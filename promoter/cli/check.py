"""`promoter config check`."""

import click

from promoter.cli.session import Session
from promoter.core.environment import ProposeMode
from promoter.core.finding import Mode

_NOTES = {Mode.ENFORCE: "", Mode.WARN: " (shown only)"}


@click.group()
def config() -> None:
    """Check the configuration."""


@config.command(epilog="\b\nExample:\n  promoter --config /etc/promoter config check")
@click.pass_obj
def check(session: Session) -> None:
    """Read every file strictly and report every problem with file and line; exit code 2 if there is one.

    Asks nobody and opens nothing but the configuration: fit for a check on every change of it.
    """
    configuration = session.written()
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
        checks = ", ".join(f"{line.check}{_NOTES[line.mode]}" for line in policy.require)
        click.echo(f"environment {node.name}{after}{how}: {checks}; policy {policy.digest}")
