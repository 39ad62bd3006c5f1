"""What the tests of the deciding core share: one service on a graph of three, and histories made of ledger entries."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from promoter.core.candidate import Candidate, Repository, digest_of
from promoter.core.checks.subject import Phase
from promoter.core.codes import Code
from promoter.core.eligibility import EligibilityEvent
from promoter.core.eligibility import advance as advance_eligibility
from promoter.core.environment import Environment, MergeMode, Service, branch_name
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Mode, Outcome, Reason
from promoter.core.freezes import NONE, Freezes
from promoter.core.history import History
from promoter.core.policy import Policy, Requirement
from promoter.core.record import (
    Announced,
    AnyEntry,
    Checked,
    EligibilityMoved,
    FreezeEnded,
    FreezeOverridden,
    Incident,
    PinSeen,
    ReleaseResolved,
    StandingMoved,
    TagMoved,
)
from promoter.core.releases import ReleaseRule
from promoter.core.sight import Approver, EnvironmentSight, PinSight, PullSeen, PullSight, Sight
from promoter.core.standing import Standing, StandingEvent
from promoter.core.standing import advance as advance_standing
from promoter.core.verdict import Verdict
from promoter.core.view import View, extend

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=30)
HOUR = timedelta(hours=1)
BOT = "promoter-bot"
BASE = "b" * 40
HEAD = "c" * 40  # of the bot's proposal
STRANGE = "d" * 40  # a commit that is not the bot's
ROOT = digest_of(b"trust root")

DEV = Environment(name="dev", soak=HOUR, merge=MergeMode.AUTOMATIC)
STAGING = Environment(name="staging", after=("dev",), soak=24 * HOUR, approvals=1)
PROD = Environment(name="prod", after=("staging",), approvals=2)
GRAPH = (DEV, STAGING, PROD)
SERVICE = Service(
    name="cart",
    image=Repository("registry.example", "acme/cart"),
    source="https://forge.example/acme/cart",
    tag="v{release}",
    releases=ReleaseRule(semver="*"),
    targets={"dev": (), "staging": (), "prod": ()},
)


def candidate(release: str) -> Candidate:
    return Candidate("cart", release, digest_of(release.encode()))


OLD, NEW, NEWER = candidate("1.0.0"), candidate("1.1.0"), candidate("1.2.0")
ORDER = ("1.2.0", "1.1.0", "1.0.0")


# --- histories --------------------------------------------------------------------------------------------------------


def know(history: History, *candidates: Candidate, at: datetime = LONG_AGO) -> History:
    """Resolve releases, and discover them in every environment."""
    for one in candidates:
        entry = ReleaseResolved(
            at=at, service="cart", release=one.release, digest=one.digest, media_type="application/x"
        )
        history = extend(history, (entry,))
        for node in GRAPH:
            history = deserve(history, node.name, one, EligibilityEvent.RESOLVED)
    return history


def deserve(
    history: History, environment: str, what: Candidate, *events: EligibilityEvent, why: tuple[str, ...] = ()
) -> History:
    """Let events of the eligibility table happen."""
    for event in events:
        spot = history.spot(environment, what)
        entry = EligibilityMoved(
            at=NOW,
            service="cart",
            release=what.release,
            digest=what.digest,
            environment=environment,
            event=event,
            state=advance_eligibility(spot.eligibility if spot else None, event),
            why=why,
        )
        history = extend(history, (entry,))
    return history


def stand(
    history: History, environment: str, what: Candidate, *events: StandingEvent, at: datetime = LONG_AGO, head: str = ""
) -> History:
    """Let events of the standing table happen."""
    for event in events:
        spot = history.spot(environment, what)
        entry = StandingMoved(
            at=at,
            service="cart",
            release=what.release,
            digest=what.digest,
            environment=environment,
            event=event,
            state=advance_standing(spot.standing if spot else Standing.NONE, event),
            number=7,
            head=head,
        )
        history = extend(history, (entry,))
    return history


def announce(history: History, environment: str, what: Candidate, head: str = HEAD, act: str = "propose") -> History:
    entry = Announced(
        at=LONG_AGO,
        service="cart",
        release=what.release,
        digest=what.digest,
        environment=environment,
        act=act,  # type: ignore[arg-type]
        branch=branch_name(environment, "cart"),
        parent=BASE,
        head=head,
    )
    return extend(history, (entry,))


def check(history: History, environment: str, what: Candidate, state: str, head: str = HEAD) -> History:
    """Set the bot's check, as it is written down."""
    entry = Checked(
        at=NOW,
        service="cart",
        release=what.release,
        digest=what.digest,
        environment=environment,
        number=7,
        head=head,
        state=state,
        summary=f"the check is {state}",
    )
    return extend(history, (entry,))


def propose(history: History, environment: str, what: Candidate, head: str = HEAD) -> History:
    """Open a proposal with a green check."""
    history = announce(history, environment, what, head)
    history = stand(history, environment, what, StandingEvent.PR_OPENED, head=head)
    return check(history, environment, what, "success", head)


