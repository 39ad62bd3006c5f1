"""The whole contract of a service with an environment, in words: all that a release must show to run there.

It is made from the policy as it is judged by, classes included. Exceptions are no part of it: they permit, for a time
and for a reason, what the contract does not.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import UTC
from typing import Final

from promoter.core.candidate import Digest
from promoter.core.checks import CHECKS
from promoter.core.checks.subject import Phase
from promoter.core.contract_words import describe, either
from promoter.core.environment import Environment, MergeMode, ProposeMode, Service
from promoter.core.evidence import SignerClaims
from promoter.core.finding import Mode
from promoter.core.identity import Logging, Placeholders, SignerRule
from promoter.core.policy import Policy, Requirement
from promoter.core.trust_root import duration


@dataclass(frozen=True, slots=True)
class Clause:
    """One part of a contract: what it is about, under which conditions it counts, and its demands."""

    title: str
    terms: tuple[str, ...]  # mode, date, deadline and phase; empty for what always counts
    demands: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Contract:
    """All that an environment demands of a service's releases; `policy` is the digest of what they are judged by."""

    service: str
    environment: str
    classes: tuple[str, ...]
    policy: Digest
    clauses: tuple[Clause, ...]


_MODES: Final[Mapping[Mode, str]] = {Mode.ENFORCE: "enforced", Mode.WARN: "shown only", Mode.OFF: "off"}
_WHENS: Final[Mapping[MergeMode, str]] = {
    MergeMode.AUTOMATIC: "the bot merges the proposal once all of this holds",
    MergeMode.MANUAL: "people merge the proposal; all of this holds for the digest and time of the merge",
}


def contract_of(service: Service, environment: Environment, policy: Policy) -> Contract:
    """Give the contract of a service with an environment, under the policy that it is judged by there."""
    filled = service.placeholders("{release}")
    clauses = (
        _digest(service),
        Clause("source", (), (f"releases are made from {service.source}, at the git tag {filled.tag}",)),
        Clause("evidence", (), (f"it counts in the layout {either(policy.layouts)}",)),
        *(_signer(name, rule, filled) for name, rule in policy.signers.items() if name in _used(policy)),
        *(_line(line, filled) for line in policy.require),
        Clause("admission", (), tuple(_admission(environment))),
    )
    return Contract(service.name, environment.name, service.facts.classes, policy.digest, clauses)


def _digest(service: Service) -> Clause:
    rule = service.releases
    names = (
        f"versions {rule.semver}" if rule.semver else f"tags that match {rule.tags}, in the order {rule.order.value}"
    )
    early = ", pre-releases included" if rule.prereleases else ""
    return Clause(
        "digest",
        (),
        (
            f"releases are tags of {service.image}: {names}{early}",
            "a tag is resolved once, to the digest of the bytes that were fetched; only that digest is promoted",
            "a tag that moves freezes the release everywhere",
        ),
    )


def _used(policy: Policy) -> frozenset[str]:
    """Give the signers that the policy's lines name: no other signer's evidence is asked for."""
    told = frozenset(word for line in policy.require for word in _texts(line.params))
    return frozenset(policy.signers) & told


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _texts(item)
    elif hasattr(value, "__dataclass_fields__"):
        for one in fields(value):  # type: ignore[arg-type]  # that it is a dataclass was just asked
            yield from _texts(getattr(value, one.name))


def _signer(name: str, rule: SignerRule, filled: Placeholders) -> Clause:
    return Clause(f"signer {name}", (), tuple(map(filled.fill, _signer_demands(rule))))


def _signer_demands(rule: SignerRule) -> Iterator[str]:
    if rule.key:
        yield f"signs with the key {rule.fingerprint}"
    else:
        yield f"signs as {rule.san or rule.san_pattern}, as a certificate by {rule.issuer} says"
    for one in fields(SignerClaims):
        if value := getattr(rule.claims, one.name):
            yield f"the certificate's {one.name} is {value}"
    is_logged = rule.log is Logging.REQUIRED
    yield "its signatures stand in a transparency log" if is_logged else "its signatures need not stand in a log"
    for word, time in (("from", rule.not_before), ("until", rule.not_after), ("no more from", rule.revoked_at)):
        if time:
            yield f"its signatures count {word} {time.astimezone(UTC):%Y-%m-%d %H:%M:%SZ} on".replace("Z on", "Z")


def _line(line: Requirement, filled: Placeholders) -> Clause:
    check = CHECKS[line.check]
    demands = tuple(filled.fill(sentence) for sentence in describe(line.params))
    return Clause(f"{line.title}: {check.title}", tuple(_terms(line)), demands)


def _terms(line: Requirement) -> Iterator[str]:
    later = line.effective_on.astimezone(UTC) if line.effective_on else None
    if later and line.mode is Mode.ENFORCE:
        yield f"enforced from {later:%Y-%m-%d %H:%M:%SZ} on, shown only until then"
    else:
        yield _MODES[line.mode]
    if line.deadline:
        yield f"may be missing for {duration(line.deadline)} after the release was found"
    phases = CHECKS[line.check].phases
    if phases != frozenset(Phase):
        yield f"asked before the {either(sorted(phase.value for phase in phases))} alone"


def _admission(environment: Environment) -> Iterator[str]:
    for upstream in environment.after:
        yield f"the release has settled in {upstream}"
    for group in environment.either:
        yield f"the release has settled in {either(group)}"
    if environment.approvals:
        yield f"{environment.approvals} approving reviews of exactly the proposed commit, by others than its authors"
    else:
        yield "no approving review is needed"
    yield "the proposal's commit pins exactly this digest and changes nothing else"
    if environment.propose is ProposeMode.MANUAL:
        yield "a person asks for the release by name: nothing is proposed by itself"
    if environment.at_once is not None:
        yield f"at most {environment.at_once} services are on their way here at the same time"
    yield _WHENS[environment.merge]
    if environment.soak:
        yield f"it counts as settled here after {duration(environment.soak)}"
    if environment.health:
        yield "it counts as settled here only while it is said to be healthy"
