"""`promoter status` and `promoter explain`: what the ledger says, for people and machines."""

from itertools import chain

import click

from promoter.claims import Claims
from promoter.cli.policy_in_force import alarming_lines
from promoter.cli.session import Session, find_environment, find_release, find_service
from promoter.cli.tables import (
    console,
    exception_alarms,
    explanation_lines,
    hold_lines,
    status_lines,
    status_table,
    trust_lines,
    write_json,
)
from promoter.core.overview import overview
from promoter.exception_reports import report_exceptions
from promoter.explain import explain_release
from promoter.grants import Grants
from promoter.orphans import find_orphans
from promoter.wiring import open_clock, open_root


@click.command(
    short_help="Show what runs where, and what comes next.",
    epilog="\b\nExamples:\n  promoter status\n  promoter status cart --json",
)
@click.argument("service", required=False)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def status(session: Session, service: str | None, as_json: bool) -> None:
    """Show what runs in every environment, and how far every release has come.

    Pull requests of services that are configured no more stand at the end: nobody watches them. Below the table stand
    the last incidents, what did not answer at the last look and what could not be read; `promoter log` has all of it.
    Holds by people, with the id that ends them, stand above those. Exceptions in use, break-glass that is to be
    reviewed, rules that got weaker unapproved, were not taken over or let a known-bad release of the self-test pass,
    and a trusted root that could not be refreshed or is too old, are told at the very end.
    """
    configuration = session.configuration()
    store, now = session.kept_store(configuration), open_clock().now()
    journal = store.journal
    chosen = [find_service(configuration, service)] if service else list(configuration.services.values())
    rows = [row for item in chosen for row in overview(item, configuration.graph, journal.history(item.name))]
    if not service:
        rows += [orphan.row for orphan in find_orphans(journal, configuration)]
    if as_json:
        write_json(rows)
    else:
        console().print(status_table(rows))
        estate, root = journal.estate(), open_root(configuration.promoter, session.directory)
        exceptions = exception_alarms(report_exceptions(configuration, store, Grants(configuration.exceptions), now))
        below = (hold_lines(estate, now), status_lines(rows), exceptions, alarming_lines(estate), trust_lines(root))
        for line in chain.from_iterable(below):
            click.echo(line)


@click.command(
    short_help="Say why a release is where it is.",
    epilog="""\b
Examples:
  promoter explain cart --env prod                  the newest release
  promoter explain cart:1.4.0 --env staging --json
  promoter explain registry.example/shop/cart:1.4.0 --env prod""",
)
@click.argument("reference")
@click.option("--env", "environment", required=True, help="The environment.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def explain(session: Session, reference: str, environment: str, as_json: bool) -> None:
    """Say why a release is where it is, whose turn it is, and to do what.

    REFERENCE is a service (its newest release is explained), service:release, or an image with its tag.
    """
    configuration = session.configuration()
    service, release = find_release(configuration, reference)
    name = find_environment(configuration, environment)
    store = session.kept_store(configuration)
    conditions = Claims(store.journal, configuration).conditions(service, open_clock().now())
    found = explain_release(store, service, name, release, conditions)
    if as_json:
        write_json(found)
        return
    for line in explanation_lines(found):
        click.echo(line)
