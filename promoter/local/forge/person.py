"""A person at the forge: reviews, merges, closes and comments by REST only, in plain HTTP.

It shares no code with the bot, so that what the bot sees of people came over the wire.
"""

import http.client
import json
from typing import Any
from urllib.parse import urlsplit

_TIMEOUT = 30


class ForgeRefusedError(Exception):
    """The forge refused what a person asked for."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Person:
    """One account's hands on one repository (`owner/name`) of the forge at `url`."""

    def __init__(self, url: str, token: str, repository: str) -> None:
        self._host = urlsplit(url).netloc
        self._token = token
        self._root = f"/api/v3/repos/{repository}"

    def approve(self, number: int, commit: str, text: str = "") -> None:
        """Approve a commit of a pull request."""
        self._review(number, "APPROVE", commit, text)

    def request_changes(self, number: int, commit: str, text: str) -> None:
        """Ask for changes to a commit of a pull request."""
        self._review(number, "REQUEST_CHANGES", commit, text)

    def propose(self, branch: str, title: str, base: str = "main") -> int:
        """Open a pull request and give its number."""
        return int(self._ask("POST", "/pulls", {"head": branch, "base": base, "title": title})["number"])

    def merge(self, number: int, head: str = "", method: str = "merge") -> str:
        """Merge and give the merge commit; an admin's merge passes required checks by.

        With `head` only if that still is the head commit. `method` is `merge` or `squash`.
        """
        wish = {"merge_method": method, **({"sha": head} if head else {})}
        done = self._ask("PUT", f"/pulls/{number}/merge", wish)
        return str(done["sha"])

    def close(self, number: int) -> None:
        """Close without merging."""
        self._ask("PATCH", f"/pulls/{number}", {"state": "closed"})

    def reopen(self, number: int) -> None:
        """Open a closed pull request again."""
        self._ask("PATCH", f"/pulls/{number}", {"state": "open"})

    def comment(self, number: int, text: str) -> None:
        """Say something."""
        self._ask("POST", f"/issues/{number}/comments", {"body": text})

    def store_attestation(self, bundle: bytes) -> None:
        """Store a Sigstore bundle (JSON) in the repository's attestation store, as actions/attest does."""
        self._ask("POST", "/attestations", {"bundle": json.loads(bundle)})

    def set_status(self, commit: str, context: str, state: str, text: str) -> None:
        """Set a commit status."""
        self._ask("POST", f"/statuses/{commit}", {"context": context, "state": state, "description": text})

    def dismiss(self, number: int, login: str, reason: str) -> None:
        """Dismiss every standing review of an account."""
        for review in self._ask("GET", f"/pulls/{number}/reviews?per_page=100"):
            if review["user"]["login"] == login and review["state"] in {"APPROVED", "CHANGES_REQUESTED"}:
                self._ask("PUT", f"/pulls/{number}/reviews/{review['id']}/dismissals", {"message": reason})

    def _review(self, number: int, event: str, commit: str, text: str) -> None:
        self._ask("POST", f"/pulls/{number}/reviews", {"event": event, "commit_id": commit, "body": text})

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        connection = http.client.HTTPConnection(self._host, timeout=_TIMEOUT)
        try:
            raw = None if body is None else json.dumps(body).encode()
            headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
            connection.request(method, self._root + path, raw, headers)
            answer = connection.getresponse()
            document = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status >= 400:
            raise ForgeRefusedError(answer.status, str(document.get("message", "")))
        return document
