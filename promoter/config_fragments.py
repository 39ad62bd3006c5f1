"""Reads `config/fragments/`: rules that several policies and classes share, each after those that it includes."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

from promoter.config_errors import attempt, file_name, parse, suggest
from promoter.config_policy_files import FragmentFile
from promoter.config_rules import Rules, Source, read_rules
from promoter.config_tightening import tightens
from promoter.strict_yaml import ConfigError, Document, Location, read_document

Fragments = Mapping[str, Rules | None]
"""Fragments by name; None stands for one that could not be read, whose own problems are reported."""


@dataclass(frozen=True, slots=True)
class _Written:
    document: Document
    file: FragmentFile


def read_fragments(paths: Iterable[Path], environments: tuple[str, ...], problems: list[str]) -> Fragments:
    """Read the fragments in these files; what is wrong with them is added to the problems."""
    found = {path.stem: attempt(problems, partial(_file, path)) for path in paths}
    files = {name: written for name, written in found.items() if written}
    read: dict[str, Rules | None] = dict.fromkeys(found)
    wanted = {name: [one for one in written.file.include if one in files] for name, written in files.items()}
    try:
        order = tuple(TopologicalSorter(wanted).static_order())
    except CycleError as error:
        problems.append(_circle(tuple(reversed(error.args[1])), files))
        return read
    for name in order:
        read[name] = attempt(problems, partial(_fragment, name, files[name], read, environments))
    return read


def included(document: Document, names: tuple[str, ...], fragments: Fragments) -> tuple[Rules, ...]:
    """Give the fragments that a file includes; raises ConfigError for an unknown one and for one that stands twice.

    The error has no problem where a fragment could not be read: that is reported already.
    """
    problems = list(_misnamed(document, names, fragments))
    found = tuple(rules for name in names if (rules := fragments.get(name)))
    if problems or len(found) < len(names):
        raise ConfigError(*problems)
    return found


def unused(paths: Iterable[Path], documents: Iterable[Path]) -> Iterator[str]:
    """Find fragments that no other file includes: what is written and counts for nothing misleads."""
    names = {name for path in documents for name in _includes(path)}
    for path in paths:
        if path.stem not in names:
            yield f"{path}:1: nothing includes this fragment; include it in a policy or class, or remove the file"


def _includes(path: Path) -> tuple[str, ...]:
    return tuple(map(str, read_document(path).values.get("include", ())))


def _file(path: Path) -> _Written:
    file_name(path)
    document = read_document(path)
    file = parse(document, FragmentFile)
    if not (file.include or file.signers or file.require or file.layouts):
        raise ConfigError(f"{path}:1: holds nothing; write signers, layouts or require, or remove the file")
    return _Written(document, file)


def _fragment(name: str, written: _Written, read: Fragments, environments: tuple[str, ...]) -> Rules:
    document, file = written.document, written.file
    return read_rules(name, Source(document, file, included(document, file.include, read), environments), tightens)


def _misnamed(document: Document, names: tuple[str, ...], fragments: Fragments) -> Iterator[str]:
    for index, name in enumerate(names):
        at: Location = ("include", index)
        where = f"{document.at(at)}: include[{index}]"
        if name not in fragments:
            yield f"{where}: no fragment {name!r}{suggest(name, fragments)}"
        elif name in names[:index]:
            yield f"{where}: {name} is included already; remove one"


def _circle(names: tuple[str, ...], files: Mapping[str, _Written]) -> str:
    document = files[names[0]].document
    way = " includes ".join(names)
    return f"{document.at(('include',))}: include: goes round in a circle: {way}; take one of them out"
