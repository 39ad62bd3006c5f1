"""Known-bad releases: for each family of refusals one canary, made of values, that no sound policy lets through.

Rule 1: a canary is a made-up release that looks good to the policy at hand, by the policy's own signers, and has one
flaw; so what refuses it is the check that is there for that flaw.
Rule 2: a canary that passes is an alarm. A family that no enforced line of the policy is there for is told, not hidden.
Nothing here was ever signed: whether signatures are verified is tried with real bytes, by the shell.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final

from promoter.core.candidate import Candidate, digest_of
from promoter.core.checks.provenance_demands import ProvenanceParams
from promoter.core.checks.sbom import SbomParams
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.subject import Phase
from promoter.core.checks.vulnerabilities import VulnerabilitiesParams
from promoter.core.circumstances import Circumstances
from promoter.core.codes import Code
from promoter.core.evidence import (
    Attestation,
    ContentKind,
    Evidence,
    EvidenceState,
    Found,
    LogEntry,
    LookupFailure,
    Mechanism,
    Signer,
    SignerClaims,
    SourceRevision,
    Unusable,
)
from promoter.core.finding import Finding, Mode, Outcome
from promoter.core.identity import Placeholders, SignerRule
from promoter.core.policy import Occasion, Policy
from promoter.core.service_facts import ServiceFacts
from promoter.core.verdict import judge

RELEASE: Final = "0.0.0-canary"
DIGEST: Final = digest_of(b"a canary of promoter selftest")
_COMMIT: Final = "ca" * 20
_OTHER_COMMIT: Final = "fe" * 20
_STRANGER: Final = Signer("canary@stranger.example", "https://issuer.stranger.example")
_WORKFLOW_BUILD: Final = "https://actions.github.io/buildtypes/workflow/v1"
_LONG_AGO: Final = timedelta(days=3650)
_NO_FACTS: Final = ServiceFacts()


class Family(Enum):
    """What is wrong with a canary."""

    NOTHING = "no evidence at all"
    STRANGER = "everything signed by a stranger"
    UNVERIFIABLE = "nothing that verifies"
    UNREACHABLE = "evidence that could not be fetched"
    OTHER_SOURCE = "built from another repository"
    OTHER_COMMIT = "built from another commit"
    OTHER_BUILDER = "built by another builder"
    NO_SIGNATURE = "no signature"
    NO_SBOM = "no SBOM"
    NO_SCAN = "no scan"
    OLD_SCAN = "scanned ten years ago"
    VULNERABLE = "a critical vulnerability that is exploited already and has a fix"


_CHECKS: Final[Mapping[Family, frozenset[str]]] = {
    Family.OTHER_SOURCE: frozenset({"provenance"}),
    Family.OTHER_COMMIT: frozenset({"provenance"}),
    Family.OTHER_BUILDER: frozenset({"provenance"}),
    Family.NO_SIGNATURE: frozenset({"signature"}),
    Family.NO_SBOM: frozenset({"sbom"}),
    Family.NO_SCAN: frozenset({"scan", "vulnerabilities"}),
    Family.OLD_SCAN: frozenset({"scan"}),
    Family.VULNERABLE: frozenset({"vulnerabilities"}),
}
"""The checks that are there for a family; a family that is not listed must be refused by every policy."""


class Fate(Enum):
    """What became of a canary."""

    REFUSED = "refused"
    NOT_DEMANDED = "not demanded"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Trial:
    """One canary before one policy: what became of it, and the checks that refused it."""

    environment: str
    family: Family
    fate: Fate
    checks: tuple[str, ...] = ()


def try_canaries(policy: Policy, source: str, now: datetime, facts: ServiceFacts = _NO_FACTS) -> tuple[Trial, ...]:
    """Put every canary before a policy, as a release of a service of these facts whose source repository is `source`.

    Without the facts, what asks for them is undecided, and refuses a canary by that alone.
    """
    filled = Placeholders(source, f"v{RELEASE}", RELEASE)
    maker = _Maker(policy, filled, now, facts)
    return tuple(_try(maker, family) for family in Family)


def _try(maker: "_Maker", family: Family) -> Trial:
    known = Circumstances(service=maker.facts)
    occasion = Occasion(Candidate("canary", RELEASE, DIGEST), maker.filled, Phase.PROPOSE, maker.now, known)
    verdict = judge(maker.policy, maker.canary(family), occasion)
    refusing = tuple(dict.fromkeys(one.check for one in verdict.enforced if not one.is_good))
    name = maker.policy.environment
    wanted = _CHECKS.get(family)
    if wanted is None:
        return Trial(name, family, Fate.PASSED if verdict.outcome is Outcome.PASS else Fate.REFUSED, refusing)
    there_for_it = [one for one in verdict.enforced if one.check in wanted]
    if not there_for_it:
        return Trial(name, family, Fate.NOT_DEMANDED)
    against = tuple(dict.fromkeys(one.check for one in there_for_it if _refuses(one)))
    return Trial(name, family, Fate.REFUSED if against else Fate.PASSED, against)


def _refuses(finding: Finding) -> bool:
    return finding.mode is Mode.ENFORCE and finding.outcome in {Outcome.FAIL, Outcome.UNDECIDED}


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes canaries that look good to one policy but for their flaw."""

    policy: Policy
    filled: Placeholders
    now: datetime
    facts: ServiceFacts

    def canary(self, family: Family) -> Evidence:
        """Give the evidence of one family's canary."""
        sound = Evidence(
            DIGEST,
            attestations=tuple(self._sound(family)),
            source=SourceRevision(self.filled.source, f"refs/tags/{self.filled.tag}", _COMMIT),
        )
        change = _FLAWS.get(family)
        return change(sound) if change else sound

    def _sound(self, family: Family) -> list[Attestation]:
        """Give every piece that the policy's lines ask for, by their own signers; flaws of content are made here."""
        pieces = [self._attest(name, "https://sigstore.dev/cosign/sign/v1", {}) for name in self._signers("signature")]
        for params in self._params(ProvenanceParams):
            body = _provenance(params, self.filled, family)
            pieces += [self._attest(name, "https://slsa.dev/provenance/v1", body) for name in params.signers]
        for params in self._params(SbomParams):
            pieces += [self._attest(name, "https://cyclonedx.org/bom", _SBOM) for name in params.signers]
        scanned_at = self.now - (_LONG_AGO if family is Family.OLD_SCAN else timedelta(minutes=5))
        scan_type = "https://cosign.sigstore.dev/attestation/vuln/v1"
        scan = _scan(scanned_at, is_vulnerable=family is Family.VULNERABLE)
        scanning = (*self._params(ScanParams), *self._params(VulnerabilitiesParams))
        names = sorted({name for params in scanning for name in params.signers})
        return [*pieces, *(self._attest(name, scan_type, scan) for name in names)]

    def _params(self, kind: type[Any]) -> list[Any]:
        return [line.params for line in self.policy.require if isinstance(line.params, kind)]

    def _signers(self, check: str) -> tuple[str, ...]:
        named = (name for line in self.policy.require if line.check == check for name in line.params.signers)
        return tuple(dict.fromkeys(named))

    def _attest(self, name: str, predicate_type: str, body: Mapping[str, Any]) -> Attestation:
        rule = self.policy.signers[name]
        blob = digest_of(f"{name} {predicate_type}".encode())
        return Attestation(
            found=Found(blob, blob, 1, self.policy.layouts[0]),
            kind=ContentKind.DSSE,
            mechanism=Mechanism.KEYED_BUNDLE if rule.key else Mechanism.KEYLESS_BUNDLE,
            signer=_signer(rule, self.filled),
            signed_at=_within(rule, self.now),
            log=LogEntry("ca" * 32, 1, "dsse 0.0.1"),
            predicate_type=predicate_type,
            predicate=body,
            subjects=(DIGEST,),
        )


