"""`freezes.yaml`, as it is written: when nothing is promoted, and the overrides of that. It may be left out.

Time zones come from the tzdata package, never from the machine: the same file means the same on every one.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self
from zoneinfo import ZoneInfo

import tzdata
from pydantic import AwareDatetime, BeforeValidator, Field, model_validator

from promoter.config_errors import attempt, name_key, parse, suggest
from promoter.config_files import Name, Strict
from promoter.core.calendar import Once, Recurring, When
from promoter.core.environment import Environment
from promoter.core.freezes import LONGEST_OVERRIDE, NONE, Freeze, Freezes, Override
from promoter.strict_yaml import ConfigError, Document, read_document

_FORMAT = "%Y-%m-%dT%H:%M"
_ZONES = f"tzdata {tzdata.IANA_VERSION}"


def _local(text: object) -> object:
    """Read a local time as it stands on the clocks of the freeze's zone."""
    try:
        found = datetime.strptime(text, _FORMAT) if isinstance(text, str) else None  # noqa: DTZ007 - local on purpose
    except ValueError:
        found = None
    if found is None or not 2000 <= found.year < 2200:
        raise ValueError("must be a local time of this century or the next, written like 2026-12-18T18:00")
    return found


def _one_line(text: object) -> object:
    if isinstance(text, str) and not (text.strip() and text.isprintable() and len(text) <= 500):
        raise ValueError("must be one line of at most 500 readable characters")
    return text


LocalTime = Annotated[datetime, BeforeValidator(_local)]
Line = Annotated[str, BeforeValidator(_one_line)]


class FreezeFile(Strict):
    """A time in which nothing is promoted: from `from` until `until`, or by `rrule`, `start` and `duration`."""

    id: Name
    """Its name, as overrides and gates tell it."""
    reason: Line
    """Why; people read it in pull requests."""
    environments: tuple[Name, ...] = ()
    """Environments that it holds for; all of them if empty."""
    services: tuple[Name, ...] = ()
    """Services that it holds for; all of them if empty."""
    zone: str
    """The IANA time zone that its times are of, like `Europe/Berlin`."""
    begin: Annotated[LocalTime | None, Field(alias="from")] = None
    """When it begins, local time: `2026-12-18T18:00`."""
    until: LocalTime | None = None
    """When it ends, local time."""
    rrule: str = ""
    """Instead: a recurrence rule of RFC 5545 for the times at which it begins, like `FREQ=WEEKLY;BYDAY=FR`. `FREQ` is
    at least daily, and the time of day is that of `start`."""
    start: LocalTime | None = None
    """With `rrule`: the first time that it begins, local time."""
    duration: timedelta | None = None
    """With `rrule`: how long it lasts by the clock on the wall: from Friday 18:00 on `62h` end on Monday 08:00."""

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        once, again = (self.begin, self.until), (self.rrule or None, self.start, self.duration)
        if not (None not in once and not any(again)) and not (None not in again and once == (None, None)):
            raise ValueError("give either from and until, or rrule, start and duration")
        return self


class OverrideFile(Strict):
    """A reason for promoting one service to one environment although a freeze holds, for some hours."""

    id: Name
    """Its name, as the ledger tells it."""
    freeze: Name
    """The freeze that it overrides."""
    environment: Name
    """The environment that it is for."""
    service: Name
    """The service that it is for."""
    release: str = ""
    """The release that it is for; any if empty."""
    reason: Line
    """Why; people read it in the pull request."""
    requested_by: Line
    """Who asked for it. The name is told and counts for nothing: who may change this file answers for it."""
    not_before: AwareDatetime
    """When it begins to count, with its time zone: `2026-12-24T09:00:00Z`."""
    expires: AwareDatetime
    """When it stops, at most 72 hours later. What has expired may stay in the file."""

    @model_validator(mode="after")
    def _is_short(self) -> Self:
        if not timedelta(0) < self.expires - self.not_before <= LONGEST_OVERRIDE:
            raise ValueError("expires must be later than not_before, by at most 72 hours")
        return self


