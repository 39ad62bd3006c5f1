"""Collects the evidence about a digest: lists what there is, fetches what is new, keeps the raw bytes, verifies.

Everything fetched is content-addressed, so it is fetched once, and verified once while the bot runs; a re-check of
known evidence costs the one request that lists the referrers. What cannot be asked becomes a `LookupFailure`, never an
absence. Requests go out side by side, a few at a time.
"""

import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, TypeVar

from promoter.core.candidate import Candidate, Digest, digest_of
from promoter.core.codes import Code
from promoter.core.environment import Service
from promoter.core.evidence import (
    SOURCE_TAG_LOOKUP,
    TRUST_ROOT_LOOKUP,
    Attestation,
    BranchAnswer,
    Evidence,
    Layout,
    LookupFailure,
    Platform,
    SourceRevision,
    Unusable,
)
from promoter.core.manifest import read_platforms
from promoter.core.scope import Scope
from promoter.listing import Asked, Listed, Lister, Origin, failure
from promoter.outages import SILENT
from promoter.packed import Memory
from promoter.pieces import attachment_record
from promoter.ports import Blobs, OutsideError, Registry, Signatures, SourceRepo
from promoter.unpacking import Content, Document, Unpacker, covers, uncovered

SECONDS: Final = 120.0
"""How long the evidence of one candidate is gathered; what was not asked by then is asked at the next look."""

ROOM: Final = 256 << 20
"""Bytes of all evidence of one candidate together, that of its platforms included."""

_SIDE_BY_SIDE = 8  # requests at a time
_SILENT: Final = frozenset(code.value for code in SILENT)
_Answer = TypeVar("_Answer")
_Call = tuple[str, Callable[[], _Answer]]


class Errand:
    """One gathering under way: whose, until when, and whether the other side has fallen silent meanwhile."""

    def __init__(self, service: Service, tags: frozenset[str] | None, seconds: float) -> None:
        self.service = service
        self.tags = tags
        self._seconds = seconds
        self._ends = time.monotonic() + seconds
        self._is_over = False
        self._room = ROOM
        self._lock = threading.Lock()

    def spend(self, size: int) -> None:
        """Take this many bytes for a piece of evidence; raises OutsideError where there is no room for it any more."""
        with self._lock:
            self._room -= size
            if self._room < 0:
                detail = f"the evidence of one candidate has more than {ROOM >> 20} MiB; delete what nobody needs"
                raise OutsideError(Code.OUTSIDE_LIMIT, detail)

    def ask(self, what: str, call: Callable[[], _Answer]) -> _Answer | LookupFailure | None:
        """Ask, unless an answer failed to come already: one failed look-up stands for all that were not asked."""
        if self._is_over:
            return None
        if time.monotonic() >= self._ends:
            self._is_over = True
            detail = f"gathering this evidence took more than {self._seconds:.0f} s; the rest is asked at the next look"
            return LookupFailure(what, Code.OUTSIDE_TIMEOUT.value, detail)
        try:
            return call()
        except OutsideError as error:
            self._is_over = self._is_over or error.code in SILENT
            return failure(what, error)