def _signer(rule: SignerRule, filled: Placeholders) -> Signer:
    """Give a signer that a rule names."""
    if rule.key:
        return Signer("", "", key=rule.fingerprint)
    san = filled.fill((rule.san or rule.san_pattern).replace("*", "canary"))
    names = (name for name in SignerClaims.__dataclass_fields__ if getattr(rule.claims, name))
    claims = SignerClaims(**{name: filled.fill(getattr(rule.claims, name)) for name in names})
    return Signer(san, filled.fill(rule.issuer), claims)


def _within(rule: SignerRule, now: datetime) -> datetime:
    """Give a time at which a rule lets its signer sign, as late as may be."""
    second = timedelta(seconds=1)
    ends = [end for end in (rule.not_after, rule.revoked_at - second if rule.revoked_at else None) if end]
    return min([now - second, *ends])


# --- content ----------------------------------------------------------------------------------------------------------


_PACKAGE: Final = {"type": "library", "name": "canary", "version": "1.0.0", "purl": "pkg:pypi/canary@1.0.0"}
_SBOM: Final[Mapping[str, Any]] = {
    "bomFormat": "CycloneDX",
    "specVersion": "1.6",
    "version": 1,
    "components": [_PACKAGE],
}


def _provenance(params: ProvenanceParams, filled: Placeholders, family: Family) -> Mapping[str, Any]:
    ref = f"refs/tags/{filled.tag}"
    is_elsewhere = family is Family.OTHER_SOURCE
    repository = "https://forge.stranger.example/canary/canary" if is_elsewhere else filled.source
    commit = _OTHER_COMMIT if family is Family.OTHER_COMMIT else _COMMIT
    builder = filled.fill(params.builders[0])
    workflow = filled.fill(params.workflow or ".github/workflows/release.yml")
    return {
        "buildDefinition": {
            "buildType": params.build_types[0] if params.build_types else _WORKFLOW_BUILD,
            "externalParameters": {"workflow": {"ref": ref, "repository": repository, "path": workflow}},
            "resolvedDependencies": [{"uri": f"git+{repository}@{ref}", "digest": {"gitCommit": commit}}],
        },
        "runDetails": {
            "builder": {"id": f"{builder}/stranger" if family is Family.OTHER_BUILDER else builder},
            "metadata": {"invocationId": f"{repository}/actions/runs/1"},
        },
    }


