"""A repository of rules at the forge, as people change it: by commits, pull requests, reviews and merges."""

import subprocess
from itertools import count
from pathlib import Path

from promoter.local.forge.person import Person
from promoter.local.world import World


class RulesRepository:
    """Rules below `rules/` on the branch main, in a repository of their own; one person makes every change."""

    def __init__(self, world: World, name: str, author: str = "ada") -> None:
        self.name = name
        self._author = author
        self._world = world
        self._path = world.forge.create_repository(*name.split("/"))
        self._changes = count(1)

    def move_from(self, config: Path, demands: str = "") -> str:
        """Move the rules of a configuration directory here; gives the commit. `demands` are further keys of `rules`."""
        main = config / "promoter.yaml"
        machine, _, graph = main.read_text(encoding="utf-8").partition("environments:\n")
        rules = f"rules:\n  repository: {self.name}\n  path: rules\n  refresh: 1s\n{demands}"
        main.write_text(machine + rules, encoding="utf-8")
        found = [file for file in sorted(config.rglob("*.yaml")) if file != main]
        files = {file.relative_to(config).as_posix(): file.read_text(encoding="utf-8") for file in found}
        for file in found:
            file.unlink()
        return self.commit({**files, "environments.yaml": f"environments:\n{graph}"}, "main")

    def commit(self, files: dict[str, str], branch: str) -> str:
        """Commit files of the rules, on a branch that is made from main where it is new; gives the commit."""
        known = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}", "refs/heads/main").split()
        tip = self.git("for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}") or (known[0] if known else "")
        stream = (
            f"commit refs/heads/{branch}\ncommitter {self._author} <{self._author}@acme.example> 1790000000 +0000\n"
        )
        stream += "data 7\nchange\n\n"
        stream += f"from {tip}\n" if tip else ""
        for name, text in files.items():
            stream += f"M 100644 inline rules/{name}\ndata {len(text.encode())}\n{text}\n"
        self.git("fast-import", "--quiet", "--force", entered=stream)
        return self.git("rev-parse", f"refs/heads/{branch}")

    def propose(self, files: dict[str, str], *approvers: str) -> int:
        """Open a pull request and approve it; gives its number."""
        branch = f"change-{next(self._changes)}"
        head = self.commit(files, branch)
        number = self.person(self._author).propose(branch, "Change a policy")
        for login in approvers:
            self.person(login).approve(number, head)
        return number

    def approve(self, number: int, *logins: str) -> None:
        """Approve what a pull request has, merged or not."""
        for login in logins:
            self.person(login).approve(number, self.head(number))

    def head(self, number: int) -> str:
        """Give the head commit of a pull request."""
        return self._world.forge.hosted(self.name).pull(number).head

    def person(self, login: str) -> Person:
        """Give somebody's hands in this repository."""
        return self._world.hands(login, self.name)

    def git(self, *words: str, entered: str = "") -> str:
        """Run git on the repository; gives what it said."""
        command = ["git", "-C", str(self._path), *words]
        done = subprocess.run(command, input=entered.encode(), capture_output=True, check=True, timeout=60)
        return done.stdout.decode().strip()
