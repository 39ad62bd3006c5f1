"""Logins of the registry adapter: tokens that end, Docker configurations with helpers, and who is never shown them."""

import base64
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from promoter.adapters.registry_oci import OciRegistry
from promoter.core.candidate import Repository
from promoter.core.codes import Code
from promoter.local.registry import LocalRegistry
from promoter.local.registry_access import Access, AccessPolicy
from promoter.ports import OutsideError
from promoter.transport.registry_auth import Challenge, Endpoint, Scheme, parse_challenge
from promoter.transport.registry_credentials import Account, Anonymous, Credentials, DockerConfig
from promoter.transport.registry_wire import RequestKind, RequestSeen
from tests.adapters import faults
from tests.adapters.faults import Heard, Wire, respond, respond_json, serving

HOST = "registry.acme.example"
APP = Repository(HOST, "team/app")
SECRET = "s3cret-of-the-registry"
ACCOUNT = Account("bot", SECRET)
MANIFEST = b'{"schemaVersion":2}'


@contextmanager
def local(policy: AccessPolicy) -> Iterator[LocalRegistry]:
    registry = LocalRegistry(access=policy)
    registry.push_manifest(APP.path, MANIFEST, "1.0.0")
    registry.start()
    try:
        yield registry
    finally:
        registry.stop()


@contextmanager
def reading(url: str, credentials: Credentials, *token_hosts: str) -> Iterator[tuple[OciRegistry, list[RequestSeen]]]:
    seen: list[RequestSeen] = []
    registry = OciRegistry((Endpoint(HOST, url, credentials, token_hosts),), on_request=seen.append)
    try:
        yield registry, seen
    finally:
        registry.close()


def steps(seen: list[RequestSeen]) -> list[tuple[str, int]]:
    """Give what was asked and answered since the last look."""
    taken = [(one.kind.value, one.status) for one in seen]
    seen.clear()
    return taken


def failure(registry: OciRegistry) -> OutsideError:
    with pytest.raises(OutsideError) as caught:
        registry.tags(APP)
    assert SECRET not in str(caught.value)
    return caught.value


def refusal(registry: OciRegistry) -> str:
    error = failure(registry)
    assert error.code is Code.OUTSIDE_UNAUTHORIZED
    return error.detail


# --- tokens -----------------------------------------------------------------------------------------------------------


def test_a_token_is_fetched_once_and_used_until_it_ends() -> None:
    with local(AccessPolicy(Access.TOKEN, "bot", SECRET)) as server, reading(server.url, ACCOUNT) as (registry, seen):
        registry.tags(APP)
        assert steps(seen) == [("tags", 401), ("token", 200), ("tags", 200)]
        registry.tags(APP)
        assert steps(seen) == [("tags", 200)]


def test_a_token_that_was_revoked_is_replaced_on_401_with_one_retry() -> None:
    with local(AccessPolicy(Access.TOKEN, "bot", SECRET)) as server, reading(server.url, ACCOUNT) as (registry, seen):
        registry.tags(APP)
        steps(seen)
        server.gate.revoke_all()
        assert registry.tags(APP) == ("1.0.0",)
        assert steps(seen) == [("tags", 401), ("token", 200), ("tags", 200)]


def test_a_token_that_ended_is_replaced_before_the_registry_has_to_refuse_it() -> None:
    policy = AccessPolicy(Access.TOKEN, "bot", SECRET, token_seconds=1)
    with local(policy) as server, reading(server.url, ACCOUNT) as (registry, seen):
        registry.tags(APP)
        steps(seen)
        time.sleep(1)
        registry.tags(APP)
        assert steps(seen) == [("token", 200), ("tags", 200)]


def test_a_token_for_reading_is_not_used_for_writing() -> None:
    with local(AccessPolicy(Access.TOKEN, "bot", SECRET)) as server, reading(server.url, ACCOUNT) as (registry, seen):
        registry.tags(APP)
        registry.push_manifest(APP, MANIFEST, "application/vnd.oci.image.manifest.v1+json", "2.0.0")
        assert [kind for kind, _ in steps(seen)] == ["tags", "token", "tags", "token", "manifest"]


