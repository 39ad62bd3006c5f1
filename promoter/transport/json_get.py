"""One bounded GET of a JSON object with a bearer token: for clusters and monitoring, which need no more than that."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import requests

from promoter.core.codes import Code
from promoter.core.predicates.body import Body, body_of
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import OutsideError
from promoter.transport.bounded import bounded_session, outside_error

DEADLINE: Final = 10.0
"""Seconds for one answer."""

MAX_BYTES: Final = 4 * 1024 * 1024
"""Of one answer."""

_CODES: Final = {
    401: Code.OUTSIDE_UNAUTHORIZED,
    403: Code.OUTSIDE_FORBIDDEN,
    404: Code.OUTSIDE_NOT_FOUND,
    429: Code.OUTSIDE_RATE_LIMITED,
}


class JsonClient:
    """Asks one server; its token goes nowhere else, for redirects are not followed."""

    def __init__(self, url: str, token_file: Path | None = None, authority: Path | None = None) -> None:
        """`token_file` is read at every call, for tokens of service accounts are renewed; `authority` is a CA file."""
        self._url = url.rstrip("/")
        self._host = urlsplit(url).netloc
        self._token_file = token_file
        self._authority = authority
        self._session = bounded_session(DEADLINE, MAX_BYTES)

    def get(self, path: str, what: str, query: tuple[tuple[str, str], ...] = ()) -> Body:
        """Give the object at a path; raises OutsideError, whose detail names `what` and the host, and no secret."""
        about = f"{what} at {self._host}"
        headers = {"Accept": "application/json", **self._credential(about)}
        verify: bool | str = str(self._authority) if self._authority else True
        try:
            answer = self._session.get(
                f"{self._url}{path}", params=list(query), headers=headers, verify=verify, allow_redirects=False
            )
        except (requests.RequestException, OSError) as error:
            raise outside_error(error, about) from error
        if answer.status_code != requests.codes.ok:
            code = _CODES.get(answer.status_code)
            code = code or (Code.OUTSIDE_SERVER_ERROR if answer.status_code >= 500 else Code.OUTSIDE_BAD_ANSWER)
            raise OutsideError(code, f"{about}: answered {answer.status_code}")
        try:
            return body_of(read_object(answer.content, code=Code.OUTSIDE_BAD_ANSWER), "", Code.OUTSIDE_BAD_ANSWER)
        except Malformed as malformed:
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{about}: {malformed.detail}") from None

    def _credential(self, about: str) -> dict[str, str]:
        if self._token_file is None:
            return {}
        try:
            token = self._token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            detail = f"{about}: the token file cannot be read: {getattr(error, 'strerror', 'not UTF-8')}"
            raise OutsideError(Code.OUTSIDE_UNAUTHORIZED, detail) from None
        return {"Authorization": f"Bearer {token}"}
