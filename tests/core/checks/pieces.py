"""Pieces that the tests of checks and predicates are put together from: predicates as tools write them, subjects."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from promoter.core.candidate import Candidate, Digest, digest_of
from promoter.core.checks.subject import Subject
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
from promoter.core.finding import Mode
from promoter.core.identity import Placeholders, SignerRule

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DIGEST = digest_of(b"the release")
COMMIT = "a" * 40
SOURCE = "https://forge.example/acme/cart"
TAG = "v1.8.3"
REF = f"refs/tags/{TAG}"
PIPELINE = f"{SOURCE}/.github/workflows/release.yml@{REF}"
ISSUER = "https://issuer.example"
GITHUB = "https://actions.github.io/buildtypes/workflow/v1"

CLAIMS = SignerClaims(
    build_signer_uri=PIPELINE,
    runner_environment="github-hosted",
    source_repository_uri=SOURCE,
    source_repository_digest=COMMIT,
    source_repository_ref=REF,
    build_config_uri=PIPELINE,
    build_trigger="push",
    run_invocation_uri=f"{SOURCE}/actions/runs/7/attempts/1",
)
TEAM = Signer(PIPELINE, ISSUER, CLAIMS)
SCANNERS = Signer("https://forge.example/security/scans/.github/workflows/scan.yml@refs/heads/main", ISSUER)
STRANGER = Signer("https://forge.example/mallory/cart/.github/workflows/release.yml@refs/heads/main", ISSUER)

RULES = {
    "pipeline": SignerRule(issuer=ISSUER, san="{source}/.github/workflows/release.yml@refs/tags/{tag}"),
    "scanners": SignerRule(issuer=ISSUER, san=SCANNERS.san),
}

PROVENANCE_V1 = "https://slsa.dev/provenance/v1"
CYCLONEDX = "https://cyclonedx.org/bom"
SPDX = "https://spdx.dev/Document"
VULN = "https://cosign.sigstore.dev/attestation/vuln/v1"
VULNS = "https://in-toto.io/attestation/vulns/v0.2"
COSIGN_SIGN = "https://sigstore.dev/cosign/sign/v1"
VERIFIER = "https://forge.example/source-verifier"
TEST_RESULT = "https://in-toto.io/attestation/test-result/v0.1"
SARIF = "https://promoter.dev/attestation/sarif/v1"
APPROVAL = "https://promoter.dev/attestation/manual-approval/v1"
LICENCE_REVIEW = "https://promoter.dev/attestation/licence-review/v1"
POLICY_RESULT = "https://promoter.dev/attestation/policy-result/v1"
DEPLOYMENT = "https://promoter.dev/attestation/deployment-verification/v1"
VSA = "https://slsa.dev/verification_summary/v1"
LINK = "https://in-toto.io/Link/v1"
LINK_V03 = "https://in-toto.io/attestation/link/v0.3"
RELEASE = "https://in-toto.io/attestation/release/v0.1"
SCAI = "https://in-toto.io/attestation/scai/v0.3"
CUSTOM = "https://cosign.sigstore.dev/attestation/v1"
COMPONENT_FACTS = "https://promoter.dev/attestation/component-facts/v1"

IMAGE_VERIFIER = "https://verify.example/acme"
RESOURCE = "registry.example/acme/cart:1.8.3"


@dataclass(frozen=True, slots=True)
class Piece:
    """An attestation in the making; without an age it is signed at no known time."""

    name: str
    predicate_type: str = ""
    predicate: Mapping[str, Any] = field(default_factory=dict)
    signer: Signer = TEAM
    age: timedelta | None = timedelta(hours=1)
    revisions: tuple[str, ...] = ()
    mechanism: Mechanism = Mechanism.KEYLESS_BUNDLE

    def made(self) -> Attestation:
        return Attestation(
            found=found(self.name),
            kind=ContentKind.DSSE if self.predicate_type else ContentKind.MESSAGE_SIGNATURE,
            mechanism=self.mechanism,
            signer=self.signer,
            signed_at=None if self.age is None else NOW - self.age,
            log=None if self.age is None else LogEntry("00" * 32, 7, "dsse 0.0.1"),
            predicate_type=self.predicate_type,
            predicate=self.predicate,
            subjects=(DIGEST,),
            revisions=self.revisions,
        )


def blob(name: str) -> Digest:
    return digest_of(name.encode())


def found(name: str) -> Found:
    return Found(blob(name), digest_of(f"manifest of {name}".encode()), 1000)


def broken(name: str, claimed_type: str, state: EvidenceState = EvidenceState.INVALID) -> Unusable:
    return Unusable(found(name), state, "bundle.signature-invalid", "the signature does not verify", claimed_type)


REVISION = SourceRevision(SOURCE, REF, COMMIT)
REGISTRY_DOWN = LookupFailure("referrers", "outside.timeout", "no answer in 10 s")
FORGE_DOWN = LookupFailure("source tag", "outside.unreachable", "connection refused")


def subject(*pieces: Piece, unusable: tuple[Unusable, ...] = (), failures: tuple[LookupFailure, ...] = ()) -> Subject:
    evidence = Evidence(
        digest=DIGEST,
        attestations=tuple(piece.made() for piece in pieces),
        unusable=unusable,
        failures=failures,
        source=REVISION,
    )
    return subject_of(evidence)


def subject_of(evidence: Evidence) -> Subject:
    return Subject(
        candidate=Candidate("cart", "1.8.3", DIGEST),
        evidence=evidence,
        signers=RULES,
        placeholders=Placeholders(source=SOURCE, tag=TAG, release="1.8.3"),
        mode=Mode.ENFORCE,
        now=NOW,
        environment="prod",
    )


def with_source(whole: Subject, source: SourceRevision | None) -> Subject:
    return replace(whole, evidence=replace(whole.evidence, source=source))


# --- predicates -------------------------------------------------------------------------------------------------------


def provenance(*, repository: str = SOURCE, ref: str = REF, commit: str = COMMIT, **outer: Any) -> dict[str, Any]:
    """Provenance as actions/attest-build-provenance writes it."""
    path = ".github/workflows/release.yml"
    return {
        "buildDefinition": {
            "buildType": GITHUB,
            "externalParameters": {"workflow": {"ref": ref, "repository": repository, "path": path}, **outer},
            "internalParameters": {"github": {"event_name": "push", "runner_environment": "github-hosted"}},
            "resolvedDependencies": [{"uri": f"git+{repository}@{ref}", "digest": {"gitCommit": commit}}],
        },
        "runDetails": {
            "builder": {"id": PIPELINE},
            "metadata": {"invocationId": f"{SOURCE}/actions/runs/7/attempts/1"},
        },
    }


def source_summary(*levels: str, result: str = "PASSED", repository: str = SOURCE) -> dict[str, Any]:
    """Summary of a source verifier; the commit that it is about is a subject of its statement."""
    return {
        "verifier": {"id": VERIFIER},
        "timeVerified": "2026-11-21T10:00:00Z",
        "resourceUri": f"git+{repository}",
        "policy": {"uri": f"{VERIFIER}/policy"},
        "verificationResult": result,
        "verifiedLevels": list(levels or ("SLSA_SOURCE_LEVEL_4",)),
    }


def cyclonedx(count: int = 2, version: str = "1.6") -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "specVersion": version,
        "metadata": {
            "timestamp": "2026-11-21T10:00:00Z",
            "tools": {"components": [{"type": "application", "name": "syft", "version": "1.30.0"}]},
        },
        "components": [
            {
                "type": "library",
                "name": f"lib{n}",
                "version": "1.0",
                "purl": f"pkg:deb/debian/lib{n}@1.0",
                "licenses": [{"license": {"id": "MIT"}}],
            }
            for n in range(count)
        ],
    }


def spdx(count: int = 2) -> dict[str, Any]:
    root = {"SPDXID": "SPDXRef-image", "name": "cart", "downloadLocation": "NOASSERTION"}
    packages = [
        {
            "SPDXID": f"SPDXRef-{n}",
            "name": f"lib{n}",
            "versionInfo": "1.0",
            "downloadLocation": "NOASSERTION",
            "licenseConcluded": "NOASSERTION",
            "licenseDeclared": "MIT",
            "externalRefs": [
                {
                    "referenceCategory": "PACKAGE_MANAGER",
                    "referenceType": "purl",
                    "referenceLocator": f"pkg:deb/debian/lib{n}@1.0",
                }
            ],
        }
        for n in range(count)
    ]
    return {
        "SPDXID": "SPDXRef-DOCUMENT",
        "spdxVersion": "SPDX-2.3",
        "name": "cart",
        "dataLicense": "CC0-1.0",
        "creationInfo": {"created": "2026-11-21T10:00:00Z", "creators": ["Organization: Acme", "Tool: syft-1.30.0"]},
        "packages": [root, *packages],
        "relationships": [
            {
                "spdxElementId": "SPDXRef-DOCUMENT",
                "relationshipType": "DESCRIBES",
                "relatedSpdxElement": "SPDXRef-image",
            }
        ],
    }


def in_cosign(report: Mapping[str, Any], finished: datetime = NOW - timedelta(hours=1)) -> dict[str, Any]:
    """Wrap a scanner's report as cosign's vulnerability predicate does."""
    return {
        "invocation": {"parameters": None, "uri": "", "event_id": "", "builder.id": ""},
        "scanner": {"uri": "", "version": "", "db": {"uri": "", "version": ""}, "result": dict(report)},
        "metadata": {"scanStartedOn": finished.isoformat(), "scanFinishedOn": finished.isoformat()},
    }


def trivy_finding(name: str, severity: str = "CRITICAL", **members: Any) -> dict[str, Any]:
    return {
        "VulnerabilityID": name,
        "PkgName": "openssl",
        "InstalledVersion": "3.0.1",
        "PkgIdentifier": {"PURL": "pkg:deb/debian/openssl@3.0.1?arch=amd64"},
        "Severity": severity,
        **members,
    }


def trivy(*findings: Mapping[str, Any]) -> dict[str, Any]:
    target: dict[str, Any] = {"Target": "cart (debian 12)", "Class": "os-pkgs", "Type": "debian"}
    if findings:
        target["Vulnerabilities"] = [dict(item) for item in findings]
    return {
        "SchemaVersion": 2,
        "ArtifactName": "cart",
        "ArtifactType": "container_image",
        "Trivy": {"Version": "0.70.0"},
        "Results": [target],
    }


def grype_match(name: str, severity: str = "Critical", state: str = "fixed", *related: str) -> dict[str, Any]:
    return {
        "vulnerability": {
            "id": name,
            "severity": severity,
            "fix": {"versions": ["3.0.2"] if state == "fixed" else [], "state": state},
        },
        "relatedVulnerabilities": [{"id": item} for item in related],
        "artifact": {"name": "openssl", "version": "3.0.1", "purl": "pkg:deb/debian/openssl@3.0.1?distro=debian-12"},
    }


def grype(*matches: Mapping[str, Any], built: str = "2026-11-21T01:30:00Z") -> dict[str, Any]:
    return {
        "matches": [dict(item) for item in matches],
        "ignoredMatches": [],
        "source": {"type": "image"},
        "descriptor": {
            "name": "grype",
            "version": "0.104.0",
            "timestamp": "2026-11-21T11:00:00.123456789+01:00",
            "db": {"status": {"schemaVersion": "v6.1.0", "built": built, "valid": True}},
        },
    }


def vulns(*results: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "scanner": {
            "uri": "pkg:github/aquasecurity/trivy@0.70.0",
            "db": {"lastUpdate": "2026-11-21T01:30:00Z"},
            "result": [dict(item) for item in results],
        },
        "metadata": {"scanStartedOn": "2026-11-21T10:59:00Z", "scanFinishedOn": "2026-11-21T11:00:00Z"},
    }


# --- predicates besides builds, SBOMs and scans -----------------------------------------------------------------------


def suite(*names: str, result: str = "PASSED", **members: Any) -> dict[str, Any]:
    configuration = [{"name": name, "digest": {"gitBlob": "c" * 40}} for name in names]
    return {"result": result, "configuration": configuration, "passedTests": ["adds", "removes"], **members}


def sarif_result(rule: str = "py/sql-injection", level: str = "error", **members: Any) -> dict[str, Any]:
    return {"ruleId": rule, "level": level, "message": {"text": "look"}, **members}


def sarif(*results: Mapping[str, Any], name: str = "CodeQL", commit: str = COMMIT, **members: Any) -> dict[str, Any]:
    run = {
        "tool": {"driver": {"name": name, "semanticVersion": "2.23.1", "rules": []}},
        "invocations": [{"executionSuccessful": True}],
        "versionControlProvenance": [{"repositoryUri": f"{SOURCE}.git", "revisionId": commit, "branch": "main"}],
        "results": [dict(item) for item in results],
    }
    return {
        "version": "2.1.0",
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "runs": [{**run, **members}],
    }


def approval(result: str = "APPROVED", environment: str = "prod", **members: Any) -> dict[str, Any]:
    return {
        "result": result,
        "environment": environment,
        "decidedAt": "2026-11-21T10:30:00Z",
        "decidedBy": "rita@acme.example",
        **members,
    }


def summary(*levels: str, result: str = "PASSED", **members: Any) -> dict[str, Any]:
    return {
        "verifier": {"id": IMAGE_VERIFIER},
        "timeVerified": "2026-11-21T10:30:00Z",
        "resourceUri": RESOURCE,
        "policy": {"uri": "https://verify.example/policies/prod", "digest": {"sha256": "e" * 64}},
        "verificationResult": result,
        "verifiedLevels": list(levels or ("SLSA_BUILD_LEVEL_3",)),
        **members,
    }


def link(step: str, materials: Mapping[str, str], products: Mapping[str, str]) -> dict[str, Any]:
    """A link as cosign attests it; digests as `sha256:...`."""

    def artifacts(named: Mapping[str, str]) -> dict[str, Any]:
        return {name: {"sha256": digest.removeprefix("sha256:")} for name, digest in named.items()}

    return {
        "_type": "link",
        "name": step,
        "command": ["make"],
        "materials": artifacts(materials),
        "products": artifacts(products),
        "byproducts": {"return-value": 0},
        "environment": {},
    }


def released(digest: str = DIGEST, tag: str = "1.8.3", package: str = "pkg:oci/cart") -> dict[str, Any]:
    version = digest.replace(":", "%3A")
    return {"purl": f"{package}@{version}?repository_url=registry.example/acme/cart&tag={tag}", "packageId": "7"}


def attributes(*names: str, **members: Any) -> dict[str, Any]:
    return {
        "attributes": [{"attribute": name, **members} for name in names],
        "producer": {"uri": "https://gcc.example"},
    }


def component_facts(*purls: str, published: str = "2026-11-01T00:00:00Z", maintained: bool = True) -> dict[str, Any]:
    return {"components": [{"purl": purl, "publishedAt": published, "maintained": maintained} for purl in purls]}
