"""Git, run by GitPython: bounded in time, with nothing of the machine's configuration, and with its errors read.

Rule 1: without a remote git cannot reach the network; with one it reaches that address, follows no redirect, uses no
proxy and asks nobody for a password.
Rule 2: the token travels in the environment, never in an argument, a file or an error text.
Only GitPython's command wrapper is used: its own index, push and clone ignore time limits or report failure as success.
"""

import base64
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from git import Git
from git.exc import GitCommandNotFound

from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport.git_names import Address, Person, RefusedName

MAX_FILE_SIZE = 8 * 1024**3
"""Bytes of the largest file that git may write: a pack."""

_SETTINGS = (
    ("core.hooksPath", os.devnull),
    ("credential.helper", ""),
    ("http.followRedirects", "false"),
    ("http.proxy", ""),
    ("protocol.version", "2"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("submodule.recurse", "false"),
    ("push.recurseSubmodules", "no"),
)
_INHERITED = {"GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_EXEC_PATH"}  # a private forge's CA; where git is installed
_CODES = (
    (r"error: 3\d\d\b|redirect", Code.OUTSIDE_REDIRECT_REFUSED),
    (r"error: 401\b|could not read (Username|Password)|Authentication failed", Code.OUTSIDE_UNAUTHORIZED),
    (r"error: 403\b", Code.OUTSIDE_FORBIDDEN),
    (r"error: 404\b|repository '.*' not found|couldn't find remote ref", Code.OUTSIDE_NOT_FOUND),
    (r"error: 429\b", Code.OUTSIDE_RATE_LIMITED),
    (r"error: 5\d\d\b", Code.OUTSIDE_SERVER_ERROR),
    (r"[Tt]imed out|too slow", Code.OUTSIDE_TIMEOUT),
    (r"Could not resolve|[Ff]ailed to connect|Couldn't connect|Connection re(?:fused|set)", Code.OUTSIDE_UNREACHABLE),
    (r"certificate|gnutls|SSL|TLS", Code.OUTSIDE_UNREACHABLE),
    (rf"[Oo]ut of memory|died of signal {signal.SIGXFSZ:d}|File too large", Code.OUTSIDE_TOO_LARGE),
    (r"[Nn]ot a valid object|[Bb]ad (object|revision)", Code.OUTSIDE_NOT_FOUND),
)
_FETCH_REFUSED = re.compile(
    r"transport '\w+' not allowed"
)  # a partial clone asks for what it lacks: not without network
_MAX_DETAIL = 300
_HUNG_UP = -signal.SIGPIPE  # the fetch that git itself had started failed first: git cleared up, and said why


@dataclass(frozen=True, slots=True)
class Remote:
    """The repository on the forge, and who gives the token for it: asked anew for each call, None for anonymous."""

    address: Address
    token: Callable[[], str] | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Signature:
    """Who made a commit, and when: git's author and committer in one."""

    name: Person
    email: Person
    at: datetime

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise RefusedName("the time of a commit needs its time zone")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of git: its arguments, standard input, what signs a commit, the remote it may reach, an extra status.

    `also` is an exit status that is an answer too, beside 0.
    """

    arguments: tuple[str, ...]
    stdin: bytes = field(default=b"", repr=False)
    signature: Signature | None = None
    remote: Remote | None = None
    also: int = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """How git ended: exit status, standard output, and its error text with the token taken out."""

    status: int
    out: bytes = field(repr=False)
    err: str


class GitKilledError(OutsideError):
    """Git was killed, by the time limit or by somebody else: what it was writing may lie about half-written."""


@dataclass(frozen=True, slots=True)
class GitCommand:
    """Git on one bare repository.

    After `silence` seconds without a byte a connection is given up. Where the system has `prlimit` (any Linux), each of
    git's processes gets at most `memory` bytes, and no file grows over MAX_FILE_SIZE: elsewhere time is the only bound.
    """

    repository: Path
    silence: int
    memory: int

    def run(self, call: Call, seconds: float, lock_file: int) -> Answer:
        """Run git for at most `seconds`; the open `lock_file` is handed down to it and to all that it starts.

        Raises OutsideError; GitKilledError where git did not end by itself.
        """
        name = call.arguments[0]
        if seconds <= 0:
            raise OutsideError(Code.OUTSIDE_TIMEOUT, f"no time was left for git {name}")
        token = call.remote.token() if call.remote and call.remote.token else ""
        try:
            with _opened(call.stdin) as source:
                answer = self._execute(call, source, self._environment(call, token), (seconds, lock_file))
        except OSError as error:
            raise OutsideError(Code.OUTSIDE_UNREACHABLE, f"git {name} cannot be run: {error.strerror}") from None
        if answer.status < 0 and answer.status != _HUNG_UP:
            raise GitKilledError(Code.OUTSIDE_TIMEOUT, f"git {name} was killed, {seconds:.1f} s being its limit")
        err = _without(answer.err, token)
        if answer.status not in {0, call.also}:
            raise error_of(name, err)
        return Answer(answer.status, answer.out, err)

    def _execute(
        self, call: Call, source: int | None, environment: dict[str, str], bounds: tuple[float, int]
    ) -> Answer:
        foreign = sorted(n for n in os.environ if n.startswith("GIT_") and n not in _INHERITED | environment.keys())
        cleaned = ["env", *(f"--unset={name}" for name in foreign)] if foreign else []
        prlimit = shutil.which("prlimit")
        bounded = [prlimit, f"--data={self.memory}", f"--fsize={MAX_FILE_SIZE}"] if prlimit else []
        try:
            ended: object = Git().execute(
                [*bounded, *cleaned, str(Git.GIT_PYTHON_GIT_EXECUTABLE), *call.arguments],
                istream=source,
                with_extended_output=True,
                with_exceptions=False,
                stdout_as_string=False,
                strip_newline_in_stdout=False,
                kill_after_timeout=bounds[0],
                env=environment,
                pass_fds=(bounds[1],),
            )
        except GitCommandNotFound:
            raise OutsideError(Code.OUTSIDE_UNREACHABLE, "git cannot be started: is it installed?") from None
        match ended:
            case (int(status), bytes(out), str(err)):
                return Answer(status, out, err)
            case _:
                raise AssertionError("GitPython answers with status, output and error text")

    def _environment(self, call: Call, token: str) -> dict[str, str]:
        settings = list(_SETTINGS)
        environment = {
            "GIT_DIR": str(self.repository),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_ALLOW_PROTOCOL": "none",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_HTTP_LOW_SPEED_LIMIT": "1",
            "GIT_HTTP_LOW_SPEED_TIME": str(self.silence),
            "LC_ALL": "C",
        }
        if call.remote:
            environment["GIT_ALLOW_PROTOCOL"] = call.remote.address.partition(":")[0]
            if token:
                header = f"Authorization: Basic {_basic(token)}"
                settings.append((f"http.{call.remote.address}.extraHeader", header))
        if call.signature:
            environment |= _signing(call.signature)
        for number, (key, value) in enumerate(settings):
            environment |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
        return environment | {"GIT_CONFIG_COUNT": str(len(settings))}


def error_of(command: str, err: str) -> OutsideError:
    """Turn git's error text into an OutsideError: its code, and the first line that says what went wrong.

    What the server has said ("remote: ...") is foreign text and decides nothing.
    """
    lines = [line for line in err.splitlines() if line.startswith(("fatal:", "error:"))]
    if any(_FETCH_REFUSED.search(line) for line in lines):
        return OutsideError(Code.OUTSIDE_NOT_FOUND, f"git {command}: an object is not in the clone; refresh brings it")
    code = next((c for pattern, c in _CODES if re.search(pattern, "\n".join(lines))), Code.OUTSIDE_BAD_ANSWER)
    return OutsideError(code, f"git {command}: {printable(lines[0] if lines else 'it failed without saying why')}")


def printable(text: str) -> str:
    """Make foreign text fit for an error's detail: one line, no control characters, at most 300 characters."""
    return "".join(character if character.isprintable() else " " for character in text[:_MAX_DETAIL])


def _signing(signature: Signature) -> dict[str, str]:
    date = f"@{int(signature.at.timestamp())} +0000"
    return {
        f"GIT_{role}_{key}": value
        for role in ("AUTHOR", "COMMITTER")
        for key, value in (("NAME", signature.name), ("EMAIL", signature.email), ("DATE", date))
    }


def _basic(token: str) -> str:
    """Encode a token for HTTP basic authentication; forges take any user name beside it."""
    if not token.isascii() or not token.isprintable():
        raise OutsideError(Code.OUTSIDE_UNAUTHORIZED, "the token for git has characters that no token has")
    return base64.b64encode(f"x-access-token:{token}".encode()).decode()


def _without(text: str, token: str) -> str:
    return text.replace(token, "***").replace(_basic(token), "***") if token else text


@contextmanager
def _opened(data: bytes) -> Iterator[int | None]:
    """Give bytes as a real file, which is what GitPython can hand to a process as its standard input."""
    if not data:
        yield None
        return
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        yield file.fileno()