def test_the_limit_of_a_small_blob_leaves_room_for_the_token() -> None:
    with local(AccessPolicy(Access.TOKEN, "bot", SECRET)) as server, reading(server.url, ACCOUNT) as (registry, _):
        digest = server.push_blob(APP.path, b"{}")
        assert registry.blob(APP, digest, 2) == b"{}"
        with pytest.raises(OutsideError) as caught:
            registry.blob(APP, digest, 1)
    assert str(caught.value) == f"outside.too-large: blob {digest} of {APP}: more than 1 bytes"


def test_many_threads_share_one_token() -> None:
    with local(AccessPolicy(Access.TOKEN, "bot", SECRET)) as server, reading(server.url, ACCOUNT) as (registry, seen):
        with ThreadPoolExecutor(8) as threads:
            assert set(threads.map(lambda _: registry.tags(APP), range(16))) == {("1.0.0",)}
        assert [one.kind for one in seen].count(RequestKind.TOKEN) == 1


def test_a_public_registry_is_read_with_an_anonymous_token() -> None:
    with local(AccessPolicy(Access.TOKEN, public=True)) as server, reading(server.url, Anonymous()) as (registry, _):
        assert registry.tags(APP) == ("1.0.0",)


def test_a_wrong_password_is_tried_once_and_named_without_its_text() -> None:
    for access, why in (
        (Access.BASIC, "it refuses this login"),
        (Access.TOKEN, "its token service refuses this login"),
    ):
        with local(AccessPolicy(access, "bot", "another")) as server, reading(server.url, ACCOUNT) as (registry, seen):
            detail = refusal(registry)
            assert detail.startswith(
                f"{HOST}: {why}" if access is Access.TOKEN else "GET registry.acme.example/v2/team/app"
            )
            assert len(steps(seen)) == 2
            refusal(registry)
            assert len(steps(seen)) <= 2


def test_a_registry_that_wants_a_login_says_so_where_none_is_configured() -> None:
    with local(AccessPolicy(Access.BASIC)) as server, reading(server.url, Anonymous()) as (registry, seen):
        assert refusal(registry) == f"{HOST}: it wants a login and none is configured"
        assert steps(seen) == [("tags", 401)]


# --- token services elsewhere -----------------------------------------------------------------------------------------


def bearer(realm: str) -> faults.Answer:
    challenge = {"WWW-Authenticate": f'Bearer realm="{realm}",service="s",scope="repository:team/app:pull"'}

    def answer(wire: Wire, heard: Heard) -> None:
        is_in = heard.headers.get("authorization") == "Bearer granted"
        (respond_json({"tags": ["1.0.0"]}) if is_in else respond(401, headers=challenge))(wire, heard)

    return answer


def test_a_token_service_on_another_host_is_not_shown_a_login() -> None:
    with serving(respond_json({"token": "granted"})) as other, serving(bearer(f"{other.url}/token")) as server:
        with reading(server.url, ACCOUNT) as (registry, _):
            assert refusal(registry) == (
                f"{HOST}: it wants its login shown to {other.host}; "
                "if that is right, list it as a token host of the registry"
            )
        assert other.heard == []


def test_a_token_service_that_the_endpoint_names_is_shown_the_login_and_the_registry_only_the_token() -> None:
    with serving(respond_json({"token": "granted"})) as other, serving(bearer(f"{other.url}/token")) as server:
        with reading(server.url, ACCOUNT, other.host) as (registry, _):
            assert registry.tags(APP) == ("1.0.0",)
        basic = "Basic " + base64.b64encode(f"bot:{SECRET}".encode()).decode()
        assert [(heard.target, heard.headers["authorization"]) for heard in other.heard] == [
            ("/token?service=s&scope=repository%3Ateam%2Fapp%3Apull", basic)
        ]
        assert [heard.headers.get("authorization") for heard in server.heard] == [None, "Bearer granted"]


