"""Single lies about a signature, each of which a verifier must refuse: functions for the publisher's `Changes`.

A lie changes one value and leaves the rest as an honest signer made it: what was signed before stays signed.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from promoter.local.authority.contents import Content, Envelope, Message, compact
from promoter.local.authority.rekor import Entry
from promoter.local.authority.sealing import Credential, Sealed

SealedChange = Callable[[Sealed], Sealed]
ContentChange = Callable[[Content], Content]


# --- after signing ----------------------------------------------------------------------------------------------------


def flipped(data: bytes) -> bytes:
    """Give bytes whose last one differs in one bit."""
    return data[:-1] + bytes([data[-1] ^ 1])


def flip_signature(sealed: Sealed) -> Sealed:
    """Flip one bit of every signature."""
    return replace(sealed, signatures=tuple(flipped(each) for each in sealed.signatures))


def sign_twice(sealed: Sealed) -> Sealed:
    """Put the signature into the envelope a second time."""
    return replace(sealed, signatures=sealed.signatures * 2)


def unsign(sealed: Sealed) -> Sealed:
    """Take the signatures out of the envelope."""
    return replace(sealed, signatures=())


def withhold_certificate(sealed: Sealed) -> Sealed:
    """Give the key without its certificate."""
    return replace(sealed, credential=Credential(sealed.credential.key))


def withhold_entries(sealed: Sealed) -> Sealed:
    """Give no log entry."""
    return replace(sealed, entries=())


def withhold_stamps(sealed: Sealed) -> Sealed:
    """Give no timestamp."""
    return replace(sealed, stamps=())


def stamp_often(times: int) -> SealedChange:
    """Give the first timestamp this many times."""
    return lambda sealed: replace(sealed, stamps=sealed.stamps[:1] * times)


def repeat_entries(times: int) -> SealedChange:
    """Give the first log entry this many times."""
    return lambda sealed: replace(sealed, entries=sealed.entries[:1] * times)


def staple(other: Sealed) -> SealedChange:
    """Give the log entries of another signature, which are valid entries of it."""
    return lambda sealed: replace(sealed, entries=other.entries)


def stamp_as(other: Sealed) -> SealedChange:
    """Give the timestamps of another signature."""
    return lambda sealed: replace(sealed, stamps=other.stamps)


def claim(content: Content) -> SealedChange:
    """Give other content with the signature as it is."""
    return lambda sealed: replace(sealed, content=content)


def in_entries(**values: Any) -> SealedChange:
    """Change values of the log entries by the names of `Entry`, like `log_id`, `integrated`, `promise` or `body`."""
    return each_entry(lambda entry: replace(entry, **values))


def each_entry(change: Callable[[Entry], Entry]) -> SealedChange:
    """Change each log entry."""
    return lambda sealed: replace(sealed, entries=tuple(change(entry) for entry in sealed.entries))


def postpone(seconds: int) -> SealedChange:
    """Move the times of the log entries, which their promises cover."""
    return each_entry(lambda entry: replace(entry, integrated=(entry.integrated or 0) + seconds))


def flip_promise(sealed: Sealed) -> Sealed:
    """Flip one bit of every promise of inclusion."""
    return each_entry(lambda entry: replace(entry, promise=flipped(entry.promise or b"\0")))(sealed)


def edit_body(old: bytes, new: bytes) -> SealedChange:
    """Replace bytes in the bodies of the log entries, which proofs and promises cover."""
    return each_entry(lambda entry: replace(entry, body=entry.body.replace(old, new)))


# --- before signing: simple signing payloads --------------------------------------------------------------------------


def in_payload(*path: str, to: object) -> ContentChange:
    """Set one value of a simple signing payload, or of a statement, by its path."""

    def change(document: dict[str, Any]) -> None:
        *places, last = path
        for place in places:
            document = document[place]
        document[last] = to

    return rewritten(change)


def not_in_payload(*path: str) -> ContentChange:
    """Remove one value of a simple signing payload, or of a statement, by its path."""

    def change(document: dict[str, Any]) -> None:
        *places, last = path
        for place in places:
            document = document[place]
        del document[last]

    return rewritten(change)


def rewritten(change: Callable[[dict[str, Any]], object]) -> ContentChange:
    """Change the JSON document that is signed."""

    def apply(content: Content) -> Content:
        document = json.loads(payload_of(content))
        change(document)
        return with_payload(content, compact(document))

    return apply


def about(digest: str) -> ContentChange:
    """Sign a simple signing payload about another digest."""
    return in_payload("critical", "image", "docker-manifest-digest", to=digest)


def about_both(digest: str) -> ContentChange:
    """Say another digest too, under the spelling with a capital letter, which Go's JSON reads as the same member."""
    return in_payload("critical", "image", "Docker-manifest-digest", to=digest)


def in_repository(reference: str) -> ContentChange:
    """Sign for another repository, as a signature does that was copied from there."""
    return in_payload("critical", "identity", "docker-reference", to=reference)


def repeated(member: str, value: str) -> ContentChange:
    """Say one member of the payload's outermost object twice, which a JSON document must not."""

    def apply(content: Content) -> Content:
        payload = payload_of(content)
        return with_payload(content, b"{" + json.dumps(member).encode() + b":" + value.encode() + b"," + payload[1:])

    return apply


def payload_of(content: Content) -> bytes:
    """Give what is signed, without its encoding."""
    return content.payload if isinstance(content, Envelope) else content.data


def with_payload(content: Content, payload: bytes) -> Content:
    """Give content of the same kind about another payload."""
    return replace(content, payload=payload) if isinstance(content, Envelope) else Message(payload)


def payload_type(name: str) -> ContentChange:
    """Sign a statement under another payload type; a message has none and stays as it is."""
    return lambda content: replace(content, payload_type=name) if isinstance(content, Envelope) else content
