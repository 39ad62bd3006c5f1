"""`promoter deny`: withdraw a digest, a commit, a signer or a range of components, everywhere and at once."""

import click

from promoter.cli.person import account, check_text
from promoter.cli.session import Session
from promoter.cli.tables import denial_lines, write_json
from promoter.denials import lift_denial, list_denials, withdraw
from promoter.wiring import open_clock


@click.group(
    invoke_without_command=True,
    short_help="Withdraw what must run nowhere.",
    epilog="""\b
Examples:
  promoter deny --digest sha256:... --reason "built on a compromised runner, INC-812"
  promoter deny --component pkg:npm/left-pad --versions "<1.2.0" --reason "CVE-2026-1111"
  promoter deny list
  promoter deny lift denial-0123456789ab --reason "a false alarm, INC-812\"""",
)
@click.option("--digest", help="A manifest, whole: of a release, or of one platform of an index.")
@click.option("--commit", help="A source commit, whole.")
@click.option("--signer", help="A certificate's subject alternative name, exactly, or a key's fingerprint.")
@click.option("--component", help="A package URL; with its version, or with --versions, or all of them.")
@click.option("--versions", default="", help="Versions of the component, as VERS: '>=1.0.0|<1.2.3'.")
@click.option("--reason", callback=check_text, help="Why; people read it wherever the denial stops something.")
@click.option("--actor", callback=check_text, help="Who decided it, if not the account that runs this.")
@click.pass_context
def deny(context: click.Context, /, versions: str, reason: str | None, actor: str | None, **named: str | None) -> None:
    """Withdraw exactly one digest, commit, signer or component, for every service and environment.

    It takes effect at the next look at each service, or at once with `promoter once`: proposals that rest on it are
    closed with the reason, and where such a release runs, people are told what to go back to. `config/deny.yaml` does
    the same in a file; both add up. What it says is in the ledger for ever. Rules that cannot be read are no obstacle.
    """
    given = [(what, value) for what, value in named.items() if value is not None]
    if context.invoked_subcommand:
        if given or versions or reason or actor:
            raise click.UsageError(f"{context.invoked_subcommand} takes its options after its name")
        return
    if len(given) != 1:
        raise click.UsageError("name exactly one of --digest, --commit, --signer and --component")
    if not reason:
        raise click.UsageError("Missing option '--reason'")
    session: Session = context.obj
    journal = session.kept_store_of(session.machine().main).journal
    (what, value), now = given[0], open_clock().now()
    click.echo(withdraw(journal, (what, value, versions), reason, actor or account(), now))


@deny.command("list", short_help="Show what is denied.", epilog="\b\nExample:\n  promoter deny list --json")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """Show everything that is denied now, by command or in the file, and what it revoked."""
    configuration = session.configuration()
    rows = list_denials(session.kept_store(configuration).journal, configuration.denials)
    if as_json:
        write_json(rows)
        return
    for line in denial_lines(rows):
        click.echo(line)


@deny.command(
    "lift",
    short_help="End a denial.",
    epilog='\b\nExample:\n  promoter deny lift denial-0123456789ab --reason "a false alarm, INC-812"',
)
@click.argument("denial")
@click.option("--reason", required=True, callback=check_text, help="Why it may run again; kept in the ledger.")
@click.option("--actor", callback=check_text, help="Who decided it, if not the account that runs this.")
@click.pass_obj
def lift(session: Session, denial: str, reason: str, actor: str | None) -> None:
    """End a denial that a command made; what it revoked is judged again at the next look.

    One that stands in deny.yaml is ended by taking it out of the file.
    """
    journal = session.kept_store_of(session.machine().main).journal
    click.echo(lift_denial(journal, denial, reason, actor or account(), open_clock().now()))