class Gatherer:
    """Evidence of digests, with what was verified before kept in memory; safe for several threads."""

    def __init__(
        self,
        registry: Registry,
        signatures: Signatures,
        sources: SourceRepo,
        blobs: Blobs,
        scope: Scope | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._scope = scope or Scope()
        self._seconds = seconds
        self._signatures = signatures
        self._sources = sources
        self._lister = Lister(registry, sources, blobs, self._scope)
        self._unpacker = Unpacker(registry, signatures, blobs, self._scope.keys)
        self._memory = Memory()
        self._pool = ThreadPoolExecutor(_SIDE_BY_SIDE, "evidence")
        self._lock = threading.Lock()
        self._revisions: dict[tuple[str, str], SourceRevision] = {}
        self._asked: dict[tuple[str, str], datetime] = {}

    def evidence(
        self,
        service: Service,
        candidate: Candidate,
        platforms: tuple[Platform, ...] | None,
        tags: frozenset[str] | None,
    ) -> Evidence:
        """Give everything found about a candidate now; `tags` is a fresh tag list of its repository, or None.

        Without `platforms` they are read from the image's manifest, which is fetched beside everything else.
        """
        source = self._asked_source(service, candidate)
        root = self._signatures.root()
        bare = Evidence(candidate.digest, keys=self._scope.keys, trust_root=root.digest)
        errand = Errand(service, tags, self._seconds)
        if root.trouble:
            bare = _lacking(bare, failure(TRUST_ROOT_LOOKUP, root.trouble))
        evidence = bare if root.trouble else self._about(bare, errand, is_unseen=platforms is None)
        if platforms is None:
            platforms = read_platforms(self._lister.manifest(candidate.digest) or b"{}")
        named = (one for one in platforms if any(map(one.is_named, self._scope.platforms)))
        wanted = (replace(bare, digest=one.digest) for one in named)
        parts = tuple(part if root.trouble else self._about(part, errand) for part in wanted)
        return _sourced(replace(evidence, platforms=platforms, parts=parts), source.result())

    def _about(self, evidence: Evidence, errand: Errand, *, is_unseen: bool = False) -> Evidence:
        """Add what is found about the digest of this evidence, documents with a signature of their own included."""
        evidence, documents = self._found(evidence, errand, is_unseen=is_unseen)
        for document in documents:
            evidence = self._covered(evidence, document, errand)
        return evidence

    def _found(
        self, evidence: Evidence, errand: Errand, *, is_unseen: bool = False
    ) -> tuple[Evidence, tuple[Document, ...]]:
        """Add what the lists name and is evidence by itself; documents are given, they still lack a signature."""
        asked = Asked(errand.service, evidence.digest, errand.tags, is_unseen)
        lists = self._side_by_side(errand, self._lister.lists(asked))
        listed = _united((*_answers(lists), self._lister.inner(evidence.digest)))
        known = {entry: self._memory.get((entry, evidence.digest, evidence.trust_root)) for entry in listed}
        kept = sum(item.found.size for items in known.values() for item in items or () if isinstance(item, Attestation))
        with suppress(OutsideError):  # what is known already is told all the same, and leaves no room for more
            errand.spend(kept)
        calls = tuple(
            (f"evidence {entry.digest}", partial(self._unpack, entry, evidence, errand))
            for entry in listed
            if known[entry] is None
        )
        fresh = iter(self._side_by_side(errand, calls))
        found = tuple(items if items is not None else next(fresh) for items in known.values())
        evidence = _with(_lacking(evidence, *_failures(lists), *_failures(found)), _answers(found))
        return evidence, tuple(item for items in _answers(found) for item in items if isinstance(item, Document))

    def _unpack(self, entry: Listed, evidence: Evidence, errand: Errand) -> tuple[Content, ...]:
        items = self._unpacker.unpack(errand.service.image, entry, evidence.digest, errand.spend)
        self._memory.keep((entry, evidence.digest, evidence.trust_root), items)
        return items

    def _covered(self, evidence: Evidence, document: Document, errand: Errand) -> Evidence:
        """Add an attached document, once for each signature over its manifest; without any it is told, not counted."""
        if Layout.ATTACHMENT not in self._scope.layouts:
            detail = "it is attached to the image, not attested; no policy accepts attachments"
            return evidence.with_item(uncovered(document, detail))
        about = replace(evidence, digest=document.manifest, attestations=(), unusable=(), failures=())
        about, _ = self._found(about, errand)
        evidence = _lacking(evidence, *about.failures)
        signatures = covers(about.attestations)
        if not signatures:
            broken = dict.fromkeys(f"; {item.detail} ({item.code})" for item in about.settled().unusable)
            detail = f"nobody signed its manifest {document.manifest}{''.join(broken)}"
            return evidence.with_item(uncovered(document, detail))
        joined = [self._joined(evidence, document, signature, errand) for signature in signatures]
        return _with(_lacking(evidence, *_failures(joined)), _answers(joined))

    def _joined(
        self, evidence: Evidence, document: Document, signature: Attestation, errand: Errand
    ) -> tuple[Content, ...] | LookupFailure | None:
        """Join a document with one signature over its manifest."""
        record = digest_of(attachment_record(document.manifest, signature))
        key = (Listed(Origin.ATTACHED, record), evidence.digest, evidence.trust_root)
        if known := self._memory.get(key):
            return known
        join = partial(self._unpacker.join, errand.service.image, document, evidence.digest, signature)
        answer = errand.ask(f"attachment {document.manifest}", join)
        if answer is None or isinstance(answer, LookupFailure):
            return answer
        self._memory.keep(key, (answer,))
        return (answer,)

    def _side_by_side(
        self, errand: Errand, calls: "tuple[_Call[_Answer], ...]"
    ) -> list[_Answer | LookupFailure | None]:
        """Ask several things at a time, in the order of their answers' places; one alone is asked in this thread."""
        if len(calls) < 2:
            return [errand.ask(what, call) for what, call in calls]
        waiting = [self._pool.submit(errand.ask, what, call) for what, call in calls]
        return [future.result() for future in waiting]

    def recall_store(self, service: Service, digest: Digest, stored: Callable[[], tuple[Digest, ...]]) -> None:
        """Take up bundles that decisions name and the forge may have deleted since; `stored` is asked once a digest."""
        self._lister.recall_store(service.source, digest, stored)

    def source(self, service: Service, release: str) -> SourceRevision | None:
        """Give what is known of a release's source revision, without asking anybody."""
        return self._revisions.get((service.source, service.placeholders(release).tag))

    def renew_source(self, service: Service, release: str, now: datetime, age: timedelta) -> None:
        """Ask the source repository again at this look where what is known of a release's git tag is of that age."""
        key = (service.source, service.placeholders(release).tag)
        with self._lock:
            if now - self._asked.get(key, datetime.min.replace(tzinfo=UTC)) >= age:
                self._revisions.pop(key, None)
            if key not in self._revisions:
                self._asked[key] = now

    def has_source(self, service: Service, release: str) -> bool:
        """Tell whether a release's git tag is known to name a commit."""
        source = self.source(service, release)
        return bool(source and source.commit)

    def is_everywhere(self, service: Service, release: str) -> bool:
        """Tell whether a release's commit is known to be on every branch that any policy names."""
        source = self.source(service, release)
        on = [one for one in source.branches if one.contains] if source else []
        return len(on) == len(self._scope.branches)

    def forget_source(self, service: Service, release: str) -> None:
        """Ask the source repository again at the next look: done before a merge, for a git tag may move too."""
        with self._lock:
            self._revisions.pop((service.source, service.placeholders(release).tag), None)

    def _asked_source(self, service: Service, candidate: Candidate) -> Future[SourceRevision | LookupFailure]:
        """Ask for the source revision while the registry is asked; what is known already is there at once."""
        key = (service.source, service.placeholders(candidate.release).tag)
        known = self._revisions.get(key)
        if known is None or len(known.branches) < len(self._scope.branches):
            return self._pool.submit(self._revision, key)
        source: Future[SourceRevision | LookupFailure] = Future()
        source.set_result(known)
        return source

    def _revision(self, key: tuple[str, str]) -> SourceRevision | LookupFailure:
        try:
            revision = self._revisions.get(key) or self._sources.revision(*key)
        except OutsideError as error:
            return failure(SOURCE_TAG_LOOKUP, error)
        revision = replace(revision, branches=self._branches(revision))
        with self._lock:
            self._revisions[key] = revision
        return revision

    def _branches(self, revision: SourceRevision) -> tuple[BranchAnswer, ...]:
        """Ask which of the branches that policies name hold the commit; one that is not answered for is left out."""
        answers = {one.branch: one for one in revision.branches}
        for name in self._scope.branches if revision.commit else ():
            if name not in answers:
                with suppress(OutsideError):  # told by the outages of the look, and asked again at the next one
                    is_on = self._sources.contains(revision.repository, name, revision.commit)
                    answers[name] = BranchAnswer(name, is_on)
        return tuple(answers[name] for name in sorted(answers))


def _sourced(evidence: Evidence, source: SourceRevision | LookupFailure) -> Evidence:
    """Add the source revision; where it could not be had, that is told before what the registry did not say."""
    if isinstance(source, LookupFailure):
        return replace(evidence, failures=(source, *evidence.failures))
    return replace(evidence, source=source)


def _united(lists: Iterable[tuple[Listed, ...]]) -> tuple[Listed, ...]:
    """Unite lists by digest; the list that named a digest first tells where it stands."""
    united: dict[str, Listed] = {}
    for entry in (entry for entries in lists for entry in entries):
        united.setdefault(entry.digest, entry)
    return tuple(united.values())


def _answers(found: Iterable[tuple[_Answer, ...] | LookupFailure | None]) -> tuple[tuple[_Answer, ...], ...]:
    return tuple(one for one in found if isinstance(one, tuple))


def _failures(found: Iterable[object]) -> tuple[LookupFailure, ...]:
    """Give what failed; of several requests that got no answer at all the first stands for the others."""
    failed = [one for one in found if isinstance(one, LookupFailure)]
    silent = [one for one in failed if one.code in _SILENT]
    return tuple(one for one in failed if one not in silent[1:])


def _with(evidence: Evidence, found: Iterable[tuple[Content, ...]]) -> Evidence:
    """Add what was found; documents wait for their signatures."""
    items = tuple(item for items in found for item in items)
    good = tuple(item for item in items if isinstance(item, Attestation))
    bad = tuple(item for item in items if isinstance(item, Unusable))
    return replace(evidence, attestations=(*evidence.attestations, *good), unusable=(*evidence.unusable, *bad))


def _lacking(evidence: Evidence, *failures: LookupFailure) -> Evidence:
    return replace(evidence, failures=(*evidence.failures, *failures)) if failures else evidence
