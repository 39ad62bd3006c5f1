"""What registries list: tags, referrers and the next page, read strictly and never silently shortened.

OCI distribution specification v1.1, §listing tags and §listing referrers; OCI image specification, image index.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import requests

from promoter.core.candidate import Digest, is_tag, parse_digest
from promoter.core.codes import Code
from promoter.core.strict_json import Malformed, read_object
from promoter.ports import Descriptor, OutsideError
from promoter.transport.registry_origin import same_origin

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"


def bad_answer(what: str, why: str) -> OutsideError:
    """Give the error for an answer that is not what the specification says."""
    return OutsideError(Code.OUTSIDE_BAD_ANSWER, f"{what}: {why}")


def read_json(raw: bytes, what: str) -> Mapping[str, Any]:
    """Read one JSON object of a registry; raises OutsideError (bad answer)."""
    try:
        return read_object(raw)
    except Malformed as error:
        raise bad_answer(what, error.detail) from error


def read_tags(raw: bytes, what: str) -> tuple[str, ...]:
    """Read one page of tags; `null` is an empty list, and names that are no tags are left out."""
    tags = read_json(raw, what).get("tags") or []
    if not isinstance(tags, list):
        raise bad_answer(what, "`tags` is not a list")
    return tuple(tag for tag in tags if isinstance(tag, str) and is_tag(tag))


def read_descriptors(raw: bytes, what: str) -> tuple[Descriptor, ...]:
    """Read the descriptors of an image index; one that cannot be read fails all: it may be the one that counts."""
    return tuple(_read_descriptor(entry, what) for entry in read_entries(raw, what))


def read_entries(raw: bytes, what: str) -> list[Any]:
    """Read the entries of an image index as they stand; `null` is an empty list (a registry in Go may write it)."""
    index = read_json(raw, what)
    entries = index.get("manifests", "")
    if entries is None:
        return []
    if not isinstance(entries, list):
        raise bad_answer(what, "it is not an image index: `manifests` is not a list")
    return entries


def _read_descriptor(entry: object, what: str) -> Descriptor:
    if not isinstance(entry, dict):
        raise bad_answer(what, "a descriptor is not an object")
    digest, media_type, size = entry.get("digest"), entry.get("mediaType"), entry.get("size")
    artifact_type = entry.get("artifactType") or ""
    if not isinstance(media_type, str) or not isinstance(artifact_type, str):
        raise bad_answer(what, "a descriptor's media type is not text")
    if not isinstance(size, int) or size < 0:
        raise bad_answer(what, "a descriptor's size is not a count of bytes")
    return Descriptor(read_digest(digest, what), media_type, size, artifact_type)


def read_subject(raw: bytes, what: str) -> Digest | None:
    """Give the digest that a manifest refers to; None where it refers to nothing."""
    subject = read_json(raw, what).get("subject")
    if subject is None:
        return None
    return read_digest(subject.get("digest") if isinstance(subject, dict) else None, what)


def read_digest(text: object, what: str) -> Digest:
    """Read a digest that a registry names; other algorithms than SHA-256 are refused."""
    try:
        return parse_digest(text if isinstance(text, str) else "")
    except ValueError as error:
        raise bad_answer(what, f"it names something that is {error}") from error


def next_page(response: requests.Response, asked: str, origin: str, what: str) -> str | None:
    """Give the address of the next page (RFC 8288, rel="next"); only an address of the same origin is one.

    Raises OutsideError for another one, and for what is none.
    """
    link = response.links.get("next", {}).get("url")
    if not link:
        return None
    try:
        address = urljoin(asked, link)
    except ValueError as error:
        raise bad_answer(what, "it names no usable address of its next page") from error
    if not same_origin(address, origin):
        raise OutsideError(Code.OUTSIDE_REDIRECT_REFUSED, f"{what}: its next page is on another host")
    return address
