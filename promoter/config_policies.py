"""Reads `config/policies/`, and policies as they are kept with decisions."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from promoter.config_errors import attempt, file_name, name_key, parse, suggest
from promoter.config_policy_files import PolicyFile, RequirementFile
from promoter.config_samples import failing_samples
from promoter.core.candidate import digest_of
from promoter.core.canonical import canonical
from promoter.core.checks import CHECKS
from promoter.core.checks.subject import Phase
from promoter.core.environment import Environment
from promoter.core.evidence import Layout
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Mode
from promoter.core.identity import SignerRule
from promoter.core.policy import EXCEPTION_RULES, LAYOUTS, Policy, Requirement
from promoter.strict_yaml import ConfigError, Document, Location, read_document

_PLACEHOLDERS = ("{source}", "{tag}", "{release}")


def read_policy_file(path: Path, graph: tuple[Environment, ...] | None) -> Policy:
    """Read the policy of the environment that the file is named after; raises ConfigError."""
    document = read_document(path)
    file = parse(document, PolicyFile)
    name, problems = file_name(path), list[str]()
    names = tuple(node.name for node in graph or ())
    if graph and name not in names:
        raise ConfigError(f"{path}: no environment {name!r}{suggest(name, names)}; rename or remove the file")
    lines = [attempt(problems, partial(_requirement, document, index, line)) for index, line in enumerate(file.require)]
    require = tuple(line for line in lines if line)
    if set(file.layouts) == {Layout.ATTACHMENT}:
        where = document.at(("layouts",))
        problems.append(
            f"{where}: layouts: nothing else is accepted, and a document counts by its signature, which stands "
            "in another layout; name that too, like bundle"
        )
    problems += _unknown_signers(document, file)
    problems += _unknown_environments(document, file, names)
    problems += _odd_identities(document, document.values, ())
    problems += _same_key_twice(document, file)
    problems += failing_samples(document, file.signers)
    enforced = [line for line in require if line.mode is Mode.ENFORCE]
    if not problems and not any(Phase.PROPOSE in CHECKS[line.check].phases for line in enforced):
        what = "nothing before a merge" if enforced else "nothing"
        where = document.at(("require",))
        problems.append(f"{where}: require: enforces {what}; give at least one check of evidence the mode enforce")
    if problems:
        raise ConfigError(*problems)
    return seal(
        name, {key: signer.rule for key, signer in file.signers.items()}, require, file.layouts, file.exceptions
    )


def _requirement(document: Document, index: int, line: RequirementFile) -> Requirement:
    where: Location = ("require", index)
    part = replace(document, values=dict(line.model_extra or {}), lines=_below(document.lines, where))
    also = tuple(RequirementFile.model_fields)
    params = parse(part, CHECKS[line.check].params, f"require[{index}].", also)
    return Requirement(check=line.check, params=params, mode=line.mode, deadline=line.deadline)


def _below(lines: Mapping[Location, int], where: Location) -> dict[Location, int]:
    size = len(where)
    return {location[size:]: line for location, line in lines.items() if location[:size] == where}


def _unknown_signers(document: Document, file: PolicyFile) -> Iterator[str]:
    """Find names that the policy does not define; what is no text is reported by the check's own reading."""
    for index, line in enumerate(file.require):
        for at, name in _named_signers(line.model_extra or {}, ("require", index)):
            if name not in file.signers:
                yield f"{document.at(at)}: {name_key(at)}: no signer {name!r}{suggest(name, file.signers)}"
    for at, name in _named_signers(list(file.exceptions.signers), ("exceptions", "signers")):
        if name not in file.signers:
            yield f"{document.at(at)}: {name_key(at)}: no signer {name!r}{suggest(name, file.signers)}"


def _unknown_environments(document: Document, file: PolicyFile, names: tuple[str, ...]) -> Iterator[str]:
    """Find requirements about an environment that the graph does not have; nothing could ever be about it."""
    for index, line in enumerate(file.require):
        name, at = (line.model_extra or {}).get("environment"), ("require", index, "environment")
        if names and isinstance(name, str) and name not in names:
            yield f"{document.at(at)}: {name_key(at)}: no environment {name!r}{suggest(name, names)}"


def _named_signers(value: object, at: Location) -> Iterator[tuple[Location, str]]:
    """Give every name of a signer with its place: a text below `signer`, `signers` or `..._signers`, at any depth."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _named_signers(item, (*at, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _named_signers(item, (*at, index))
    elif isinstance(value, str) and _is_of_signers(next(part for part in reversed(at) if isinstance(part, str))):
        yield at, value


def _is_of_signers(key: str) -> bool:
    return key in {"signer", "signers"} or key.endswith("_signers")


def _same_key_twice(document: Document, file: PolicyFile) -> Iterator[str]:
    """Find lines that count signers and name one key twice: it would never count as two."""
    for index, line in enumerate(file.require):
        extra = line.model_extra or {}
        listed = extra.get("signers")
        known = [name for name in listed if name in file.signers] if isinstance(listed, list) else []
        first = dict[str, str]()
        for name in known if extra.get("at_least", 1) != 1 else ():
            mark = file.signers[name].rule.fingerprint
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


def seal(
    environment: str,
    signers: Mapping[str, SignerRule],
    require: tuple[Requirement, ...],
    layouts: tuple[Layout, ...] = LAYOUTS,
    exceptions: ExceptionRules = EXCEPTION_RULES,
) -> Policy:
    """Give the policy with its canonical form and the digest of that; what is as usual does not stand in it."""
    ordered = tuple(layout for layout in Layout if layout in layouts)
    unusual = {} if ordered == LAYOUTS else {"layouts": ordered}
    unlike = {} if exceptions == EXCEPTION_RULES else {"exceptions": exceptions}
    body = canonical({"environment": environment, "signers": signers, "require": require, **unusual, **unlike})
    return Policy(
        environment=environment,
        signers=signers,
        require=require,
        layouts=ordered,
        exceptions=exceptions,
        digest=digest_of(body),
        body=body,
    )


_SIGNERS: TypeAdapter[dict[str, SignerRule]] = TypeAdapter(dict[str, SignerRule])
_EXCEPTIONS: TypeAdapter[ExceptionRules] = TypeAdapter(ExceptionRules)
_DURATION: TypeAdapter[timedelta] = TypeAdapter(timedelta)


def read_policy(raw: bytes) -> Policy:
    """Read a policy from its canonical form, as it is kept with decisions."""
    body = json.loads(raw)
    signers = _SIGNERS.validate_python(body["signers"])
    require = tuple(
        Requirement(
            check=line["check"],
            params=_read_params(line["check"], line["params"]),
            mode=Mode(line["mode"]),
            deadline=_DURATION.validate_python(line["deadline"]),
        )
        for line in body["require"]
    )
    layouts = tuple(map(Layout, body.get("layouts", LAYOUTS)))
    exceptions = _EXCEPTIONS.validate_python(body["exceptions"]) if "exceptions" in body else EXCEPTION_RULES
    return seal(body["environment"], signers, require, layouts, exceptions)


def _read_params(check: str, params: object) -> object:
    adapter: TypeAdapter[Any] = TypeAdapter(CHECKS[check].params)
    return adapter.validate_python(params)
