"""Whether other rules come into force: nothing weaker without approvals, and nothing older by itself. Pure.

Rule 1: what is nowhere weaker is taken over, and recorded with whoever answers for it.
Rule 2: what is weaker needs approvals of every commit that made it so, or of the bundle itself by signature; reviews
and signatures are not added up, for one person may give both. Nobody approves their own commit. What was in force
before is signed already: those signatures bring it into force once, and no copy of them does it again.
Rule 3: rules that the branch has left behind, or that stand apart from those in force, come back only by a person's
`policy revert`; after that, only a commit that follows on the head of that time is considered.
Rule 4: of a plain directory nobody answers for anything, and whoever writes there could ask for a revert as well: what
stands there is taken over, and what is weaker, or was in force before, is told loudly.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from promoter.core.authority import Authority
from promoter.core.candidate import Digest
from promoter.core.estate import Estate
from promoter.core.evidence import Signer
from promoter.core.record_estate import ESTATE, PolicyActivated, PolicyRefused
from promoter.core.ruleset import Lineage

_LISTED: Final = 40  # of what got weaker, that an entry holds
_SENTENCE: Final = 300  # characters of each
_NAMED: Final = 3  # of what got weaker, that a sentence names


@dataclass(frozen=True, slots=True)
class Stride:
    """Commits that together made the rules weaker, and who answers for each of them."""

    weaker: tuple[str, ...]
    authorities: tuple[Authority, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Rules that could come into force. `lineage` is how they stand to what was looked at last.

    That is the commit in force, or after a revert the head of that time. `weaker` is everything that is weaker than
    what is in force, `strides` are the places of the branch where it became so. `authority` is that of the commit.
    """

    bundle: Digest
    commit: str = ""
    lineage: Lineage = Lineage.SAME
    weaker: tuple[str, ...] = ()
    strides: tuple[Stride, ...] = ()
    authority: Authority | None = None
    signers: tuple[Signer, ...] = ()
    refs: tuple[Digest, ...] = ()


def consider(
    estate: Estate, proposal: Proposal, approvals: int, now: datetime
) -> PolicyActivated | PolicyRefused | None:
    """Give the entry that says what becomes of a proposal; None where nothing changes, or it was said already."""
    active = estate.active
    if active is None:
        return _activated(estate, proposal, now)
    if active.is_revert and _is_reverted_from(active, proposal):
        return None
    if proposal.bundle == active.bundle:
        return _confirmed(estate, active, proposal, now)
    detail = _objection(estate, proposal, approvals)
    if not detail:
        return _activated(estate, proposal, now)
    known = estate.refused
    if known and (known.bundle, known.commit, known.detail) == (proposal.bundle, proposal.commit, detail):
        return None
    return PolicyRefused(at=now, service=ESTATE, bundle=proposal.bundle, commit=proposal.commit, detail=detail)


@dataclass(frozen=True, slots=True)
class Return:
    """A person's word to go back: to what, from what the source has now, who says so and why."""

    wanted: PolicyActivated
    head: str
    actor: str
    reason: str


def revert(estate: Estate, said: Return, now: datetime) -> PolicyActivated:
    """Give the entry of going back to rules that were in force; its approvals are those of that time."""
    wanted = said.wanted
    return PolicyActivated(
        at=now,
        service=ESTATE,
        bundle=wanted.bundle,
        commit=wanted.commit,
        author=wanted.author,
        reviewers=wanted.reviewers,
        signers=wanted.signers,
        previous=estate.active.bundle if estate.active else "",
        is_revert=True,
        head=said.head,
        actor=said.actor,
        reason=said.reason,
        refs=wanted.refs,
    )


def _is_reverted_from(active: PolicyActivated, proposal: Proposal) -> bool:
    """Tell whether this is still what a person went back from, or older."""
    if proposal.commit:
        return proposal.lineage is not Lineage.AHEAD
    return active.head == proposal.bundle


def _confirmed(estate: Estate, active: PolicyActivated, proposal: Proposal, now: datetime) -> PolicyActivated | None:
    """Say that the source has what is in force, where it had something else: a revert or a refusal is over."""
    if active.is_revert:
        return _activated(estate, proposal, now)
    if estate.refused is None:
        return None
    return replace(active, at=now, commit=proposal.commit, previous=active.bundle, weaker=())


