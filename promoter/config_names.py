"""Names in a file of rules that stand for nothing: signers, environments and placeholders that there are not."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from promoter.config_errors import name_key, suggest
from promoter.core.identity import SignerRule
from promoter.strict_yaml import Document, Location

_PLACEHOLDERS = ("{source}", "{tag}", "{release}")


@dataclass(frozen=True, slots=True)
class Known:
    """What the lines of a file may name; no environments where the graph could not be read."""

    signers: Mapping[str, SignerRule]
    environments: tuple[str, ...]


def strange_names(document: Document, lines: tuple[Mapping[str, Any], ...], known: Known) -> Iterator[str]:
    """Find what a file names and nobody knows; `lines` are its lines, each with the keys that it inherits."""
    yield from _unknown_signers(document, lines, known)
    yield from _unknown_environments(document, lines, known)
    yield from _odd_identities(document, document.values, ())
    yield from _same_key_twice(document, lines, known)


def _unknown_signers(document: Document, lines: tuple[Mapping[str, Any], ...], known: Known) -> Iterator[str]:
    """Find names that the file does not define; what is no text is reported by the check's own reading."""
    for index, line in enumerate(lines):
        for at, name in _named_signers(line, ("require", index)):
            if name not in known.signers:
                yield f"{document.at(at)}: {name_key(at)}: no signer {name!r}{suggest(name, known.signers)}"
    for at, name in _named_signers(document.values.get("exceptions", {}), ("exceptions",)):
        if name not in known.signers:
            yield f"{document.at(at)}: {name_key(at)}: no signer {name!r}{suggest(name, known.signers)}"


def _unknown_environments(document: Document, lines: tuple[Mapping[str, Any], ...], known: Known) -> Iterator[str]:
    """Find requirements about an environment that the graph does not have; nothing could ever be about it."""
    names = known.environments
    for index, line in enumerate(lines):
        name, at = line.get("environment"), ("require", index, "environment")
        if names and isinstance(name, str) and name not in names:
            yield f"{document.at(at)}: {name_key(at)}: no environment {name!r}{suggest(name, names)}"


def _named_signers(value: object, at: Location) -> Iterator[tuple[Location, str]]:
    """Give every name of a signer with its place: a text below `signer`, `signers` or `..._signers`, at any depth."""
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _named_signers(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _named_signers(item, (*at, index))
    elif isinstance(value, str) and _is_of_signers(next(part for part in reversed(at) if isinstance(part, str))):
        yield at, value


def _is_of_signers(key: str) -> bool:
    return key in {"signer", "signers"} or key.endswith("_signers")


def _same_key_twice(document: Document, lines: tuple[Mapping[str, Any], ...], known: Known) -> Iterator[str]:
    """Find lines that count signers and name one key twice: it would never count as two."""
    for index, line in enumerate(lines):
        listed = line.get("signers")
        names = [name for name in listed if name in known.signers] if isinstance(listed, list) else []
        first = dict[str, str]()
        for name in names if line.get("at_least", 1) != 1 else ():
            mark = known.signers[name].fingerprint
            other = first.setdefault(mark, name)
            if mark and other != name:
                where = f"{document.at(('require', index, 'signers'))}: require[{index}].signers"
                yield f"{where}: {other} and {name} are the same key, which counts once; name another signer"


def _odd_identities(document: Document, value: object, at: Location) -> Iterator[str]:
    """Find placeholders that nothing fills in, and patterns where text is compared exactly and would match nobody."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _odd_identities(document, item, (*at, key))
    elif isinstance(value, str):
        place = f"{document.at(at)}: {name_key(at)}"
        for found in re.findall(r"\{(?![0-9])[^{}]*\}", value):  # {7} is how often, in a pattern
            if found not in _PLACEHOLDERS:
                yield f"{place}: no placeholder {found}{suggest(found, _PLACEHOLDERS)}"
            elif _is_sample(at):
                yield f"{place}: samples are taken as they stand; write what {found} stands for"
        if at[0] == "signers" and "*" in value and at[2:] != ("san_pattern",):
            yield f"{place}: identities are compared exactly, * stands for nothing; {_star_advice(at)}: {value!r}"


def _is_sample(at: Location) -> bool:
    return at[0] == "signers" and at[2:3] == ("samples",)


def _star_advice(at: Location) -> str:
    return "write the whole text, or san_pattern for san" if at[2:] == ("san",) else "write the whole text"
