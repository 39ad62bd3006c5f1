"""The endpoints about commits: themselves, statuses, comparisons, tags and branches."""

from collections.abc import Callable

from promoter.local.forge.accounts import Account
from promoter.local.forge.commit_documents import CommitDocuments, Comparison
from promoter.local.forge.documents import Addresses, full_repository_document
from promoter.local.forge.exchange import ApiAnswer, ApiRequest, page_of
from promoter.local.forge.pull_documents import combined_document, status_document
from promoter.local.forge.records import CheckState
from promoter.local.forge.refusal import RefusedError, not_found
from promoter.local.forge.repository import HostedRepository
from promoter.local.forge.store import CommitFacts, DiffFile

_COMPARED_PER_PAGE = 250


class CommitApi:
    """The endpoints of one repository's commits; the words of each path come as text."""

    def __init__(
        self,
        repository: HostedRepository,
        owner: Account,
        account_of: Callable[[str], Account | None],
        at: Addresses,
    ) -> None:
        self._repository = repository
        self._owner = owner
        self._documents = CommitDocuments(repository, account_of, at)
        self._at = at

    def get_repository(self, request: ApiRequest) -> ApiAnswer:  # noqa: ARG002 - one signature for all
        """GET the repository."""
        return ApiAnswer(full_repository_document(self._repository, self._owner, self._at))

    def get_commit(self, request: ApiRequest, name: str) -> ApiAnswer:  # noqa: ARG002
        """GET commits/{ref}."""
        facts = self._commit(name)
        parent = facts.parents[0] if facts.parents else ""
        files = self._repository.git.difference(parent, facts.oid) if parent else ()
        return ApiAnswer(self._documents.full_commit(facts, files))

    def list_of_pull(self, request: ApiRequest, number: str) -> ApiAnswer:
        """GET pulls/{number}/commits, oldest first, at most 250 as at GitHub."""
        pull, page = self._repository.pull(int(number)), page_of(request.query)
        commits = self._repository.git.commits(pull.head, f"^{pull.base_commit}")[::-1][:_COMPARED_PER_PAGE]
        documents = [self._documents.commit(facts) for facts in commits]
        link = page.link(f"{self._at.api}{request.path}", len(documents))
        return ApiAnswer(documents[page.window], link=link)

    def list_statuses(self, request: ApiRequest, name: str) -> ApiAnswer:
        """GET commits/{ref}/statuses, newest first."""
        oid, page = self._commit(name).oid, page_of(request.query)
        statuses = [status_document(self._repository, one, self._at) for one in self._repository.statuses_of(oid)]
        return ApiAnswer(statuses[page.window], link=page.link(f"{self._at.api}{request.path}", len(statuses)))

    def get_combined(self, request: ApiRequest, name: str) -> ApiAnswer:  # noqa: ARG002
        """GET commits/{ref}/status."""
        return ApiAnswer(combined_document(self._repository, self._owner, self._commit(name).oid, self._at))

    def create_status(self, request: ApiRequest, commit: str) -> ApiAnswer:
        """POST statuses/{sha}."""
        status = self._repository.set_status(
            commit,
            request.writer(),
            request.text("context", "default"),
            request.choice("state", CheckState),
            description=request.text("description", ""),
            url=request.text("target_url", ""),
        )
        return ApiAnswer(status_document(self._repository, status, self._at), 201)

    def compare(self, request: ApiRequest, name: str) -> ApiAnswer:
        """GET compare/{base}...{head}: commits oldest first and paged, files on the first page only."""
        older, dots, newer = name.partition("...")
        if not dots:
            raise not_found()
        base, head, page = self._commit(older), self._commit(newer), page_of(request.query, _COMPARED_PER_PAGE)
        git = self._repository.git
        start = git.merge_base(base.oid, head.oid)
        if not start:
            raise RefusedError(404, f"No common ancestor between {older} and {newer}.")
        ahead = git.commits(head.oid, f"^{base.oid}")
        size = page if "per_page" in request.query else page_of({**request.query, "per_page": "250"}, 250)
        files: tuple[DiffFile, ...] = git.difference(start, head.oid) if size.number == 1 else ()
        found = Comparison(
            base,
            self._commit(start),
            ahead,
            len(git.commits(base.oid, f"^{head.oid}")),
            ahead[::-1][size.window],
            files,
        )
        link = size.link(f"{self._at.api}{request.path}", len(ahead))
        return ApiAnswer(self._documents.comparison(found, name), link=link)

    def get_reference(self, request: ApiRequest, name: str) -> ApiAnswer:  # noqa: ARG002
        """GET git/ref/{ref}: exactly this reference, unpeeled."""
        oid = self._repository.git.ref(f"refs/{name}")
        if not oid:
            raise not_found()
        return ApiAnswer(self._documents.reference(f"refs/{name}", oid, self._repository.git.kind(oid)))

    def get_tag(self, request: ApiRequest, oid: str) -> ApiAnswer:  # noqa: ARG002
        """GET git/tags/{sha}: an annotated tag object."""
        tag = self._repository.git.tag(oid)
        if tag is None:
            raise not_found()
        return ApiAnswer(self._documents.tag(tag))

    def get_branch(self, request: ApiRequest, name: str) -> ApiAnswer:  # noqa: ARG002
        """GET branches/{branch}, with its required checks."""
        oid = self._repository.branch(name)
        if not oid:
            raise RefusedError(404, "Branch not found")
        required = self._repository.required.get(name, ())
        return ApiAnswer(self._documents.branch(name, self._commit(oid), required))

    def get_required_checks(self, request: ApiRequest, name: str) -> ApiAnswer:  # noqa: ARG002
        """GET branches/{branch}/protection/required_status_checks."""
        if name not in self._repository.required:
            raise RefusedError(404, "Required status checks not enabled")
        return ApiAnswer(self._documents.required_checks(name, self._repository.required[name]))

    def _commit(self, name: str) -> CommitFacts:
        """Find a commit by oid, tag or branch; raises RefusedError (422), as GitHub does for a commit."""
        git = self._repository.git
        named = git.ref(f"refs/heads/{name}") or git.ref(f"refs/tags/{name}") or name
        facts = git.commit(named) if not named.startswith("-") else None
        if facts is None:
            raise RefusedError(422, f"No commit found for SHA: {name}")
        return facts
