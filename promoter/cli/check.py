"""`promoter config check`."""

import click

from promoter.cli.session import Session


@click.group()
def config() -> None:
    """Check the configuration."""


@config.command(epilog="Example: promoter --config config config check")
@click.pass_obj
def check(session: Session) -> None:
    """Read every file strictly and report every problem with file and line; exit code 2 if there is one."""
    configuration = session.configuration()
    order = " -> ".join(node.name for node in configuration.graph)
    click.echo(f"{session.directory}: {len(configuration.services)} services, environments {order}: no problem found")
    for name, policy in configuration.policies.items():
        click.echo(f"policy {name}: {policy.digest}, {len(policy.require)} requirements")
