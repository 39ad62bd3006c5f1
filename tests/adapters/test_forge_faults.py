"""A forge that hangs, drips, lies, loops or sends elsewhere: every call ends in time, with a code and no secret."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from promoter.adapters.forge_github import GithubForge
from promoter.adapters.source_github import GithubSource
from promoter.core.candidate import digest_of
from promoter.core.codes import Code
from promoter.ports import Merged, OutsideError, StatusState
from promoter.transport.github import AccountToken, GithubClient
from tests.adapters import faults
from tests.adapters.faults import Answer, FaultServer, Heard, Wire

LIMIT = 0.3  # seconds for one operation, all its requests together
GRACE = 0.6  # seconds for a busy machine
TOKEN = "ghp_" + "s3cret" * 6
OID = "a" * 40
OTHER = "b" * 40
DIGEST = digest_of(b"an image")
MARKER = "<!-- promoter:evidence -->"

Call = Callable[[GithubForge, GithubSource], object]

CALLS: dict[str, Call] = {
    "find": lambda forge, _: forge.find("promote/prod/shop"),
    "pull": lambda forge, _: forge.pull(1),
    "open": lambda forge, _: forge.open("promote/prod/shop", "title", "body"),
    "describe": lambda forge, _: forge.describe(1, "title", "body"),
    "comment": lambda forge, _: forge.comment(1, MARKER, MARKER),
    "status": lambda forge, _: forge.status(OID, "promoter/prod", StatusState.PENDING, "", ""),
    "reviews": lambda forge, _: forge.reviews(1),
    "merge": lambda forge, _: forge.merge(1, OID, "title", ""),
    "close": lambda forge, _: forge.close(1, "why"),
    "revision": lambda _, source: source.revision("https://git.example/shop/environments", "v1"),
    "commits": lambda _, source: source.commits("https://git.example/shop/environments", OID, OTHER, 10),
    "attestations": lambda _, source: source.attestations("https://git.example/shop/environments", DIGEST),
}
WIRE_FAULTS: dict[str, tuple[Answer, frozenset[Code]]] = {
    "hang": (faults.hang, frozenset({Code.OUTSIDE_TIMEOUT})),
    "drip headers": (faults.drip_headers, frozenset({Code.OUTSIDE_TIMEOUT})),
    "drip body": (faults.drip_body, frozenset({Code.OUTSIDE_TIMEOUT})),
    "truncate": (faults.truncate, frozenset({Code.OUTSIDE_BAD_ANSWER})),
    "close": (faults.close, frozenset({Code.OUTSIDE_UNREACHABLE, Code.OUTSIDE_BAD_ANSWER})),
    "babble": (faults.babble, frozenset({Code.OUTSIDE_BAD_ANSWER})),
    "flood": (faults.flood, frozenset({Code.OUTSIDE_TOO_LARGE, Code.OUTSIDE_TIMEOUT})),
    "flood headers": (faults.flood_headers, frozenset({Code.OUTSIDE_TOO_LARGE, Code.OUTSIDE_TIMEOUT})),
    "terabyte": (faults.announce_terabyte, frozenset({Code.OUTSIDE_TOO_LARGE})),
    "gzip bomb": (faults.send_gzip_bomb, frozenset({Code.OUTSIDE_TOO_LARGE, Code.OUTSIDE_BAD_ANSWER})),
    "202 for ever": (faults.respond(202), frozenset({Code.OUTSIDE_SERVER_ERROR})),
    "relative next page": (faults.page_in_a_circle, frozenset({Code.OUTSIDE_REDIRECT_REFUSED})),
    "empty": (faults.respond(200, b""), frozenset({Code.OUTSIDE_BAD_ANSWER})),
    "no JSON": (faults.respond(200, b"<html>"), frozenset({Code.OUTSIDE_BAD_ANSWER})),
    "half JSON": (faults.respond(200, b'{"number": 1'), frozenset({Code.OUTSIDE_BAD_ANSWER})),
    "not UTF-8": (faults.respond(200, b'{"number": "\xff"}'), frozenset({Code.OUTSIDE_BAD_ANSWER})),
    "a number": (faults.respond(200, b"7"), frozenset({Code.OUTSIDE_BAD_ANSWER})),
    "deep": (faults.respond(200, b"[" * 100_000), frozenset({Code.OUTSIDE_BAD_ANSWER})),
}


@dataclass(frozen=True)
class Bench:
    """The adapters in front of a server that knows its repository and account, and else misbehaves."""

    forge: GithubForge
    source: GithubSource
    server: FaultServer


def but_for(fault: Answer) -> Answer:
    """Answer well about the account and the repository, and with a fault about everything in it."""

    def answer(wire: Wire, heard: Heard) -> None:
        if heard.path == "/user":
            faults.respond_json({"login": "promoter-bot", "id": 1, "type": "Bot"})(wire, heard)
        elif heard.path == "/repos/shop/environments":
            url = f"http://{heard.headers['host']}/repos/shop/environments"
            faults.respond_json({"url": url, "full_name": "shop/environments"})(wire, heard)
        else:
            fault(wire, heard)

    return answer


@contextmanager
def facing(fault: Answer) -> Iterator[Bench]:
    with faults.serving(but_for(fault)) as server:
        client = GithubClient(server.url, AccountToken(TOKEN), seconds=LIMIT)
        forge = GithubForge(client, "shop/environments", "main")
        forge.login()
        yield Bench(forge, GithubSource(client, "git.example"), server)


def failure(bench: Bench, call: Call) -> OutsideError:
    """Make a call that must fail in time, with an error that holds no secret."""
    started = time.monotonic()
    with pytest.raises(OutsideError) as caught:
        call(bench.forge, bench.source)
    assert time.monotonic() - started < LIMIT + GRACE
    assert "s3cret" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("name", WIRE_FAULTS)
def test_every_call_ends_in_time_with_a_code_whatever_the_wire_does(name: str) -> None:
    fault, codes = WIRE_FAULTS[name]
    with facing(fault) as bench:
        for call in list(CALLS)[:3] if Code.OUTSIDE_TIMEOUT in codes else CALLS:
            assert failure(bench, CALLS[call]).code in codes, call


@pytest.mark.parametrize("call", ["find", "merge", "revision", "attestations"])
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, Code.OUTSIDE_REFUSED),
        (401, Code.OUTSIDE_UNAUTHORIZED),
        (403, Code.OUTSIDE_FORBIDDEN),
        (410, Code.OUTSIDE_NOT_FOUND),
        (422, Code.OUTSIDE_REFUSED),
        (429, Code.OUTSIDE_RATE_LIMITED),
        (500, Code.OUTSIDE_SERVER_ERROR),
        (503, Code.OUTSIDE_SERVER_ERROR),
    ],
)
def test_every_refusal_has_its_code_and_is_asked_once(status: int, code: Code, call: str) -> None:
    with facing(faults.respond(status, b'{"message": "no"}')) as bench:
        assert failure(bench, CALLS[call]).code is code
        asked = [(one.method, one.path) for one in bench.server.heard]
        assert asked[:2] == [("GET", "/user"), ("GET", "/repos/shop/environments")]
        assert len(asked) == 3


@pytest.mark.parametrize("body", [b"", b"[1]", b'{"message": 5}', b'{"message": null}', b"<html>", b'"text"', b"\xff"])
def test_a_refusal_whose_text_is_no_error_document_still_has_its_code(body: bytes) -> None:
    with facing(faults.respond(403, body)) as bench:
        assert str(failure(bench, CALLS["pull"])) == "outside.forbidden: pull request 1: 403"


def test_what_the_forge_says_is_shown_without_control_characters() -> None:
    with facing(faults.respond(422, b'{"message": "bad\\u001b[31m\\ntext"}')) as bench:
        assert str(failure(bench, CALLS["pull"])) == "outside.refused: pull request 1: 422, bad[31mtext"


def test_a_conflict_and_a_refusal_of_a_merge_are_outcomes_and_no_errors() -> None:
    with facing(faults.respond(409)) as bench:
        assert bench.forge.merge(1, OID, "title", "") is Merged.HEAD_MOVED
        assert failure(bench, CALLS["find"]).code is Code.OUTSIDE_CONFLICT
    with facing(faults.respond(405)) as bench:
        assert bench.forge.merge(1, OID, "title", "") is Merged.REFUSED


def proposal(repository: str | None, ref: str, base: str) -> dict[str, object]:
    """Give a pull request as it stands in a list."""
    head = {"ref": ref, "sha": OID, "repo": repository and {"full_name": repository}}
    return {"number": 1, "state": "open", "title": "", "body": None, "head": head, "base": {"ref": base}, "user": None}


@pytest.mark.parametrize(
    "listed",
    [
        proposal("shop/fork", "promote/prod/shop", "main"),
        proposal(None, "promote/prod/shop", "main"),
        proposal("shop/environments", "another", "main"),
        proposal("shop/environments", "promote/prod/shop", "release"),
    ],
)
def test_a_pull_request_from_elsewhere_is_not_taken_for_the_bots_own(listed: dict[str, object]) -> None:
    with facing(faults.respond_json([listed])) as bench:
        assert bench.forge.find("promote/prod/shop") is None


@pytest.mark.parametrize("head", ["", "abc123", "main", "A" * 40])
def test_a_merge_without_a_full_head_commit_is_our_mistake_and_not_sent(head: str) -> None:
    with facing(faults.respond(200)) as bench:
        with pytest.raises(ValueError, match="not a full commit id"):
            bench.forge.merge(1, head, "title", "")
        assert [one.method for one in bench.server.heard] == ["GET"]


def test_a_missing_tag_is_no_error_and_a_missing_pull_request_is() -> None:
    with facing(faults.respond(404)) as bench:
        found = bench.source.revision("https://git.example/shop/environments", "v1")
        assert (found.ref, found.commit, found.authors) == ("refs/tags/v1", "", ())
        assert failure(bench, CALLS["pull"]).code is Code.OUTSIDE_NOT_FOUND


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_refused_and_the_token_goes_nowhere(status: int) -> None:
    with faults.serving(faults.respond_json({})) as elsewhere:
        with facing(faults.redirect(elsewhere.url + "{path}", status)) as bench:
            for call in CALLS.values():
                assert failure(bench, call).code is Code.OUTSIDE_REDIRECT_REFUSED
        with facing(faults.redirect("/{path}", status)) as bench:
            assert failure(bench, CALLS["pull"]).code is Code.OUTSIDE_REDIRECT_REFUSED
        assert elsewhere.heard == []


@pytest.mark.parametrize("written", ['<{}/next>; rel="next"', 'x{}/nextx; rel="next"', '{}/next; rel="next"'])
def test_a_next_page_on_another_host_is_refused_and_the_token_goes_nowhere(written: str) -> None:
    with faults.serving(faults.respond_json([])) as elsewhere:
        link = {"Link": written.format(elsewhere.url)}
        with facing(faults.respond(200, b'[{"id": 1}]', link)) as bench:
            for call in ("comment", "reviews", "status"):
                assert failure(bench, CALLS[call]).code is Code.OUTSIDE_REDIRECT_REFUSED
        assert elsewhere.heard == []


def test_pages_in_a_circle_end_at_a_cap() -> None:
    def circle(wire: Wire, heard: Heard) -> None:
        link = {"Link": f'<http://{heard.headers["host"]}{heard.target}>; rel="next"'}
        page = [{"id": 1, "state": "COMMENTED", "submitted_at": "2026-11-21T12:00:00Z"}] * 100
        faults.respond_json(page, link)(wire, heard)

    with facing(circle) as bench:
        error = failure(bench, CALLS["reviews"])
        assert str(error) == "outside.limit: reviews: more than 1000"
        assert len(bench.server.heard) <= 2 + 11


def test_a_circle_of_pages_without_items_ends_in_time() -> None:
    def circle(wire: Wire, heard: Heard) -> None:
        link = {"Link": f'<http://{heard.headers["host"]}{heard.target}>; rel="next"'}
        faults.respond_json([None], link)(wire, heard)

    with facing(circle) as bench:
        assert failure(bench, CALLS["reviews"]).code is Code.OUTSIDE_TIMEOUT


@pytest.mark.parametrize(
    "document",
    [b"{}", b'[{"state": 5}]', b'[{"state": "BLESSED"}]', b"[{}]", b"[5]", b'[{"state": "APPROVED"}]'],
)
def test_reviews_of_the_wrong_shape_are_no_reviews_and_never_left_out(document: bytes) -> None:
    with facing(faults.respond(200, document)) as bench:
        assert failure(bench, CALLS["reviews"]).code is Code.OUTSIDE_BAD_ANSWER


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {"Retry-After": "7"}, 7.0),
        (403, {"Retry-After": "30"}, 30.0),
        (
            403,
            {
                "Date": "Sat, 21 Nov 2026 12:00:00 GMT",
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Limit": "5000",
                "X-RateLimit-Reset": "1795262460",
            },
            60.0,
        ),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Limit": "inf", "X-RateLimit-Reset": "nan"}, None),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, None),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795262460", "Date": "yesterday"}, None),
    ],
)
def test_a_rate_limit_tells_how_long_to_wait(status: int, headers: dict[str, str], wait: float | None) -> None:
    with facing(faults.respond(status, b'{"message": "slow down"}', headers)) as bench:
        error = failure(bench, CALLS["pull"])
        assert (error.code, error.retry_after) == (Code.OUTSIDE_RATE_LIMITED, wait)


def test_a_forge_that_is_not_there_is_unreachable() -> None:
    with faults.serving(faults.hang) as server:
        url = server.url
    client = GithubClient(url, AccountToken(TOKEN), seconds=LIMIT)
    with pytest.raises(OutsideError) as caught:
        client.login()
    assert str(caught.value) == "outside.unreachable: GET /user: Connection refused"


@pytest.mark.parametrize("oid", ["main", "", "A" * 40, "a" * 39])
def test_a_tag_that_names_no_full_commit_is_a_bad_answer(oid: str) -> None:
    answer = {"ref": "refs/tags/v1", "object": {"type": "commit", "sha": oid, "url": ""}}
    with facing(faults.respond_json(answer)) as bench:
        error = failure(bench, CALLS["revision"])
    assert str(error) == f"outside.bad-answer: the forge names the commit {oid!r}, which is no full id"


@pytest.mark.parametrize("commit", ["", None, "main"])
def test_a_merged_pull_request_without_a_merge_commit_is_a_bad_answer(commit: str | None) -> None:
    side = {"ref": "promote/prod/shop", "sha": OID, "repo": None}
    when, who = "2026-11-21T12:00:00Z", {"login": "mia", "id": 1, "type": "User"}
    said = {
        "state": "closed",
        "merged_at": when,
        "merged_by": who,
        "user": who,
        "title": "t",
        "body": "",
        "html_url": "",
    }

    def answer(wire: Wire, heard: Heard) -> None:
        if heard.path.partition("?")[0].endswith("/events"):
            faults.respond_json([{"event": "merged", "commit_id": commit, "actor": who}])(wire, heard)
        else:
            at = f"http://{heard.headers['host']}/repos/shop/environments"
            links = {"url": f"{at}/pulls/1", "issue_url": f"{at}/issues/1"}
            faults.respond_json({**said, **links, "number": 1, "head": side, "base": side})(wire, heard)

    with facing(answer) as bench:
        error = failure(bench, CALLS["pull"])
    assert str(error) == "outside.bad-answer: pull request 1 is merged and names no merge commit"
