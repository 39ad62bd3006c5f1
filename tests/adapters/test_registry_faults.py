"""The registry adapter on registries that misbehave: the code of each fault, its longest time, and no leaked secret."""

import json
import socket
import ssl
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from promoter.adapters.clock_system import SystemClock
from promoter.adapters.registry_oci import OciRegistry, RegistryLimits
from promoter.core.candidate import Digest, Repository, digest_of
from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport.registry_auth import Endpoint
from promoter.transport.registry_credentials import Account, Anonymous, Credentials
from promoter.transport.registry_repository import ListLimits
from promoter.transport.registry_wire import RequestSeen, WireLimits
from tests.adapters import faults
from tests.adapters.faults import FaultServer, Heard, Wire, respond, respond_json, serving

HOST = "registry.acme.example"
APP = Repository(HOST, "team/app")
SECRET = "s3cret-of-the-registry"
ACCOUNT = Account("bot", SECRET)
MANIFEST = b'{"schemaVersion":2}'
DIGEST = digest_of(MANIFEST)
REQUEST_SECONDS, CALL_SECONDS, GRACE = 0.15, 0.6, 1.0
LIMITS = RegistryLimits(
    WireLimits(REQUEST_SECONDS, CALL_SECONDS, patience_seconds=0.0), ListLimits(page_bytes=1024 * 1024, pages=5)
)
PATIENT = RegistryLimits(WireLimits(patience_seconds=0.25))

CALLS: dict[str, Callable[[OciRegistry], object]] = {
    "tags": lambda registry: registry.tags(APP),
    "head": lambda registry: registry.head(APP, "1.0.0"),
    "manifest": lambda registry: registry.manifest(APP, DIGEST),
    "blob": lambda registry: registry.blob(APP, DIGEST, 100_000),
    "referrers": lambda registry: registry.referrers(APP, DIGEST),
    "push": lambda registry: registry.push_manifest(APP, MANIFEST, "application/json", "1.0.0"),
}

FAULTS: dict[str, tuple[faults.Answer, Code]] = {
    "hang": (faults.hang, Code.OUTSIDE_TIMEOUT),
    "dripping headers": (faults.drip_headers, Code.OUTSIDE_TIMEOUT),
    "dripping body": (faults.drip_body, Code.OUTSIDE_TIMEOUT),
    "truncated": (faults.truncate, Code.OUTSIDE_BAD_ANSWER),
    "closed": (faults.close, Code.OUTSIDE_UNREACHABLE),
    "another protocol": (faults.babble, Code.OUTSIDE_BAD_ANSWER),
    "endless body": (faults.flood, Code.OUTSIDE_TOO_LARGE),
    "endless headers": (faults.flood_headers, Code.OUTSIDE_TOO_LARGE),
    "terabyte announced": (faults.announce_terabyte, Code.OUTSIDE_TOO_LARGE),
    "gzip bomb": (faults.send_gzip_bomb, Code.OUTSIDE_TOO_LARGE),
    "202 for ever": (respond(202), Code.OUTSIDE_BAD_ANSWER),
    "400": (respond(400), Code.OUTSIDE_BAD_ANSWER),
    "401 without a challenge": (respond(401), Code.OUTSIDE_UNAUTHORIZED),
    "403": (respond(403), Code.OUTSIDE_FORBIDDEN),
    "429": (respond(429), Code.OUTSIDE_RATE_LIMITED),
    "500": (respond(500), Code.OUTSIDE_SERVER_ERROR),
    "502": (respond(502), Code.OUTSIDE_SERVER_ERROR),
    "redirects in a circle": (faults.redirect("{path}"), Code.OUTSIDE_REDIRECT_REFUSED),
    "redirect to plain http elsewhere": (faults.redirect("http://example.com/"), Code.OUTSIDE_REDIRECT_REFUSED),
    "redirect to nowhere": (faults.redirect("ftp://127.0.0.1/"), Code.OUTSIDE_REDIRECT_REFUSED),
    "redirect to no address": (faults.redirect("http://[x/"), Code.OUTSIDE_REDIRECT_REFUSED),
    "token service at no address": (
        respond(401, headers={"WWW-Authenticate": 'Bearer realm="http://[x"'}),
        Code.OUTSIDE_UNAUTHORIZED,
    ),
}


