"""`promoter selftest`: known-bad canaries go through the rules in force and the verifier in use; none may pass.

What a policy lets through is tried with values (`core.canaries`), what the verifier believes with real signed bytes: a
bundle in the name of a signer that the policies trust, sound in itself, under a trusted root that is not ours.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from promoter.config import Configuration
from promoter.core.canaries import DIGEST, Fate, Trial, try_canaries
from promoter.core.candidate import Digest
from promoter.core.estate import Estate
from promoter.core.evidence import Signer, Unusable
from promoter.core.record import AnyEntry
from promoter.core.record_estate import ESTATE, SelfTested
from promoter.core.service_facts import Exposure
from promoter.journal import Journal
from promoter.local.authority.bundles import bundle, bundle_material
from promoter.local.authority.contents import Envelope, statement
from promoter.local.authority.instance import make_instance
from promoter.local.authority.sealing import LogKind, Witnesses, identify, seal
from promoter.ports import Clock, Signatures

PACE: Final = timedelta(days=1)
"""How often a running bot tests itself, beside once at every start."""

_LOG = logging.getLogger("promoter")


class Forgery(Enum):
    """What is wrong with a canary of real bytes."""

    OTHER_ROOT = "signed under a root that is not ours"
    ALTERED = "changed after it was signed"


@dataclass(frozen=True, slots=True)
class Examined:
    """One forgery before the verifier in use: what became of it, and the code that refused it."""

    forgery: Forgery
    fate: Fate
    code: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that a self-test tried."""

    bundle: Digest
    trials: tuple[tuple[str, Trial], ...]  # with the service that lent its source and classes
    examined: tuple[Examined, ...]

    @property
    def passed(self) -> tuple[str, ...]:
        """Name the canaries that passed and should not have."""
        by_policy = (
            f"{trial.environment}, as {service}: {trial.family.value}"
            for service, trial in self.trials
            if trial.fate is Fate.PASSED
        )
        by_verifier = (f"the verifier: {one.forgery.value}" for one in self.examined if one.fate is Fate.PASSED)
        return (*by_policy, *by_verifier)

    @property
    def refused(self) -> int:
        """Count the canaries that were refused."""
        fates = (*(trial.fate for _, trial in self.trials), *(one.fate for one in self.examined))
        return sum(fate is Fate.REFUSED for fate in fates)


def try_rules(configuration: Configuration, signatures: Signatures, now: datetime) -> Result:
    """Try every canary before every policy that some service has, and every forgery before the verifier."""
    trials: list[tuple[str, Trial]] = []
    seen: set[tuple[Digest, Exposure | None]] = set()
    for name, service in sorted(configuration.services.items()):
        for policy in configuration.demands(service).values():
            if (key := (policy.digest, service.facts.exposure)) not in seen:
                seen.add(key)
                trials += [(name, trial) for trial in try_canaries(policy, service.source, now, service.facts)]
    return Result(configuration.bundle.digest, tuple(trials), tuple(examine_forgeries(signatures, now)))


def examine_forgeries(signatures: Signatures, now: datetime) -> Iterable[Examined]:
    """Let the verifier in use look at bundles that it must not believe."""
    sound = _forge(now)
    altered = sound.replace(b'"payload":"', b'"payload":"eyJh', 1)
    for forgery, raw in ((Forgery.OTHER_ROOT, sound), (Forgery.ALTERED, altered)):
        result = signatures.examine(bundle_material(raw, DIGEST), DIGEST)
        if isinstance(result, Unusable):
            yield Examined(forgery, Fate.REFUSED, result.code)
        else:
            yield Examined(forgery, Fate.PASSED)


def _forge(now: datetime) -> bytes:
    """Give a bundle that verifies under the root of an authority made this moment, and under no other."""
    instance = make_instance(now)
    workflow = "https://forge.canary.example/canary/canary/.github/workflows/release.yml@refs/tags/v1"
    signer = Signer(workflow, "https://issuer.canary.example")
    payload = statement(DIGEST, "https://sigstore.dev/cosign/sign/v1", {})
    witnesses = Witnesses(now, (LogKind.V1,))
    return bundle(seal(instance, Envelope(payload), identify(instance, signer, now), witnesses))


def keep(result: Result, journal: Journal, now: datetime) -> None:
    """Write a self-test down where it says something new; one that passes is an alarm in the log, every time."""
    for canary in result.passed:
        _LOG.error("self-test: a canary passes that must not: %s; correct the policy", canary)

    def entries(estate: Estate) -> tuple[AnyEntry, ...]:
        known, entry = estate.tested, _entry(result, now)
        is_known = known is not None and (known.bundle, known.passed) == (entry.bundle, entry.passed)
        return () if is_known else (entry,)

    journal.write_estate(entries)


def _entry(result: Result, now: datetime) -> SelfTested:
    return SelfTested(at=now, service=ESTATE, bundle=result.bundle, refused=result.refused, passed=result.passed)


@dataclass(frozen=True, slots=True)
class SelfTest:
    """The self-test of a running bot, as a chore."""

    configuration: Configuration
    signatures: Signatures
    journal: Journal
    clock: Clock

    def __call__(self) -> None:
        """Test, and write down what is new."""
        now = self.clock.now()
        keep(try_rules(self.configuration, self.signatures, now), self.journal, now)
