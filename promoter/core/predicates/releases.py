"""Release attestations (in-toto release v0.1 and v0.2): the package URL of the release that the artifact belongs to.

Of the package URL its type, namespace, name, version and tag are read; a percent-encoded character is the character.
"""

import re
from dataclasses import dataclass
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates.body import body_of

_PURL: Final = re.compile(
    r"pkg:/*(?P<type>[A-Za-z][A-Za-z0-9.+-]*)/(?P<name>[^@?#]+)"
    r"@(?P<version>[^@?#]+)(?:\?(?P<qualifiers>[^#]*))?(?:#.*)?",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(rb"%([0-9A-Fa-f]{2})")


@dataclass(frozen=True, slots=True)
class PackageRelease:
    """One version of a package: `package` is its URL without version, `tag` the image tag that the URL names."""

    purl: str
    package: str
    version: str
    tag: str = ""


def read_release(_predicate_type: str, predicate: object) -> PackageRelease:
    """Read a release; raises Malformed with RELEASE_UNPARSEABLE. A package URL without version names no release."""
    whole = body_of(predicate, "", Code.RELEASE_UNPARSEABLE)
    purl = whole.required_text("purl")
    found = _PURL.fullmatch(purl)
    if not found:
        raise whole.refusal("purl", f"is no package URL with a version: {purl[:60]!r}")
    tags = [
        value
        for key, _, value in (pair.partition("=") for pair in (found["qualifiers"] or "").split("&"))
        if key == "tag"
    ]
    try:
        package = package_name(f"pkg:{found['type']}/{found['name']}")
        return PackageRelease(purl, package, _decoded(found["version"]), _decoded("".join(tags[:1])))
    except UnicodeDecodeError as error:
        raise whole.refusal("purl", "holds escapes that are not UTF-8") from error


def package_name(purl: str) -> str:
    """Give the name to compare a package URL without version by; raises UnicodeDecodeError for bad escapes."""
    kind, _, name = purl.removeprefix("pkg:").strip("/").partition("/")
    return f"pkg:{kind.lower()}/{_decoded(name.strip('/'))}"


def _decoded(text: str) -> str:
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), text.encode()).decode()
