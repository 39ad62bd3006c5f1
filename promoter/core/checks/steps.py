"""Every step of the supply chain was attested by its own signer, and each worked on what the one before it made.

One link for each step, in the policy's order, such that every artifact which two neighbours name has one digest, at
least one is handed over, and the last step made the image. Any such chain is enough; links are matched by step name.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.handover import StepLink, against_handover, against_image, fits, step_link
from promoter.core.checks.selection import Demand, Reading, Selection, read_accepted, select, signed_by
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.finding import Finding, Outcome
from promoter.core.predicates import types
from promoter.core.predicates.links import read_link
from promoter.core.strict_json import Malformed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of the chain and who may attest it."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    name: str
    """The step's name, exactly as its links have it."""
    signers: tuple[str, ...]
    """Names of the policy's signers that may attest this step; at least one."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.name:
            raise ValueError("name is empty: name the step as its links do")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepsParams:
    """The steps that must chain to the image, first to last."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    steps: tuple[Step, ...]
    """The steps in their order; the last one makes the image."""

    def __post_init__(self) -> None:
        if not self.steps or len({step.name for step in self.steps}) < len(self.steps):
            raise ValueError("steps names none, or one twice: name the steps in their order")


_Path = tuple[StepLink, ...]


@dataclass(frozen=True, slots=True)
class _Stage:
    """One step with its evidence."""

    step: Step
    selection: Selection
    made: tuple[StepLink, ...]
    unreadable: tuple[Reading[Malformed], ...]


def _demand(step: Step) -> Demand:
    return Demand(
        noun=f"in-toto link of the step {step.name}",
        wants=lambda item: item.predicate_type in types.LINK and item.predicate.get("name") == step.name,
        claims=types.LINK,
        absent=Code.STEPS_ABSENT,
        foreign=Code.STEPS_FOREIGN_SIGNER,
        invalid=Code.STEPS_INVALID,
        unparseable=Code.STEPS_UNPARSEABLE,
        maker="Service team",
        command=f"let the step {step.name} record its link and attest it with `cosign attest --type link "
        "--predicate link.json REPOSITORY@DIGEST`",
    )


def _apply(params: StepsParams, subject: Subject) -> Finding:
    stages = tuple(_stage(step, subject) for step in params.steps)
    return _merge(tuple(_conclude(stages, _judge_stages(stages, subject), subject)), subject)


def _stage(step: Step, subject: Subject) -> _Stage:
    selection = select(subject, _demand(step), step.signers)
    readable, unreadable = read_accepted(selection, read_link)
    return _Stage(step, selection, tuple(step_link(item) for item in readable), unreadable)


def _conclude(
    stages: tuple[_Stage, ...], judged: tuple[tuple[Judged, ...], ...], subject: Subject
) -> Iterator[Finding]:
    """Give a finding for each step; evidence that does not verify names no step, and the first that fails tells it."""
    is_told = False
    for stage, links in zip(stages, judged, strict=True):
        selection = replace(stage.selection, unusable=()) if is_told else stage.selection
        question = Question("steps", subject, _demand(stage.step), selection, newest_decides=False)
        finding = question.conclude((*links, *question.judge_unreadable(stage.unreadable)))
        is_told = is_told or finding.outcome is not Outcome.PASS
        yield finding


# --- the chain --------------------------------------------------------------------------------------------------------


def _judge_stages(stages: tuple[_Stage, ...], subject: Subject) -> tuple[tuple[Judged, ...], ...]:
    """Judge the links of a chain, or, where there is none, every link against those of the step before.

    A link is held against links that chain back to the first step wherever there are any, so that every step has a link
    without reasons exactly where a whole chain exists.
    """
    paths = _paths(stages)
    chain = next((path for path in paths[-1] if subject.candidate.digest in path[-1].digests), ())
    if chain:
        return tuple(_judge((made,), ()) for made in chain)
    judged = [_judge(stages[0].made, ())]
    for before, stage, reached in zip(stages, stages[1:], paths, strict=False):
        judged.append(_judge(stage.made, tuple(path[-1] for path in reached) or before.made))
    last = zip(judged.pop(), stages[-1].made, strict=True)
    judged.append(tuple(replace(one, reasons=(*one.reasons, *against_image(made, subject))) for one, made in last))
    return tuple(judged)


def _paths(stages: tuple[_Stage, ...]) -> tuple[tuple[_Path, ...], ...]:
    """Give for each step its links that chain back to the first step, each with the links before it."""
    paths: tuple[_Path, ...] = tuple((made,) for made in stages[0].made)
    found = [paths]
    for stage in stages[1:]:
        fitting = (_first_fitting(paths, made) for made in stage.made)
        paths = tuple((*path, made) for path, made in zip(fitting, stage.made, strict=True) if path)
        found.append(paths)
    return tuple(found)


def _first_fitting(paths: tuple[_Path, ...], made: StepLink) -> _Path:
    return next((path for path in paths if fits(path[-1], made)), ())


def _judge(links: tuple[StepLink, ...], before: tuple[StepLink, ...]) -> tuple[Judged, ...]:
    """Judge the links of one step; what fits no link of the step before is told against the newest of them."""
    judged = list[Judged]()
    for made in links:
        is_fitting = not before or any(fits(item, made) for item in before)
        item, step = made.reading.attestation, made.reading.facts.step
        reasons = () if is_fitting else tuple(against_handover(before[0], made))
        judged.append(Judged((item.found.blob,), f"{step} by {signed_by(item.signer)}", reasons))
    return tuple(judged)


# --- one finding of all steps -----------------------------------------------------------------------------------------


def _merge(findings: tuple[Finding, ...], subject: Subject) -> Finding:
    """Put the findings of all steps together: one failure outweighs what is undecided."""
    outcomes = {finding.outcome for finding in findings}
    outcome = next(one for one in (Outcome.FAIL, Outcome.UNDECIDED, Outcome.PASS) if one in outcomes)
    first_first = sorted(findings, key=lambda finding: finding.outcome is not outcome)
    reasons = tuple(dict.fromkeys(reason for finding in first_first for reason in finding.reasons))
    cites = tuple(dict.fromkeys(blob for finding in findings for blob in finding.cites))
    noted = dict.fromkeys(blob for finding in findings for blob in finding.noted if blob not in cites)
    count = len(reasons) - 1
    more = f" (and {count} more reason{'s' if count > 1 else ''})" if count > 0 else ""
    said = reasons[0].sentence + more if reasons else "chained: " + ", ".join(item.sentence for item in findings)
    return Finding("steps", subject.mode, outcome, said, reasons, cites, tuple(noted))


STEPS: Final = Check("steps", "every step was attested by its own signer and they chain", StepsParams, _apply)
