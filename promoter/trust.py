"""The trusted root in use: where it comes from, how old it is, and the one place that refreshes it.

A root that is older than the configuration allows is still told and kept with decisions, and nothing is verified with
it. A refresh that fails leaves the root as it is; what was fetched replaces it only if it verifies and can be used.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.codes import Code
from promoter.core.escape import one_line
from promoter.core.evidence import Attestation, Unusable
from promoter.core.public_key import PublicKey
from promoter.core.trust_root import AgeLimits, RootAge, duration
from promoter.ports import (
    Clock,
    KeptRoot,
    Material,
    OutsideError,
    RootRecord,
    RootSource,
    RootStore,
    Signatures,
    TrustRoot,
    WritableRootStore,
)

_LOG = logging.getLogger("promoter")
_RETRIES: Final = 24  # attempts in the time between two refreshes, while they fail
_LONGEST_RETRY: Final = timedelta(hours=1)
_TEXT: Final = 1000  # characters of a line in the log

MakesSignatures = Callable[[bytes, str], Signatures]
"""Makes a verifier from the bytes of a root and the name of its origin; raises ValueError for one of no use."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the trusted root stands: what its age means, and that in one sentence; empty where all is well."""

    age: RootAge
    sentence: str


class RootInUse:
    """The trusted root by its record, measured by the clock; safe for several threads."""

    def __init__(self, store: RootStore, limits: AgeLimits, clock: Clock) -> None:
        self.store = store
        self._limits = limits
        self._clock = clock

    def load(self) -> KeptRoot:
        """Give the root; raises OutsideError where there is none, or where it cannot be read."""
        kept = self.store.load()
        if kept is None:
            raise OutsideError(
                Code.OUTSIDE_NOT_FOUND,
                f"no trusted root from {self.store.source} is kept yet; run `promoter trust update`",
            )
        return kept

    def standing(self) -> Standing:
        """Say how old the root is, and what that means. Raises OutsideError for a record that cannot be read."""
        record = self.store.record()
        refreshed = record.refreshed if record else None
        age = self._limits.judge(refreshed, self._clock.now())
        failing = _failing(record) if record and record.failure else ""
        if age is RootAge.YOUNG:
            return Standing(age, failing)
        return Standing(age, "; ".join(part for part in (self._aged(age, refreshed), failing) if part))

    def trouble(self, digest: Digest) -> OutsideError | None:
        """Give why nothing may be verified now with the root of this digest; None where it may.

        The text stays the same while the root does: decisions are written down by what they say.
        """
        sentence = self._refusal(digest)
        return OutsideError(Code.TRUST_ROOT_TOO_OLD, sentence) if sentence else None

    def _refusal(self, digest: Digest) -> str:
        try:
            record = self.store.record()
        except OutsideError as error:
            return f"when the trusted root was refreshed cannot be told: {error.detail}"
        if record and record.digest not in {"", digest}:
            return f"the trusted root was replaced by {record.digest}, which is used next"
        refreshed = record.refreshed if record else None
        is_refused = self._limits.judge(refreshed, self._clock.now()) is RootAge.TOO_OLD
        return self._aged(RootAge.TOO_OLD, refreshed) if is_refused else ""

    def _aged(self, age: RootAge, refreshed: datetime | None) -> str:
        limit = self._limits.refuse_after if age is RootAge.TOO_OLD else self._limits.warn_after
        used = "nothing is verified with it" if age is RootAge.TOO_OLD else self._until(refreshed)
        if refreshed is None or limit is None:
            return f"when the trusted root was refreshed last is not known: {used}"
        since = f"the trusted root from {self.store.source} was refreshed last at {_minute(refreshed)}"
        return f"{since}, more than {duration(limit)} ago: {used}"

    def _until(self, refreshed: datetime | None) -> str:
        refuse = self._limits.refuse_after
        ends = f" from {_minute(refreshed + refuse)} on" if refuse and refreshed else ""
        return f"nothing will be verified with it{ends}" if refuse else "it is used all the same"


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh did: the root before, None where there was none, and the one that is published."""

    before: bytes | None
    after: bytes


class RootRefresh:
    """Fetches the root that is published and puts it into the store; one process at a time."""

    def __init__(
        self, store: WritableRootStore, source: RootSource, make: MakesSignatures, every: timedelta, clock: Clock
    ) -> None:
        self._store = store
        self._source = source
        self._make = make
        self._every = every
        self._clock = clock

    @property
    def retry(self) -> timedelta:
        """How long after a failure it is tried again."""
        return min(self._every / _RETRIES, _LONGEST_RETRY)

    def is_due(self) -> bool:
        """Tell whether it is time: a period after what was good, a small part of it after what failed."""
        kept, now = self._store.load(), self._clock.now()
        record = kept.record if kept else self._store.record()
        if record is None or record.attempted is None:
            return True
        if record.refreshed is None or kept is None:
            return now >= record.attempted + self.retry
        return now >= (record.attempted + self.retry if record.failure else record.refreshed + self._every)

    def run_first(self) -> None:
        """Refresh if nothing is kept yet; raises OutsideError."""
        if self._store.load() is None:
            self.run()

    def run(self) -> Refreshed:
        """Refresh; raises OutsideError for what failed: it stands in the store's record, and the root stays."""
        with self._store.held():
            before, now = self._store.load(), self._clock.now()
            try:
                raw = self._fetch()
            except OutsideError as error:
                known = before.record if before else RootRecord("", self._store.source, None, None)
                self._store.note(replace(known, attempted=now, failure=str(error)))
                raise
            self._store.keep(raw, now)
        return Refreshed(before.raw if before else None, raw)

    def _fetch(self) -> bytes:
        raw = self._source.fetch()
        try:
            self._make(raw, self._source.name)
        except ValueError as error:
            detail = f"what is published verifies and cannot be used: {error}"
            raise OutsideError(Code.OUTSIDE_BAD_ANSWER, detail) from error
        return raw


