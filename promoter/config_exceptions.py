"""Reads `config/exceptions/`: each file one exception, held against the graph, the services and the policies.

Time is not looked at: an exception that has ended is no error, it stops counting and is reported elsewhere. For the
same reason one that a policy does not allow is no error either: a limit that is tightened later must not stop the bot
over a file that ended long ago. What a policy has against it is kept beside it; it never counts.
"""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from promoter.config_errors import attempt, parse, suggest
from promoter.config_exception_files import ExceptionFile
from promoter.core.candidate import Digest, parse_digest
from promoter.core.codes import Code
from promoter.core.environment import Service
from promoter.core.policy import Policy
from promoter.core.policy_exception import ID, ID_DEMAND, PolicyException, Revoked
from promoter.core.waivable import WAIVABLE
from promoter.strict_yaml import ConfigError, Document, read_document

FOLDER = "exceptions"
_NAMES = ("approvals", "approved_by", "approvers")


@dataclass(frozen=True, slots=True)
class WrittenException:
    """An exception, its file as a path inside the rules, and what policies have against it as it is written."""

    exception: PolicyException
    path: str
    refusals: tuple[str, ...] = ()


def read_exceptions(
    directory: Path, services: Mapping[str, Service], policies: Mapping[str, Policy], problems: list[str]
) -> tuple[WrittenException, ...]:
    """Read every exception; what is wrong is added to the problems. No folder, no exceptions."""
    folder = directory / FOLDER
    shown = [path for path in sorted(folder.glob("*")) if not path.name.startswith(".")]
    problems += [f"{path}: is not read; only *.yaml files belong here" for path in shown if path.suffix != ".yaml"]
    paths = [path for path in shown if path.suffix == ".yaml"]
    found = (attempt(problems, partial(read_exception_file, path, services, policies)) for path in paths)
    read = tuple(one for one in found if one)
    seen: dict[str, str] = {}
    for one in read:
        other = seen.setdefault(one.exception.id.casefold(), one.path)
        if other != one.path:
            problems.append(f"{directory / one.path}: the same id as {other}; rename one of them")
    return read


def read_exception_file(
    path: Path, services: Mapping[str, Service], policies: Mapping[str, Policy]
) -> WrittenException:
    """Read one exception; raises ConfigError with every problem of the file, but refusals by policies are kept."""
    if not ID.fullmatch(path.stem):
        raise ConfigError(f"{path}: the file's name is the exception's id and {ID_DEMAND}; rename it")
    document = read_document(path)
    if named := [key for key in _NAMES if key in document.values]:
        where = document.at((named[0],))
        raise ConfigError(
            f"{where}: {named[0]}: names in a file count for nothing; have the change that brings it reviewed instead"
        )
    file = parse(document, ExceptionFile)
    problems = [*_wrong_codes(document, file), *_unknown(document, file, services, policies)]
    if problems:
        raise ConfigError(*problems)
    try:
        exception = _exception(path.stem, file)
    except ValueError as error:
        first = str(error).partition(" ")[0]
        raise ConfigError(f"{document.at((first,) if first in ExceptionFile.model_fields else ())}: {error}") from None
    refused = tuple(
        f"{document.at((key,))}: {key}: in {name} {sentence}"
        for name in exception.environments
        for key, sentence in policies[name].exceptions.refusals(exception)
    )
    return WrittenException(exception, f"{FOLDER}/{path.name}", refused)


def _wrong_codes(document: Document, file: ExceptionFile) -> Iterator[str]:
    known = {code.value for code in Code}
    for index, code in enumerate(file.codes):
        place = f"{document.at(('codes', index))}: codes[{index}]"
        if code not in known:
            near = difflib.get_close_matches(code, sorted(one.value for one in WAIVABLE), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield f"{place}: no code {code!r}{hint} (docs/findings.md lists all)"
        elif Code(code) not in WAIVABLE:
            yield f"{place}: {code} can never be waived; mend what it is about (docs/findings.md tells which can)"


def _unknown(
    document: Document, file: ExceptionFile, services: Mapping[str, Service], policies: Mapping[str, Policy]
) -> Iterator[str]:
    """Find environments and services that there are not; a wrong policy or service file says so itself."""
    for index, name in enumerate(file.environments):
        if name not in policies:
            where = f"{document.at(('environments', index))}: environments[{index}]"
            yield f"{where}: no environment {name!r}{suggest(name, policies)}"
    for index, name in enumerate(file.services):
        if name not in services:
            where = f"{document.at(('services', index))}: services[{index}]"
            yield f"{where}: no service {name!r}{suggest(name, services)}"


def _exception(id_: str, file: ExceptionFile) -> PolicyException:
    revoked = file.revoked
    return PolicyException(
        id=id_,
        kind=file.kind,
        codes=tuple(map(Code, file.codes)),
        environments=file.environments,
        services=file.services,
        digests=tuple(map(_digest, file.digests)),
        versions=file.versions,
        purls=file.purls,
        vulnerabilities=file.vulnerabilities,
        max_severity=file.max_severity,
        owner=file.owner,
        reason=file.reason,
        controls=file.controls,
        evidence=file.evidence,
        requested_by=file.requested_by,
        not_before=file.not_before,
        expires=file.expires,
        revoked=Revoked(at=revoked.at, by=revoked.by, reason=revoked.reason) if revoked else None,
    )


def _digest(text: str) -> Digest:
    try:
        return parse_digest(text)
    except ValueError as error:
        raise ValueError(f"digests holds {text[:80]!r}: {error}") from None
