"""`ports.RootSource` on python-tuf: the trusted root of a Sigstore instance, verified from the first root.json on.

TUF's metadata is kept in a folder of its own, which is what a rollback is noticed by; only one process at a time may
use it. Every download has the caps of python-tuf and ours, and a refresh as a whole has a time to end in.
"""

import hashlib
import time
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from urllib.parse import quote

import requests
from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig  # type: ignore[attr-defined]

from promoter.core.codes import Code
from promoter.core.escape import one_line
from promoter.ports import OutsideError
from promoter.transport.bounded import bounded_session, outside_error

TARGET = "trusted_root.json"
_CALL = 10.0  # seconds of one download
_WHOLE = 25.0  # seconds of a whole refresh: a bot that is told to end waits for it
_LARGEST = 5_000_000  # bytes of one download
_CONFIG = UpdaterConfig(app_user_agent="promoter")


def embedded_root(url: str) -> bytes | None:
    """Give the first root.json of an instance that sigstore-python ships one for: Sigstore's own two; else None."""
    place = resources.files("sigstore._store") / quote(url.rstrip("/"), safe="") / "root.json"
    return place.read_bytes() if place.is_file() else None


class TufSource:
    """A TUF repository that publishes a trusted_root.json; `bootstrap` is the root.json that its keys are known by."""

    def __init__(self, url: str, bootstrap: bytes, folder: Path, seconds: float = _WHOLE) -> None:
        """Keep metadata below `folder`, apart for every URL and bootstrap; `seconds` bound a whole refresh."""
        self.name = url
        self._bootstrap = bootstrap
        self._folder = folder / hashlib.sha256(b"\0".join((url.encode(), bootstrap))).hexdigest()[:16]
        self._seconds = seconds

    def fetch(self) -> bytes:
        """Refresh the metadata and fetch the root it names; raises OutsideError, a bad signature is a bad answer."""
        what = f"the trusted root of {self.name}"
        targets = self._folder / "targets"
        try:
            targets.mkdir(mode=0o700, parents=True, exist_ok=True)
            return self._download(targets)
        except RepositoryError as error:
            detail = f"{what} does not verify: {_sentence(error)}"
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, detail) from error
        except DownloadError as error:
            raise _outside(error, what) from error
        except OSError as error:
            detail = f"{what}: {self._folder} cannot be written: {error.strerror}"
            raise OutsideError(Code.OUTSIDE_UNREACHABLE, detail) from error

    def _download(self, targets: Path) -> bytes:
        fetcher = BoundedFetcher(self._seconds)
        updater = Updater(
            str(self._folder),
            self.name,
            str(targets),
            f"{self.name}/targets/",
            fetcher,
            _CONFIG,
            bootstrap=self._bootstrap,
        )
        updater.refresh()
        found = updater.get_targetinfo(TARGET)
        if found is None:
            raise RepositoryError(f"it publishes no {TARGET}")
        kept = updater.find_cached_target(found)
        return Path(kept or updater.download_target(found)).read_bytes()


class BoundedFetcher(FetcherInterface):
    """Downloads for python-tuf within a time for all of them together; redirects are not followed."""

    def __init__(self, seconds: float) -> None:
        self._ends = time.monotonic() + seconds
        self._session = bounded_session(min(_CALL, seconds), _LARGEST)

    def _fetch(self, url: str) -> Iterator[bytes]:
        left = self._ends - time.monotonic()
        if left <= 0:
            raise OutsideError(Code.OUTSIDE_TIMEOUT, "the refresh as a whole took too long")
        try:
            answer = self._session.get(url, timeout=left)
        except requests.RequestException as error:
            raise outside_error(error, url.rpartition("/")[2]) from error
        if answer.status_code != 200:
            raise DownloadHTTPError(f"HTTP {answer.status_code} for {url.rpartition('/')[2]}", answer.status_code)
        return iter([answer.content])


def _outside(error: DownloadError, what: str) -> OutsideError:
    """Give the error of the world behind a failed download."""
    if isinstance(error.__cause__, OutsideError):
        return OutsideError(error.__cause__.code, f"{what}: {error.__cause__.detail}")
    if isinstance(error, DownloadHTTPError):
        code = Code.OUTSIDE_SERVER_ERROR if error.status_code >= 500 else Code.OUTSIDE_BAD_ANSWER
        return OutsideError(code, f"{what}: {error}")
    return OutsideError(Code.OUTSIDE_TOO_LARGE, f"{what}: {error}")  # what is left is a length over its bound


def _sentence(error: Exception) -> str:
    """Give what an exception says in one line; foreign text is made harmless and cut short."""
    return one_line(str(error), 300) or type(error).__name__
