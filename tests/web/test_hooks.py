"""Which services a hint wakes, and that nothing but the secret makes anybody listen."""

import hashlib
import hmac
import json
from typing import Any

import pytest

from promoter.config import Configuration
from promoter.web.hooks import ACCEPTED, REFUSED, WAKE_PATH, Answer, Hooks
from tests.web.conftest import SECRET

GITHUB, REGISTRY = "/hooks/github", "/hooks/registry"
ENVIRONMENTS = {"full_name": "platform/environments"}
ALL = frozenset({"billing", "cart", "search"})
BEARER = {"authorization": f"Bearer {SECRET.decode()}"}


class Desk:
    """Hooks of the example configuration, and what they woke."""

    def __init__(self, configuration: Configuration) -> None:
        self.woken: list[frozenset[str]] = []
        self.hooks = Hooks(SECRET, lambda: configuration, self.woken.append)

    def github(self, event: str, document: object, secret: bytes = SECRET) -> Answer:
        """Send what GitHub sends."""
        body = json.dumps(document).encode()
        signature = hmac.new(secret, body, hashlib.sha256).hexdigest()
        headers = {"x-hub-signature-256": f"sha256={signature}", "x-github-event": event}
        return self.hooks.answer(GITHUB, headers, body)

    def bearer(self, path: str, document: object) -> Answer:
        """Send what a registry or `promoter wake` sends."""
        return self.hooks.answer(path, BEARER, json.dumps(document).encode())


@pytest.fixture
def desk(example: Configuration) -> Desk:
    """Give the hooks of the example configuration."""
    return Desk(example)


def pull(branch: object) -> dict[str, Any]:
    return {"repository": ENVIRONMENTS, "pull_request": {"head": {"ref": branch}}}


def status(context: str, branches: object) -> dict[str, Any]:
    return {"repository": ENVIRONMENTS, "context": context, "branches": branches}


@pytest.mark.parametrize(
    ("event", "document", "woken"),
    [
        ("pull_request", pull("promote/prod/cart"), {"cart"}),
        ("pull_request_review", pull("promote/prod/cart"), {"cart"}),
        ("pull_request", pull("promote/nowhere/cart"), ALL),
        ("pull_request", pull("somebody/else"), ALL),
        ("pull_request", {"repository": ENVIRONMENTS, "pull_request": 7}, ALL),
        ("pull_request", {"repository": {"full_name": "shop/cart"}}, set()),
        ("push", {"repository": ENVIRONMENTS, "ref": "refs/heads/main"}, ALL),
        ("push", {"repository": ENVIRONMENTS, "ref": "refs/heads/promote/dev/search"}, {"search"}),
        ("push", {"repository": {"full_name": "Shop/Cart"}, "ref": "refs/tags/v1.0.0"}, {"cart"}),
        ("push", {"repository": {"full_name": "mallory/cart"}, "ref": "refs/tags/v1.0.0"}, set()),
        ("push", {"repository": [1, 2], "ref": {"a": 1}}, set()),
        ("status", status("ci", [{"name": "promote/dev/cart"}]), {"cart"}),
        ("status", status("ci", [{"name": "main"}]), set()),
        ("status", status("promoter/dev", [{"name": "promote/dev/cart"}]), set()),
        ("status", status("ci", "promote/dev/cart"), set()),
        ("ping", {"repository": ENVIRONMENTS, "zen": "Design for failure."}, set()),
        ("issues", {"repository": ENVIRONMENTS}, set()),
        ("", {}, set()),
    ],
)
def test_an_event_of_the_forge_wakes_those_that_it_may_be_about(
    desk: Desk, event: str, document: object, woken: set[str]
) -> None:
    assert desk.github(event, document) == ACCEPTED
    assert desk.woken == ([frozenset(woken)] if woken else [])


def notified(action: str, repository: str) -> dict[str, Any]:
    return {"action": action, "target": {"repository": repository, "tag": "1.0.0"}}


@pytest.mark.parametrize(
    ("events", "woken"),
    [
        ([notified("push", "shop/cart")], {"cart"}),
        ([notified("delete", "shop/cart")], {"cart"}),
        ([notified("push", "shop/cart"), notified("mount", "shop/search")], {"cart", "search"}),
        ([notified("pull", "shop/cart")], set()),
        ([notified("push", "shop/cart/other")], set()),
        ([{"action": "push", "target": "shop/cart"}, "push", None, 7], set()),
        ("push", set()),
    ],
)
def test_a_notification_of_the_registry_wakes_whose_releases_stand_there(
    desk: Desk, events: object, woken: set[str]
) -> None:
    assert desk.bearer(REGISTRY, {"events": events}) == ACCEPTED
    assert desk.woken == ([frozenset(woken)] if woken else [])


def test_a_person_wakes_those_that_are_named_or_all(desk: Desk) -> None:
    assert desk.bearer(WAKE_PATH, {"services": ["cart", "nobody", 7]}) == ACCEPTED
    assert desk.bearer(WAKE_PATH, {"services": []}) == ACCEPTED
    assert desk.woken == [frozenset({"cart"}), ALL]


def test_a_body_that_is_not_signed_with_the_secret_is_refused_and_not_read(desk: Desk) -> None:
    body = json.dumps(pull("promote/prod/cart")).encode()
    good = hmac.new(SECRET, body, hashlib.sha256).hexdigest()
    other = hmac.new(b"another secret", body, hashlib.sha256).hexdigest()
    bad = ("", "sha256=", f"sha1={good}", good, f"sha256={good[:-1]}", f"sha256={good.upper()}", f"sha256={other}")
    for signature in (*bad, "sha256=\xff\u20ac"):
        headers = {"x-hub-signature-256": signature, "x-github-event": "pull_request"}
        assert desk.hooks.answer(GITHUB, headers, body) == REFUSED
    assert desk.hooks.answer(GITHUB, {"x-hub-signature-256": f"sha256={good}"}, body + b" ") == REFUSED
    assert desk.hooks.answer(GITHUB, BEARER, body) == REFUSED
    assert desk.hooks.answer(GITHUB, {}, b"{") == REFUSED
    assert desk.woken == []


@pytest.mark.parametrize("path", [REGISTRY, WAKE_PATH])
def test_a_sender_that_does_not_bear_the_secret_is_refused(desk: Desk, path: str) -> None:
    known = SECRET.decode()
    for words in ("", "Bearer", "Bearer ", f"bearer {known}", f"Bearer {known}x", f"Bearer {known[:-1]}", known):
        assert desk.hooks.answer(path, {"authorization": words}, b"{}") == REFUSED
    assert desk.woken == []


DEEP = b'{"a":' * 40 + b"1" + b"}" * 40


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"{", b'{"a":1,"a":2}', b"\xff", b"[" * 1000, DEEP])
def test_what_is_no_plain_object_is_refused_even_by_a_good_sender(desk: Desk, body: bytes) -> None:
    assert (desk.hooks.answer(REGISTRY, BEARER, body).status, desk.woken) == (400, [])


def test_a_hint_that_is_said_again_wakes_nobody_again(desk: Desk) -> None:
    for _ in range(3):
        assert desk.github("pull_request", pull("promote/prod/cart")) == ACCEPTED
    assert desk.woken == [frozenset({"cart"})]


def test_only_so_many_hints_are_remembered(desk: Desk) -> None:
    desk.bearer(WAKE_PATH, {"services": ["cart"]})
    for number in range(1024):
        desk.bearer(WAKE_PATH, {"services": ["nobody"], "nonce": number})
    desk.bearer(WAKE_PATH, {"services": ["cart"]})
    assert desk.woken == [frozenset({"cart"})] * 2
