"""The pages for people: repositories, pull requests, commits. Autoescaped, without any outside asset."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from promoter.local.forge.accounts import Account, Kind
from promoter.local.forge.diff_view import Row, rows
from promoter.local.forge.markdown import render
from promoter.local.forge.merging import Mergeability, mergeability, unmet
from promoter.local.forge.records import CheckState, PullRecord, ReviewVerdict
from promoter.local.forge.refusal import not_found
from promoter.local.forge.repository import HostedRepository
from promoter.local.forge.store import CommitFacts, DiffFile
from promoter.ports import PullState

_PATH = re.compile(
    r"/(?P<full_name>[^/]+/[^/]+?)(?:\.git)?(?:/pulls?(?:/(?P<number>[0-9]{1,9}))?|/commit/(?P<commit>[0-9a-f]{4,40}))?/?"
)
_VERDICT_WORDS = {
    ReviewVerdict.APPROVED: "approved",
    ReviewVerdict.CHANGES_REQUESTED: "requested changes",
    ReviewVerdict.COMMENTED: "commented",
    ReviewVerdict.DISMISSED: "review dismissed",
}
_OUTLOOK = {
    Mergeability.CLEAN: "Ready to merge",
    Mergeability.UNSTABLE: "Ready to merge, not every check is green",
    Mergeability.DIRTY: "Conflicts with its base branch",
    Mergeability.BLOCKED: "Merging is blocked: a required check is not green",
    Mergeability.UNKNOWN: "",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One pull request in a list."""

    pull: PullRecord
    state: str
    check: str


@dataclass(frozen=True, slots=True)
class Check:
    """The newest status of one context."""

    context: str
    state: str
    description: str
    url: str
    required: bool


@dataclass(frozen=True, slots=True)
class Remark:
    """A review or a comment on the time line."""

    id: str
    author: str
    is_bot: bool
    at: datetime
    said: str
    verdict: str
    commit: str
    text: Markup


@dataclass(frozen=True, slots=True)
class FileView:
    """One changed file."""

    path: str
    status: str
    additions: int
    deletions: int
    rows: tuple[Row, ...]


class Pages:
    """Renders from the records; a page shows the moment it is asked for. The caller holds the forge's lock."""

    def __init__(
        self, repositories: Mapping[str, HostedRepository], account_of: Callable[[str], Account | None]
    ) -> None:
        self._repositories = repositories
        self._account_of = account_of

    def render(self, path: str) -> str:
        """Render a page by its path; raises RefusedError (404)."""
        if path in {"", "/"}:
            named = tuple(self._repositories[name] for name in sorted(self._repositories))
            return _template("index.html", repositories=tuple((one, len(_open(one))) for one in named))
        found = _PATH.fullmatch(path)
        repository = self._repositories.get(found["full_name"]) if found else None
        if found is None or repository is None:
            raise not_found()
        repository.follow()
        if found["commit"]:
            return self._commit(repository, found["commit"])
        return self._pull(repository, int(found["number"])) if found["number"] else self._repository(repository)

    def _repository(self, repository: HostedRepository) -> str:
        lines = tuple(_line(repository, repository.pulls[number]) for number in sorted(repository.pulls, reverse=True))
        return _template(
            "repository.html",
            repository=repository,
            open=tuple(line for line in lines if line.pull.state is PullState.OPEN),
            done=tuple(line for line in lines if line.pull.state is not PullState.OPEN),
        )

    def _commit(self, repository: HostedRepository, oid: str) -> str:
        commit = repository.git.commit(oid)
        if commit is None:
            raise not_found()
        return _template(
            "commit.html",
            repository=repository,
            commit=commit,
            by=self._by(commit),
            files=_files(repository.git.difference(commit.parents[0], commit.oid) if commit.parents else ()),
        )

    def _pull(self, repository: HostedRepository, number: int) -> str:
        pull = repository.pull(number)
        start = repository.git.merge_base(pull.base_commit, pull.head)
        files = repository.git.difference(start, pull.head) if start else ()
        state = mergeability(repository, pull)
        return _template(
            "pull.html",
            repository=repository,
            pull=pull,
            state=pull.state.value,
            body=render(pull.body),
            checks=_checks(repository, pull),
            outlook=_OUTLOOK[state],
            outlook_class=state.value,
            standing=_standing(repository, pull),
            remarks=_remarks(repository, pull),
            files=_files(files),
            commits=tuple(
                (commit, self._by(commit))
                for commit in reversed(repository.git.commits(pull.head, f"^{start or pull.base_commit}", limit=100))
            ),
        )

    def _by(self, commit: CommitFacts) -> str:
        account = self._account_of(commit.author.email)
        return account.login if account else commit.author.name


def _files(changed: tuple[DiffFile, ...]) -> tuple[FileView, ...]:
    return tuple(FileView(one.path, one.status, one.additions, one.deletions, rows(one)) for one in changed)


def _open(repository: HostedRepository) -> tuple[PullRecord, ...]:
    return tuple(pull for pull in repository.pulls.values() if pull.state is PullState.OPEN)


def _line(repository: HostedRepository, pull: PullRecord) -> Line:
    states = {status.state for status in repository.newest_statuses(pull.head)}
    worst = next((state.value for state in CheckState if state in states), "")
    return Line(pull, pull.state.value, worst)


def _checks(repository: HostedRepository, pull: PullRecord) -> tuple[Check, ...]:
    """List the newest statuses of the head, and the required ones that nobody has set yet."""
    required = repository.required.get(pull.base, ())
    newest = repository.newest_statuses(pull.head)
    known = tuple(
        Check(one.context, one.state.value, one.description, _safe(one.target_url), one.context in required)
        for one in newest
    )
    seen = {one.context for one in newest}
    missing = tuple(one for one in unmet(repository, pull) if one not in seen)
    return known + tuple(Check(one, "pending", "Expected: nobody has reported yet", "", True) for one in missing)


def _safe(url: str) -> str:
    """Give a link target only if it is a web address."""
    return url if url.startswith(("https://", "http://")) else ""


def _standing(repository: HostedRepository, pull: PullRecord) -> tuple[Remark, ...]:
    """List the newest review of each reviewer that is more than a comment."""
    newest: dict[str, Remark] = {}
    for remark in _reviews(repository, pull):
        if remark.verdict != ReviewVerdict.COMMENTED.value:
            newest[remark.author] = remark
    return tuple(newest.values())


def _remarks(repository: HostedRepository, pull: PullRecord) -> tuple[Remark, ...]:
    comments = (
        Remark(
            f"comment-{one.id}",
            one.author.login,
            _is_bot(one.author),
            one.created_at,
            "commented",
            "",
            "",
            render(one.body),
        )
        for one in repository.comments
        if one.pull == pull.number
    )
    return tuple(sorted((*comments, *_reviews(repository, pull)), key=lambda remark: remark.at))


def _reviews(repository: HostedRepository, pull: PullRecord) -> tuple[Remark, ...]:
    return tuple(
        Remark(
            f"review-{one.id}",
            one.author.login,
            _is_bot(one.author),
            one.at,
            _VERDICT_WORDS[one.verdict],
            one.verdict.value,
            one.commit,
            render(one.body),
        )
        for one in repository.reviews
        if one.pull == pull.number
    )


def _is_bot(account: Account) -> bool:
    return account.kind is Kind.BOT


def _moment(at: datetime) -> str:
    return at.strftime("%-d %b %Y, %H:%M:%S UTC")


def _template(name: str, **values: object) -> str:
    return _environment().get_template(name).render(**values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("promoter.local.forge"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["moment"] = _moment
    return environment
