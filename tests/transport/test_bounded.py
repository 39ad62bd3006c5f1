"""The bounded transport itself, below every adapter: time, bytes, plain HTTP, and errors without secrets."""

import socket
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from promoter.core.codes import Code
from promoter.ports import OutsideError
from promoter.transport.bounded import BoundedAdapter, bounded_session, is_loopback, outside_error
from promoter.transport.bounded_connection import allow
from tests.adapters import faults
from tests.adapters.faults import Heard, Wire, respond, serving

DEADLINE, GRACE = 0.3, 1.0


@contextmanager
def session(deadline: float = DEADLINE, max_bytes: int = 1000) -> Iterator[requests.Session]:
    made = bounded_session(deadline, max_bytes)
    try:
        yield made
    finally:
        made.close()


def failure(made: requests.Session, url: str, timeout: float | None = None) -> OutsideError:
    with pytest.raises(requests.RequestException) as caught:
        made.get(url, timeout=timeout)
    return outside_error(caught.value, "reading it")


@pytest.mark.parametrize("answer", [faults.hang, faults.drip_headers, faults.drip_body])
def test_a_slow_server_does_not_outlast_the_deadline(answer: faults.Answer) -> None:
    with serving(answer) as server, session(max_bytes=100_000) as made:
        started = time.monotonic()
        error = failure(made, server.url)
        assert DEADLINE * 0.9 < time.monotonic() - started < DEADLINE + GRACE
    assert str(error) == "outside.timeout: reading it: the answer did not end within the deadline"


def test_a_server_that_takes_no_bytes_does_not_outlast_the_deadline() -> None:
    with socket.create_server(("127.0.0.1", 0)) as never_accepts, session() as made:
        started = time.monotonic()
        with pytest.raises(requests.RequestException) as caught:
            made.post(f"http://127.0.0.1:{never_accepts.getsockname()[1]}/", data=bytes(64 * 1024 * 1024))
        assert time.monotonic() - started < DEADLINE + GRACE
    assert outside_error(caught.value, "sending").code is Code.OUTSIDE_TIMEOUT


def test_a_tls_handshake_that_drips_does_not_outlast_the_deadline() -> None:
    def handshake(wire: Wire, heard: Heard) -> None:
        while wire.wait(0.05):
            wire.send(b"\x16")

    with serving(handshake) as server, session() as made:
        started = time.monotonic()
        error = failure(made, server.url.replace("http:", "https:"))
        assert time.monotonic() - started < DEADLINE + GRACE
    assert error.code in {Code.OUTSIDE_TIMEOUT, Code.OUTSIDE_UNREACHABLE}


def test_a_request_may_shorten_its_deadline_and_never_lengthen_it() -> None:
    with serving(faults.hang) as server, session() as made:
        for timeout, longest in ((0.1, 0.1), (30, DEADLINE)):
            started = time.monotonic()
            assert failure(made, server.url, timeout=timeout).code is Code.OUTSIDE_TIMEOUT
            assert time.monotonic() - started < longest + GRACE


def test_several_calls_in_one_allowance_end_together() -> None:
    with serving(respond(200)) as server, session() as made, pytest.raises(requests.Timeout), allow(0.2):
        while True:
            made.get(server.url)


def test_an_allowance_inside_another_gets_no_more_time() -> None:
    with allow(0.1) as outer, allow(60) as inner:
        assert inner.ends == outer.ends


@pytest.mark.parametrize(
    "answer",
    [faults.flood, faults.flood_headers, faults.announce_terabyte, faults.send_gzip_bomb, respond(200, b"x" * 1001)],
)
def test_more_bytes_than_the_cap_are_refused(answer: faults.Answer) -> None:
    with serving(answer) as server, session(5) as made:
        assert str(failure(made, server.url)) == "outside.too-large: reading it: the answer is over the byte cap"


def test_as_many_bytes_as_the_cap_are_read_and_an_allowance_may_set_another_cap() -> None:
    with serving(respond(200, b"x" * 1000)) as server, session() as made:
        assert made.get(server.url).content == b"x" * 1000
        with allow(5, 999), pytest.raises(requests.RequestException):
            made.get(server.url)
        server.answer = respond(200, b"x" * 1001)
        with allow(5, 1001):
            assert len(made.get(server.url).content) == 1001


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (faults.truncate, "outside.bad-answer: reading it: the answer is truncated or not HTTP"),
        (faults.babble, "outside.bad-answer: reading it: the answer is truncated or not HTTP"),
        (
            respond(200, b"not gzip at all", {"Content-Encoding": "gzip"}),
            "outside.bad-answer: reading it: the answer is truncated or not HTTP",
        ),
        (faults.close, "outside.unreachable: reading it: the connection was closed"),
    ],
)
def test_a_broken_answer_is_named(answer: faults.Answer, text: str) -> None:
    with serving(answer) as server, session(deadline=10.0) as made:
        assert str(failure(made, server.url)) == text


