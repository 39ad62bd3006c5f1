"""Documents that say everything which is read: SBOMs, scanners' reports and VEX, as their tools write them."""

from typing import Any

from tests.core.checks.pieces import COMMIT, DIGEST, SOURCE, cyclonedx, grype, grype_match, spdx, trivy, trivy_finding

OTHER = "sha256:" + "9" * 64


def whole_cyclonedx() -> dict[str, Any]:
    """An SBOM with findings and analyses: the image needs lib0, which needs lib1, which needs lib0."""
    document = cyclonedx(2)
    document["metadata"]["component"] = {
        "type": "container",
        "bom-ref": "image",
        "name": "cart",
        "purl": f"pkg:oci/cart@{DIGEST.replace(':', '%3A')}?repository_url=registry.example/acme/cart",
        "externalReferences": [
            {"type": "vcs", "url": f"git+{SOURCE}@{COMMIT}"},
            {"type": "build-system", "url": f"{SOURCE}/actions"},
            {"type": "build-meta", "url": f"{SOURCE}/actions/runs/7"},
        ],
        "properties": [{"name": "aquasecurity:trivy:RepoDigest", "value": f"registry.example/acme/cart@{OTHER}"}],
    }
    for number, component in enumerate(document["components"]):
        component |= {
            "bom-ref": f"lib{number}",
            "supplier": {"name": "Acme"},
            "publisher": "Debian",
            "hashes": [{"alg": "SHA-256", "content": "AB" * 32}, {"alg": "SHA3-256", "content": "cd" * 32}],
        }
    document["dependencies"] = [
        {"ref": "image", "dependsOn": ["lib0"]},
        {"ref": "lib0", "dependsOn": ["lib1"]},
        {"ref": "lib1", "dependsOn": ["lib0"]},
    ]
    analysis = {"state": "not_affected", "justification": "code_not_reachable", "lastUpdated": "2026-11-21T09:00:00Z"}
    document["vulnerabilities"] = [
        {
            "id": "CVE-2026-0001",
            "references": [{"id": "GHSA-aaaa-bbbb-cccc", "source": {"name": "GitHub"}}],
            "ratings": [{"source": {"name": "nvd"}, "score": 7.5, "severity": "high", "method": "CVSSv31"}],
            "analysis": {**analysis, "response": ["will_not_fix"]},
            "affects": [{"ref": "lib0", "versions": [{"version": "1.0", "status": "unaffected"}]}],
        },
    ]
    return document