@contextmanager
def reading(
    server: FaultServer, credentials: Credentials | None = None, limits: RegistryLimits = LIMITS
) -> Iterator[OciRegistry]:
    registry = OciRegistry((Endpoint(HOST, server.url, credentials or Anonymous()),), limits)
    try:
        yield registry
    finally:
        registry.close()


def caught(call: Callable[[], object]) -> OutsideError:
    with pytest.raises(OutsideError) as raised:
        call()
    return raised.value


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("fault", FAULTS)
def test_every_fault_ends_in_time_with_its_code_and_names_what_was_asked(fault: str, call: str) -> None:
    answer, code = FAULTS[fault]
    with serving(answer) as server, reading(server) as registry:
        started = time.monotonic()
        error = caught(lambda: CALLS[call](registry))
        seconds = time.monotonic() - started
    assert error.code is code
    assert HOST in error.detail
    assert seconds < CALL_SECONDS + GRACE


def test_a_registry_that_is_not_there_is_unreachable() -> None:
    with serving(faults.hang) as server:
        url = server.url
    registry = OciRegistry((Endpoint(HOST, url),), LIMITS)
    assert caught(lambda: registry.tags(APP)).code is Code.OUTSIDE_UNREACHABLE


def test_a_registry_whose_certificate_nobody_vouches_for_is_shown_nothing(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    heard: list[bytes] = []

    def accept() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as secured:
            heard.append(secured.recv(1000))

    with socket.create_server(("127.0.0.1", 0)) as listener, ThreadPoolExecutor(1) as thread:
        accepting = thread.submit(accept)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"
        registry = OciRegistry((Endpoint(HOST, url, ACCOUNT),), LIMITS)
        error = caught(lambda: registry.manifest(APP, DIGEST))
        registry.close()
        accepting.result(5)
    assert (error.code, heard) == (Code.OUTSIDE_UNREACHABLE, [])
    assert error.detail == f"GET {HOST}/v2/team/app/manifests/{DIGEST}: TLS: self-signed certificate"


def self_signed(folder: Path) -> Path:
    """Write a key and a certificate for 127.0.0.1 that only itself vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, begin = x509.Name([]), SystemClock().now() - timedelta(days=1)
    built = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    built = built.not_valid_before(begin).not_valid_after(begin + timedelta(days=2))
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = built.add_extension(names, critical=True).sign(key, hashes.SHA256())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    path = folder / "server.pem"
    path.write_bytes(pem)
    return path


def test_many_slow_pages_together_end_in_time() -> None:
    def next_page(wire: Wire, heard: Heard) -> None:
        wire.wait(0.2)
        number = int(heard.target.rpartition("=")[2]) + 1
        respond(200, b'{"tags":["x"]}', {"Link": f'</v2/team/app/tags/list?last={number}>; rel="next"'})(wire, heard)

    limits = RegistryLimits(WireLimits(0.5, 0.7), ListLimits(pages=1000))
    with serving(next_page) as server:
        registry = OciRegistry((Endpoint(HOST, server.url),), limits)
        started = time.monotonic()
        assert caught(lambda: registry.tags(APP)).code is Code.OUTSIDE_TIMEOUT
        assert time.monotonic() - started < 0.7 + GRACE


def test_many_threads_behind_one_silent_token_service_all_end_in_time() -> None:
    def answer(wire: Wire, heard: Heard) -> None:
        challenge = {"WWW-Authenticate": f'Bearer realm="{server.url}/token"'}
        (faults.hang if heard.path == "/token" else respond(401, headers=challenge))(wire, heard)

    limits = RegistryLimits(WireLimits(request_seconds=0.4, call_seconds=0.6, patience_seconds=0.0))
    with serving(answer) as server, reading(server, limits=limits) as registry, ThreadPoolExecutor(8) as threads:
        started = time.monotonic()
        errors = tuple(threads.map(lambda _: caught(lambda: registry.tags(APP)), range(8)))
        assert time.monotonic() - started < 0.6 + GRACE
    assert {error.code for error in errors} == {Code.OUTSIDE_TIMEOUT}


# --- lengths ----------------------------------------------------------------------------------------------------------


def test_a_length_that_says_less_than_is_sent_gives_neither_the_manifest_nor_the_next_answer() -> None:
    smuggled = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"

    def answer(wire: Wire, heard: Heard) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5\r\n\r\n")
        wire.send(MANIFEST + smuggled)

    with serving(answer) as server, reading(server) as registry:
        error = caught(lambda: registry.manifest(APP, DIGEST))
        assert (error.code, error.detail) == (
            Code.OUTSIDE_DIGEST_MISMATCH,
            f"manifest {DIGEST} of {APP}: its bytes are {digest_of(MANIFEST[:5])}, not {DIGEST}",
        )
        server.answer = respond(200, MANIFEST)
        assert registry.manifest(APP, DIGEST).raw == MANIFEST


def test_a_length_that_says_more_than_is_sent_is_a_bad_answer() -> None:
    with serving(faults.truncate) as server, reading(server) as registry:
        assert caught(lambda: registry.manifest(APP, DIGEST)).code is Code.OUTSIDE_BAD_ANSWER


@pytest.mark.parametrize("length", ["-1", "1e3", "5, 7", "0x13", "many"])
def test_a_length_that_is_none_never_gives_other_bytes_than_were_asked_for(length: str) -> None:
    def answer(wire: Wire, heard: Heard) -> None:
        wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: " + length.encode() + b"\r\n\r\n" + MANIFEST)
        wire.close()

    with serving(answer) as server, reading(server) as registry:
        try:
            assert registry.manifest(APP, DIGEST).raw == MANIFEST
        except OutsideError as error:
            assert error.code in {Code.OUTSIDE_BAD_ANSWER, Code.OUTSIDE_DIGEST_MISMATCH}


# --- lists ------------------------------------------------------------------------------------------------------------


def test_pages_in_a_circle_are_noticed() -> None:
    with serving(faults.page_in_a_circle) as server, reading(server) as registry:
        error = caught(lambda: registry.tags(APP))
    assert (error.code, error.detail) == (
        Code.OUTSIDE_BAD_ANSWER,
        f"tags of {APP}: its pages go round in a circle",
    )


def test_more_pages_than_the_cap_are_refused() -> None:
    def next_page(wire: Wire, heard: Heard) -> None:
        link = f'</v2/team/app/tags/list?last={len(server.heard)}>; rel="next"'
        respond(200, b'{"tags":["x"]}', {"Link": link})(wire, heard)

    with serving(next_page) as server, reading(server) as registry:
        error = caught(lambda: registry.tags(APP))
    assert (error.code, error.detail) == (Code.OUTSIDE_LIMIT, f"tags of {APP}: more than 5 pages")
    assert len(server.heard) == 5


def test_a_next_page_on_another_host_is_not_asked_for() -> None:
    with (
        serving(faults.hang) as other,
        serving(faults.page_elsewhere(other.url)) as server,
        reading(server) as registry,
    ):
        error = caught(lambda: registry.tags(APP))
        assert other.heard == []
    assert (error.code, error.detail) == (
        Code.OUTSIDE_REDIRECT_REFUSED,
        f"tags of {APP}: its next page is on another host",
    )


def test_names_that_are_no_tags_are_left_out() -> None:
    names = ["1.0.0", "-x", "a b", "x" * 129, "a\nb", "../x", 7, None, "`id`", "latest"]
    with serving(respond_json({"tags": names})) as server, reading(server) as registry:
        assert registry.tags(APP) == ("1.0.0", "latest")


def test_a_hundred_thousand_tags_are_listed_whole_and_one_page_more_is_refused() -> None:
    def pages(wire: Wire, heard: Heard) -> None:
        number = int(heard.target.partition("last=")[2] or 0)
        tags = [f"1.{number}.{patch}" for patch in range(1000)]
        link = {"Link": f'</v2/team/app/tags/list?last={number + 1}>; rel="next"'} if number < last else {}
        respond_json({"tags": tags}, link)(wire, heard)

    last = 99
    with serving(pages) as server:
        registry = OciRegistry((Endpoint(HOST, server.url),))
        assert len(registry.tags(APP)) == 100_000
        last = 100
        error = caught(lambda: registry.tags(APP))
        registry.close()
    assert (error.code, error.detail) == (Code.OUTSIDE_LIMIT, f"tags of {APP}: more than 100 pages")


def test_a_page_of_tags_over_the_cap_is_refused() -> None:
    body = json.dumps({"tags": [f"{number:06}-{'c' * 40}" for number in range(30_000)]}).encode()
    with serving(respond(200, body)) as server, reading(server) as registry:
        assert caught(lambda: registry.tags(APP)).code is Code.OUTSIDE_TOO_LARGE


@pytest.mark.parametrize("body", [b'{"tags":null}', b'{"tags":[]}', b"{}"])
def test_a_repository_without_tags_is_an_empty_list(body: bytes) -> None:
    with serving(respond(200, body)) as server, reading(server) as registry:
        assert registry.tags(APP) == ()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"<html>", b'{"tags":"1.0.0"}', b'{"tags":[],"tags":["x"]}', b"[" * 100_000]
)
def test_a_list_that_is_none_is_a_bad_answer(body: bytes) -> None:
    with serving(respond(200, body)) as server, reading(server) as registry:
        assert caught(lambda: registry.tags(APP)).code is Code.OUTSIDE_BAD_ANSWER


@pytest.mark.parametrize(
    "entry",
    [
        "x",
        {"mediaType": "a/b", "size": 1},
        {"mediaType": "a/b", "size": 1, "digest": "sha512:" + "0" * 128},
        {"mediaType": "a/b", "size": 1, "digest": "sha256:../../x"},
        {"mediaType": "a/b", "size": -1, "digest": DIGEST},
        {"mediaType": None, "size": 1, "digest": DIGEST},
        {"mediaType": "a/b", "size": 1, "digest": DIGEST, "artifactType": 1},
    ],
)
def test_one_descriptor_that_cannot_be_read_makes_the_list_a_bad_answer(entry: object) -> None:
    with serving(respond_json({"manifests": [entry]})) as server, reading(server) as registry:
        assert caught(lambda: registry.referrers(APP, DIGEST)).code is Code.OUTSIDE_BAD_ANSWER


def descriptors(count: int) -> list[dict[str, object]]:
    return [{"mediaType": "a/b", "size": 1, "digest": digest_of(b"%d" % number)} for number in range(count)]


def test_a_hundred_referrers_are_read_and_one_more_is_refused() -> None:
    with serving(respond_json({"manifests": descriptors(100)})) as server, reading(server) as registry:
        assert len(registry.referrers(APP, DIGEST)) == 100
        server.answer = respond_json({"manifests": descriptors(101)})
        error = caught(lambda: registry.referrers(APP, DIGEST))
    assert (error.code, error.detail) == (
        Code.OUTSIDE_LIMIT,
        f"referrers of {DIGEST} of {APP}: more than 100; delete those that nobody needs",
    )


def test_a_registry_without_the_api_is_asked_for_it_once() -> None:
    with serving(respond(404)) as server, reading(server) as registry:
        tags = frozenset({"1.0.0"})
        for _ in range(3):
            assert registry.referrers(APP, DIGEST, tags) == ()
        assert [heard.path for heard in server.heard] == [f"/v2/team/app/referrers/{DIGEST}"]
        for _ in range(2):
            assert registry.referrers(APP, DIGEST) == ()
        fallback = f"/v2/team/app/manifests/{DIGEST.replace(':', '-')}"
        assert [heard.path for heard in server.heard[1:]] == [fallback, fallback]


def test_the_api_and_the_fallback_tag_are_asked_at_once() -> None:
    both = threading.Barrier(2)
    listed = respond_json({"manifests": descriptors(1)})

    def answer(wire: Wire, heard: Heard) -> None:
        both.wait(5)  # nobody is answered before both have been asked
        (listed if "/referrers/" in heard.path else respond(404))(wire, heard)

    with serving(answer) as server, reading(server, limits=PATIENT) as registry:
        assert [found.digest for found in registry.referrers(APP, DIGEST)] == [digest_of(b"0")]


def test_a_failed_list_of_referrers_is_an_error_and_never_no_referrers() -> None:
    with serving(faults.in_turn(respond(404), respond(500))) as server, reading(server) as registry:
        assert caught(lambda: registry.referrers(APP, DIGEST)).code is Code.OUTSIDE_SERVER_ERROR


# --- digests ----------------------------------------------------------------------------------------------------------


def test_bytes_with_another_digest_than_the_one_asked_for_are_refused() -> None:
    other = Digest("sha256:" + "a" * 64)
    with serving(respond(200, MANIFEST)) as server, reading(server) as registry:
        error = caught(lambda: registry.manifest(APP, other))
        assert (error.code, error.detail) == (
            Code.OUTSIDE_DIGEST_MISMATCH,
            f"manifest {other} of {APP}: its bytes are {DIGEST}, not {other}",
        )
        assert caught(lambda: registry.blob(APP, other, 100)).code is Code.OUTSIDE_DIGEST_MISMATCH


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("sha256:" + "a" * 64, Code.OUTSIDE_DIGEST_MISMATCH),
        ("sha512:" + "a" * 128, Code.OUTSIDE_BAD_ANSWER),
        ("sha256:../../etc/passwd", Code.OUTSIDE_BAD_ANSWER),
    ],
)
def test_a_header_that_names_another_digest_than_the_bytes_have_is_refused(named: str, code: Code) -> None:
    with serving(respond(200, MANIFEST, {"Docker-Content-Digest": named})) as server, reading(server) as registry:
        assert caught(lambda: registry.manifest(APP, "1.0.0")).code is code
        assert caught(lambda: registry.manifest(APP, DIGEST)).code is code
        assert caught(lambda: registry.blob(APP, DIGEST, 100)).code is code


def test_a_push_that_was_stored_under_another_digest_is_refused() -> None:
    answer = respond(201, b"", {"Docker-Content-Digest": "sha256:" + "a" * 64})
    with serving(answer) as server, reading(server) as registry:
        error = caught(lambda: registry.push_manifest(APP, MANIFEST, "application/json", "1.0.0"))
    assert error.code is Code.OUTSIDE_DIGEST_MISMATCH


def test_a_manifest_that_is_written_as_one_type_and_served_as_another_is_refused() -> None:
    index, image = "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"
    body = json.dumps({"mediaType": index, "manifests": [], "layers": []}).encode()
    with serving(respond(200, body, {"Content-Type": image})) as server, reading(server) as registry:
        error = caught(lambda: registry.manifest(APP, "1.0.0"))
        assert (error.code, error.detail) == (
            Code.OUTSIDE_BAD_ANSWER,
            f"manifest 1.0.0 of {APP}: it is written as {index!r} and served as {image!r}",
        )
        server.answer = respond(200, body, {"Content-Type": "application/json; charset=utf-8"})
        assert registry.manifest(APP, "1.0.0").media_type == index


def test_a_registry_that_names_no_digest_for_a_tag_costs_the_manifest() -> None:
    with serving(respond(200, MANIFEST)) as server, reading(server) as registry:
        assert registry.head(APP, "1.0.0") == DIGEST
        assert [heard.method for heard in server.heard] == ["HEAD", "GET"]


# --- back-off ---------------------------------------------------------------------------------------------------------


def test_what_is_gone_a_moment_later_is_asked_for_again() -> None:
    for first in (respond(503), respond(429, headers={"Retry-After": "0"}), faults.close):
        answer = faults.in_turn(first, respond(200, MANIFEST))
        with serving(answer) as server, reading(server, limits=PATIENT) as registry:
            assert registry.manifest(APP, DIGEST).raw == MANIFEST
            assert len(server.heard) == 2


def test_a_longer_wait_than_the_patience_is_left_to_the_caller() -> None:
    with serving(respond(429, headers={"Retry-After": "30"})) as server, reading(server, limits=PATIENT) as registry:
        error = caught(lambda: registry.tags(APP))
        assert (error.code, error.retry_after) == (Code.OUTSIDE_RATE_LIMITED, 30.0)
        assert len(server.heard) == 1


def test_a_registry_that_stays_away_is_given_up_within_the_patience() -> None:
    with serving(respond(503)) as server, reading(server, limits=PATIENT) as registry:
        assert caught(lambda: registry.tags(APP)).code is Code.OUTSIDE_SERVER_ERROR
        assert len(server.heard) == 2


def test_a_write_is_never_repeated() -> None:
    with serving(respond(503)) as server, reading(server, limits=PATIENT) as registry:
        assert caught(lambda: CALLS["push"](registry)).code is Code.OUTSIDE_SERVER_ERROR
        assert [heard.method for heard in server.heard] == ["PUT"]


# --- redirects and other hosts ----------------------------------------------------------------------------------------


def basic_only(then: faults.Answer) -> faults.Answer:
    def answer(wire: Wire, heard: Heard) -> None:
        challenge = respond(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
        (then if "authorization" in heard.headers else challenge)(wire, heard)

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_host_is_followed_without_credentials(status: int) -> None:
    with serving(respond_json({"manifests": descriptors(1)})) as other:
        away = basic_only(faults.redirect(f"{other.url}{{path}}?signed=1", status))
        with serving(away) as server, reading(server, ACCOUNT) as registry:
            assert len(registry.referrers(APP, DIGEST, frozenset())) == 1
        assert [heard.target for heard in other.heard] == [f"/v2/team/app/referrers/{DIGEST}?signed=1"]
        assert "authorization" not in other.heard[0].headers


def test_a_redirect_to_another_host_and_back_stays_without_credentials() -> None:
    def answer(wire: Wire, heard: Heard) -> None:
        back = faults.redirect(f"{other.url}/away") if heard.path.startswith("/v2/") else respond(200, MANIFEST)
        basic_only(back)(wire, heard) if heard.path != "/back" else respond(200, MANIFEST)(wire, heard)

    with serving(faults.hang) as other, serving(answer) as server, reading(server, ACCOUNT) as registry:
        other.answer = faults.redirect(f"{server.url}/back")
        assert registry.manifest(APP, DIGEST).raw == MANIFEST
        assert [(heard.path, "authorization" in heard.headers) for heard in server.heard[-2:]] == [
            (f"/v2/team/app/manifests/{DIGEST}", True),
            ("/back", False),
        ]


def test_a_challenge_from_where_a_redirect_leads_gets_no_answer() -> None:
    challenge = respond(401, headers={"WWW-Authenticate": 'Basic realm="x"'})
    with serving(challenge) as other, serving(faults.redirect(f"{other.url}/x")) as server:
        with reading(server, ACCOUNT) as registry:
            assert caught(lambda: registry.manifest(APP, DIGEST)).code is Code.OUTSIDE_UNAUTHORIZED
        assert len(other.heard) == 1
        assert "authorization" not in other.heard[0].headers


def test_an_upload_that_the_registry_places_elsewhere_carries_no_credentials() -> None:
    with serving(respond(201, b"")) as other:

        def answer(wire: Wire, heard: Heard) -> None:
            place = respond(202, b"", {"Location": f"{other.url}/put?state=1"})
            basic_only(respond(404) if heard.method == "HEAD" else place)(wire, heard)

        with serving(answer) as server, reading(server, ACCOUNT) as registry:
            registry.push_blob(APP, b"data")
        assert [(heard.method, heard.body) for heard in other.heard] == [("PUT", b"data")]
        assert "authorization" not in other.heard[0].headers


def test_an_upload_without_a_place_is_a_bad_answer() -> None:
    answer = faults.in_turn(respond(404), respond(202))
    with serving(answer) as server, reading(server) as registry:
        error = caught(lambda: registry.push_blob(APP, b"data"))
    assert error.code is Code.OUTSIDE_BAD_ANSWER
    assert error.detail.endswith("the registry names no place to upload it to")


def test_two_registries_never_see_each_others_credentials() -> None:
    answer = basic_only(respond(200, MANIFEST))
    with serving(answer) as first, serving(answer) as second:
        endpoints = (
            Endpoint("one.example", first.url, Account("one", "secret-one")),
            Endpoint("two.example", second.url, Account("two", "secret-two")),
        )
        registry = OciRegistry(endpoints, LIMITS)
        with ThreadPoolExecutor(4) as threads:
            hosts = ["one.example", "two.example"] * 10
            tuple(threads.map(lambda host: registry.manifest(Repository(host, "team/app"), DIGEST), hosts))
        registry.close()
        shown = [
            {heard.headers.get("authorization", "") for heard in server.heard} - {""} for server in (first, second)
        ]
    assert [len(each) for each in shown] == [1, 1]
    assert shown[0].isdisjoint(shown[1])


SIGNED_URL = "https://127.0.0.1:1/blob?X-Amz-Signature=SIGNATURE-OF-THE-REGISTRY"
TELLING: dict[str, faults.Answer] = {
    "refused": respond(401, b'{"errors":[{"code":"UNAUTHORIZED","message":"bearer SIGNATURE-OF-THE-REGISTRY"}]}'),
    "forbidden": respond(403, b"SIGNATURE-OF-THE-REGISTRY"),
    "redirected to where nobody is": faults.redirect(SIGNED_URL),
    "redirected to nowhere": faults.redirect("ftp://bot:SIGNATURE-OF-THE-REGISTRY@127.0.0.1/"),
    "redirected for ever": faults.redirect("{path}?token=SIGNATURE-OF-THE-REGISTRY"),
    "a next page elsewhere": faults.page_elsewhere("http://bot:SIGNATURE-OF-THE-REGISTRY@127.0.0.1:1"),
    "a place elsewhere": respond(202, b"", {"Location": SIGNED_URL}),
    "truncated": faults.truncate,
    "a digest that is none": respond(200, b"{}", {"Docker-Content-Digest": "sha256:x"}),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("telling", TELLING)
def test_no_credential_stands_in_an_error_or_a_log(telling: str, call: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    with serving(basic_only(TELLING[telling])) as server, reading(server, ACCOUNT) as registry:
        try:
            CALLS[call](registry)
            told = ""
        except OutsideError as error:
            told = f"{error} {error!r} {error.detail}"
        assert any("authorization" in heard.headers for heard in server.heard)
    for secret in (SECRET, b64encode(f"bot:{SECRET}".encode()).decode(), "SIGNATURE-OF-THE-REGISTRY"):
        assert secret not in told + caplog.text


def test_the_observer_sees_every_request_and_no_query() -> None:
    seen: list[RequestSeen] = []
    answer = faults.in_turn(respond(503), faults.redirect("/v2/team/app/tags/list?token=secret"), respond_json({}))
    with serving(answer) as server:
        registry = OciRegistry((Endpoint(HOST, server.url),), PATIENT, seen.append)
        registry.tags(APP)
        registry.close()
        assert [(one.kind.value, one.method, one.path, one.status) for one in seen] == [
            ("tags", "GET", "/v2/team/app/tags/list", status) for status in (503, 307, 200)
        ]
        assert len(server.heard) == 3
