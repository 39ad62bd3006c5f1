"""`promoter selftest`."""

import sys
from collections.abc import Iterator

import click

from promoter.cli.session import Session
from promoter.cli.tables import write_json
from promoter.core.canaries import Fate
from promoter.selftest import Result, keep, try_rules
from promoter.wiring import open_clock, open_signatures


@click.command(
    short_help="Try the rules in force on releases that must not pass.",
    epilog="\b\nExamples:\n  promoter selftest\n  promoter selftest --json",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def selftest(session: Session, as_json: bool) -> None:
    """Let known-bad canaries go through every policy and the verifier in use; exit code 1 if one of them passes.

    A running bot does the same at every start and once a day. What is new is written to the ledger, if there is one.
    """
    configuration = session.configuration()
    now = open_clock().now()
    result = try_rules(configuration, open_signatures(configuration.promoter, session.directory), now)
    if session.has_ledger(configuration):
        keep(result, session.store(configuration).journal, now)
    if as_json:
        write_json(result)
    else:
        for line in result_lines(result):
            click.echo(line)
    sys.exit(1 if result.passed else 0)


def result_lines(result: Result) -> Iterator[str]:
    """Give a line for every canary, those that passed last, so that nobody overlooks them."""
    for service, trial in sorted(result.trials, key=lambda one: one[1].fate is Fate.PASSED):
        checks = f" by {', '.join(trial.checks)}" if trial.checks else ""
        yield f"{trial.environment} (as {service}): {trial.family.value}: {trial.fate.value}{checks}"
    for one in result.examined:
        yield f"verifier: {one.forgery.value}: {one.fate.value}{f' by {one.code}' if one.code else ''}"
    yield f"{result.refused} canaries refused, {len(result.passed)} passed"
    for canary in result.passed:
        yield f"ALARM: a canary passes that must not: {canary}; correct the policy"
