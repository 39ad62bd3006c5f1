"""`promoter policy test`: the policies' own cases."""

import click

from promoter.cli.session import Session
from promoter.cli.tables import write_json
from promoter.core.escape import one_line
from promoter.expressions import Evaluator
from promoter.policy_cases import Tried, try_case, untested
from promoter.wiring import open_expressions


@click.command(
    name="test",
    short_help="Try the policies on their own cases.",
    epilog="\b\nExamples:\n  promoter policy test\n  promoter policy test --json",
)
@click.option("--json", "as_json", is_flag=True, help="Write JSON: every case with its differences.")
@click.pass_context
def cases(context: click.Context, as_json: bool) -> None:
    """Judge the facts of every case in cases/ and compare what is found; exit code 1 if anything differs.

    The samples of signers are tried by every command that reads the policies, and so by this one.
    """
    session: Session = context.obj
    configuration = session.configuration()
    known = configuration.cases()
    judge = Evaluator(open_expressions()).judge
    tried = tuple(try_case(case, judge) for case in known)
    if as_json:
        write_json(tried)
    else:
        for one in tried:
            _write(one)
        for policy in configuration.policies.values():
            for line in untested(policy, known):
                click.echo(f"note: no case of {policy.environment} makes {line} fail")
    context.exit(1 if any(one.differences for one in tried) else 0)


def _write(tried: Tried) -> None:
    click.echo(f"{'FAIL' if tried.differences else 'ok  '}  {tried.environment}: {one_line(tried.case)}")
    for one in tried.differences:
        click.echo(f"      {tried.place}: {one.what}")
        click.echo(f"      - wanted {one.wanted}")
        click.echo(f"      + got    {one.got}{f' ({one_line(one.sentence)})' if one.sentence else ''}")