class AgeingSignatures:
    """`ports.Signatures` over one root for as long as it may be used; a refreshed one needs another of these."""

    def __init__(self, signatures: Signatures, root: RootInUse) -> None:
        self._signatures = signatures
        self._root = root

    def root(self) -> TrustRoot:
        root = self._signatures.root()
        return replace(root, trouble=self._root.trouble(root.digest))

    def examine(self, material: Material, subject: Digest, keys: tuple[PublicKey, ...] = ()) -> Attestation | Unusable:
        return self._signatures.examine(material, subject, keys)


class RootWatch:
    """What the running bot does about its trusted root: refreshes it on time, sounds the alarm, sees a new one."""

    def __init__(self, root: RootInUse, refresh: RootRefresh | None, used: Digest) -> None:
        """Watch over a root of which the one of the digest `used` was loaded."""
        self._root = root
        self._refresh = refresh
        self._used = used
        self._said = ""

    @property
    def tick(self) -> timedelta:
        """How often it wants to be asked whether something is due."""
        return min(self._refresh.retry, timedelta(minutes=1)) if self._refresh else timedelta(minutes=1)

    def is_replaced(self) -> bool:
        """Tell whether another root is in place than the one in use; one that is gone is not another."""
        return self._root.store.in_place() not in {"", self._used}

    def attend(self) -> None:
        """Refresh the root if it is time, and say what has to be said of it; raises OutsideError for its record."""
        if self._refresh and self._refresh.is_due():
            self._said = ""
            try:
                done = self._refresh.run()
            except OutsideError as error:
                told = one_line(str(error), _TEXT)
                _LOG.warning("the trusted root could not be refreshed: %s; next try in %s", told, self._refresh.retry)
            else:
                _LOG.info("the trusted root is refreshed%s", "" if done.before == done.after else ": it has changed")
        standing = self._root.standing()
        if standing.age is not RootAge.YOUNG and standing.sentence != self._said:
            _LOG.error("%s", one_line(standing.sentence, _TEXT))
            self._said = standing.sentence


def _failing(record: RootRecord) -> str:
    return f"it could not be refreshed at {_minute(record.attempted)}: {record.failure}"


def _minute(time: datetime | None) -> str:
    return f"{time:%Y-%m-%d %H:%M:%SZ}" if time else "an unknown time"
