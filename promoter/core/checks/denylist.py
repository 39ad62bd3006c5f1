"""Nothing that the release rests on was withdrawn: its digest, its commit, who signed its evidence, its components.

This check is asked whether or not a policy names it (`promoter.core.policy.examine`), and what is denied always counts.
A policy that names it also demands that it can be told: without that, what cannot be told is shown and stops nothing,
for one denied component would else stop every environment in which no SBOM is demanded.
"""

from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.denial import Match, Withdrawn
from promoter.core.finding import Aside, Finding, Outcome, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class DenylistParams:
    """What counts besides what is denied for certain."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    must_be_known: bool = True
    """Whether it must be known of every denial that the release does not rest on it; else what is not is only shown."""


_CODES: Final = {
    Withdrawn.DIGEST: Code.DENIED_DIGEST,
    Withdrawn.COMMIT: Code.DENIED_COMMIT,
    Withdrawn.SIGNER: Code.DENIED_SIGNER,
    Withdrawn.COMPONENT: Code.DENIED_COMPONENT,
}
_REMEDY: Final = (
    "Service team: release a new version without it. "
    "Security team: or lift the denial, with `promoter deny lift {id}` or in deny.yaml, if it was wrong."
)
_UNREAD: Final = Reason(
    code=Code.DENIED_UNKNOWN,
    sentence="the deny list was not read for this verdict",
    remedy="Operator: judge it with the bot's own configuration and ledger.",
)


def _apply(params: DenylistParams, subject: Subject) -> Finding:
    matches = subject.circumstances.denials
    if matches is None:
        return _finding(subject, Outcome.UNDECIDED, (_UNREAD,))
    certain = tuple(_denied(match) for match in matches if match.is_certain)
    unsure = tuple(match for match in matches if not match.is_certain)
    if certain:
        return _finding(subject, Outcome.FAIL, (*certain, *map(_unknown, unsure)))
    if unsure and params.must_be_known:
        return _finding(subject, Outcome.UNDECIDED, tuple(map(_unknown, unsure)))
    asides = tuple(Aside(_unknown(match).sentence, Code.DENIED_UNKNOWN) for match in unsure)
    return Finding("denylist", subject.mode, Outcome.PASS, "nothing that it rests on is known to be denied", (),
                   asides=asides)  # fmt: skip


def _finding(subject: Subject, outcome: Outcome, reasons: tuple[Reason, ...]) -> Finding:
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return Finding("denylist", subject.mode, outcome, reasons[0].sentence + more, reasons)


def _denied(match: Match) -> Reason:
    denial = match.denial
    return Reason(
        code=_CODES[denial.what],
        sentence=f"{match.found} is denied by {denial}",
        remedy=_REMEDY.replace("{id}", denial.id),
    )


def _unknown(match: Match) -> Reason:
    return Reason(
        code=Code.DENIED_UNKNOWN,
        sentence=f"whether it rests on what {match.denial} withdrew is not known: {match.found}",
        remedy="Service team: attest an SBOM with package URLs and versions by an accepted signer, and keep the git "
        "tag of the release.",
    )


DENYLIST: Final = Check("denylist", "nothing it rests on is denied", DenylistParams, _apply)
