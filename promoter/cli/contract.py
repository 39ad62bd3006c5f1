"""`promoter contract`: what an environment demands of a service, in words."""

import click

from promoter.cli.session import Session, find_environment, find_service
from promoter.cli.tables import write_json
from promoter.config_errors import suggest
from promoter.core.contract import Contract, contract_of
from promoter.core.escape import one_line
from promoter.strict_yaml import ConfigError


@click.command(
    short_help="Say all that an environment demands of a service.",
    epilog="""\b
Examples:
  promoter contract cart --env prod
  promoter contract cart --env prod --json""",
)
@click.argument("service")
@click.option("--env", "environment", required=True, help="The environment.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON.")
@click.pass_obj
def contract(session: Session, service: str, environment: str, as_json: bool) -> None:
    """Say in words all that a release of SERVICE must show: evidence, signers, thresholds, approval and admission.

    What classes of the service add is part of it. Exceptions are not: they permit what the contract does not.
    Nobody is asked: it is what the configuration says.
    """
    configuration = session.configuration()
    found = find_service(configuration, service)
    name = find_environment(configuration, environment)
    policies = configuration.demands(found)
    if name not in policies:
        raise ConfigError(f"{service} is not promoted to {name!r}{suggest(name, policies)}")
    node = next(node for node in configuration.graph if node.name == name)
    agreed = contract_of(found, node, policies[name])
    if as_json:
        write_json(agreed)
    else:
        _write(agreed)


def _write(agreed: Contract) -> None:
    classes = f" (of the class {' and '.join(agreed.classes)})" if agreed.classes else ""
    click.echo(f"What {agreed.environment} demands of {agreed.service}{classes}, by the policy {agreed.policy}")
    for clause in agreed.clauses:
        terms = f" ({', '.join(clause.terms)})" if clause.terms else ""
        click.echo(f"\n{one_line(clause.title)}{terms}")
        for demand in clause.demands:
            click.echo(f"  - {one_line(demand, 2_000)}")
