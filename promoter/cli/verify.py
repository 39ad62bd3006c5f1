"""`promoter verify`."""

import os
import sys
import tempfile
from pathlib import Path

import click

from promoter.adapters.clock_system import SystemClock
from promoter.cli.session import Session, find_environment
from promoter.cli.tables import console, verdict_lines, write_json
from promoter.core.finding import Outcome
from promoter.core.verdict import Verdict
from promoter.strict_yaml import ConfigError
from promoter.verification import parse_reference, recompute, verify_reference
from promoter.wiring import make_signatures, open_verification

_EXIT = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.UNDECIDED: 3}


@click.command(
    epilog="Examples: promoter verify cart:1.4.0 --env prod; "
    "promoter verify registry.example/shop/cart:1.4.0@sha256:... --env prod --json; "
    "promoter verify --decision sha256:..."
)
@click.argument("reference", required=False)
@click.option("--env", "environment", help="The environment whose policy is asked.")
@click.option("--decision", help="Compute a kept decision again, offline, and compare it byte for byte.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def verify(
    session: Session, reference: str | None, environment: str | None, decision: str | None, as_json: bool
) -> None:
    """Judge a release by an environment's policy now: 0 pass, 1 fail, 3 undecided. Needs no running bot."""
    if decision:
        sys.exit(_decision(session, decision, as_json))
    if not reference or not environment:
        raise click.UsageError("give a reference and --env, or --decision")
    configuration = session.configuration()
    asked, name = parse_reference(reference, configuration), find_environment(configuration, environment)
    with tempfile.TemporaryDirectory() as folder:
        world = open_verification(configuration.promoter, session.directory, Path(folder))
        verdict = verify_reference(asked, name, configuration, world, SystemClock().now())
    _write(verdict, as_json)
    sys.exit(_EXIT[verdict.outcome])


def _write(verdict: Verdict, as_json: bool) -> None:
    if as_json:
        write_json({"outcome": verdict.outcome, "verdict": verdict})
    else:
        console().print("\n".join(verdict_lines(verdict)), markup=False, soft_wrap=True)


def _decision(session: Session, digest: str, as_json: bool) -> int:
    configuration = session.configuration()
    try:
        found = recompute(digest, session.store(configuration).blobs, make_signatures, configuration)
    except ValueError as error:
        raise ConfigError(f"--decision {digest}: {error}") from None
    _write(found.verdict, as_json)
    same = "reproduced: the same bytes" if found.is_same else "NOT reproduced: other bytes than those kept"
    click.echo(f"{digest} {same}", err=as_json)
    return os.EX_OK if found.is_same else 1
