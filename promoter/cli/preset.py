"""`promoter policy preset`: policies to begin with."""

import click

from promoter.cli.tables import write_json
from promoter.config_errors import suggest
from promoter.presets import PRESETS, read_preset, title_of
from promoter.strict_yaml import ConfigError


@click.command(
    short_help="Print a policy to begin with.",
    epilog="""\b
Examples:
  promoter policy preset                                   which there are, the first step first
  promoter policy preset sbom-and-scan > config/policies/staging.yaml""",
)
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Write JSON: name, title and text of each.")
def preset(name: str | None, as_json: bool) -> None:
    """Print the starter policy NAME, with a comment for every key; without NAME, list them.

    They stand in the order in which a team adopts them: each demands what the one before demands, and more.
    """
    if name is not None and name not in PRESETS:
        raise ConfigError(f"no preset {name!r}{suggest(name, PRESETS)}")
    chosen = (name,) if name else PRESETS
    if as_json:
        write_json([{"name": one, "title": title_of(one), "text": read_preset(one)} for one in chosen])
    elif name:
        click.echo(read_preset(name), nl=False)
    else:
        for one in PRESETS:
            click.echo(f"{one:14} {title_of(one)}")
