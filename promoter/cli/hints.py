"""`promoter wake`, and what `promoter run --listen` needs: the address, and the secret of those who may call."""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import click
import requests

from promoter.cli.session import Session, find_service
from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.scheduler import Loop
from promoter.strict_yaml import ConfigError
from promoter.web.hooks import WAKE_PATH, Hooks
from promoter.web.listener import Address, listening, parse_address

_SHORTEST = 16  # characters of a secret
_LONGEST = 1000
_SECONDS = 10.0

Hints = Callable[[Loop], AbstractContextManager[Address]]
"""Listens for hints while a loop runs."""


def read_hints(listen: str | None, secret_file: Path | None) -> Hints | None:
    """Give what listens, None where nobody asked for it; raises ConfigError for a secret that cannot be used."""
    if listen is None or secret_file is None:
        if listen or secret_file:
            raise click.UsageError("give both --listen and --webhook-secret-file, or neither")
        return None
    address, secret = parse_address(listen), read_secret(secret_file)

    def listen_with(loop: Loop) -> AbstractContextManager[Address]:
        return listening(Hooks(secret, lambda: loop.configuration, loop.wake), address)

    return listen_with


def read_secret(path: Path) -> bytes:
    """Read a secret from its file; raises ConfigError, which never repeats it."""
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise ConfigError(f"--webhook-secret-file: {path} cannot be read: {why}") from None
    if not (_SHORTEST <= len(text) <= _LONGEST and text.isascii() and text.isprintable() and " " not in text):
        demand = f"{_SHORTEST} to {_LONGEST} characters of ASCII without blanks, as `openssl rand -hex 32` makes them"
        raise ConfigError(f"--webhook-secret-file: {path} must hold one secret: {demand}")
    return text.encode()


@click.command(
    short_help="Let the running bot look now.",
    epilog="\b\nExample:\n  promoter wake cart --at 127.0.0.1:8080 --webhook-secret-file /etc/promoter/hooks.secret",
)
@click.argument("services", nargs=-1)
@click.option("--at", required=True, metavar="HOST:PORT", help="Where the bot listens (`promoter run --listen`).")
@click.option(
    "--webhook-secret-file",
    "secret_file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File with the secret that the bot was started with.",
)
@click.pass_obj
def wake(session: Session, services: tuple[str, ...], at: str, secret_file: Path) -> None:
    """Let the running bot look at services now, all of them unless some are named: after `promoter deny`, say.

    A service that was looked at a moment ago, or waits for a world that does not answer, is looked at when it may be.
    """
    configuration = session.configuration()
    names = [find_service(configuration, name).name for name in services]
    address, secret = parse_address(at), read_secret(secret_file)
    if not address.is_loopback:
        raise ConfigError(f"--at: {address} is not on this machine; the secret is sent as it is, so call it there")
    headers = {"Authorization": f"Bearer {secret.decode()}"}
    try:
        answer = requests.post(
            f"http://{address}{WAKE_PATH}",
            json={"services": names, "nonce": secrets.token_hex(16)},
            headers=headers,
            timeout=_SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException:
        raise OutsideError(Code.OUTSIDE_UNREACHABLE, f"no bot answers at {at}; does it run with --listen?") from None
    if answer.status_code != 202:
        raise OutsideError(Code.OUTSIDE_UNAUTHORIZED, f"what answers at {at} did not take it: {answer.status_code}")
    click.echo("woken: " + (", ".join(names) or "all services"))
