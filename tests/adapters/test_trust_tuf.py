"""The trusted root by TUF: what is published arrives verified, and what an attacker or an outage does is refused."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sigstore._utils import read_embedded

from promoter.adapters.trust_tuf import TufSource, embedded_root
from promoter.core.codes import Code
from promoter.ports import OutsideError
from tests.adapters.tuf_repository import TufRepository

NAME = "trusted_root.json"
ONE, TWO = b'{"one": 1}', b'{"two": 2}'


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[TufRepository]:
    """A repository that publishes ONE."""
    with TufRepository(tmp_path / "published") as repository:
        repository.publish({NAME: ONE})
        yield repository


def source(repository: TufRepository, folder: Path, seconds: float = 10.0) -> TufSource:
    return TufSource(repository.url, repository.bootstrap.read_bytes(), folder / "tuf", seconds)


def refused(found: TufSource) -> tuple[Code, str]:
    with pytest.raises(OutsideError) as caught:
        found.fetch()
    return caught.value.code, caught.value.detail.replace(found.name, "URL")


def test_what_is_published_arrives_and_what_is_published_next_too(repository: TufRepository, tmp_path: Path) -> None:
    assert source(repository, tmp_path).fetch() == ONE
    assert source(repository, tmp_path).fetch() == ONE
    repository.publish({NAME: TWO})
    assert source(repository, tmp_path).fetch() == TWO


def test_metadata_is_kept_in_its_folder_alone(
    repository: TufRepository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    source(repository, tmp_path).fetch()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["published", "tuf"]


def test_a_repository_of_another_key_is_refused(repository: TufRepository, tmp_path: Path) -> None:
    other = TufRepository(tmp_path / "other")
    found = TufSource(repository.url, other.bootstrap.read_bytes(), tmp_path / "tuf")
    code, detail = refused(found)
    assert code is Code.OUTSIDE_BAD_ANSWER
    assert detail.startswith("the trusted root of URL does not verify: timestamp was signed by 0/1 keys")


@pytest.mark.parametrize("name", ["timestamp.json", "1.snapshot.json", "1.targets.json"])
def test_metadata_that_was_changed_is_refused(repository: TufRepository, tmp_path: Path, name: str) -> None:
    path = repository.directory / name
    before = path.read_text()
    path.write_text(before.replace('"expires":"2', '"expires":"3'))
    assert path.read_text() != before
    code, detail = refused(source(repository, tmp_path))
    assert code is Code.OUTSIDE_BAD_ANSWER
    assert detail == f"the trusted root of URL does not verify: {name.split('.')[-2]} was signed by 0/1 keys"


def test_a_root_that_was_changed_is_refused(repository: TufRepository, tmp_path: Path) -> None:
    (path,) = (repository.directory / "targets").iterdir()
    path.write_bytes(TWO)
    code, detail = refused(source(repository, tmp_path))
    assert code is Code.OUTSIDE_BAD_ANSWER
    assert "does not verify: Observed hash" in detail


def test_an_older_version_than_was_seen_before_is_refused(repository: TufRepository, tmp_path: Path) -> None:
    repository.publish({NAME: TWO})
    assert source(repository, tmp_path).fetch() == TWO
    repository.publish({NAME: ONE}, version=1)
    assert refused(source(repository, tmp_path)) == (
        Code.OUTSIDE_BAD_ANSWER,
        "the trusted root of URL does not verify: New timestamp version 1 must be >= 2",
    )


def test_metadata_that_has_expired_is_refused(repository: TufRepository, tmp_path: Path) -> None:
    repository.publish({NAME: TWO}, lasts=-timedelta(minutes=1))
    assert refused(source(repository, tmp_path)) == (
        Code.OUTSIDE_BAD_ANSWER,
        "the trusted root of URL does not verify: timestamp.json is expired",
    )


def test_a_repository_without_a_root_is_a_bad_answer(repository: TufRepository, tmp_path: Path) -> None:
    repository.publish({"signing_config.v0.2.json": b"{}"})
    assert refused(source(repository, tmp_path)) == (
        Code.OUTSIDE_BAD_ANSWER,
        "the trusted root of URL does not verify: it publishes no trusted_root.json",
    )


def test_a_file_that_is_missing_is_a_bad_answer(repository: TufRepository, tmp_path: Path) -> None:
    (repository.directory / "timestamp.json").unlink()
    assert refused(source(repository, tmp_path)) == (
        Code.OUTSIDE_BAD_ANSWER,
        "the trusted root of URL: HTTP 404 for timestamp.json",
    )


def test_a_repository_that_does_not_answer_is_unreachable(repository: TufRepository, tmp_path: Path) -> None:
    found = source(repository, tmp_path)
    repository.stop()
    assert refused(found) == (
        Code.OUTSIDE_UNREACHABLE,
        "the trusted root of URL: 2.root.json: Connection refused",
    )


def test_more_than_is_ever_read_is_too_large(repository: TufRepository, tmp_path: Path) -> None:
    (repository.directory / "timestamp.json").write_bytes(b" " * 20_000)  # over what python-tuf reads of this role
    code, _ = refused(source(repository, tmp_path))
    assert code is Code.OUTSIDE_TOO_LARGE
    (repository.directory / "2.root.json").write_bytes(b" " * 5_000_001)  # over what we read of anything
    assert refused(source(repository, tmp_path)) == (
        Code.OUTSIDE_TOO_LARGE,
        "the trusted root of URL: 2.root.json: the answer is over the byte cap",
    )


def test_a_repository_that_hangs_ends_with_the_refresh_as_a_whole(repository: TufRepository, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        begun = time.monotonic()
        found = TufSource(url, repository.bootstrap.read_bytes(), tmp_path / "tuf", 0.3)
        assert refused(found) == (
            Code.OUTSIDE_TIMEOUT,
            "the trusted root of URL: 2.root.json: the answer did not end within the deadline",
        )
        assert time.monotonic() - begun < 2


def test_a_refresh_that_has_used_its_time_up_asks_nothing_more(repository: TufRepository, tmp_path: Path) -> None:
    assert refused(source(repository, tmp_path, 0.0)) == (
        Code.OUTSIDE_TIMEOUT,
        "the trusted root of URL: the refresh as a whole took too long",
    )


def test_a_folder_that_cannot_be_written_is_named(repository: TufRepository, tmp_path: Path) -> None:
    (tmp_path / "tuf").write_text("a file")
    code, detail = refused(source(repository, tmp_path))
    assert code is Code.OUTSIDE_UNREACHABLE
    assert detail.endswith("cannot be written: Not a directory")


def test_a_redirect_is_not_followed(tmp_path: Path) -> None:
    published = TufRepository(tmp_path / "published")
    (published.directory / "2.root.json").mkdir()  # answered with a redirect to the folder's listing
    with published:
        found = source(published, tmp_path)
        assert refused(found) == (Code.OUTSIDE_BAD_ANSWER, "the trusted root of URL: HTTP 301 for 2.root.json")


@pytest.mark.parametrize("name", ["sigstore", "sigstage"])
def test_the_first_root_of_sigstores_own_instances_is_there(name: str) -> None:
    url = f"https://tuf-repo-cdn.{name}.dev"
    assert embedded_root(url) == embedded_root(f"{url}/") == read_embedded("root.json", url)


def test_the_first_root_of_another_instance_is_not_known() -> None:
    assert embedded_root("https://tuf.acme.example") is None
    assert embedded_root("..") is None
