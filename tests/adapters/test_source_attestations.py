"""Attestations that stand in the forge's own store: all of them or an error, and the token goes to nobody else."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import pytest
import requests

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.source_github import GithubSource
from promoter.core.candidate import Digest, digest_of
from promoter.core.codes import Code
from promoter.local.forge import LocalForge, Role
from promoter.local.forge.attestations import snappy_block
from promoter.local.forge.person import ForgeRefusedError, Person
from promoter.ports import OutsideError
from promoter.transport.github import AccountToken, GithubClient
from promoter.transport.github_attestations import may_hold_bundles
from tests.adapters import faults
from tests.adapters.attestations import bundle_about
from tests.adapters.faults import Answer, FaultServer, Heard, Wire

URL = "https://git.example/shop/cart"
DIGEST = digest_of(b"cart 1.0.0")
OTHER = digest_of(b"cart 1.0.1")
WHAT = f"the attestations of {DIGEST} in shop/cart"
TOKEN = "ghp_" + "s3cret" * 6
LIMIT = 0.3  # seconds for one operation, all its requests together
GRACE = 0.6  # seconds for a busy machine


# --- against the local forge ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Site:
    """A forge with one source repository, the adapter on it, and somebody who stores attestations."""

    forge: LocalForge
    source: GithubSource
    author: Person
    reader: Person

    def store(self, digest: Digest, *names: str) -> None:
        for name in names:
            self.author.store_attestation(json.dumps(bundle_about(digest, name)).encode())

    def found(self, digest: Digest, url: str = URL) -> list[Any]:
        return [json.loads(raw) for raw in self.source.attestations(url, digest)]


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    forge = LocalForge(tmp_path_factory.mktemp("forge"), SystemClock())
    forge.start()
    try:
        forge.create_repository("shop", "cart")
        forge.create_repository("shop", "other")
        source = GithubSource(GithubClient(forge.api_url, AccountToken(forge.account("promoter-bot"))), "git.example")
        author, reader = forge.account("ada"), forge.account("rea", role=Role.READ)
        yield Site(forge, source, Person(forge.url, author, "shop/cart"), Person(forge.url, reader, "shop/cart"))
    finally:
        forge.stop()


@pytest.mark.parametrize("inline", [False, True])
def test_what_was_stored_about_a_digest_is_given_in_order_and_nothing_else(site: Site, inline: bool) -> None:
    site.forge.inline_attestations = inline
    site.store(DIGEST, "provenance", "sbom")
    site.store(OTHER, "another")
    assert site.found(DIGEST) == [bundle_about(DIGEST, "provenance"), bundle_about(DIGEST, "sbom")]
    assert site.found(OTHER) == [bundle_about(OTHER, "another")]
    assert site.found(DIGEST, "https://git.example/shop/other") == []


def test_a_bundle_that_is_elsewhere_stays_as_its_bytes_are(site: Site) -> None:
    site.store(DIGEST, "provenance")
    assert site.source.attestations(URL, DIGEST) == (json.dumps(bundle_about(DIGEST, "provenance")).encode(),)


def test_a_bundle_from_the_list_has_the_same_bytes_in_whatever_order_its_keys_come(site: Site) -> None:
    site.forge.inline_attestations = True
    bundle = bundle_about(DIGEST)
    for keys in (tuple(bundle), tuple(reversed(bundle))):
        site.author.store_attestation(json.dumps({key: bundle[key] for key in keys}).encode())
    expected = json.dumps(bundle, sort_keys=True, separators=(",", ":")).encode()
    assert site.source.attestations(URL, DIGEST) == (expected, expected)


def test_a_digest_without_attestations_has_none_and_that_is_no_error(site: Site) -> None:
    assert site.source.attestations(URL, DIGEST) == ()
    assert site.forge.exchanges()[-1].status == 404


def test_what_is_deleted_in_the_store_is_gone(site: Site) -> None:
    site.store(DIGEST, "provenance")
    site.store(OTHER, "provenance")
    site.forge.delete_attestations("shop/cart", DIGEST)
    assert (len(site.found(DIGEST)), len(site.found(OTHER))) == (0, 1)


def test_a_repository_that_is_not_there_is_an_error_and_no_empty_store(site: Site) -> None:
    with pytest.raises(OutsideError) as caught:
        site.source.attestations("https://git.example/shop/gone", DIGEST)
    assert caught.value.code is Code.OUTSIDE_NOT_FOUND


def test_a_repository_on_another_host_is_never_asked_for(site: Site) -> None:
    with pytest.raises(OutsideError) as caught:
        site.source.attestations("https://evil.example/shop/cart", DIGEST)
    assert caught.value.code is Code.OUTSIDE_NOT_FOUND
    assert site.forge.exchanges() == ()


@pytest.mark.parametrize("inline", [False, True])
def test_a_hundred_are_read_page_by_page_and_one_more_is_refused(site: Site, inline: bool) -> None:
    site.forge.inline_attestations = inline
    site.store(DIGEST, *(str(number) for number in range(100)))
    before = len(site.forge.exchanges())
    assert site.found(DIGEST) == [bundle_about(DIGEST, str(number)) for number in range(100)]
    assert len(site.forge.exchanges()) - before == 1 + 5  # the repository once, and five pages
    site.store(DIGEST, "one more")
    with pytest.raises(OutsideError) as caught:
        site.source.attestations(URL, DIGEST)
    assert str(caught.value) == f"outside.limit: {WHAT}: more than 100"


def test_only_those_who_may_write_store_attestations(site: Site) -> None:
    with pytest.raises(ForgeRefusedError, match="403"):
        site.reader.store_attestation(json.dumps(bundle_about(DIGEST)).encode())
    assert site.found(DIGEST) == []


@pytest.mark.parametrize("bundle", [{}, {"dsseEnvelope": {"payload": "e30="}}, {"dsseEnvelope": {"payload": "!"}}])
def test_a_bundle_about_nothing_is_not_stored(site: Site, bundle: dict[str, Any]) -> None:
    with pytest.raises(ForgeRefusedError, match="422: Validation Failed"):
        site.author.store_attestation(json.dumps(bundle).encode())


def test_the_forge_serves_a_bundle_to_whoever_has_its_secret_and_to_nobody_with_a_token(site: Site) -> None:
    site.store(DIGEST, "provenance")
    assert site.found(DIGEST) == [bundle_about(DIGEST, "provenance")]
    address = site.forge.exchanges()[-1].answer["attestations"][0]["bundle_url"]
    assert requests.get(address, timeout=10).status_code == 200
    assert requests.get(f"{address}x", timeout=10).status_code == 404
    assert requests.get(address.partition("?")[0], timeout=10).status_code == 404
    assert requests.get(address, headers={"Authorization": f"token {TOKEN}"}, timeout=10).status_code == 400


# --- against what misbehaves ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Bench:
    """The adapter in front of an API that knows its repository, and of a host of bundles."""

    source: GithubSource
    api: FaultServer
    bundles: FaultServer

    def failure(self) -> OutsideError:
        """Make a call that must fail in time, with an error that holds neither the token nor a signed address."""
        started = time.monotonic()
        with pytest.raises(OutsideError) as caught:
            self.source.attestations(URL, DIGEST)
        assert time.monotonic() - started < LIMIT + GRACE
        assert "s3cret" not in str(caught.value)
        return caught.value


def knowing(listing: Answer) -> Answer:
    """Answer well about the repository, and with `listing` about the rest."""

    def answer(wire: Wire, heard: Heard) -> None:
        if heard.path == "/repos/shop/cart":
            url = f"http://{heard.headers['host']}/repos/shop/cart"
            faults.respond_json({"url": url, "full_name": "shop/cart"})(wire, heard)
        else:
            listing(wire, heard)

    return answer


@contextmanager
def facing(listing: Answer, bundles: Answer = faults.hang) -> Iterator[Bench]:
    with faults.serving(knowing(listing)) as api, faults.serving(bundles) as elsewhere:
        client = GithubClient(api.url, AccountToken(TOKEN), seconds=LIMIT)
        yield Bench(GithubSource(client, "git.example"), api, elsewhere)


@contextmanager
def referring(bundles: Answer, count: int = 1) -> Iterator[Bench]:
    """Have the list say that bundles are on the other host, at addresses with a secret."""

    def listing(wire: Wire, heard: Heard) -> None:
        listed(*({"bundle_url": f"{elsewhere.url}/{number}.json.sn?sig=s3cret"} for number in range(count)))(
            wire, heard
        )

    with faults.serving(knowing(listing)) as api, faults.serving(bundles) as elsewhere:
        client = GithubClient(api.url, AccountToken(TOKEN), seconds=LIMIT)
        yield Bench(GithubSource(client, "git.example"), api, elsewhere)


def listed(*entries: object) -> Answer:
    return faults.respond_json({"attestations": entries})


def snappy(content: bytes, kind: str = "application/x-snappy") -> Answer:
    return faults.respond(200, snappy_block(content), {"Content-Type": kind})


def test_the_token_goes_to_the_api_and_not_to_the_host_of_the_bundles() -> None:
    with referring(snappy(b'{"a": 1}'), count=2) as bench:
        assert bench.source.attestations(URL, DIGEST) == (b'{"a": 1}', b'{"a": 1}')
        assert [one.target for one in bench.bundles.heard] == ["/0.json.sn?sig=s3cret", "/1.json.sn?sig=s3cret"]
        for one in bench.bundles.heard:
            assert set(one.headers) <= {"host", "user-agent", "accept", "accept-encoding", "connection"}
        assert all(one.headers["authorization"] == f"token {TOKEN}" for one in bench.api.heard)
        asked = f"/repos/shop/cart/attestations/{DIGEST}?per_page=20"
        assert [one.target for one in bench.api.heard] == ["/repos/shop/cart", asked]


@pytest.mark.parametrize("kind", ["application/x-snappy", "application/octet-stream", ""])
def test_a_bundle_is_a_snappy_block_unless_its_host_says_that_it_is_json(kind: str) -> None:
    with referring(snappy(b"{}", kind)) as bench:
        assert bench.source.attestations(URL, DIGEST) == (b"{}",)
    with referring(faults.respond(200, b'{"plain": 1}', {"Content-Type": "Application/JSON; charset=utf-8"})) as bench:
        assert bench.source.attestations(URL, DIGEST) == (b'{"plain": 1}',)


def test_a_null_bundle_beside_an_address_is_fetched_and_a_bundle_beside_one_is_not() -> None:
    with faults.serving(snappy(b'{"fetched":1}')) as elsewhere:
        url = f"{elsewhere.url}/1.json.sn"
        entries = ({"bundle": None, "bundle_url": url}, {"bundle": {"held": 1}, "bundle_url": url})
        with facing(listed(*entries)) as bench:
            assert bench.source.attestations(URL, DIGEST) == (b'{"fetched":1}', b'{"held":1}')
        assert len(elsewhere.heard) == 1


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"bundle": None}, "an entry has neither a bundle nor the address of one"),
        ({}, "an entry has neither a bundle nor the address of one"),
        ({"bundle": None, "bundle_url": ""}, "an entry has neither a bundle nor the address of one"),
        ({"bundle": None, "bundle_url": 5}, "an entry has neither a bundle nor the address of one"),
        ({"bundle": "{}"}, "an entry has neither a bundle nor the address of one"),
        ({"bundle": []}, "an entry has neither a bundle nor the address of one"),
        (None, "an entry of the list is no object"),
        ("https://git.example/1", "an entry of the list is no object"),
    ],
)
def test_an_entry_that_holds_no_bundle_is_an_error_and_never_left_out(entry: object, said: str) -> None:
    with facing(listed({"bundle": {}}, entry)) as bench:
        assert str(bench.failure()) == f"outside.bad-answer: {WHAT}: {said}"


@pytest.mark.parametrize("document", [{}, {"attestations": None}, {"attestations": {}}, {"message": "none"}])
def test_an_answer_without_a_list_is_no_empty_list(document: object) -> None:
    with facing(faults.respond_json(document)) as bench:
        assert str(bench.failure()) == f"outside.bad-answer: {WHAT}: the answer holds no list of attestations"


@pytest.mark.parametrize(
    "text", ['{"attestations":[{"bundle":{"a":NaN}}]}', '{"attestations":[{"bundle":{"a":1e999}}]}']
)
def test_a_number_that_json_has_not_is_a_bad_answer(text: str) -> None:
    with facing(faults.respond(200, text.encode())) as bench:
        assert bench.failure().code is Code.OUTSIDE_BAD_ANSWER


@pytest.mark.parametrize(
    "url",
    [
        "ftp://blobs.example/1",
        "file:///etc/passwd",
        "http://blobs.example/1",
        "https:///1",
        "https://me:s3cret@blobs.example/1",
        "https://[::1/1",
        "//blobs.example/1",
        "/1.json.sn",
        "blobs.example/1",
    ],
)
def test_an_address_that_no_forge_has_a_reason_to_name_is_not_gone_to(url: str) -> None:
    with facing(listed({"bundle_url": url})) as bench:
        assert bench.failure().code is Code.OUTSIDE_REDIRECT_REFUSED
        assert bench.bundles.heard == []


def test_a_forge_that_speaks_https_sends_nobody_to_this_machine_in_plain_http() -> None:
    assert may_hold_bundles("https://blobs.example/1.json.sn?sig=x", "https")
    assert not may_hold_bundles("http://127.0.0.1:9200/", "https")
    assert may_hold_bundles("http://127.0.0.1:9200/1.json.sn", "http")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (204, Code.OUTSIDE_BAD_ANSWER),
        (301, Code.OUTSIDE_REDIRECT_REFUSED),
        (307, Code.OUTSIDE_REDIRECT_REFUSED),
        (403, Code.OUTSIDE_FORBIDDEN),
        (404, Code.OUTSIDE_NOT_FOUND),
        (429, Code.OUTSIDE_RATE_LIMITED),
        (500, Code.OUTSIDE_SERVER_ERROR),
    ],
)
def test_a_bundle_that_cannot_be_had_is_an_error_and_never_left_out(status: int, code: Code) -> None:
    with faults.serving(snappy(b"{}")) as third:
        with referring(faults.respond(status, b"", {"Location": f"{third.url}/1"})) as bench:
            assert bench.failure().code is code
        assert third.heard == []


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (faults.hang, Code.OUTSIDE_TIMEOUT),
        (faults.drip_body, Code.OUTSIDE_TIMEOUT),
        (faults.truncate, Code.OUTSIDE_BAD_ANSWER),
        (faults.announce_terabyte, Code.OUTSIDE_TOO_LARGE),
        (faults.respond(200, b"<html>", {"Content-Type": "text/html"}), Code.OUTSIDE_BAD_ANSWER),
        (faults.respond(200, b"", {"Content-Type": "application/x-snappy"}), Code.OUTSIDE_BAD_ANSWER),
        (
            faults.respond(200, b"\xff\xff\xff\xff\x0f\x00a", {"Content-Type": "application/x-snappy"}),
            Code.OUTSIDE_TOO_LARGE,
        ),
    ],
)
def test_a_host_of_bundles_that_misbehaves_is_an_error_in_time(answer: Answer, code: Code) -> None:
    with referring(answer) as bench:
        assert bench.failure().code is code


def test_bundles_of_more_than_64_mib_together_are_refused() -> None:
    with referring(faults.respond(200, b" " * (20 << 20)), count=4) as bench:
        client = GithubClient(bench.api.url, AccountToken(TOKEN))
        with pytest.raises(OutsideError) as caught:
            GithubSource(client, "git.example").attestations(URL, DIGEST)
    said = "more than 64 MiB in one bundle, or 64 MiB in all"
    assert str(caught.value) == f"outside.too-large: {WHAT}: {said}"


def test_bundles_from_the_list_count_with_those_from_elsewhere() -> None:
    body = json.dumps({"attestations": [{"bundle": {"padding": "x" * (15 << 20)}}]}).encode()

    def listing(wire: Wire, heard: Heard) -> None:
        if "after" in heard.target:
            faults.respond(200, body)(wire, heard)
        else:
            link = {"Link": f'<http://{heard.headers["host"]}{heard.path}?after=1>; rel="next"'}
            faults.respond_json({"attestations": [{"bundle_url": f"{elsewhere.url}/1"}] * 3}, link)(wire, heard)

    with faults.serving(faults.respond(200, b" " * (17 << 20))) as elsewhere, faults.serving(knowing(listing)) as api:
        client = GithubClient(api.url, AccountToken(TOKEN))
        with pytest.raises(OutsideError) as caught:
            GithubSource(client, "git.example").attestations(URL, DIGEST)
    assert caught.value.code is Code.OUTSIDE_TOO_LARGE


# --- pages and refusals of the list -----------------------------------------------------------------------------------


def link_to(query: str, path: str = "") -> Answer:
    """Make an empty page that is followed by another one of the same host."""

    def answer(wire: Wire, heard: Heard) -> None:
        link = {"Link": f'<http://{heard.headers["host"]}{path or heard.path}?{query}>; rel="next"'}
        faults.respond_json({"attestations": []}, link)(wire, heard)

    return answer


def test_pages_in_a_circle_end_at_a_cap() -> None:
    with facing(link_to("after=1")) as bench:
        assert str(bench.failure()) == f"outside.limit: {WHAT}: more than 10 pages"
        assert len(bench.api.heard) == 1 + 10


def test_of_the_next_pages_address_only_the_query_is_used() -> None:
    last = listed({"bundle": {"name": "last"}})
    with facing(faults.in_turn(link_to("per_page=20&after=a%2Fb%3D", "/repos/shop/secrets/dump"), last)) as bench:
        assert bench.source.attestations(URL, DIGEST) == (b'{"name":"last"}',)
        assert bench.api.heard[-1].path == f"/repos/shop/cart/attestations/{DIGEST}"
        assert dict(parse_qsl(bench.api.heard[-1].target.partition("?")[2])) == {"per_page": "20", "after": "a/b="}


def test_a_next_page_on_another_host_is_refused_and_the_token_goes_nowhere() -> None:
    with faults.serving(listed()) as elsewhere:
        with facing(faults.respond(200, b'{"attestations":[]}', {"Link": f'<{elsewhere.url}/x>; rel="next"'})) as bench:
            assert bench.failure().code is Code.OUTSIDE_REDIRECT_REFUSED
        assert elsewhere.heard == []


def test_a_page_that_is_gone_is_an_error_though_a_missing_first_page_is_none() -> None:
    gone = faults.respond(404, b'{"message": "Not Found"}')
    with facing(gone) as bench:
        assert bench.source.attestations(URL, DIGEST) == ()
    with facing(faults.in_turn(link_to("after=1"), gone)) as bench:
        assert str(bench.failure()) == f"outside.not-found: {WHAT}: 404, Not Found"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, Code.OUTSIDE_UNAUTHORIZED),
        (403, Code.OUTSIDE_FORBIDDEN),
        (422, Code.OUTSIDE_REFUSED),
        (429, Code.OUTSIDE_RATE_LIMITED),
        (500, Code.OUTSIDE_SERVER_ERROR),
    ],
)
def test_a_refusal_is_an_error_and_no_empty_store(status: int, code: Code) -> None:
    with facing(faults.respond(status, b'{"message": "no"}')) as bench:
        assert str(bench.failure()) == f"{code.value}: {WHAT}: {status}, no"
