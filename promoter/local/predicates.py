"""Predicates as real tools write them: provenance by a forge's attest action, an SBOM by Syft, a report by Trivy."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from promoter.core.candidate import Digest
from promoter.core.evidence import Signer

PROVENANCE_TYPE = "https://slsa.dev/provenance/v1"
CYCLONEDX_TYPE = "https://cyclonedx.org/bom"
VULN_TYPE = "https://cosign.sigstore.dev/attestation/vuln/v1"
EXCEPTION_TYPE = "https://promoter.dev/attestation/policy-exception/v1"
WORKFLOW = ".github/workflows/release.yml"


@dataclass(frozen=True, slots=True)
class Package:
    """A component of an image."""

    name: str
    version: str

    @property
    def purl(self) -> str:
        """The package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class Weakness:
    """A vulnerability that a scanner reports; `fixed` is the version that mends it, empty where there is none."""

    id: str
    severity: str
    package: Package
    fixed: str = ""


def provenance(signer: Signer, *, repository: str = "", commit: str = "") -> dict[str, Any]:
    """Give SLSA provenance v1 in the layout of a forge's workflow build type, from the signer's own claims.

    `repository` and `commit` say something else than the certificate does, as a lying or mistaken build would.
    """
    claims = signer.claims
    repository = repository or claims.source_repository_uri
    commit = commit or claims.source_repository_digest
    dependency = {
        "uri": f"git+{repository}@{claims.source_repository_ref}",
        "digest": {"gitCommit": commit},
    }
    workflow = {"ref": claims.source_repository_ref, "repository": repository, "path": WORKFLOW}
    return {
        "buildDefinition": {
            "buildType": "https://actions.github.io/buildtypes/workflow/v1",
            "externalParameters": {"workflow": workflow},
            "internalParameters": {
                "github": {"event_name": claims.build_trigger, "runner_environment": claims.runner_environment}
            },
            "resolvedDependencies": [dependency],
        },
        "runDetails": {
            "builder": {"id": signer.san},
            "metadata": {"invocationId": claims.run_invocation_uri},
        },
    }


def cyclonedx(name: str, release: str, packages: tuple[Package, ...], at: datetime) -> dict[str, Any]:
    """Give a CycloneDX 1.6 SBOM."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}",
            "tools": {"components": [{"type": "application", "name": "syft", "version": "1.30.0"}]},
            "component": {"type": "container", "name": name, "version": release},
        },
        "components": [
            {
                "type": "library",
                "name": package.name,
                "version": package.version,
                "purl": package.purl,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
            }
            for package in packages
        ],
    }


def accepted_vulnerability(ident: str, service: str, vulnerability: str, at: datetime) -> dict[str, Any]:
    """Give a signed exception's body: one critical vulnerability of a service is accepted in prod for a week."""
    week = timedelta(days=7)
    return {
        "id": ident,
        "codes": ["vulnerabilities.over-limit"],
        "environments": ["prod"],
        "services": [service],
        "vulnerabilities": [vulnerability],
        "maxSeverity": "critical",
        "owner": f"team-{service}",
        "reason": "the vulnerable function is never called",
        "compensatingControls": ["the gateway refuses what would reach it"],
        "requestedBy": "ada",
        "notBefore": f"{at - timedelta(minutes=1):%Y-%m-%dT%H:%M:%SZ}",
        "expires": f"{at - timedelta(minutes=1) + week:%Y-%m-%dT%H:%M:%SZ}",
    }


def trivy_report(digest: Digest, weaknesses: tuple[Weakness, ...], at: datetime) -> dict[str, Any]:
    """Give a Trivy report in cosign's envelope, as `trivy image --format cosign-vuln` writes it."""
    stamp = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    target: dict[str, Any] = {"Target": "python packages", "Class": "lang-pkgs", "Type": "python-pkg"}
    if weaknesses:
        target["Vulnerabilities"] = [_trivy_finding(weakness) for weakness in weaknesses]
    report = {
        "SchemaVersion": 2,
        "ArtifactName": digest,
        "ArtifactType": "container_image",
        "Metadata": {"RepoDigests": [digest]},
        "Results": [target],
    }
    return {
        "invocation": {"parameters": None, "uri": "", "event_id": "", "builder.id": ""},
        "scanner": {
            "uri": "pkg:github/aquasecurity/trivy@0.70.0",
            "version": "0.70.0",
            "db": {"uri": "", "version": ""},
            "result": report,
        },
        "metadata": {"scanStartedOn": stamp, "scanFinishedOn": stamp},
    }


def _trivy_finding(weakness: Weakness) -> dict[str, Any]:
    finding = {
        "VulnerabilityID": weakness.id,
        "PkgName": weakness.package.name,
        "PkgIdentifier": {"PURL": weakness.package.purl},
        "InstalledVersion": weakness.package.version,
        "Status": "fixed" if weakness.fixed else "affected",
        "Severity": weakness.severity,
    }
    return {**finding, "FixedVersion": weakness.fixed} if weakness.fixed else finding
