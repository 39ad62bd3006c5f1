"""Credentials of a registry host: none, an account, or whatever a Docker `config.json` says for that host.

A host's login is looked up only when that host asks for one. Docker's format: docs.docker.com, "docker login",
§credential stores; helpers speak the `docker-credential-<name> get` protocol of docker-credential-helpers.
"""

import base64
import binascii
import os
import re
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promoter.core.codes import Code
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import OutsideError

_HELPER_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HELPER_BYTES = 64 * 1024
_CONFIG_BYTES = 1024 * 1024
_TOKEN_USER = "<token>"  # a helper's user name that says: the secret is an identity token
_HUB = ("docker.io", "index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True, slots=True)
class Anonymous:
    """No credentials: the registry is read as anybody may read it."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user name and its password or token, read by the caller."""

    username: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """A Docker `config.json`; its directory is what `DOCKER_CONFIG` names.

    For a host its own `credHelpers` entry is asked first, then the `credsStore`, then `auths` is read. A helper has
    `helper_seconds` to answer.
    """

    path: Path
    helper_seconds: float = 10.0


Credentials = Anonymous | Account | DockerConfig


@dataclass(frozen=True, slots=True)
class Login:
    """What a host may be shown: an account, or an identity token (OAuth 2.0 refresh token)."""

    username: str = ""
    secret: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)


def login_for(host: str, credentials: Credentials) -> Login | None:
    """Give the login for one host, None where there is none.

    Raises OutsideError (unauthorized) for a configuration or helper that cannot be read; no text of theirs is quoted.
    """
    match credentials:
        case Anonymous():
            return None
        case Account(username, secret):
            return Login(username, secret)
        case DockerConfig():
            return _from_docker_config(host, credentials)


def _refused(host: str, why: str) -> OutsideError:
    return OutsideError(Code.OUTSIDE_UNAUTHORIZED, f"no login for {host}: {why}")


def _from_docker_config(host: str, docker: DockerConfig) -> Login | None:
    config = _read_config(host, docker.path)
    names = _HUB if host in _HUB else (host,)
    helper = next((name for key, name in _members(config, "credHelpers") if _host_of(key) in names), None)
    for program in (helper, config.get("credsStore")):
        if isinstance(program, str) and program and (login := _ask_helper(host, program, docker.helper_seconds)):
            return login
    entry = next((entry for key, entry in _members(config, "auths") if _host_of(key) in names), None)
    return _from_entry(host, docker.path, entry) if isinstance(entry, Mapping) else None


def _read_config(host: str, path: Path) -> Mapping[str, Any]:
    try:
        with path.open("rb") as file:
            raw = file.read(_CONFIG_BYTES + 1)
        if len(raw) > _CONFIG_BYTES:
            raise _refused(host, f"{path} is larger than {_CONFIG_BYTES} bytes")
        return read_object(raw)
    except OSError as error:
        raise _refused(host, f"{path} cannot be read: {error.strerror}") from error
    except Malformed as error:
        raise _refused(host, f"{path} is no Docker configuration: {error.detail}") from error


def _members(config: Mapping[str, Any], key: str) -> tuple[tuple[str, Any], ...]:
    value = config.get(key)
    return tuple(value.items()) if isinstance(value, Mapping) else ()


def _host_of(key: str) -> str:
    """Give the host of a key such as `registry.example`, `https://index.docker.io/v1/`."""
    return key.split("://", 1)[-1].split("/", 1)[0]


def _from_entry(host: str, path: Path, entry: Mapping[str, Any]) -> Login | None:
    """Read one `auths` entry: an identity token, user name and password, or both as base64 in `auth`."""
    text = {key: value for key, value in entry.items() if isinstance(value, str) and value}
    if "identitytoken" in text:
        return Login(identity_token=text["identitytoken"])
    if "username" in text and "password" in text:
        return Login(text["username"], text["password"])
    if "auth" not in text:
        return None  # what `docker login` leaves behind where a helper keeps the secret
    try:
        username, colon, secret = base64.b64decode(text["auth"], validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        colon = ""
    if not colon:
        raise _refused(host, f"its `auth` in {path} is not base64 of user:password; run docker login again")
    return Login(username, secret.rstrip("\0"))


def _ask_helper(host: str, name: str, seconds: float) -> Login | None:
    """Ask a credential helper; it may write 64 KiB, and a non-zero exit says that it knows no login."""
    if not _HELPER_NAME.fullmatch(name):
        raise _refused(host, f"{name[:60]!r} is not the name of a credential helper")
    program = f"docker-credential-{name}"
    code, output = _run(host, program, seconds)
    if code != 0:
        return None
    try:
        answer = read_object(output)
    except Malformed as error:
        raise _refused(host, f"{program} did not answer with JSON") from error
    username, secret = answer.get("Username"), answer.get("Secret")
    if not isinstance(username, str) or not isinstance(secret, str) or not secret:
        raise _refused(host, f"{program} answered without Username and Secret")
    return Login(identity_token=secret) if username == _TOKEN_USER else Login(username, secret)


def _run(host: str, program: str, seconds: float) -> tuple[int, bytes]:
    try:
        process = subprocess.Popen(
            [program, "get"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # so that what it starts ends with it
        )
    except OSError as error:
        raise _refused(host, f"{program} cannot be started: {error.strerror}; is it on PATH?") from error
    with process:
        try:
            _tell(process, host)
            output = _collect(process, ends := time.monotonic() + seconds)
            if len(output) > _HELPER_BYTES:
                raise _refused(host, f"{program} wrote more than {_HELPER_BYTES} bytes")
            return process.wait(max(0.0, ends - time.monotonic())), output
        except (subprocess.TimeoutExpired, TimeoutError) as error:
            raise _refused(host, f"{program} did not end within {seconds:g} s") from error
        finally:
            if process.returncode is None:  # with whatever it started
                os.killpg(process.pid, signal.SIGKILL)


def _tell(process: subprocess.Popen[bytes], host: str) -> None:
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as stdin:
        stdin.write(host.encode())


def _collect(process: subprocess.Popen[bytes], ends: float) -> bytes:
    """Read until the end, the cap (one byte over it) or the time; raises TimeoutError."""
    assert process.stdout is not None
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while len(output) <= _HELPER_BYTES:
            if not selector.select(max(0.0, ends - time.monotonic())):
                raise TimeoutError
            piece = os.read(process.stdout.fileno(), _HELPER_BYTES)
            if not piece:
                break
            output += piece
    return output
