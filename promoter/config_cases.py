"""Reads `config/cases/`: the policies' own tests, each with the facts of a release and what must be found of it."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

from promoter.config_case_facts import Release, evidence_of
from promoter.config_case_files import CaseFile, CasesFile
from promoter.config_demands import Demands
from promoter.config_errors import attempt, file_name, name_key, parse, suggest
from promoter.core.candidate import Candidate, digest_of
from promoter.core.circumstances import Circumstances
from promoter.core.codes import Code
from promoter.core.environment import Service
from promoter.core.evidence import Evidence
from promoter.core.finding import Outcome
from promoter.core.policy import Occasion, Policy, Requirement
from promoter.strict_yaml import ConfigError, Document, Location, read_document

_CODES = {code.value for code in Code}


@dataclass(frozen=True, slots=True)
class Expected:
    """What one line must find, and the codes of its reasons, sorted."""

    outcome: Outcome
    codes: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.outcome.value}{': ' if self.codes else ''}{', '.join(self.codes)}"


@dataclass(frozen=True, slots=True)
class Case:
    """One case, ready to be judged. `findings` are by `line_key`; every other line must pass."""

    title: str
    place: str  # file:line
    policy: Policy
    evidence: Evidence = field(repr=False)
    occasion: Occasion = field(repr=False)
    outcome: Outcome
    findings: Mapping[str, Expected]


@dataclass(frozen=True, slots=True)
class Tested:
    """What cases are about: the services, and what environments and classes demand of them."""

    services: Mapping[str, Service]
    demands: Demands


def read_cases(paths: Iterable[Path], tested: Tested) -> tuple[Case, ...]:
    """Read the cases in these files; raises ConfigError with all that is wrong with them."""
    problems: list[str] = []
    cases = tuple(case for path in paths for case in attempt(problems, partial(_cases, path, tested)) or ())
    if problems:
        raise ConfigError(*problems)
    return cases


def line_key(line: Requirement) -> str:
    """Give a line of a policy as cases write it: `check`, or `check/name`."""
    return f"{line.check}/{line.name}" if line.name else line.check


@dataclass(frozen=True, slots=True)
class _Written:
    """A case as it is written, with its file."""

    document: Document
    file: CasesFile
    case: CaseFile
    index: int

    @property
    def service(self) -> str:
        return self.case.service or self.file.service

    @property
    def environment(self) -> str:
        return self.case.environment or self.file.environment or ""

    def say(self, key: Location, sentence: str) -> str:
        at: Location = ("cases", self.index, *key)
        return f"{self.document.at(at)}: {name_key(at)}: {sentence}"


def _cases(path: Path, tested: Tested) -> tuple[Case, ...]:
    file_name(path)
    document = read_document(path)
    file = parse(document, CasesFile)
    problems: list[str] = []
    written = [_Written(document, file, case, index) for index, case in enumerate(file.cases)]
    cases = tuple(attempt(problems, partial(_case, one, tested)) for one in written)
    used = {name for case in file.cases for name in case.found}
    problems += [
        f"{document.at(('evidence', name))}: evidence.{name}: no case has found it; remove it"
        for name in file.evidence
        if name not in used
    ]
    if problems:
        raise ConfigError(*problems)
    return tuple(case for case in cases if case)


def _case(written: _Written, tested: Tested) -> Case:
    if faults := tuple(_strangers(written, tested)):
        raise ConfigError(*faults)
    service = _service(written, tested)
    policy = tested.demands.policy(written.environment, service.facts.classes)
    if faults := tuple(_strange_findings(written, policy)):
        raise ConfigError(*faults)
    occasion = _occasion(written, service)
    commit = written.file.commit if written.case.commit is None else written.case.commit
    folder = written.document.path.parent
    release = Release(occasion.candidate, occasion.placeholders, commit, occasion.now, folder)
    try:
        evidence = evidence_of({name: written.file.evidence[name] for name in written.case.found}, release, policy)
    except ValueError as error:
        raise ConfigError(written.say((), str(error))) from None
    return Case(
        title=written.case.case,
        place=written.document.at(("cases", written.index)),
        policy=policy,
        evidence=replace(evidence, failures=written.case.failures),
        occasion=occasion,
        outcome=written.case.outcome,
        findings={
            key: Expected(one.outcome, tuple(sorted(set(one.codes)))) for key, one in written.case.findings.items()
        },
    )


def _service(written: _Written, tested: Tested) -> Service:
    """Give the service that a case is about, as of the classes that the case has it."""
    service, classes = tested.services[written.service], written.case.classes
    if classes is None:
        return service
    return replace(service, facts=replace(service.facts, classes=tuple(sorted(set(classes)))))


_FETCHED: Final = Circumstances(is_resolved=True)
"""What is taken for given beside the evidence where a case says nothing: the manifest was fetched."""


def _occasion(written: _Written, service: Service) -> Occasion:
    case, file = written.case, written.file
    return Occasion(
        candidate=Candidate(service.name, file.release, digest_of(f"{service.name} {file.release}".encode())),
        placeholders=service.placeholders(file.release),
        phase=case.phase,
        now=case.now or file.now,
        circumstances=replace(case.circumstances or _FETCHED, service=service.facts),
    )


def _strangers(written: _Written, tested: Tested) -> Iterator[str]:
    """Find services, environments and pieces of evidence that there are not."""
    service, environment, case = written.service, written.environment, written.case
    if service not in tested.services:
        yield written.say(("service",), f"no service {service!r}{suggest(service, tested.services)}")
    elif not environment:
        yield written.say((), "names no environment, and neither does the file; write environment")
    elif environment not in (targets := tested.services[service].targets):
        known = suggest(environment, targets)
        yield written.say(("environment",), f"no environment {environment!r} of {service}{known}")
    for index, name in enumerate(case.classes or ()):
        if name not in tested.demands.classes:
            yield written.say(("classes", index), f"no class {name!r}{suggest(name, tested.demands.classes)}")
    for clash in tested.demands.clashes(case.classes or ()):
        yield written.say(("classes",), clash)
    for index, name in enumerate(case.found):
        if name not in written.file.evidence:
            known = suggest(name, written.file.evidence)
            yield written.say(("found", index), f"no evidence {name!r}{known}")


def _strange_findings(written: _Written, policy: Policy) -> Iterator[str]:
    keys = tuple(map(line_key, policy.require))
    for key, expected in written.case.findings.items():
        if key not in keys:
            yield written.say(("findings", key), f"no line {key!r} in this policy{suggest(key, keys)}")
        for code in expected.codes:
            if code not in _CODES:
                near = difflib.get_close_matches(code, _CODES, 1)
                hint = f"; did you mean {near[0]}?" if near else ""
                yield written.say(("findings", key, "codes"), f"no code {code!r}{hint}")
