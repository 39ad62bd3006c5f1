"""Who runs a command, and what they say: as it goes into the ledger, for people to read there."""

import getpass
import os
from typing import Final

import click

TEXT_LIMIT: Final = 1000
"""Characters of a reason or a name."""


def check_text(_: click.Context, option: click.Parameter, text: str | None) -> str | None:
    """Refuse what the ledger could not hold, or people could not read there."""
    if text is not None and not (text.strip() and text.isprintable() and len(text) <= TEXT_LIMIT):
        raise click.BadParameter(f"must be one line of at most {TEXT_LIMIT} readable characters", param=option)
    return text


def check_optional_text(context: click.Context, option: click.Parameter, text: str) -> str:
    """Refuse the same, unless nothing is said."""
    return check_text(context, option, text) or "" if text else ""


def account() -> str:
    """Name the account that runs this; in a container it may have no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid {os.getuid()}"
