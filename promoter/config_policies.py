"""Reads `config/policies/`, and policies as they are kept with decisions."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from promoter.config_errors import file_name, parse, suggest
from promoter.config_fragments import Fragments, included
from promoter.config_policy_files import PolicyFile
from promoter.config_rules import Rules, Source, read_rules
from promoter.config_tightening import tightens
from promoter.core.candidate import digest_of
from promoter.core.canonical import canonical
from promoter.core.checks import CHECKS
from promoter.core.environment import Environment
from promoter.core.evidence import Layout
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Mode
from promoter.core.identity import SignerRule
from promoter.core.policy import EXCEPTION_RULES, LAYOUTS, Policy, Requirement
from promoter.strict_yaml import ConfigError, read_document

_NO_FRAGMENTS: Fragments = {}


def read_policy_file(path: Path, graph: tuple[Environment, ...] | None, fragments: Fragments = _NO_FRAGMENTS) -> Policy:
    """Read the policy of the environment that the file is named after; raises ConfigError."""
    return seal_rules(read_policy_rules(path, graph, fragments))


def read_policy_rules(path: Path, graph: tuple[Environment, ...] | None, fragments: Fragments) -> Rules:
    """Read the rules of the environment that the file is named after; raises ConfigError."""
    document = read_document(path)
    file = parse(document, PolicyFile)
    name, names = file_name(path), tuple(node.name for node in graph or ())
    if graph and name not in names:
        raise ConfigError(f"{path}: no environment {name!r}{suggest(name, names)}; rename or remove the file")
    source = Source(document, file, included(document, file.include, fragments), names)
    rules = read_rules(name, source, tightens)
    if fault := _layouts_fault(rules.layouts) or _idle(rules.require):
        key = "layouts" if _layouts_fault(rules.layouts) else "require"
        raise ConfigError(f"{document.at((key,))}: {key}: {fault}")
    return rules


def _layouts_fault(layouts: tuple[Layout, ...] | None) -> str:
    if set(layouts or ()) != {Layout.ATTACHMENT}:
        return ""
    return (
        "nothing else is accepted, and a document counts by its signature, which stands in another layout; "
        "name that too, like bundle"
    )


def _idle(require: tuple[Requirement, ...]) -> str:
    """Say why a policy would let everything pass, be it for a time only; empty where it does not."""
    if any(line.enforces_at_once for line in require):
        return ""
    if any(line.mode is Mode.ENFORCE and line.effective_on for line in require):
        return "enforces nothing before a date that effective_on gives; enforce at least one check without one"
    enforced = any(line.mode is Mode.ENFORCE for line in require)
    what = "nothing about the release itself before a merge" if enforced else "nothing"
    return f"enforces {what}; give at least one check of evidence the mode enforce"


def seal_rules(rules: Rules) -> Policy:
    """Give the policy that a file's rules amount to."""
    return seal(rules.name, rules.signers, rules.require, rules.layouts or LAYOUTS, rules.exceptions)


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
            effective_on=_time(line.get("effective_on")),
            name=line.get("name", ""),
        )
        for line in body["require"]
    )
    layouts = tuple(map(Layout, body.get("layouts", LAYOUTS)))
    exceptions = _EXCEPTIONS.validate_python(body["exceptions"]) if "exceptions" in body else EXCEPTION_RULES
    return seal(body["environment"], signers, require, layouts, exceptions)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _read_params(check: str, params: object) -> object:
    adapter: TypeAdapter[Any] = TypeAdapter(CHECKS[check].params)
    return adapter.validate_python(params)