def run(history: History, environment: str, what: Candidate, at: datetime = LONG_AGO) -> History:
    """Let a candidate run in an environment, found there at the first look, and soaked."""
    entry = PinSeen(
        at=at,
        service="cart",
        environment=environment,
        tag=what.release,
        digest=what.digest,
        commit=BASE,
        how="baseline",
    )
    history = extend(history, (entry,))
    return stand(history, environment, what, StandingEvent.PINNED_OUT_OF_BAND, StandingEvent.SOAKED, at=at)


def going() -> History:
    """Give the usual beginning: 1.0.0 runs everywhere for a month, 1.1.0 is known."""
    history = know(History(), OLD, NEW)
    for node in GRAPH:
        history = run(history, node.name, OLD)
    return history


# --- views ------------------------------------------------------------------------------------------------------------


def pinned(what: Candidate) -> PinSight:
    return PinSight(what.release, what.digest)


def sight(environment: str, pull: PullSight | None = None, pin: PinSight | None = None) -> EnvironmentSight:
    """See an environment that pins 1.0.0 unless another pin is given."""
    return EnvironmentSight(environment, BASE, pin or pinned(OLD), pull)


def pull(state: PullSeen = PullSeen.OPEN, head: str = HEAD, *, is_ours: bool = True) -> PullSight:
    return PullSight(7, state, head, "https://forge.example/acme/environments/pull/7", is_ours=is_ours)


def merged(by: str, head: str = HEAD, *, is_ours: bool = True) -> PullSight:
    seen = pull(PullSeen.MERGED, head, is_ours=is_ours)
    return replace(
        seen, merged_by=by, merge_commit="e" * 40, in_base=True, approvers=(Approver("mia", 1), Approver("omar", 2))
    )


def look(
    *environments: EnvironmentSight,
    verdicts: tuple[Verdict, ...] = (),
    now: datetime = NOW,
    moved: Mapping[Candidate, str] | None = None,
    graph: tuple[Environment, ...] = GRAPH,
    freezes: Freezes = NONE,
) -> View:
    """See environments, and hold verdicts against them."""
    seen = {one.name: one for one in environments}
    world = Sight(now, BOT, {}, seen, ROOT, {what: digest_of(text.encode()) for what, text in (moved or {}).items()})
    by_place = {(verdict.environment, verdict.candidate): verdict for verdict in verdicts}
    policies = {node.name: policy(node.name) for node in graph}
    return View(SERVICE, graph, policies, world, by_place, freezes=freezes)


def policy(environment: str) -> Policy:
    """Give a policy that waits an hour for an SBOM and for nothing else."""
    lines = (Requirement(check="sbom", params=None, deadline=HOUR), Requirement(check="signature", params=None))
    return Policy(environment=environment, signers={}, require=lines, digest=digest_of(b"policy"), body=b"policy")


# --- verdicts ---------------------------------------------------------------------------------------------------------


def finding(
    outcome: Outcome,
    check_name: str = "signature",
    code: Code = Code.SIGNATURE_INVALID,
    state: EvidenceState = EvidenceState.INVALID,
    mode: Mode = Mode.ENFORCE,
) -> Finding:
    reasons = () if outcome is Outcome.PASS else (Reason(code, "it is so", "mend it", state),)
    return Finding(check_name, mode, outcome, "it is so", reasons)


PASSES = finding(Outcome.PASS)
FAILS = finding(Outcome.FAIL)
UNDECIDED = finding(Outcome.UNDECIDED, "scan", Code.LOOKUP_FAILED, EvidenceState.LOOKUP_FAILED)
NO_SBOM = finding(Outcome.FAIL, "sbom", Code.SBOM_ABSENT, EvidenceState.ABSENT)
NO_SIGNATURE = finding(Outcome.FAIL, "signature", Code.SIGNATURE_ABSENT, EvidenceState.ABSENT)


def verdict(environment: str, what: Candidate, *findings: Finding) -> Verdict:
    return Verdict(what, environment, Phase.PROPOSE, NOW, digest_of(b"policy"), findings or (PASSES,))


# --- reading ----------------------------------------------------------------------------------------------------------


def told(entries: tuple[AnyEntry, ...]) -> list[str]:
    """Write entries as lines that a person reads."""
    return [_line(entry) for entry in entries]


def _line(entry: AnyEntry) -> str:
    match entry:
        case StandingMoved():
            return _sentence(f"{entry.environment} {entry.release}", entry.event, entry.state, entry.detail)
        case EligibilityMoved():
            return _sentence(f"{entry.environment} {entry.release}", entry.event, entry.state, ", ".join(entry.why))
        case PinSeen():
            return f"{entry.environment} pins {entry.tag}: {entry.how}"
        case Incident():
            return " ".join(word for word in ("incident", entry.environment, entry.release, entry.what) if word)
        case TagMoved():
            return f"{entry.release} moved to {entry.moved_to[:14]}"
        case FreezeOverridden():
            return f"{entry.environment} {entry.release} goes on under {entry.freeze} by {entry.id}: {entry.reason}"
        case FreezeEnded():
            return f"{entry.release} released by {entry.actor}"
    raise AssertionError(f"nothing that follow writes: {entry}")


def _sentence(subject: str, event: StandingEvent | EligibilityEvent, state: object, detail: str) -> str:
    value = getattr(state, "value", state)
    return f"{subject} {event.value} -> {value}" + (f": {detail}" if detail else "")
