"""HTTP statuses of a registry as reasons: which refusals are worth another try at once, and how long to wait."""

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime

import requests

from promoter.core.codes import Code
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import OutsideError

_MAX_WAIT = 86_400.0  # seconds; a longer Retry-After is taken for this one
_AGAIN = (429, 502, 503, 504)
_CODES = {
    401: Code.OUTSIDE_UNAUTHORIZED,
    403: Code.OUTSIDE_FORBIDDEN,
    404: Code.OUTSIDE_NOT_FOUND,
    429: Code.OUTSIDE_RATE_LIMITED,
}
_ERROR_CODE = re.compile(r"[A-Z][A-Z_]{2,40}")


class TransientError(OutsideError):
    """A failure that may be gone a moment later; whether to ask again is the caller's to decide."""


def refusal(response: requests.Response, what: str) -> OutsideError:
    """Give the error that stands for a status that was not wanted; `what` says what was asked."""
    status = response.status_code
    code = Code.OUTSIDE_SERVER_ERROR if status >= 500 else _CODES.get(status, Code.OUTSIDE_BAD_ANSWER)
    kind = TransientError if status in _AGAIN else OutsideError
    return kind(code, f"{what}: HTTP {status}{_reason(response)}", retry_after=retry_after(response.headers))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Give the seconds of a Retry-After header (RFC 9110 §10.2.3); a date counts from the answer's own Date."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdecimal():
        return min(float(text[:10]), _MAX_WAIT)
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(wait.total_seconds(), 0.0), _MAX_WAIT)


def _reason(response: requests.Response) -> str:
    """Give the error code of the distribution specification (§error codes), never the message: it is foreign text."""
    try:
        errors = read_object(response.content).get("errors")
    except Malformed:
        return ""
    first = errors[0] if isinstance(errors, list) and errors else None
    code = first.get("code") if isinstance(first, dict) else None
    return f" {code}" if isinstance(code, str) and _ERROR_CODE.fullmatch(code) else ""