def whole_spdx() -> dict[str, Any]:
    """The same inventory in SPDX 2.3, as its image's package tells where it came from."""
    document = spdx(2)
    root, *libraries = document["packages"]
    root["downloadLocation"] = f"git+{SOURCE}@{COMMIT}"
    root["externalRefs"] = [
        {
            "referenceCategory": "PACKAGE-MANAGER",
            "referenceType": "purl",
            "referenceLocator": f"pkg:oci/cart@{DIGEST.replace(':', '%3A')}",
        }
    ]
    for library in libraries:
        library["supplier"] = "Organization: Debian (maintainers@debian.example)"
        library["checksums"] = [{"algorithm": "SHA256", "checksumValue": "AB" * 32}]
        library["externalRefs"][0]["referenceCategory"] = "PACKAGE-MANAGER"
    document["relationships"] += [
        {"spdxElementId": "SPDXRef-image", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-1"},
        {"spdxElementId": "SPDXRef-image", "relationshipType": "DEPENDS_ON", "relatedSpdxElement": "SPDXRef-0"},
        {"spdxElementId": "SPDXRef-1", "relationshipType": "DEPENDENCY_OF", "relatedSpdxElement": "SPDXRef-0"},
    ]
    return document


def spdx3() -> dict[str, Any]:
    """An inventory of one package in SPDX 3.0.1."""

    def element(kind: str, reference: str, **members: Any) -> dict[str, Any]:
        return {"type": kind, "spdxId": f"urn:acme:{reference}", "creationInfo": "_:creation", **members}

    def relation(kind: str, source: str, target: str) -> dict[str, Any]:
        ends = {"from": f"urn:acme:{source}", "to": [f"urn:acme:{target}"]}
        return element("Relationship", f"{kind}-{source}-{target}", relationshipType=kind, **ends)

    graph = [
        {
            "type": "CreationInfo",
            "@id": "_:creation",
            "specVersion": "3.0.1",
            "created": "2026-11-21T10:00:00Z",
            "createdBy": ["urn:acme:org"],
            "createdUsing": ["urn:acme:tool"],
        },
        element("Tool", "tool", name="syft 1.30.0"),
        element("Organization", "org", name="Acme"),
        element("SpdxDocument", "document", rootElement=["urn:acme:bom"]),
        element("software_Sbom", "bom", rootElement=["urn:acme:image"]),
        element("software_Package", "image", name="cart"),
        element(
            "software_Package",
            "lib0",
            name="lib0",
            software_packageVersion="1.0",
            software_packageUrl="pkg:deb/debian/lib0@1.0",
            suppliedBy="urn:acme:org",
            verifiedUsing=[{"type": "Hash", "algorithm": "sha256", "hashValue": "AB" * 32}],
        ),
        element(
            "software_Package",
            "lib1",
            name="lib1",
            externalIdentifier=[{"externalIdentifierType": "packageUrl", "identifier": "pkg:deb/debian/lib1@1.0"}],
        ),
        element("simplelicensing_LicenseExpression", "mit", simplelicensing_licenseExpression="MIT"),
        relation("hasDeclaredLicense", "lib0", "mit"),
        relation("hasConcludedLicense", "lib0", "mit"),
        relation("dependsOn", "image", "lib0"),
    ]
    return {"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph}


def whole_trivy() -> dict[str, Any]:
    said: dict[str, Any] = {
        "VendorSeverity": {"nvd": 3},
        "CVSS": {"nvd": {"V3Score": 7.5, "V40Score": 8.0}},
        "VendorIDs": ["DSA-1"],
    }
    report = trivy(trivy_finding("CVE-2026-0001", FixedVersion="3.0.2, 3.1", Status="fixed", **said))
    hidden = {"VulnerabilityID": "CVE-2026-0002", "PkgName": "zlib"}
    report["Results"][0]["ExperimentalModifiedFindings"] = [
        {
            "Type": "vulnerability",
            "Status": "ignored",
            "Statement": "later",
            "Source": ".trivyignore",
            "Finding": hidden,
        }
    ]
    image = {"RepoDigests": [f"registry.example/acme/cart@{DIGEST}"], "OS": {"Family": "debian", "EOSL": False}}
    return report | {"CreatedAt": "2026-11-21T10:00:00Z", "Metadata": image}


def whole_grype() -> dict[str, Any]:
    match = grype_match("GHSA-aaaa-bbbb-cccc", "High", "fixed", "CVE-2026-0001")
    match["vulnerability"] |= {
        "namespace": "github:language:python",
        "cvss": [{"source": "nvd", "metrics": {"baseScore": 7.5}}],
        "epss": [{"cve": "CVE-2026-0001", "epss": 0.5}],
        "knownExploited": [{"cve": "CVE-2026-0001"}],
        "risk": 12.5,
    }
    rule = {"vulnerability": "CVE-2026-0002", "reason": "no parser", "fix-state": "fixed"}
    return grype(match) | {
        "ignoredMatches": [{**grype_match("CVE-2026-0002"), "appliedIgnoreRules": [rule]}],
        "alertsByPackage": [{"package": {}, "alerts": [{"type": "distro-eol"}]}],
        "source": {"type": "image", "target": {"repoDigests": [f"cart@{DIGEST}"], "manifestDigest": DIGEST}},
    }


def whole_sarif() -> dict[str, Any]:
    hidden = {"ruleId": "CVE-2026-0002", "suppressions": [{"kind": "external", "justification": "no parser"}]}
    driver = {"name": "Trivy", "version": "0.70.0"}
    return {
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": [{"ruleId": "CVE-2026-0001"}, hidden]}],
    }


def statement(name: str = "CVE-2026-0001", status: str = "not_affected", **members: Any) -> dict[str, Any]:
    needed = {"not_affected": {"justification": "component_not_present"}, "affected": {"action_statement": "update"}}
    return {"vulnerability": {"name": name}, "status": status, **needed.get(status, {}), **members}


def openvex(*statements: dict[str, Any], at: str = "2026-11-21T10:00:00Z") -> dict[str, Any]:
    """An OpenVEX document; without statements of its own one that says everything which is read."""
    product = {
        "@id": f"pkg:oci/cart@{DIGEST.replace(':', '%3A')}",
        "identifiers": {"purl": "pkg:oci/cart"},
        "hashes": {"sha-256": DIGEST.removeprefix("sha256:")},
        "subcomponents": [{"@id": "urn:openssl", "identifiers": {"purl": "pkg:deb/debian/openssl@3.0.1"}}],
    }
    full = statement(products=[product], timestamp="2026-11-21T09:00:00Z", impact_statement="not built")
    full["vulnerability"]["aliases"] = ["GHSA-aaaa-bbbb-cccc"]
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": "https://acme.example/vex/1",
        "author": "Acme security",
        "timestamp": at,
        "version": 1,
        "statements": list(statements) or [full],
    }
