"""Registry, forge and signing authority on loopback, with the accounts and repositories of a small company.

Everything the bot needs to find them is in `variables`: the bot is configured as for any other world.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from promoter.adapters.registry_oci import OciRegistry
from promoter.local.authority import Authority
from promoter.local.forge.accounts import Kind, Role
from promoter.local.forge.forge import LocalForge
from promoter.local.forge.person import Person
from promoter.local.registry import LocalRegistry
from promoter.local.team import Team
from promoter.ports import Clock
from promoter.transport.registry_auth import Endpoint

REGISTRY_HOST = "registry.acme.example"
FORGE_HOST = "https://forge.acme.example"
ENVIRONMENTS = "platform/environments"
AUTHOR = "ada"  # writes the services: her approval of her own release does not count
MANAGERS = ("mia", "omar")
ADMIN = "ines"


@dataclass(frozen=True, slots=True)
class SourceRelease:
    """A release in a service's source repository: its git tag and the commit it names."""

    tag: str
    commit: str


class World:
    """A running world; use it as a context manager."""

    def __init__(self, directory: Path, environments: Path, clock: Clock) -> None:
        """Prepare a world in `directory`; its environment repository begins with the files of `environments`."""
        self.directory = directory
        self.clock = clock
        self.registry = LocalRegistry()
        self.forge = LocalForge(directory / "forge", clock)
        self.authority = Authority(clock, directory / "authority")
        self._environments = environments
        self._tokens: dict[str, str] = {}
        self._registry_url = ""

    def __enter__(self) -> Self:
        """Start the servers and found the company."""
        (self.directory / "authority").mkdir(parents=True, exist_ok=True)
        self._registry_url = self.registry.start()
        self.forge.start()
        self.authority.start()
        self._found()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the servers."""
        self.authority.stop()
        self.forge.stop()
        self.registry.stop()

    def _found(self) -> None:
        """Make the accounts, the environment repository with its protection, and the bot's token file."""
        for login, role in ((AUTHOR, Role.WRITE), *((name, Role.WRITE) for name in MANAGERS), (ADMIN, Role.ADMIN)):
            self._tokens[login] = self.forge.account(login, role=role, email=f"{login}@acme.example")
        email = "promoter-bot@acme.example"
        token = self.forge.account("promoter-bot", kind=Kind.BOT, role=Role.WRITE, email=email)
        path = self.forge.create_repository(*ENVIRONMENTS.split("/"))
        import_files(path, self._environments, "environments", self.clock)
        contexts = tuple(f"promoter/{folder.name}" for folder in self._environments.iterdir() if folder.name != "base")
        self.forge.protect(ENVIRONMENTS, "main", contexts)
        token_file = self.directory / "forge-token"
        token_file.touch(mode=0o600)
        token_file.write_text(token, encoding="utf-8")

    def variables(self, state: Path) -> Mapping[str, str]:
        """Give the environment variables that `config/promoter.yaml` is filled in with."""
        return {
            "PROMOTER_STATE": str(state),
            "PROMOTER_REGISTRY": self._registry_url,
            "PROMOTER_FORGE_API": self.forge.api_url,
            "PROMOTER_FORGE_GIT": self.forge.url,
            "PROMOTER_TOKEN_FILE": str(self.directory / "forge-token"),
            "PROMOTER_TRUSTED_ROOT": str(self.authority.trusted_root),
        }

    def person(self, login: str) -> Person:
        """Give somebody's hands on the environment repository."""
        return self.hands(login, ENVIRONMENTS)

    def author(self, service: str) -> Person:
        """Give the author's hands on a service's source repository."""
        return self.hands(AUTHOR, f"shop/{service}")

    def hands(self, login: str, repository: str) -> Person:
        """Give somebody's hands on any repository `owner/name`."""
        return Person(self.forge.url, self._tokens[login], repository)

    def team(self) -> Team:
        """Give a service team with its registry client."""
        return Team(OciRegistry((Endpoint(REGISTRY_HOST, self._registry_url),)), self.authority, self.clock)

    def page(self, number: int) -> str:
        """Give the address of a pull request's page."""
        return f"{self.forge.url}/{ENVIRONMENTS}/pull/{number}"

    def create_source(self, service: str) -> None:
        """Make a service's source repository."""
        path = self.forge.create_repository("shop", service)
        commit_file(path, "README.md", f"# {service}\n", f"Begin {service}", self.clock)

    def release_source(self, service: str, release: str, change: str) -> SourceRelease:
        """Commit a change to a service's source and tag it."""
        path = self.directory / "forge" / "shop" / f"{service}.git"
        commit = commit_file(path, "CHANGES", f"{release}: {change}\n", change, self.clock)
        tag = f"v{release}"
        _git(path, "update-ref", f"refs/tags/{tag}", commit)
        return SourceRelease(tag, commit)


def import_files(repository: Path, folder: Path, prefix: str, clock: Clock) -> None:
    """Make the first commit of a bare repository from the files of a folder, under `prefix`."""
    lines = [b"commit refs/heads/main\n", _committer(clock), _data(b"Begin the environments\n")]
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = f"{prefix}/{path.relative_to(folder).as_posix()}"
        lines += [f"M 100644 inline {name}\n".encode(), _data(path.read_bytes())]
    _git(repository, "fast-import", "--quiet", stdin=b"".join(lines))


def commit_file(repository: Path, name: str, text: str, message: str, clock: Clock) -> str:
    """Commit one file to the main branch of a bare repository; gives the commit."""
    parent = _git(repository, "for-each-ref", "--format=%(objectname)", "refs/heads/main")
    lines = [b"commit refs/heads/main\n", _committer(clock), _data(f"{message}\n".encode())]
    lines += [f"from {parent}\n".encode()] if parent else []
    lines += [f"M 100644 inline {name}\n".encode(), _data(text.encode())]
    _git(repository, "fast-import", "--quiet", stdin=b"".join(lines))
    return _git(repository, "rev-parse", "refs/heads/main")


def _committer(clock: Clock) -> bytes:
    return f"committer {AUTHOR} <{AUTHOR}@acme.example> {int(clock.now().timestamp())} +0000\n".encode()


def _data(content: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(content), content)


def _git(repository: Path, *arguments: str, stdin: bytes = b"") -> str:
    environment = {"PATH": os.environ.get("PATH", ""), "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(
        ["git", "-C", str(repository), *arguments],
        input=stdin,
        capture_output=True,
        env=environment,
        timeout=60,
        check=True,
        start_new_session=True,  # Ctrl-C in a terminal is for us alone
    )
    return done.stdout.decode().strip()