def _scan(at: datetime, *, is_vulnerable: bool) -> Mapping[str, Any]:
    """Give a report of Grype's, which says how old its data is and what is exploited."""
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    artifact = {"name": "canary", "version": "1.0.0", "type": "python", "purl": "pkg:pypi/canary@1.0.0"}
    weakness = {
        "id": "CVE-2021-44228",
        "severity": "Critical",
        "fix": {"versions": ["1.0.1"], "state": "fixed"},
        "knownExploited": [{"cve": "CVE-2021-44228"}],
    }
    report = {
        "matches": [{"vulnerability": weakness, "relatedVulnerabilities": [], "artifact": artifact}] * is_vulnerable,
        "source": {"type": "image", "target": {"manifestDigest": DIGEST}},
        "descriptor": {
            "name": "grype",
            "version": "0.100.0",
            "timestamp": stamp,
            "db": {"status": {"built": stamp, "valid": True}},
        },
    }
    scanner = {"uri": "pkg:github/anchore/grype@0.100.0", "version": "0.100.0", "db": {"uri": "", "version": ""}}
    return {
        "scanner": {**scanner, "result": report},
        "metadata": {"scanStartedOn": stamp, "scanFinishedOn": stamp},
    }


# --- flaws of the whole -----------------------------------------------------------------------------------------------


def _without(*types: str) -> Callable[[Evidence], Evidence]:
    def change(sound: Evidence) -> Evidence:
        kept = (item for item in sound.attestations if not item.predicate_type.startswith(types))
        return replace(sound, attestations=tuple(kept))

    return change


def _by_a_stranger(sound: Evidence) -> Evidence:
    return replace(sound, attestations=tuple(replace(item, signer=_STRANGER) for item in sound.attestations))


def _unverifiable(sound: Evidence) -> Evidence:
    bad = (
        Unusable(
            item.found,
            EvidenceState.INVALID,
            Code.BUNDLE_SIGNATURE_INVALID.value,
            "a canary: its signature does not verify",
            item.predicate_type,
        )
        for item in sound.attestations
    )
    return replace(sound, attestations=(), unusable=tuple(bad))


def _unreachable(sound: Evidence) -> Evidence:
    failure = LookupFailure("list of referrers", Code.OUTSIDE_UNREACHABLE.value, "a canary: nobody answered")
    return replace(sound, attestations=(), failures=(failure,))


_FLAWS: Final[Mapping[Family, Callable[[Evidence], Evidence]]] = {
    Family.NOTHING: _without(""),
    Family.STRANGER: _by_a_stranger,
    Family.UNVERIFIABLE: _unverifiable,
    Family.UNREACHABLE: _unreachable,
    Family.NO_SIGNATURE: _without("https://sigstore.dev/"),
    Family.NO_SBOM: _without("https://cyclonedx.org/"),
    Family.NO_SCAN: _without("https://cosign.sigstore.dev/attestation/vuln/"),
}
