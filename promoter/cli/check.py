"""`promoter config check`."""

import click

from promoter.cli.session import Session
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
    configuration = session.configuration()
    click.echo(f"{session.directory}: no problem found")
    click.echo(f"services: {', '.join(sorted(configuration.services))}")
    for node in configuration.graph:
        policy = configuration.policies[node.name]
        after = f" after {' and '.join(node.after)}" if node.after else ""
        checks = ", ".join(f"{line.check}{_NOTES[line.mode]}" for line in policy.require)
        click.echo(f"environment {node.name}{after}: {checks}; policy {policy.digest}")
