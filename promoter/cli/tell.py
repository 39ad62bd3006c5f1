"""`promoter status` and `promoter explain`: what the ledger says, for people and machines."""

import click

from promoter.cli.session import Session, find_environment, find_service
from promoter.cli.tables import console, explanation_lines, status_table, write_json
from promoter.core.overview import overview
from promoter.explain import explain_release


@click.command(epilog="Examples: promoter status; promoter status cart --json")
@click.argument("service", required=False)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def status(session: Session, service: str | None, as_json: bool) -> None:
    """Show what runs in every environment, and how far every release has come."""
    configuration = session.configuration()
    journal = session.store(configuration).journal
    chosen = [find_service(configuration, service)] if service else list(configuration.services.values())
    rows = [row for item in chosen for row in overview(item, configuration.graph, journal.history(item.name))]
    if as_json:
        write_json(rows)
    else:
        console().print(status_table(rows))


@click.command(epilog="Examples: promoter explain cart --env prod; promoter explain cart:1.4.0 --env staging --json")
@click.argument("reference")
@click.option("--env", "environment", required=True, help="The environment.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def explain(session: Session, reference: str, environment: str, as_json: bool) -> None:
    """Say why a release is where it is, and what to do. REFERENCE is a service, or service:release."""
    configuration = session.configuration()
    service, _, release = reference.partition(":")
    found = explain_release(
        session.store(configuration),
        find_service(configuration, service),
        find_environment(configuration, environment),
        release,
    )
    if as_json:
        write_json(found)
    else:
        console().print("\n".join(explanation_lines(found)), markup=False, soft_wrap=True)
