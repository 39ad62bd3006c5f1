"""`promoter verify`."""

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from promoter.cli.session import Session, find_environment
from promoter.cli.tables import verdict_lines, write_json
from promoter.core.finding import Outcome
from promoter.core.verdict import Verdict
from promoter.ports import OutsideError
from promoter.strict_yaml import ConfigError
from promoter.verification import parse_reference, recompute, verify_reference
from promoter.wiring import make_signatures, open_clock, open_verification

_EXIT = {Outcome.PASS: 0, Outcome.FAIL: 1, Outcome.UNDECIDED: 3}


@click.command(
    short_help="Judge a release by a policy, now.",
    epilog="""\b
Examples:
  promoter verify cart:1.4.0 --env prod
  promoter verify registry.example/shop/cart:1.4.0@sha256:... --env prod --json
  promoter verify --decision sha256:...

\b
With --json: {"v": 1, "outcome": "pass" | "fail" | "undecided", "service", "release", "digest", "environment",
"phase", "policy", "at", "findings": [{"check", "mode", "outcome", "sentence", "reasons": [{"code", "sentence",
"remedy", "state"}], "cites", "noted", "asides": [{"sentence", "code"}] and "exceptions": [ids that it is waived by],
where there are any}]}; a reason about single things also has "items": [{"id", "aliases", "purl", "severity"}]; with
--decision also "decision" and "reproduced". Where the world did not answer: {"v": 1, "outcome": "undecided",
"error"}. Keys may be added; none changes its meaning under the same "v".""",
)
@click.argument("reference", required=False)
@click.option("--env", "environment", help="The environment whose policy is asked.")
@click.option("--decision", help="Compute a kept decision again, offline, and compare it byte for byte.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def verify(
    session: Session, reference: str | None, environment: str | None, decision: str | None, as_json: bool
) -> None:
    """Judge a release by an environment's policy now: exit code 0 pass, 1 fail, 3 undecided.

    Needs no running bot and keeps nothing: fit for a team's own pipeline. REFERENCE is service:release or an image with
    its tag, either with @sha256:...; one that the registry does not have ends with 2. Gates (order, soak, approvals)
    are not asked.
    """
    if decision:
        if reference or environment:
            raise click.UsageError("--decision names everything; give no reference and no --env with it")
        sys.exit(_decision(session, decision, as_json))
    if not reference or not environment:
        raise click.UsageError("give a reference and --env, or --decision")
    configuration = session.configuration()
    asked, name = parse_reference(reference, configuration), find_environment(configuration, environment)
    try:
        with tempfile.TemporaryDirectory() as folder:
            denials = session.denials(configuration)
            world = open_verification(configuration.promoter, session.directory, Path(folder), denials)
            verdict = verify_reference(asked, name, configuration, world, open_clock().now())
    except OutsideError as error:
        if as_json:
            write_json({"v": 1, "outcome": Outcome.UNDECIDED, "error": str(error)})
        raise
    _write(verdict, as_json)
    sys.exit(_EXIT[verdict.outcome])


def _write(verdict: Verdict, as_json: bool, **more: object) -> None:
    if as_json:
        write_json({**_document(verdict), **more})
    else:
        for line in verdict_lines(verdict):
            click.echo(line)


def _document(verdict: Verdict) -> Mapping[str, object]:
    """Give a verdict in the shape that the command's help promises."""
    return {
        "v": 1,
        "outcome": verdict.outcome,
        "service": verdict.candidate.service,
        "release": verdict.candidate.release,
        "digest": verdict.candidate.digest,
        "environment": verdict.environment,
        "phase": verdict.phase,
        "policy": verdict.policy,
        "at": verdict.at,
        "findings": verdict.findings,
    }


def _decision(session: Session, digest: str, as_json: bool) -> int:
    configuration = session.configuration()
    try:
        found = recompute(digest, session.kept_store(configuration).blobs, make_signatures)
    except ValueError as error:
        raise ConfigError(f"--decision {digest}: {error}") from None
    _write(found.verdict, as_json, decision=digest, reproduced=found.is_same)
    if not as_json:
        same = "reproduced: the same bytes" if found.is_same else "NOT reproduced: other bytes than those kept"
        click.echo(f"decision {digest} {same}")
    return os.EX_OK if found.is_same else 1
