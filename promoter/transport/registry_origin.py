"""Origins (scheme, host and port): what decides whether credentials may travel."""

from urllib.parse import urlsplit

from promoter.core.codes import Code
from promoter.ports import OutsideError

PORTS = {"http": 80, "https": 443}


def same_origin(url: str, origin: str) -> bool:
    """Tell whether a URL is of an origin; a default port may be written out, user information never matches.

    What is no URL is of no origin.
    """
    found = _origin(url)
    return found is not None and found == _origin(origin)


def refuse_downgrade(source: str, target: str, what: str) -> None:
    """Raise OutsideError where something reached by https leads to anything else."""
    if urlsplit(source).scheme == "https" and urlsplit(target).scheme != "https":
        raise OutsideError(Code.OUTSIDE_REDIRECT_REFUSED, f"{what}: it leads from https to http")


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme)
    except ValueError:
        return None
    user = "@" if "@" in parts.netloc else ""
    return parts.scheme, user + (parts.hostname or ""), port
