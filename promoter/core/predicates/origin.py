"""Where a material came from, compared by whole segments of its URI; never by a part of one, never by a pattern.

Rule 1: a URI comes from a place where it is the place, or goes on behind it with a new segment or, below the host, with
the version: `git+https://forge.example/acme` holds `.../acme/cart@refs/tags/v1` and not `.../acme-evil/cart`.
Rule 2: a URI that hides where it leads comes from nowhere: dot segments, percent-encoding before the version (but for
%40, the @ of npm's scopes), backslashes, blanks, a package URL whose qualifiers name another origin.
Rule 3: an image is its repository, `oci://HOST/PATH`, whichever of its notations a builder wrote.
"""

import re
from collections.abc import Iterator
from typing import Final

MAX_PLACE: Final = 300  # characters

_PLACE: Final = re.compile(
    r"(?:(?:git\+)?\{source\}|[a-z][a-z0-9+.-]*://[A-Za-z0-9._-]+(?::[0-9]{1,5})?|pkg:[a-z0-9.+-]+)"
    r"(?:/(?:[A-Za-z0-9._+~{}-]|%40)+)*"
)
_CLEAR: Final = re.compile(r"(?:[A-Za-z0-9._+~:/-]|%40)*")
_REPOSITORY: Final = re.compile(r"oci://[A-Za-z0-9._-]+(?::[0-9]{1,5})?(?:/[A-Za-z0-9._-]+)+")
_REFERENCE: Final = re.compile(r"(?P<path>[^@?#]+)(?P<version>@[^?#]*)?(?:\?(?P<qualifiers>[^#]*))?(?:#.*)?", re.DOTALL)
_IMAGE_SCHEMES: Final = ("oci://", "docker://", "docker-pullable://")
_DEFAULT_HOST, _DEFAULT_OWNER = "docker.io", "library"


def check_place(place: str) -> None:
    """Raise ValueError for what is no place: a scheme with a host or package type, and whole segments behind it."""
    if len(place) > MAX_PLACE:
        raise ValueError(f"is longer than {MAX_PLACE} characters")
    if not _PLACE.fullmatch(place) or _has_dots(place):
        raise ValueError(
            "is no place: write a scheme with its host, or pkg: with its type, and whole segments behind it, without a "
            "slash at the end; * stands for nothing"
        )


def check_image_place(place: str) -> None:
    """Raise ValueError for what is no place of images: `oci://HOST` and the beginning of a repository's path."""
    if not place.startswith("oci://"):
        raise ValueError("is no place of images: write oci://HOST/PATH, whatever notation the builder uses")
    check_place(place)


def comes_from(uri: str, place: str) -> bool:
    """Tell whether a URI is the place or below it, by the rules above; `place` has passed `check_place`."""
    return _is_below(image_repository(uri), place) or (not _has_other_origin(uri) and _is_below(uri, place))


def _is_below(uri: str, place: str) -> bool:
    if not uri.startswith(place):
        return False
    rest = uri[len(place) :]
    path = re.split("[@?#]", rest, maxsplit=1)[0]
    if not _CLEAR.fullmatch(path) or _has_dots(path):
        return False
    below_the_host = place.startswith("pkg:") or "/" in place.partition("://")[2]
    return not rest or rest[0] in ("/@?#" if below_the_host else "/")


def _has_dots(path: str) -> bool:
    return any(segment in {".", ".."} for segment in path.split("/"))


def _has_other_origin(uri: str) -> bool:
    """Tell whether a package URL names its origin in a qualifier, which the text in front of it does not show."""
    found = _REFERENCE.fullmatch(uri)
    names = (name for name, _ in _qualifiers(found["qualifiers"] if found else None))
    return uri.startswith("pkg:") and any(name.endswith("_url") for name in names)


def is_image(uri: str) -> bool:
    """Tell whether a URI names a container image: an OCI or docker URI, or the package URL of one."""
    return uri.startswith((*_IMAGE_SCHEMES, "pkg:oci/", "pkg:docker/"))


def image_repository(uri: str) -> str:
    """Give the repository of an image as `oci://HOST/PATH`; empty where the URI is no image's or does not tell it.

    The package URL types oci and docker say it differently (purl-spec, types oci and docker): `repository_url` is the
    whole repository in one and the registry in the other, where the first segment of the path may be the registry too.
    """
    found = _REFERENCE.fullmatch(uri)
    if not found or not is_image(uri):
        return ""
    written, given = (
        found["path"],
        [value for name, value in _qualifiers(found["qualifiers"]) if name == "repository_url"],
    )
    named = given[0].removeprefix("https://").rstrip("/") if given else ""
    if not written.startswith("pkg:"):
        repository = _without_tag(written.partition("://")[2])
    elif written.startswith("pkg:oci/"):
        repository = named
    else:
        path = _decoded(written.removeprefix("pkg:docker/"))
        repository = f"{named}/{path}" if named else _with_host(path)
    whole = f"oci://{repository}"
    return whole if len(given) <= 1 and _REPOSITORY.fullmatch(whole) and not _has_dots(repository) else ""


def _qualifiers(text: str | None) -> Iterator[tuple[str, str]]:
    """Give a package URL's qualifiers, their names in lower case and their values decoded."""
    for part in (text or "").split("&"):
        name, _, value = part.partition("=")
        yield _decoded(name).lower(), _decoded(value)


def _decoded(text: str) -> str:
    return re.sub("%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), text)


def _without_tag(repository: str) -> str:
    """Leave out a tag: the part behind the last colon of the last segment below the host."""
    host, slash, path = repository.partition("/")
    return f"{host}{slash}{re.sub(r':[^:/]*$', '', path)}"


def _with_host(path: str) -> str:
    first, slash, _ = path.partition("/")
    if slash and ("." in first or ":" in first or first == "localhost"):
        return path
    return f"{_DEFAULT_HOST}/{path if slash else f'{_DEFAULT_OWNER}/{path}'}"
