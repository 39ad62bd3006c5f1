"""What follows from what was seen: the entries that one pass over a service adds to the ledger. Pure.

The order is fixed: freezes, proposals, pins, soaks, eligibility. Each part sees what the parts before it found out.
"""

from collections.abc import Callable

from promoter.core.clearance import follow_eligibility
from promoter.core.history import History
from promoter.core.pinning import follow_pins
from promoter.core.pulls import follow_proposals
from promoter.core.record import AnyEntry, Incident, TagMoved
from promoter.core.soaking import follow_runtimes, follow_soaks
from promoter.core.view import View, extend


def follow(view: View, history: History) -> tuple[AnyEntry, ...]:
    """Give every entry that follows from this view of the world, in order."""
    parts: tuple[Callable[[View, History], tuple[AnyEntry, ...]], ...] = (
        _freezes,
        follow_proposals,
        follow_pins,
        follow_runtimes,
        follow_soaks,
        follow_eligibility,
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
