"""What an environment runs, as its manifests say it now, and how a candidate stands to that. Pure."""

from promoter.core.candidate import Candidate, parse_digest
from promoter.core.circumstances import Running
from promoter.core.environment import Service
from promoter.core.history import History
from promoter.core.releases import outranks
from promoter.core.sight import PinSight


def running_beside(service: Service, history: History, pin: PinSight, candidate: Candidate) -> Running | None:
    """Give what the manifests pin beside a candidate; None where they cannot be read or do not agree."""
    if pin.trouble or pin.is_split:
        return None
    try:
        digest = parse_digest(pin.digest) if pin.digest else None
    except ValueError:
        return None  # a person wrote something there that pins nothing
    release = _name(history, pin)
    if not release and digest is None:
        return Running(release="", digest=None, is_newer=False)
    if digest == candidate.digest:
        return Running(release=release, digest=digest, is_newer=False)
    is_newer = outranks(service.releases, release, candidate.release, history.seen) if release else None
    return Running(release=release, digest=digest, is_newer=is_newer)


def _name(history: History, pin: PinSight) -> str:
    """Name the release that is pinned: the one whose digest it is, or else what the tag says."""
    names = [name for name, known in history.known.items() if known.candidate.digest == pin.digest]
    return pin.tag if pin.tag in names or not names else names[0]