def test_a_connection_serves_many_calls_and_a_broken_one_serves_no_other() -> None:
    with serving(respond(200, b"whole")) as server, session() as made:
        for _ in range(3):
            assert made.get(server.url).content == b"whole"
        assert len(server._connections) == 1
        server.answer = faults.announce_terabyte
        failure(made, server.url)
        server.answer = respond(200, b"whole")
        assert made.get(server.url).content == b"whole"
        assert len(server._connections) == 2


@pytest.mark.parametrize(("method", "heard"), [("GET", 3), ("HEAD", 3), ("POST", 2)])
def test_what_only_reads_is_asked_again_once_when_a_kept_connection_was_closed(method: str, heard: int) -> None:
    answered: set[int] = set()

    def answer_once(wire: Wire, request: Heard) -> None:
        if id(wire.connection) in answered:
            return wire.close()
        answered.add(id(wire.connection))
        return respond(200, b"" if request.method == "HEAD" else b"whole")(wire, request)

    with serving(answer_once) as server, session() as made:
        made.get(server.url)
        try:
            again = made.request(method, server.url).status_code
        except requests.ConnectionError:
            again = 0
        assert (again, len(server.heard)) == (200 if heard == 3 else 0, heard)


def test_a_redirect_is_an_answer_and_cookies_are_not_kept() -> None:
    with serving(faults.redirect("http://127.0.0.1:9/", 302)) as server, session() as made:
        assert (made.get(server.url).status_code, made.post(server.url).status_code) == (302, 302)
        server.answer = respond(200, b"", {"Set-Cookie": "a=b"})
        made.get(server.url)
        made.get(server.url)
        assert "cookie" not in server.heard[-1].headers
        assert server.heard[-1].headers["accept-encoding"] == "identity"


def test_the_adapter_alone_gives_the_guarantees_in_somebody_elses_session() -> None:
    with serving(faults.drip_body) as server, requests.Session() as made:
        made.mount("http://", BoundedAdapter(DEADLINE, 100_000))
        made.trust_env = False
        started = time.monotonic()
        assert failure(made, server.url, timeout=15).code is Code.OUTSIDE_TIMEOUT
        assert time.monotonic() - started < DEADLINE + GRACE


def test_threads_share_a_session_and_keep_their_own_deadlines() -> None:
    def echo(wire: Wire, heard: Heard) -> None:
        (faults.hang if heard.path == "/slow" else respond(200, heard.path.encode()))(wire, heard)

    with serving(echo) as server, session(1.0) as made, ThreadPoolExecutor(8) as threads:
        slow = threads.submit(failure, made, f"{server.url}/slow")
        paths = [f"/{number}" for number in range(200)]
        assert list(threads.map(lambda path: made.get(server.url + path).content.decode(), paths)) == paths
        assert slow.result().code is Code.OUTSIDE_TIMEOUT


def test_plain_http_is_spoken_with_loopback_only() -> None:
    with session() as made:
        assert str(failure(made, "http://user:secret@registry.example/x?token=secret")) == (
            "outside.redirect-refused: reading it: plain HTTP is spoken with loopback addresses only, "
            "not with registry.example: use https"
        )
    for host, expected in {
        "localhost": True,
        "127.0.0.1": True,
        "127.8.8.8": True,
        "::1": True,
        "10.0.0.1": False,
        "0.0.0.0": False,
        "localhost.example": False,
        "127.0.0.1.example": False,
    }.items():
        assert is_loopback(host) is expected


def test_a_proxy_is_refused_because_it_would_escape_the_bounds() -> None:
    with session() as made:
        made.proxies = {"http": "http://127.0.0.1:9"}
        with pytest.raises(requests.exceptions.ProxyError, match="proxies are not supported"):
            made.get("http://127.0.0.1:9/")


def test_no_part_of_an_address_stands_in_an_error() -> None:
    with serving(faults.hang) as server:
        host = server.host
    with session() as made:
        for url in (f"http://bot:secret@{host}/?token=secret", "https://secret.invalid/secret"):
            text = str(failure(made, url))
            assert text.startswith("outside.")
            assert "secret" not in text


def test_an_unacceptable_certificate_is_named_as_such() -> None:
    refused = ssl.SSLCertVerificationError("certificate verify failed")
    refused.verify_message = "certificate has expired"
    wrapped = requests.exceptions.SSLError("wrapped")
    wrapped.__cause__ = refused
    assert str(outside_error(wrapped, "reading it")) == "outside.unreachable: reading it: TLS: certificate has expired"