class FreezesFile(Strict):
    """When nothing is promoted, and the overrides of that."""

    freezes: tuple[FreezeFile, ...] = ()
    """Times in which nothing is promoted. They may overlap: they add up."""
    overrides: tuple[OverrideFile, ...] = ()
    """What may be promoted all the same."""


def read_freezes(path: Path, graph: tuple[Environment, ...] | None, services: Collection[str]) -> Freezes:
    """Read the file, or give no freezes where there is none; raises ConfigError.

    `graph` is None where it could not be read itself.
    """
    if not path.exists():
        return NONE
    document = read_document(path)
    file = parse(document, FreezesFile)
    environments = [node.name for node in graph] if graph is not None else None
    problems = [*_twice(document, file), *_strangers(document, file, environments, services)]
    whens = [attempt(problems, partial(_when, document, at, one)) for at, one in enumerate(file.freezes)]
    if problems:
        raise ConfigError(*problems)
    freezes = tuple(_freeze(one, when) for one, when in zip(file.freezes, whens, strict=True) if when)
    return Freezes(freezes, tuple(Override(**dict(one)) for one in file.overrides), _ZONES)


def _freeze(one: FreezeFile, when: When) -> Freeze:
    return Freeze(id=one.id, reason=one.reason, environments=one.environments, services=one.services, when=when)


def _when(document: Document, index: int, one: FreezeFile) -> When:
    """Give when a freeze holds; raises ConfigError, which names the key that is wrong."""
    zone = _zone(document, index, one.zone)
    try:
        if one.begin and one.until:
            return Once(zone, one.begin, one.until)
        assert one.start is not None
        assert one.duration is not None
        return Recurring(zone, one.rrule, one.start, one.duration)
    except ValueError as error:
        key, _, said = str(error).partition(" ")
        raise ConfigError(f"{document.at(('freezes', index, key))}: freezes[{index}].{key}: {said}") from None


def _zone(document: Document, index: int, name: str) -> ZoneInfo:
    if name not in _names():
        where = f"{document.at(('freezes', index, 'zone'))}: freezes[{index}].zone"
        near = suggest(name, _names()).partition(" (allowed")[0]
        raise ConfigError(f"{where}: no time zone {name[:80]!r}{near} (an IANA name, as {_ZONES} has it)")
    return _read_zone(name)


@cache
def _names() -> frozenset[str]:
    return frozenset((files("tzdata") / "zones").read_text(encoding="utf-8").split())


@cache
def _read_zone(name: str) -> ZoneInfo:
    with files("tzdata.zoneinfo").joinpath(*name.split("/")).open("rb") as raw:
        return ZoneInfo.from_file(raw, key=name)


def _twice(document: Document, file: FreezesFile) -> Iterator[str]:
    for kind, ids in (("freezes", [one.id for one in file.freezes]), ("overrides", [one.id for one in file.overrides])):
        for index, name in enumerate(ids):
            if name in ids[:index]:
                where = document.at((kind, index, "id"))
                yield f"{where}: {kind}[{index}].id: {name} is the id of another one already; give it one of its own"


def _strangers(
    document: Document, file: FreezesFile, environments: Collection[str] | None, services: Collection[str]
) -> Iterator[str]:
    """Refuse names of what there is not: a freeze of a misspelt environment would hold for none."""
    ids = [one.id for one in file.freezes]
    named: list[tuple[tuple[str | int, ...], str, str, Collection[str] | None]] = []
    for index, freeze in enumerate(file.freezes):
        at = ("freezes", index)
        named += [((*at, "environments", n), "environment", w, environments) for n, w in enumerate(freeze.environments)]
        named += [((*at, "services", n), "service", w, services) for n, w in enumerate(freeze.services)]
    for index, one in enumerate(file.overrides):
        at = ("overrides", index)
        named.append(((*at, "freeze"), "freeze", one.freeze, ids))
        named.append(((*at, "environment"), "environment", one.environment, environments))
        named.append(((*at, "service"), "service", one.service, services))
    for location, kind, word, known in named:
        if known is not None and word not in known:
            yield f"{document.at(location)}: {name_key(location)}: no {kind} {word!r}{suggest(word, known)}"
