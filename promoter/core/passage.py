"""What follows from what was seen: the entries that one pass over a service adds to the ledger. Pure.

The order is fixed: freezes, proposals, pins, soaks, eligibility, overrides. Each part sees what the parts before it
found out.
"""

from collections.abc import Callable

from promoter.core.candidate import Candidate
from promoter.core.clearance import follow_eligibility
from promoter.core.eligibility import Eligibility
from promoter.core.freezes import Override, Place
from promoter.core.history import History
from promoter.core.pinning import follow_pins
from promoter.core.plan import contender
from promoter.core.pulls import follow_proposals
from promoter.core.record import AnyEntry, FreezeOverridden, Incident, TagMoved
from promoter.core.soaking import follow_runtimes, follow_soaks
from promoter.core.view import View, extend, ranking


def follow(view: View, history: History) -> tuple[AnyEntry, ...]:
    """Give every entry that follows from this view of the world, in order."""
    parts: tuple[Callable[[View, History], tuple[AnyEntry, ...]], ...] = (
        _freezes,
        follow_proposals,
        follow_pins,
        follow_runtimes,
        follow_soaks,
        follow_eligibility,
        _overrides,
    )
    entries: tuple[AnyEntry, ...] = ()
    for part in parts:
        added = part(view, history)
        history = extend(history, added)
        entries += added
    return entries


def _freezes(view: View, history: History) -> tuple[AnyEntry, ...]:
    entries: list[AnyEntry] = []
    for candidate, moved_to in view.sight.moved.items():
        known = history.known[candidate.release]
        if moved_to in {known.moved_to, *known.accepted}:
            continue
        about = {"at": view.sight.now, "service": view.service.name, "release": candidate.release}
        detail = f"tag {candidate.release} named {candidate.digest} when it was first seen and names {moved_to} now"
        entries += [
            TagMoved(**about, digest=candidate.digest, moved_to=moved_to),  # type: ignore[arg-type]
            Incident(**about, what="tag-moved", digest=candidate.digest, detail=detail),  # type: ignore[arg-type]
        ]
    return tuple(entries)


def _overrides(view: View, history: History) -> tuple[AnyEntry, ...]:
    """Say of what is proposed, or next, which overrides it needs: each use of one is written down."""
    order = ranking(view.service, history)
    entries: list[AnyEntry] = []
    for environment in view.graph:
        candidate = history.open(environment.name) or contender(history, environment.name, order)
        spot = history.spot(environment.name, candidate) if candidate else None
        if not candidate or not spot or spot.eligibility is not Eligibility.ELIGIBLE:
            continue
        place = Place(environment.name, candidate.service, candidate.release)
        known = {entry.id for entry in spot.overridden}
        used = (one for one in view.freezes.lifted(place, view.sight.now) if one.id not in known)
        entries += [_overridden(view, candidate, one) for one in used]
    return tuple(entries)


def _overridden(view: View, candidate: Candidate, override: Override) -> FreezeOverridden:
    return FreezeOverridden(
        at=view.sight.now,
        service=candidate.service,
        release=candidate.release,
        digest=candidate.digest,
        environment=override.environment,
        id=override.id,
        freeze=override.freeze,
        reason=override.reason,
        requested_by=override.requested_by,
        expires=override.expires,
        zones=view.freezes.zones,
    )