def test_an_anonymous_token_may_come_from_another_host() -> None:
    with serving(respond_json({"access_token": "granted"})) as other, serving(bearer(f"{other.url}/token")) as server:
        with reading(server.url, Anonymous()) as (registry, _):
            assert registry.tags(APP) == ("1.0.0",)
        assert "authorization" not in other.heard[0].headers


@pytest.mark.parametrize(
    ("realm", "why"),
    [
        ("http://example.com/token", "plain HTTP"),
        ("file:///etc/passwd", "usable token service"),
        ("", "usable token service"),
        ("http://bot:x@127.0.0.1/token", "usable token service"),
    ],
)
def test_a_token_service_without_a_safe_address_is_refused(realm: str, why: str) -> None:
    with serving(bearer(realm)) as server, reading(server.url, Anonymous()) as (registry, _):
        detail = failure(registry).detail
    assert why in detail


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"token":""}', b'{"token":"a b"}', b'{"token":"a\\r\\nX: y"}', b'{"token":7}']
)
def test_a_token_that_is_none_is_a_bad_answer(body: bytes) -> None:
    def answer(wire: Wire, heard: Heard) -> None:
        (respond(200, body) if heard.path == "/token" else bearer(f"{server.url}/token"))(wire, heard)

    with serving(answer) as server, reading(server.url, Anonymous()) as (registry, _):
        error = failure(registry)
    assert error.code is Code.OUTSIDE_BAD_ANSWER


@pytest.mark.parametrize(
    ("header", "challenge"),
    [
        ('Basic realm="x"', Challenge(Scheme.BASIC, "x")),
        ('BEARER Realm="https://a/t", service=s', Challenge(Scheme.BEARER, "https://a/t", "s")),
        ('Basic realm="x", Bearer realm="https://a/t",scope="a,b"', Challenge(Scheme.BEARER, "https://a/t", "", "a,b")),
        ("Negotiate", None),
        ("", None),
    ],
)
def test_challenges_are_read(header: str, challenge: Challenge | None) -> None:
    assert parse_challenge(header) == challenge


# --- Docker configurations --------------------------------------------------------------------------------------------


def docker_config(directory: Path, content: object) -> DockerConfig:
    file = directory / "config.json"
    file.write_text(json.dumps(content))
    return DockerConfig(file, helper_seconds=0.5)


