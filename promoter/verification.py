"""Verdicts on demand: of a reference in a registry, for a team's own pipeline, and of a kept decision, offline."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from pydantic import TypeAdapter

from promoter.circumstances import Assembler
from promoter.config import Configuration
from promoter.config_policies import read_policy
from promoter.core.candidate import Candidate, Digest, parse_digest
from promoter.core.canonical import canonical
from promoter.core.checks.subject import Phase
from promoter.core.codes import Code
from promoter.core.denial import Denial
from promoter.core.dossier import Decision, decide
from promoter.core.environment import Service
from promoter.core.evidence import MANIFEST_LOOKUP
from promoter.core.manifest import require_image
from promoter.core.policy import Occasion, with_denials
from promoter.core.releases import select
from promoter.core.scope import scope_of
from promoter.core.strict_json import Malformed
from promoter.core.verdict import Verdict, judge
from promoter.expressions import Evaluator
from promoter.gather import Gatherer
from promoter.grants import Answers, Grants, nobody
from promoter.ports import Blobs, Expressions, OutsideError, RawManifest, Registry, Signatures, SourceRepo
from promoter.recall import KeptBlobs, recall
from promoter.strict_yaml import ConfigError

_SHOWN = 5  # of the newest releases, where one is asked for that is not there


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reference names: a service, its release, and the digest where it was written down."""

    service: Service
    release: str
    digest: Digest | None


def parse_reference(text: str, configuration: Configuration) -> Asked:
    """Read `service:release` or `host/path:release`, either with `@sha256:...`; raises ConfigError with an example."""
    name, _, pinned = text.partition("@")
    image, _, release = name.rpartition(":")
    by_image = {str(service.image): service for service in configuration.services.values()}
    service = configuration.services.get(image) or by_image.get(image)
    if service is None or not release or "/" in release:
        known = ", ".join(sorted(configuration.services))
        raise ConfigError(f"{text!r} names no release of a service; write for example cart:1.4.0 (services: {known})")
    try:
        return Asked(service, release, parse_digest(pinned) if pinned else None)
    except ValueError as error:
        raise ConfigError(f"{text!r}: {error}") from None


@dataclass(frozen=True, slots=True)
class World:
    """The parts of the world that a verdict on demand needs."""

    registry: Registry
    signatures: Signatures
    sources: SourceRepo
    blobs: Blobs
    expressions: Expressions
    denials: tuple[Denial, ...] = ()
    answers: Answers = nobody


def verify_reference(
    asked: Asked, environment: str, configuration: Configuration, world: World, now: datetime
) -> Verdict:
    """Judge a release now, as the bot would before proposing it, by every denial; gates are not asked.

    Raises OutsideError, and ConfigError for a reference that the registry does not have or that names no image: asking
    again does not help.
    """
    digest = asked.digest or world.blobs.put(_find_tagged(asked, world.registry).raw)
    candidate = Candidate(asked.service.name, asked.release, digest)
    policy = configuration.demands(asked.service)[environment]
    gatherer = Gatherer(world.registry, world.signatures, world.sources, world.blobs, scope_of((policy,)))
    evidence = gatherer.evidence(asked.service, candidate, None, None)
    if any(one.what == MANIFEST_LOOKUP and one.code == Code.OUTSIDE_NOT_FOUND.value for one in evidence.failures):
        raise _missing(asked, world.registry)
    raw = world.blobs.get(digest)
    _require_image(digest, raw)
    placeholders = asked.service.placeholders(asked.release)
    grants = Grants(configuration.exceptions, world.answers)
    circumstances = Assembler(configuration, grants).apart(asked.service, now, is_resolved=raw is not None)
    occasion = Occasion(candidate, placeholders, Phase.PROPOSE, now, circumstances)
    accused = with_denials(policy, evidence, occasion, world.denials)
    return Evaluator(world.expressions).judge(policy, evidence, accused)


def _require_image(digest: Digest, raw: bytes | None) -> None:
    """Raise ConfigError for what no release can be; what could not be fetched is among the evidence's failures."""
    try:
        if raw is not None:
            require_image(raw)
    except Malformed as malformed:
        why = f"{malformed.detail} ({malformed.code.value})"
        raise ConfigError(f"{digest} is nothing to release: {why}") from None


def _find_tagged(asked: Asked, registry: Registry) -> RawManifest:
    try:
        return registry.manifest(asked.service.image, asked.release)
    except OutsideError as error:
        if error.code is not Code.OUTSIDE_NOT_FOUND:
            raise
    raise _missing(asked, registry)


def _missing(asked: Asked, registry: Registry) -> ConfigError:
    missing = f"manifest {asked.digest}" if asked.digest else f"tag {asked.release!r}"
    return ConfigError(f"{asked.service.image} has no {missing}: {_remedy(asked, registry)}")


def _remedy(asked: Asked, registry: Registry) -> str:
    """Give what to do about a reference that is not there; the tags are only told where they can be read."""
    push = "correct the reference, or push the release first"
    try:
        newest = select(asked.service.releases, registry.tags(asked.service.image), ())[:_SHOWN]
    except OutsideError as error:
        if error.code is Code.OUTSIDE_NOT_FOUND:
            return f"there is no such repository; push a release first, or correct the image of {asked.service.name}"
        return push
    return f"{push} (newest releases there: {', '.join(newest) or 'none'})"


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A kept decision, computed again from kept bytes alone."""

    verdict: Verdict
    kept: bytes
    again: bytes

    @property
    def is_same(self) -> bool:
        """True where the decision came out byte for byte as it was kept."""
        return self.kept == self.again


class MakesSignatures(Protocol):
    """Makes a verifier from the bytes of a trusted root."""

    def __call__(self, raw: bytes, origin: str) -> Signatures: ...


def recompute(digest: str, blobs: Blobs, signatures: MakesSignatures) -> Recomputed:
    """Compute a decision again from the evidence, policy and trust root that it names; asks nobody, reads no `config/`.

    Raises ConfigError where a blob is missing or is not what it should be.
    """
    kept = KeptBlobs(blobs)
    raw = kept.get(digest, "decision")
    decision = read_decision(raw, digest)
    if decision.placeholders is None:
        raise ConfigError(f"decision {digest} was kept without its source and git tag, by an earlier Promoter")
    try:
        policy = read_policy(kept.get(decision.policy, "policy"))
        root = kept.get(str(decision.facts.trust_root), "trust root")
        evidence = recall(decision.facts, kept, signatures(root, str(decision.facts.trust_root)))
    except (ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"decision {digest} names blobs that are not what they should be: {error!r}") from None
    occasion = Occasion(decision.candidate, decision.placeholders, decision.phase, decision.at, decision.circumstances)
    verdict = judge(policy, evidence, occasion)
    again = canonical(replace(decide(verdict, evidence, decision.placeholders), engine=decision.engine))
    return Recomputed(verdict, raw, again)


def read_decision(raw: bytes, digest: str) -> Decision:
    """Read a kept decision; raises ConfigError for what is none."""
    try:
        decision = _DECISION.validate_json(raw)
        parse_digest(decision.candidate.digest)
    except ValueError:
        advice = "`promoter explain` and `promoter log --json` name decisions"
        raise ConfigError(f"{digest} is among the blobs, and it is no decision; {advice}") from None
    return decision


_DECISION: TypeAdapter[Decision] = TypeAdapter(Decision)