def _activated(estate: Estate, proposal: Proposal, now: datetime) -> PolicyActivated:
    known = (*(authority for stride in proposal.strides for authority in stride.authorities), proposal.authority)
    reviewers = dict.fromkeys(str(one) for authority in known if authority for one in authority.reviewers)
    return PolicyActivated(
        at=now,
        service=ESTATE,
        bundle=proposal.bundle,
        commit=proposal.commit,
        author=proposal.authority.author if proposal.authority else "",
        reviewers=tuple(reviewers),
        signers=tuple(map(str, _countable(proposal))),
        previous=estate.active.bundle if estate.active else "",
        weaker=_cut((*_old(estate, proposal), *proposal.weaker)),
        refs=proposal.refs,
    )


def _old(estate: Estate, proposal: Proposal) -> tuple[str, ...]:
    """Tell of rules in a plain directory that were in force before: somebody went back without saying so."""
    known = [one for one in estate.activated if one.bundle == proposal.bundle]
    is_back = known and not proposal.commit and estate.active and estate.active.bundle != proposal.bundle
    return (f"these rules were in force before, from {known[0].at:%Y-%m-%d %H:%M:%SZ} on",) if is_back else ()


def _objection(estate: Estate, proposal: Proposal, approvals: int) -> str:
    """Say why a proposal is not taken over; empty where it is."""
    was_active = any(one.bundle == proposal.bundle for one in estate.activated)
    back = f"going back is for people to say: promoter policy revert {proposal.bundle} --reason ..."
    if not proposal.commit:
        return ""
    if proposal.lineage is Lineage.BEHIND:
        return f"the branch went back behind the commit in force; {back}"
    if proposal.lineage is Lineage.APART and (was_active or proposal.weaker):
        return f"the branch was rewritten: this commit does not follow on the one in force; {back}"
    if not proposal.weaker or (not was_active and len(_countable(proposal)) >= approvals):
        return ""
    lacking = tuple(_lacking(proposal, approvals))
    stale = f"it was in force before, and signatures of that time count once; {back}"
    return "; ".join((*lacking, stale) if lacking and was_active else lacking)


def _lacking(proposal: Proposal, approvals: int) -> Iterator[str]:
    """Say of every place that made the rules weaker what it lacks; nothing where each has its approvals."""
    found = False
    for stride in proposal.strides:
        for authority in stride.authorities:
            if len(authority.reviewers) < approvals:
                found = True
                yield _lack(stride, authority, approvals)
    if not found and not proposal.strides:
        found = True
        yield f"it is weaker ({name_some(proposal.weaker)}), and which commit made it so cannot be told"
    if found:
        people = "one person" if approvals == 1 else f"{approvals} people"
        yield f"Security team: have it approved by {people}, or sign it as `promoter policy digest` says"


def _lack(stride: Stride, authority: Authority, approvals: int) -> str:
    where = f"commit {authority.commit[:12]}" + (f" (#{authority.number})" if authority.number else "")
    why = authority.doubt or ", ".join(map(str, authority.reviewers)) or "nobody"
    count = f"{len(authority.reviewers)} of {approvals} approvals count: {why}"
    return f"{where} makes the rules weaker ({name_some(stride.weaker)}) and {count}"


def name_some(weaker: tuple[str, ...]) -> str:
    """Name the first of many things, and how many more there are."""
    more = f" and {len(weaker) - _NAMED} more" if len(weaker) > _NAMED else ""
    return "; ".join(_cut(weaker[:_NAMED])) + more


def _countable(proposal: Proposal) -> tuple[Signer, ...]:
    """Give each signer once, without those whose address stands in a commit that they would approve."""
    known = (*(one for stride in proposal.strides for one in stride.authorities), proposal.authority)
    made = {address for authority in known if authority for address in authority.addresses}
    distinct = {signer.identity: signer for signer in proposal.signers}
    return tuple(signer for signer in distinct.values() if signer.san.lower() not in made)


def _cut(weaker: tuple[str, ...]) -> tuple[str, ...]:
    rest = (f"and {len(weaker) - _LISTED} more",) if len(weaker) > _LISTED else ()
    return (*(one[:_SENTENCE] for one in weaker[:_LISTED]), *rest)
