"""Sources of rules: a directory, a branch at the forge and the fake keep one contract; and who answers for a commit."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.config_directory import DirectoryRules
from promoter.adapters.config_git import GitRules, RulesPlace
from promoter.core.authority import Authority, Reviewer
from promoter.core.codes import Code
from promoter.core.ruleset import UnfitRules
from promoter.local.forge import Kind, LocalForge, Role
from promoter.local.forge.person import Person
from promoter.ports import ConfigSource, OutsideError
from promoter.transport.git import Remote
from promoter.transport.git_names import parse_address
from promoter.transport.github import AccountToken, GithubClient
from tests.adapters.forge_contract import commit_on, git_of
from tests.adapters.rules_contract import FIRST, POLICY, ConfigSourceContract, HistoryContract
from tests.fakes.rules import FakeRules

_numbers = count(1)
PEOPLE = ("ada", "mia", "omar", "nils")


@dataclass
class Folder:
    """A plain directory."""

    path: Path
    source: ConfigSource = field(init=False)

    def __post_init__(self) -> None:
        self.source = DirectoryRules(self.path)

    def write(self, files: dict[str, str]) -> str:
        for name, text in files.items():
            place = self.path / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
        return ""


class Faked:
    """The fake."""

    def __init__(self) -> None:
        self.fake = FakeRules()
        self.source: ConfigSource = self.fake
        self._files: dict[str, bytes] = {}

    def write(self, files: dict[str, str]) -> str:
        self._files |= {name: text.encode() for name, text in files.items() if _is_read(name)}
        return self.fake.write(self._files)

    def reset(self, commit: str) -> None:
        self.fake.tip = commit
        self._files = {file.path: file.raw for file in self.fake.commits[commit].files}


def _is_read(name: str) -> bool:
    return name == "signatures/mia.json" or (name.endswith(".yaml") and name != "promoter.yaml" and name[0] != ".")


@dataclass(frozen=True)
class Site:
    """A running forge with tokens of its accounts."""

    forge: LocalForge
    bot: str
    tokens: dict[str, str]
    client: GithubClient


class Branch:
    """A repository at the forge whose folder `rules` is read."""

    def __init__(self, site: Site, clone: Path) -> None:
        self.site = site
        self.full_name = f"acme/rules-{next(_numbers)}"
        self.git = site.forge.create_repository(*self.full_name.split("/"))
        commit_on(self.git, "main", {"README.md": "rules\n"}, "ada")
        self.clone = clone
        remote = Remote(parse_address(site.forge.git_url(self.full_name)), lambda: site.bot)
        self.source: ConfigSource = GitRules(remote, clone, site.client, RulesPlace(self.full_name, "main", "rules"))

    def write(self, files: dict[str, str], branch: str = "main", author: str = "ada", message: str = "change") -> str:
        below = {f"rules/{name}": text for name, text in files.items()}
        return commit_on(self.git, branch, below, author, message) if len(below) < 50 else self._write_many(below)

    def _write_many(self, files: dict[str, str]) -> str:
        stream = "commit refs/heads/main\ncommitter ada <ada@example.test> 1790000000 +0000\ndata 4\nmany\n"
        stream += "from refs/heads/main^0\n" + "".join(
            f"M 100644 inline {name}\ndata {len(text)}\n{text}\n" for name, text in files.items()
        )
        git_of(self.git, "fast-import", "--quiet", entered=stream)
        return git_of(self.git, "rev-parse", "refs/heads/main")

    def reset(self, commit: str) -> None:
        git_of(self.git, "update-ref", "refs/heads/main", commit)

    def person(self, login: str) -> Person:
        return Person(self.site.forge.url, self.site.tokens[login], self.full_name)

    def propose(self, *approvers: str, author: str = "ada", text: str = "two\n", message: str = "change") -> int:
        """Open a pull request that changes the policy, and have its head approved; gives its number."""
        branch = f"change-{next(_numbers)}"
        head = self.write({POLICY: text}, branch, author, message)
        number = self.person("ada").propose(branch, "Change a policy")
        for login in approvers:
            self.person(login).approve(number, head)
        return number

    def authority(self) -> Authority:
        found = self.source.authority(self.source.head())
        assert found is not None
        return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    forge = LocalForge(tmp_path_factory.mktemp("forge"), SystemClock())
    forge.start()
    bot = forge.account("promoter-bot", kind=Kind.BOT)
    tokens = {login: forge.account(login, email=f"{login}@example.test") for login in PEOPLE}
    tokens["rita"] = forge.account("rita", role=Role.READ)
    tokens["robot"] = forge.account("robot", kind=Kind.BOT)
    try:
        yield Site(forge, bot, tokens, GithubClient(forge.api_url, AccountToken(bot)))
    finally:
        forge.stop()


@pytest.fixture
def branch(site: Site, tmp_path: Path) -> Branch:
    branch = Branch(site, tmp_path / "rules.git")
    branch.write(FIRST)
    return branch


class TestDirectory(ConfigSourceContract):
    @pytest.fixture
    def world(self, tmp_path: Path) -> Folder:
        return Folder(tmp_path)


class TestFake(ConfigSourceContract, HistoryContract):
    @pytest.fixture
    def world(self) -> Faked:
        return Faked()


class TestGit(ConfigSourceContract, HistoryContract):
    @pytest.fixture
    def world(self, site: Site, tmp_path: Path) -> Branch:
        return Branch(site, tmp_path / "rules.git")


# --- who answers ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_whoever_approved_the_merged_head_answers_for_the_merge(branch: Branch, method: str) -> None:
    number = branch.propose("mia", "omar")
    commit = branch.person("nils").merge(number, method=method)
    found = branch.authority()
    assert (found.commit, found.number, found.author, found.people) == (commit, number, "ada", ("ada",))
    assert (found.addresses, found.doubt) == (("ada@example.test",), "")
    assert [one.login for one in found.reviewers] == ["mia", "omar"]
    assert all(one.user_id > 1000 for one in found.reviewers)
    assert str(Reviewer("mia", 1003)) == "mia (1003)"


def test_a_merge_stays_approved_when_the_branch_had_gone_on_meanwhile(branch: Branch) -> None:
    number = branch.propose("mia", "omar")
    branch.write({"services/cart.yaml": "image: other\n"})
    branch.person("nils").merge(number)
    assert [one.login for one in branch.authority().reviewers] == ["mia", "omar"]


def test_nobody_who_made_a_commit_approves_it(branch: Branch) -> None:
    trailer = "change\n\nCo-authored-by: Omar <1004+omar@users.noreply.github.com>\n"
    number = branch.propose("mia", "omar", "nils", author="mia", message=trailer)
    branch.person("nils").merge(number)
    found = branch.authority()
    assert found.people == ("ada", "mia", "omar")
    assert [one.login for one in found.reviewers] == ["nils"]


def test_readers_robots_and_older_words_do_not_count(branch: Branch) -> None:
    number = branch.propose("mia", "omar", "rita", "robot")
    head = branch.site.forge.hosted(branch.full_name).pull(number).head
    branch.person("omar").request_changes(number, head, "no")
    branch.person("nils").merge(number)
    assert branch.authority().reviewers == ()
    assert branch.authority().doubt == "changes are asked for by omar"
    branch.person("nils").dismiss(number, "omar", "settled")
    assert ([one.login for one in branch.authority().reviewers], branch.authority().doubt) == (["mia"], "")


def test_an_approval_of_an_older_head_does_not_count(branch: Branch) -> None:
    number = branch.propose("mia", "omar")
    pull = branch.site.forge.hosted(branch.full_name).pull(number)
    branch.write({POLICY: "three\n"}, pull.branch)
    branch.person("nils").merge(number)
    assert branch.authority().reviewers == ()


@pytest.mark.parametrize(
    ("author", "message", "stranger"),
    [
        ("eve", "change", "eve@example.test"),
        ("ada", "change\n\nco-authored-by: Eve <Eve@Elsewhere.example>", "eve@elsewhere.example"),
    ],
)
def test_where_somebody_is_unknown_nobodys_approval_counts(
    branch: Branch, author: str, message: str, stranger: str
) -> None:
    number = branch.propose("mia", "omar", author=author, message=message)
    branch.person("nils").merge(number)
    found = branch.authority()
    assert found.reviewers == ()
    assert found.doubt == f"the forge knows no account of {stranger}, who made its commits"


def test_a_push_without_a_pull_request_is_answered_for_by_nobody(branch: Branch) -> None:
    commit = branch.write({POLICY: "two\n"})
    assert branch.authority() == Authority(commit=commit, doubt="no pull request brought it: nobody has reviewed it")


def test_what_was_added_to_the_merge_itself_is_answered_for_by_nobody(branch: Branch) -> None:
    number = branch.propose("mia", "omar")
    pull = branch.site.forge.hosted(branch.full_name).pull(number)
    evil = branch.write({POLICY: "two\n", "policies/extra.yaml": "weak\n"}, "evil")
    tree = git_of(branch.git, "rev-parse", f"{evil}^{{tree}}")
    who = {f"GIT_{role}_{key}": "ada@example.test" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    base = git_of(branch.git, "rev-parse", "refs/heads/main")
    merge = git_of(branch.git, "commit-tree", "-p", base, "-p", pull.head, tree, entered="Merge", extra=who)
    branch.reset(merge)
    found = branch.authority()
    assert found.reviewers == ()
    gives = f"its rules are not what a merge of pull request #{number} gives: nobody has reviewed them"
    assert (found.number, found.doubt) == (number, gives)


def test_an_open_pull_request_answers_for_nothing(branch: Branch) -> None:
    number = branch.propose("mia", "omar")
    head = branch.site.forge.hosted(branch.full_name).pull(number).head
    branch.source.head()
    assert branch.source.authority(head) == Authority(
        commit=head, doubt="no pull request brought it: nobody has reviewed it"
    )


# --- what is particular to git ----------------------------------------------------------------------------------------


def test_a_link_among_the_rules_is_refused(branch: Branch) -> None:
    blob = git_of(branch.git, "hash-object", "-w", "--stdin", entered="/etc/passwd")
    index = {"GIT_INDEX_FILE": str(branch.git / "index.scratch")}
    parent = git_of(branch.git, "rev-parse", "refs/heads/main")
    git_of(branch.git, "read-tree", parent, extra=index)
    git_of(branch.git, "update-index", "--add", "--cacheinfo", f"120000,{blob},rules/deny.yaml", extra=index)
    who = {f"GIT_{role}_{key}": "ada@example.test" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    tree = git_of(branch.git, "write-tree", extra=index)
    commit = git_of(branch.git, "commit-tree", "-p", parent, tree, entered="link", extra=who)
    branch.reset(commit)
    with pytest.raises(UnfitRules) as refused:
        branch.source.files(branch.source.head())
    assert str(refused.value) == f"deny.yaml at {commit[:12]} is no plain file; put the file itself there"


def test_a_branch_or_folder_that_is_not_there_is_the_worlds_fault(site: Site, tmp_path: Path) -> None:
    branch = Branch(site, tmp_path / "rules.git")
    with pytest.raises(OutsideError) as told:
        branch.source.files(branch.source.head())
    assert told.value.code is Code.OUTSIDE_NOT_FOUND
    assert branch.source.name == f"{branch.full_name}@main"


def test_the_kept_clone_knows_its_head_when_the_forge_is_silent(site: Site, tmp_path: Path) -> None:
    branch = Branch(site, tmp_path / "rules.git")
    assert branch.source.known_head() == ""
    commit = branch.write(FIRST)
    assert branch.source.head() == commit
    silent = GitRules(
        Remote(parse_address("http://127.0.0.1:1/acme/rules.git")),
        branch.clone,
        site.client,
        RulesPlace(branch.full_name, "main", "rules"),
    )
    with pytest.raises(OutsideError):
        silent.head()
    assert silent.known_head() == commit