def helper(directory: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a credential helper called `test` on PATH."""
    file = directory / "docker-credential-test"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")


ENCODED = base64.b64encode(f"bot:{SECRET}".encode()).decode()
GOOD_HELPER = f'read host; [ "$host" = {HOST} ] || exit 1; echo \'{{"Username":"bot","Secret":"{SECRET}"}}\''


@pytest.mark.parametrize(
    "content",
    [
        {"auths": {HOST: {"auth": ENCODED}}},
        {"auths": {f"https://{HOST}/v1/": {"auth": ENCODED}}},
        {"auths": {HOST: {"username": "bot", "password": SECRET}}},
        {"credHelpers": {HOST: "test", "other.example": "missing"}},
        {"credsStore": "test", "auths": {HOST: {}}},
    ],
)
def test_a_docker_configuration_gives_the_login(
    content: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, GOOD_HELPER)
    config = docker_config(tmp_path, content)
    for access in (Access.BASIC, Access.TOKEN):
        with local(AccessPolicy(access, "bot", SECRET)) as server, reading(server.url, config) as (registry, _):
            assert registry.tags(APP) == ("1.0.0",)


@pytest.mark.parametrize("through_helper", [False, True])
def test_an_identity_token_is_traded_for_a_token(
    through_helper: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, f'echo \'{{"Username":"<token>","Secret":"{SECRET}"}}\'')
    config = {"credsStore": "test"} if through_helper else {"auths": {HOST: {"identitytoken": SECRET}}}
    policy = AccessPolicy(Access.TOKEN, "bot", SECRET)
    with local(policy) as server, reading(server.url, docker_config(tmp_path, config)) as (registry, _):
        assert registry.tags(APP) == ("1.0.0",)


def test_a_helper_is_asked_when_the_registry_asks_and_again_when_its_login_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, f"echo asked >> {tmp_path}/log\ncat {tmp_path}/answer")
    config = docker_config(tmp_path, {"credHelpers": {HOST: "test"}})
    answer, log = tmp_path / "answer", tmp_path / "log"
    with local(AccessPolicy(Access.BASIC, "bot", SECRET)) as server, reading(server.url, config) as (registry, _):
        answer.write_text('{"Username":"bot","Secret":"of-yesterday"}')
        failure(registry)
        assert log.read_text() == "asked\n"
        answer.write_text(json.dumps({"Username": "bot", "Secret": SECRET}))
        for _ in range(3):
            assert registry.tags(APP) == ("1.0.0",)
        assert log.read_text() == "asked\n" * 2


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("sleep 30", "docker-credential-test did not end within 0.5 s"),
        ("sleep 30 & echo x; exit 0", "docker-credential-test did not end within 0.5 s"),
        ("yes", "docker-credential-test wrote more than 65536 bytes"),
        (f"echo {SECRET}", "docker-credential-test did not answer with JSON"),
        ("echo '{}'", "docker-credential-test answered without Username and Secret"),
    ],
)
def test_a_helper_that_misbehaves_is_an_error_in_time(
    script: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    helper(tmp_path, monkeypatch, script)
    config = docker_config(tmp_path, {"credHelpers": {HOST: "test"}})
    with local(AccessPolicy(Access.BASIC)) as server, reading(server.url, config) as (registry, _):
        started = time.monotonic()
        assert refusal(registry) == f"no login for {HOST}: {why}"
        assert time.monotonic() - started < 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"credHelpers": {HOST: "../../bin/sh"}}, "'../../bin/sh' is not the name of a credential helper"),
        ({"credHelpers": {HOST: "absent"}}, "docker-credential-absent cannot be started: "),
        ({"auths": {HOST: {"auth": "%%%"}}}, "its `auth` in "),
        ([], "is no Docker configuration: the JSON is not an object"),
    ],
)
def test_a_docker_configuration_that_cannot_be_used_says_why(content: object, why: str, tmp_path: Path) -> None:
    config = docker_config(tmp_path, content)
    with local(AccessPolicy(Access.BASIC)) as server, reading(server.url, config) as (registry, _):
        assert why in refusal(registry)


def test_a_docker_configuration_that_is_not_there_is_named(tmp_path: Path) -> None:
    config = DockerConfig(tmp_path / "absent.json")
    with local(AccessPolicy(Access.BASIC)) as server, reading(server.url, config) as (registry, _):
        assert (
            refusal(registry)
            == f"no login for {HOST}: {tmp_path}/absent.json cannot be read: No such file or directory"
        )


def test_a_configuration_without_this_host_leaves_it_anonymous(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper(tmp_path, monkeypatch, "exit 1")
    config = docker_config(tmp_path, {"credsStore": "test", "auths": {"other.example": {"auth": ENCODED}}})
    with local(AccessPolicy(Access.BASIC)) as server, reading(server.url, config) as (registry, _):
        assert refusal(registry) == f"{HOST}: it wants a login and none is configured"


def test_no_secret_stands_in_the_text_of_a_credential() -> None:
    assert SECRET not in repr(Endpoint(HOST, "", ACCOUNT))


@pytest.mark.parametrize(
    "url", ["registry.example", "ftp://registry.example", "https://a/b", "https://u:p@a", "https://a?x"]
)
def test_an_address_that_is_none_of_a_registry_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="registry"):
        OciRegistry((Endpoint(HOST, url),))
