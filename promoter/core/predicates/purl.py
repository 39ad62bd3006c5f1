"""Package URLs in canonical form (purl-spec, PURL-SPECIFICATION and PURL-TYPES), to tell whether two name one package.

Only what identifies a package is read. A text that is no package URL is None: it names nothing, and equals nothing.
"""

import re
from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import Digest, parse_digest

_TYPE = re.compile(r"[a-z][a-z0-9.+-]*", re.ASCII)
_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")
_LOWER_NAMES: Final = frozenset(
    {"alpm", "apk", "bitbucket", "composer", "deb", "github", "golang", "hex", "npm", "oci", "pypi"}
)
_LOWER_NAMESPACES: Final = _LOWER_NAMES | {"rpm"}


@dataclass(frozen=True, slots=True)
class PackageUrl:
    """A package and its version; qualifiers and subpath are kept apart, they say where it was found."""

    type: str
    namespace: str
    name: str
    version: str
    qualifiers: tuple[tuple[str, str], ...] = ()

    @property
    def identity(self) -> str:
        """The canonical text without qualifiers, not encoded: for comparing, not for anybody to resolve."""
        version = f"@{self.version}" if self.version else ""
        return f"pkg:{'/'.join(part for part in (self.type, self.namespace, self.name) if part)}{version}"


def read_purl(text: str) -> PackageUrl | None:
    """Read a package URL; None for what is none."""
    if not text.startswith("pkg:"):
        return None
    beside, _, _ = text.removeprefix("pkg:").lstrip("/").partition("#")
    path, _, qualifiers = beside.partition("?")
    kind, _, rest = path.partition("/")
    kind, (named, version) = kind.lower(), _split_version(rest.strip("/"))
    namespace, _, name = named.rpartition("/")
    if not _TYPE.fullmatch(kind) or not name:
        return None
    return PackageUrl(kind, _namespace(kind, namespace), _name(kind, name), _decoded(version), _qualifiers(qualifiers))


def image_digest(text: str) -> Digest | None:
    """Give the manifest that a package URL of type `oci` (or `docker`) names by digest, or a reference `NAME@DIGEST`.

    None where neither: a version of another kind names no manifest.
    """
    purl = read_purl(text)
    if purl is not None and purl.type not in {"oci", "docker"}:
        return None
    named = purl.version if purl else text.rpartition("@")[2]
    try:
        return parse_digest(named)
    except ValueError:
        return None


def _split_version(rest: str) -> tuple[str, str]:
    """Cut at the last `@` of the last segment; the `@` of an npm scope that was not encoded stands further left."""
    name, at, version = rest.rpartition("@")
    return (name, version) if at and "/" not in version and name else (rest, "")


def _namespace(kind: str, text: str) -> str:
    decoded = "/".join(_decoded(part) for part in text.split("/") if part)
    return decoded.lower() if kind in _LOWER_NAMESPACES else decoded


def _name(kind: str, text: str) -> str:
    decoded = _decoded(text)
    lowered = decoded.lower() if kind in _LOWER_NAMES else decoded
    return lowered.replace("_", "-") if kind == "pypi" else lowered


def _qualifiers(text: str) -> tuple[tuple[str, str], ...]:
    pairs = (pair.partition("=") for pair in text.split("&") if pair)
    return tuple(sorted((key.lower(), _decoded(value)) for key, _, value in pairs if value))


def _decoded(text: str) -> str:
    if "%" not in text:
        return text
    raw = _ENCODED.sub(lambda found: bytes([int(found[1], 16)]), text.encode(errors="surrogatepass"))
    return raw.decode(errors="replace")
