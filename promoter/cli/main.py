"""`promoter`: the group of all commands, and the exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 undecided."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from promoter import __version__
from promoter.cli.check import config
from promoter.cli.contract import contract
from promoter.cli.decide import hold, promote, release, unhold
from promoter.cli.demo import demo
from promoter.cli.deny import deny
from promoter.cli.exceptions import exception
from promoter.cli.hints import wake
from promoter.cli.log import log
from promoter.cli.observe import observe
from promoter.cli.operate import once, run
from promoter.cli.policy import policy
from promoter.cli.selftest import selftest
from promoter.cli.session import Session
from promoter.cli.tell import explain, status
from promoter.cli.trust import trust
from promoter.cli.verify import verify
from promoter.ports import OutsideError
from promoter.strict_yaml import ConfigError


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    epilog="""\b
Exit codes: 0 pass, 1 fail, 2 usage or configuration, 3 undecided (the world did not answer: try again).

\b
Examples:
  promoter demo                                the whole story on this machine
  promoter --config /etc/promoter config check
  promoter --config /etc/promoter run
  promoter explain cart --env prod             why is it not in prod, and whose turn is it?""",
)
@click.version_option(__version__, prog_name="promoter")
@click.option(
    "--config",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default="config",
    show_default=True,
    envvar="PROMOTER_CONFIG",
    show_envvar=True,
    help="The configuration directory.",
)
@click.pass_context
def promoter(context: click.Context, directory: Path) -> None:
    """Verified digests become digest-pinned promotion pull requests with their evidence."""
    context.obj = Session(directory)


COMMANDS = (
    run,
    once,
    wake,
    promote,
    hold,
    unhold,
    release,
    deny,
    exception,
    observe,
    status,
    explain,
    verify,
    log,
    trust,
    contract,
    policy,
    config,
    selftest,
    demo,
)
for command in COMMANDS:
    promoter.add_command(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; the operator's mistakes end with 2, a silent world with 3, both with the remedy.

    Ctrl-C ends with 130, as `promoter.__main__` has it for the time before.
    """
    try:
        promoter.main(arguments, prog_name="promoter", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.Abort:  # click's name for Ctrl-C
        click.echo("Aborted!", err=True)
        sys.exit(130)
    except ConfigError as error:
        for problem in error.problems:
            click.echo(f"promoter: {problem}", err=True)
        sys.exit(2)
    except OutsideError as error:
        click.echo(f"promoter: undecided: {error}", err=True)
        sys.exit(3)
