"""`promoter observe`: a pipeline or an admission controller tells what really runs."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, Literal

import click

from promoter.cli.person import account, check_optional_text, check_text
from promoter.cli.session import Session, find_environment, find_service
from promoter.core.candidate import Digest, parse_digest
from promoter.core.record import RuntimeSeen
from promoter.core.runtime import Health, HealthSource
from promoter.wiring import open_clock

_WHAT: Final[Mapping[str | None, Literal["deployment", "admitted", "denied"]]] = {
    None: "deployment",
    "admitted": "admitted",
    "denied": "denied",
}


def _read_digest(_: click.Context, option: click.Parameter, text: str) -> Digest:
    try:
        return parse_digest(text)
    except ValueError as error:
        raise click.BadParameter(str(error), param=option) from None


@click.command(
    short_help="Write down what really runs, as a cluster says.",
    epilog="""\b
Examples:
  promoter observe cart --env staging --digest sha256:... --health healthy --identity deployment/shop/cart
  promoter observe cart --env prod --digest sha256:... --admission denied --identity policy-controller""",
)
@click.argument("service")
@click.option("--env", "environment", required=True, help="The environment.")
@click.option("--digest", required=True, callback=_read_digest, help="Digest of the image that runs, or would run.")
@click.option(
    "--health",
    type=click.Choice([one.value for one in Health]),
    default=Health.UNKNOWN.value,
    show_default=True,
    help="How it is doing.",
)
@click.option(
    "--admission", type=click.Choice(["admitted", "denied"]), help="Whether the cluster let it in, where it was asked."
)
@click.option("--identity", required=True, callback=check_text, help="What says so: kind, namespace, name, uid.")
@click.option("--revision", default="", callback=check_optional_text, help="Git commit that was applied.")
@click.option("--detail", default="", callback=check_optional_text, help="Its own words.")
@click.option("--at", "observed", type=click.DateTime(["%Y-%m-%dT%H:%M:%SZ"]), help="When it was seen, in UTC.")
@click.pass_obj
def observe(
    session: Session,
    service: str,
    *,
    environment: str,
    digest: Digest,
    health: str,
    admission: str | None,
    identity: str,
    revision: str,
    detail: str,
    observed: datetime | None,
) -> None:
    """Write down what really runs in an environment: a deployment, or what an admission controller decided.

    With `health: {source: reported}` this is what a soak waits for. Whoever may run this command is believed.
    """
    configuration = session.configuration()
    name = find_service(configuration, service).name
    entry = RuntimeSeen(
        at=open_clock().now(),
        service=name,
        environment=find_environment(configuration, environment),
        what=_WHAT[admission],
        health=Health(health),
        source=HealthSource.REPORTED,
        digests=(digest,),
        revision=revision,
        identity=identity,
        observed=observed.replace(tzinfo=UTC) if observed else None,
        detail=detail,
        actor=account(),
    )
    session.kept_store(configuration).journal.write(name, lambda _: (entry,))
    click.echo(f"{name} in {environment}: {entry.what}, {health}, written down")
