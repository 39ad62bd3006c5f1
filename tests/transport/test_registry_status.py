"""How long a registry asks to be left alone, and which word its refusals give."""

import pytest
import requests

from promoter.core.codes import Code
from promoter.transport.registry_status import TransientError, refusal, retry_after


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("5", 5.0),
        (" 0 ", 0.0),
        ("99999999999999999999", 86_400.0),
        ("Sat, 21 Nov 2026 10:00:30 GMT", 30.0),
        ("Sat, 21 Nov 2026 09:00:00 GMT", 0.0),
        ("Sat, 28 Nov 2026 10:00:00 GMT", 86_400.0),
        ("-5", None),
        ("soon", None),
        ("٣", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_seconds_and_as_a_date(header: str, seconds: float | None) -> None:
    assert retry_after({"Retry-After": header, "Date": "Sat, 21 Nov 2026 10:00:00 GMT"}) == seconds


def test_a_date_without_the_answers_own_date_says_nothing() -> None:
    assert retry_after({"Retry-After": "Sat, 21 Nov 2026 10:00:30 GMT"}) is None


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"errors":[{"code":"DENIED","message":"<b>@all</b>"}]}', "reading it: HTTP 403 DENIED"),
        (b'{"errors":[{"code":"<script>"}]}', "reading it: HTTP 403"),
        (b'{"errors":{}}', "reading it: HTTP 403"),
        (b"<html>", "reading it: HTTP 403"),
    ],
)
def test_a_refusal_quotes_the_code_and_never_the_message(body: bytes, text: str) -> None:
    response = requests.Response()
    response.status_code = 403
    response._content = body
    error = refusal(response, "reading it")
    assert (error.code, error.detail) == (Code.OUTSIDE_FORBIDDEN, text)


def test_only_some_refusals_are_worth_another_try() -> None:
    response = requests.Response()
    transient = []
    for status in (400, 401, 403, 404, 429, 500, 501, 502, 503, 504):
        response.status_code = status
        response._content = b""
        if isinstance(refusal(response, "x"), TransientError):
            transient.append(status)
    assert transient == [429, 502, 503, 504]
