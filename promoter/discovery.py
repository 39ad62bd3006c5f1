"""What a service's registry shows: new releases, tags that moved, and the evidence about what is in flight.

New releases are in the ledger before they are looked at; a tag is resolved once, and asked again only to see it move.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice, takewhile

from promoter.core.candidate import Candidate, Digest
from promoter.core.canonical import canonical
from promoter.core.codes import Code
from promoter.core.dossier import stored_bundles
from promoter.core.environment import Service
from promoter.core.evidence import TAG_LIST_LOOKUP, TAG_LOOKUP, Evidence, LookupFailure, Platform
from promoter.core.history import History
from promoter.core.manifest import read_platforms, require_image
from promoter.core.record import AnyEntry, ReleaseResolved, TagsSeen
from promoter.core.releases import select
from promoter.core.standing import RUNNING
from promoter.core.strict_json import Malformed
from promoter.core.view import IN_FLIGHT
from promoter.gather import Gatherer
from promoter.journal import Journal
from promoter.ports import Outside, OutsideError, RawManifest
from promoter.troubles import Troubles

_TAGS = 300  # tag names in one entry of the ledger, which holds 64 KiB
_ITS_OWN = {
    Code.OUTSIDE_NOT_FOUND,
    Code.OUTSIDE_TOO_LARGE,
    Code.OUTSIDE_BAD_ANSWER,
    Code.OUTSIDE_DIGEST_MISMATCH,
    Code.IMAGE_UNPARSEABLE,
    Code.IMAGE_UNSUPPORTED,
    Code.IMAGE_EMPTY_INDEX,
    Code.IMAGE_NESTED_INDEX,
}  # what is wrong with a release, and not with the registry
_PASSED_OVER = 30  # releases that cannot be read and are passed over to look at older ones
_FIRST_WAIT, _LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)


class Discovery:
    """Looks at registries; safe for several threads, one service at a time in each."""

    def __init__(self, outside: Outside, journal: Journal, gatherer: Gatherer, troubles: Troubles) -> None:
        self._outside = outside
        self._journal = journal
        self._gatherer = gatherer
        self._troubles = troubles
        self._silent: dict[str, OutsideError] = {}
        self._refused: dict[tuple[str, str], tuple[timedelta, datetime]] = {}  # release -> last wait, and when it ends
        self._platforms: dict[Digest, tuple[Platform, ...]] = {}  # of what runs under the name of another digest

    def discover(self, service: Service, now: datetime) -> frozenset[str] | None:
        """List the tags and resolve releases that are new; None where the registry did not answer."""
        self._silent.pop(service.name, None)
        try:
            tags = self._outside.registry.tags(service.image)
            history = self._journal.history(service.name)
            order, is_first = select(service.releases, tags, history.seen), not history.known
            self._note_tags(service, order, now)
            wanted = self._unknown(service, order, now)
            for release in wanted:
                is_done = self._try_to_resolve(service, release, now)
                if is_first and (is_done or not self._is_put_off(service, release, now)):
                    break  # older releases were there before us: the newest that can be read is where we begin
            awaited = {release for release in tags if self._is_put_off(service, release, now)}.union(wanted)
            self._troubles.settle(service.name, partial(_is_unwanted, awaited), now)
            for candidate in self._unfollowed(service, tags):
                self._try_to_resolve(service, candidate.release, now, candidate.digest)
        except OutsideError as error:
            self._troubles.failed(service.name, "registry", error, now)
            if error.code is not Code.OUTSIDE_NOT_FOUND:  # a repository comes into being with its first release
                self._silent[service.name] = error
            return None
        self._troubles.recovered(service.name, "registry", now)
        return frozenset(tags)

    def silence(self, service: Service) -> OutsideError | None:
        """Give why the registry did not answer at the last look at a service; None where it did."""
        return self._silent.get(service.name)

    def _note_tags(self, service: Service, order: tuple[str, ...], now: datetime) -> None:
        """Write down what is seen for the first time, by name: so `select` orders what it has not seen, too."""
        rule = canonical((service.image, service.releases)).decode()

        def entries(history: History) -> tuple[AnyEntry, ...]:
            new, is_first = tuple(tag for tag in sorted(order) if tag not in history.seen), history.rule != rule
            chunks = (new[at : at + _TAGS] for at in range(0, max(len(new), int(is_first)), _TAGS))
            return tuple(
                TagsSeen(at=now, service=service.name, tags=chunk, rule=rule, is_first=is_first) for chunk in chunks
            )

        self._journal.write(service.name, entries)

    def _unknown(self, service: Service, order: tuple[str, ...], now: datetime) -> tuple[str, ...]:
        """Give the releases to resolve: at first the newest few, newest first; later the new ones, oldest first.

        What could not be read and is not to be asked again yet takes nobody's place.
        """
        history = self._journal.history(service.name)
        put_off = [release for release in order if self._is_put_off(service, release, now)][:_PASSED_OVER]
        newest = tuple(release for release in order if release not in put_off)
        if not history.known:
            return newest[:IN_FLIGHT]
        ahead = tuple(takewhile(lambda release: release not in history.known, newest[:IN_FLIGHT]))
        known = {*ahead, *history.known}
        late = (release for release in _came_later(service, newest, history) if release not in known)
        return tuple(reversed((*ahead, *islice(late, IN_FLIGHT))))

    def _unfollowed(self, service: Service, tags: tuple[str, ...]) -> tuple[Candidate, ...]:
        """Give what ran before we first looked and is no known release yet: it is watched and judged from now on."""
        history = self._journal.history(service.name)
        running = {candidate for (_, candidate), spot in history.spots.items() if spot.standing in RUNNING}
        unknown = [candidate for candidate in running if candidate.release not in history.known]
        return tuple(sorted(candidate for candidate in unknown if candidate.release in tags))

    def _try_to_resolve(self, service: Service, release: str, now: datetime, digest: Digest | None = None) -> bool:
        """Resolve a release; one that cannot be read is written down and does not keep the others from being seen.

        It is asked for again after a minute, and after twice as long each time: what is wrong with it may stay so.
        """
        if self._is_put_off(service, release, now):
            return False
        key = (service.name, release)
        wait, _ = self._refused.get(key, (_FIRST_WAIT / 2, now))
        try:
            self._resolve(service, release, now, digest)
        except OutsideError as error:
            if error.code in _ITS_OWN:  # what passes by is asked again at the next look
                wait = min(2 * wait, _LONGEST_WAIT)
                self._refused[key] = (wait, now + wait)
            self._troubles.failed(service.name, f"release {release}", error, now)
            return False
        self._refused.pop(key, None)
        self._troubles.recovered(service.name, f"release {release}", now)
        return True

    def _is_put_off(self, service: Service, release: str, now: datetime) -> bool:
        _, ends = self._refused.get((service.name, release), (_FIRST_WAIT, now))
        return now < ends

    def _resolve(self, service: Service, release: str, now: datetime, digest: Digest | None) -> None:
        """Write a release down by what its tag names, or by the digest under which it has been running."""
        manifest = self._outside.registry.manifest(service.image, digest or release)
        if digest is None:
            _require_image(manifest, f"release {release} of {service.image}")
        self._outside.blobs.put(manifest.raw)
        platforms = tuple(f"{platform.name} {platform.digest}" for platform in read_platforms(manifest.raw))

        def entries(history: History) -> tuple[AnyEntry, ...]:
            if release in history.known:
                return ()
            return (
                ReleaseResolved(
                    at=now,
                    service=service.name,
                    release=release,
                    digest=manifest.digest,
                    media_type=manifest.media_type,
                    platforms=platforms,
                    refs=(manifest.digest,),
                ),
            )

        self._journal.write(service.name, entries)

    def watch(
        self,
        service: Service,
        candidate: Candidate,
        history: History,
        evidence: Evidence,
        moved: dict[Candidate, Digest],
    ) -> Evidence:
        """Look whether the tag still names the digest; a tag that cannot be asked is a failed look-up.

        The tag of what somebody pinned under another's name is not asked: it names the other.
        """
        if history.known_as(candidate) is None:
            return evidence
        try:
            digest = self.moved(service, candidate, history)
        except OutsideError as error:
            return replace(
                evidence, failures=(*evidence.failures, LookupFailure(TAG_LOOKUP, error.code.value, error.detail))
            )
        if digest:
            moved[candidate] = digest
        return evidence

    def moved(self, service: Service, candidate: Candidate, history: History) -> Digest | None:
        """Give what a release's tag names now, where that is not its digest; the header is a hint, bytes are proof.

        A tag that is gone names nothing else; what it named must still be there, or OutsideError says that it is not.
        """
        said = self._outside.registry.head(service.image, candidate.release)
        known = history.known[candidate.release]
        if said is None:
            self._outside.registry.manifest(service.image, candidate.digest)
        if said is None or said == candidate.digest or said in {known.moved_to, *known.accepted}:
            return None
        manifest = self._outside.registry.manifest(service.image, candidate.release)
        self._outside.blobs.put(manifest.raw)
        return manifest.digest if manifest.digest != candidate.digest else None

    def evidence_now(
        self, service: Service, candidate: Candidate, history: History, tags: frozenset[str] | None
    ) -> Evidence:
        """Gather evidence; a registry that does not list its tags is a failed look-up, for a tag may have moved."""
        evidence = self.evidence(service, candidate, history, tags)
        if tags is None:
            failure = LookupFailure(
                TAG_LIST_LOOKUP, history.failing.get("registry", ""), "the registry did not list its tags"
            )
            return replace(evidence, failures=(*evidence.failures, failure))
        return evidence

    def evidence(
        self, service: Service, candidate: Candidate, history: History, tags: frozenset[str] | None
    ) -> Evidence:
        """Gather a candidate's evidence from its registry and source repository."""
        known = history.known_as(candidate)
        self._gatherer.recall_store(service, candidate.digest, partial(self._stored, candidate, history))
        if known is None:
            return self._evidence_of_stranger(service, candidate, tags)
        lines = (line.rsplit(" ", 1) for line in known.resolved.platforms)
        platforms = tuple(Platform(Digest(digest), name) for name, digest in lines)
        return self._gatherer.evidence(service, candidate, platforms, tags)

    def _stored(self, candidate: Candidate, history: History) -> tuple[Digest, ...]:
        """Give the bundles of the forge's store that kept decisions about a candidate name."""
        spots = (spot for (_, one), spot in history.spots.items() if one == candidate)
        decisions = dict.fromkeys(decided.decision for spot in spots for decided in spot.decided.values())
        try:
            raw = tuple(self._outside.blobs.get(digest) for digest in decisions)
        except OutsideError:
            return ()  # damaged: `log verify` says so, and the forge is asked in any case
        return tuple(dict.fromkeys(bundle for one in raw if one for bundle in stored_bundles(one)))

    def _evidence_of_stranger(self, service: Service, candidate: Candidate, tags: frozenset[str] | None) -> Evidence:
        """Gather the evidence of a digest that no tag was resolved to; one that the registry does not have has none."""
        failures: tuple[LookupFailure, ...] = ()
        if candidate.digest not in self._platforms:
            try:
                manifest = self._outside.registry.manifest(service.image, candidate.digest)
                self._outside.blobs.put(manifest.raw)
                self._platforms[candidate.digest] = read_platforms(manifest.raw)
            except OutsideError as error:
                if error.code is not Code.OUTSIDE_NOT_FOUND:
                    failures = (LookupFailure("manifest", error.code.value, error.detail),)
        platforms = self._platforms.get(candidate.digest, ())
        evidence = self._gatherer.evidence(service, candidate, platforms, tags)
        return replace(evidence, failures=(*evidence.failures, *failures))


def _is_unwanted(awaited: set[str], what: str) -> bool:
    """Tell whether a trouble is about a release that nobody asks for any more."""
    kind, _, release = what.partition(" ")
    return kind == "release" and release not in awaited


def _require_image(manifest: RawManifest, what: str) -> None:
    """Raise OutsideError for what no release can be: it is written down, and looked at again in case the tag is."""
    try:
        require_image(manifest.raw)
    except Malformed as malformed:
        raise OutsideError(malformed.code, f"{what}, {manifest.digest}: {malformed.detail}") from malformed


def _came_later(service: Service, order: tuple[str, ...], history: History) -> Iterator[str]:
    """Give the releases that came after our first look and are newer than what runs somewhere, newest first.

    What was there before us and is not the newest is left alone: nobody waits for it.
    """
    place = {release: index for index, release in enumerate(order)}
    running = (history.running(name) for name in service.targets)
    floor = max((place.get(one.release, len(order)) if one else len(order) for one in running), default=len(order))
    return (release for release in order[:floor] if history.seen.get(release))
