"""Which tools may have made evidence, each with the versions of it that are accepted."""

from collections.abc import Mapping

from promoter.core.predicates.version_range import plain_versions_of


def require_tool_versions(parameter: str, allowed: Mapping[str, str] | None) -> None:
    """Refuse a table that names nothing, or a range that none is; raises ValueError."""
    if allowed is None:
        return
    if not allowed or not all(allowed):
        raise ValueError(f"{parameter} names none: leave it out, or name tools with their versions")
    for name, versions in allowed.items():
        try:
            plain_versions_of(versions)
        except ValueError as error:
            raise ValueError(f"{parameter}.{name}: {error}") from error


def is_allowed(allowed: Mapping[str, str], name: str, version: str) -> bool:
    """Tell whether a tool is named, in any case, and its version is in the range; one that is not told is in none.

    `*` holds every version, and none.
    """
    wanted = {key.casefold(): versions for key, versions in allowed.items()}.get(name.casefold())
    return wanted is not None and (wanted == "*" or plain_versions_of(wanted).hold(version) is True)
