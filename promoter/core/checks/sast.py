"""The named tools analysed the release's own commit and found no more than the policy allows, by level.

Of each tool the newest SARIF log decides; all of the tool's runs in it count together. A log that names another commit,
or none, says nothing about this release, whoever signed it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.items import bounded
from promoter.core.checks.level_limits import LIMITED, LevelLimits
from promoter.core.checks.listing import listed
from promoter.core.checks.newest import in_the_way, newest_of, tie
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select
from promoter.core.checks.shortcomings import unreadable_reason
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import SOURCE_TAG_LOOKUP, EvidenceState
from promoter.core.finding import Finding, Item, Reason
from promoter.core.predicates import types
from promoter.core.predicates.sarif import Analysis, Revision, read_sarif
from promoter.core.predicates.source import normalise_repository
from promoter.core.strict_json import Malformed

_SHOWN: Final = 100
_Log = Reading[tuple[Analysis, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class SastParams:
    """Who may attest static analysis, by which tools, and how much they may find."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    tools: tuple[str, ...]
    """Tools that must all have analysed the commit, by the names in their logs; at least one."""
    limits: LevelLimits
    """How many results are allowed for each tool, by level; suppressed ones do not count and are told."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.tools or not all(self.tools) or len(set(self.tools)) < len(self.tools):
            raise ValueError("tools names none, or one twice: name the tools that must have analysed the commit")


_DEMAND: Final = Demand(
    noun="SARIF attestation",
    wants=lambda item: item.predicate_type in types.SARIF,
    claims=types.SARIF,
    absent=Code.SAST_ABSENT,
    foreign=Code.SAST_FOREIGN_SIGNER,
    invalid=Code.SAST_INVALID,
    unparseable=Code.SAST_UNPARSEABLE,
    maker="Service team",
    command="analyse the commit and attest the log with `cosign attest --type "
    "https://promoter.dev/attestation/sarif/v1 --predicate log.sarif REPOSITORY@DIGEST`",
)


def _apply(params: SastParams, subject: Subject) -> Finding:
    selection = select(subject, _DEMAND, params.signers)
    question = Question("sast", subject, _DEMAND, selection, newest_decides=True)
    readable, unreadable = read_accepted(selection, read_sarif)
    if not readable:
        return question.conclude(question.judge_unreadable(unreadable))
    return question.conclude((_judge(params, subject, readable, in_the_way(unreadable, readable)),))


def _judge(
    params: SastParams, subject: Subject, readable: tuple[_Log, ...], in_way: tuple[Reading[Malformed], ...]
) -> Judged:
    newest = {tool: _newest(tool, readable) for tool in params.tools}
    counted = {log.attestation.found.blob: None for logs in newest.values() for log in logs}
    return Judged(
        blobs=(*counted, *(item.attestation.found.blob for item in in_way)),
        sentence="; ".join(_describe(tool, logs[0]) for tool, logs in newest.items() if logs),
        reasons=(
            *(reason for tool, logs in newest.items() for reason in _against_tool(tool, logs, params, subject)),
            *(unreadable_reason(subject, _DEMAND, item) for item in in_way),
        ),
    )


def _newest(tool: str, readable: tuple[_Log, ...]) -> tuple[_Log, ...]:
    """Give the newest logs of one tool, with its runs alone."""
    own = (Reading(log.attestation, tuple(run for run in log.facts if run.tool == tool)) for log in readable)
    return newest_of(log for log in own if log.facts)


def _describe(tool: str, log: _Log) -> str:
    counts = ((level, sum(run.count(level) for run in log.facts)) for level in LIMITED)
    found = ", ".join(f"{count} of level {level.value}" for level, count in counts if count)
    suppressed = sum(run.suppressed for run in log.facts)
    beside = f" ({suppressed} more are suppressed)" if suppressed else ""
    return f"{tool} {log.facts[0].version}".rstrip() + f" found {found or 'nothing'}{beside}"


def _against_tool(tool: str, logs: tuple[_Log, ...], params: SastParams, subject: Subject) -> Iterator[Reason]:
    if not logs:
        yield Reason(
            code=Code.SAST_TOOL_ABSENT,
            sentence=f"no attested log is by {tool}",
            remedy=f"Service team: analyse the commit with {tool} and attest its log.",
            state=EvidenceState.ABSENT,
            items=(Item(tool),),
        )
        return
    yield from tie(Code.SAST_TIE, f"{tool}'s analysis", logs, "Service team")
    for log in logs:
        for run in log.facts:
            yield from _against_completeness(tool, log, run)
            yield from _against_commit(tool, log, run, subject)
        yield from _against_limits(tool, log, params)


def _against_completeness(tool: str, log: _Log, run: Analysis) -> Iterator[Reason]:
    name = f"{tool}'s log {name_of(log.attestation)}"
    if not run.completed:
        yield Reason(
            code=Code.SAST_RUN_FAILED,
            sentence=f"{name} does not say that the run succeeded, so that it may have missed what it did not reach",
            remedy=f"Service team: see why {tool} stopped, run it again and attest the log.",
            state=EvidenceState.UNPARSEABLE,
        )
    if not run.analysed:
        yield Reason(
            code=Code.SAST_NOTHING_ANALYSED,
            sentence=f"{name} has no list of results, so that it does not say that there are none",
            remedy=f"Service team: let {tool} analyse the code, not only list its rules, and attest the log.",
            state=EvidenceState.UNPARSEABLE,
        )


def _against_commit(tool: str, log: _Log, run: Analysis, subject: Subject) -> Iterator[Reason]:
    source = subject.evidence.source
    if source is None:
        yield _unknown_source(subject)
        return
    repository = normalise_repository(source.repository)
    own = tuple(item for item in run.revisions if item.repository in ("", repository))
    if source.commit and own and all(item.commit == source.commit for item in own):
        return
    wanted = f"commit {source.commit}" if source.commit else "no commit, as the tag is not there"
    yield Reason(
        code=Code.SAST_WRONG_COMMIT,
        sentence=f"{tool}'s log {name_of(log.attestation)} names {_named(run.revisions)}; {source.ref} of {repository} "
        f"is {wanted}",
        remedy=f"Service team: analyse the commit of {source.ref} and let {tool} write it into "
        "`versionControlProvenance`.",
        state=EvidenceState.INVALID,
    )


def _named(revisions: tuple[Revision, ...]) -> str:
    names = [f"{item.commit or 'no commit'} of {item.repository or 'no repository'}" for item in revisions]
    return listed(names) or "no commit"


def _unknown_source(subject: Subject) -> Reason:
    failures = (item for item in subject.evidence.failures if item.what == SOURCE_TAG_LOOKUP)
    why = next((f"{failure.detail} ({failure.code})" for failure in failures), "it was not looked up")
    return Reason(
        code=Code.SAST_SOURCE_UNKNOWN,
        sentence=f"the commit of git tag {subject.placeholders.tag} in {subject.placeholders.source} "
        f"is not known, so that no analysis can be compared with it: {why}",
        remedy="Nobody, for now: it is asked again by itself. Platform team: look at the forge if it stays.",
        state=EvidenceState.LOOKUP_FAILED,
    )


def _against_limits(tool: str, log: _Log, params: SastParams) -> Iterator[Reason]:
    for level in LIMITED:
        limit = params.limits.of(level)
        found = [item for run in log.facts for item in run.counts if item.level is level]
        total = sum(item.count for item in found)
        if limit is None or total <= limit:
            continue
        rules = sorted(found, key=lambda item: (-item.count, item.rule))
        names = [f"{item.rule[:_SHOWN]} ({item.count})" for item in rules]
        yield Reason(
            code=Code.SAST_OVER_LIMIT,
            sentence=f"{tool} found {total} of level {level.value}, {limit} allowed: {listed(names)}",
            remedy="Service team: correct what is named, release again and attest the new log.",
            state=EvidenceState.INVALID,
            items=bounded(Item(item.rule, severity=level.value) for item in rules),
        )


SAST: Final = Check("sast", "static analysis of the release's commit found no more than allowed", SastParams, _apply)
