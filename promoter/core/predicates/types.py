"""The predicate types that are read, as exact sets of names.

One logical type has several names in the wild. They are compared as whole texts: a prefix would let
`https://slsa.dev/provenance/v1evil` or an unread version in (CVE-2022-35929 and its kin began with a loose type check).
"""

from typing import Final

SIGNATURE: Final = frozenset({"https://sigstore.dev/cosign/sign/v1"})
"""What `cosign sign` writes since version 3: a statement that says nothing but "signed"."""

PROVENANCE_V1: Final = frozenset({"https://slsa.dev/provenance/v1"})
"""SLSA provenance 1.x."""

PROVENANCE_V02: Final = frozenset({"https://slsa.dev/provenance/v0.2"})
"""SLSA provenance 0.2, of another shape. Version 0.1 is not read."""

PROVENANCE: Final = PROVENANCE_V1 | PROVENANCE_V02

CYCLONEDX: Final = frozenset(
    {
        "https://cyclonedx.org/bom",
        "https://cyclonedx.org/bom/v1.4",
        "https://cyclonedx.org/bom/v1.5",
        "https://cyclonedx.org/bom/v1.6",
        "https://cyclonedx.org/bom/v1.7",
    }
)
"""CycloneDX; the version that counts is `specVersion` inside the document."""

SPDX: Final = frozenset(
    {
        "https://spdx.dev/Document",
        "https://spdx.dev/Document/v2.2",
        "https://spdx.dev/Document/v2.3",
        "https://spdx.dev/Document/v3",
    }
)
"""SPDX; which version it is, 3 included, the document says."""

SBOM: Final = CYCLONEDX | SPDX

COSIGN_VULN: Final = frozenset(
    {
        "https://cosign.sigstore.dev/attestation/vuln/v1",
        "cosign.sigstore.dev/attestation/vuln/v1",  # as cosign wrote it before version 2
    }
)
"""A scanner's native report inside cosign's envelope of scan times."""

IN_TOTO_VULNS: Final = frozenset(
    {"https://in-toto.io/attestation/vulns/v0.1", "https://in-toto.io/attestation/vulns/v0.2"}
)
"""Identifiers and severities only: no package, no fix."""

SCAN: Final = COSIGN_VULN | IN_TOTO_VULNS
"""Types that hold nothing but scans. A CycloneDX document that lists vulnerabilities is one besides."""

OPENVEX: Final = frozenset(
    {
        "https://openvex.dev/ns",
        "https://openvex.dev/ns/v0.2.0",
    }
)
"""OpenVEX; the version that counts is the `@context` inside the document. CycloneDX may hold VEX as well."""

MISMATCH_APPROVAL: Final = frozenset({"https://promoter.dev/attestation/commit-mismatch-approval/v1"})
"""Our own: somebody wrote that a release may be of another commit than its git tag names. There is no standard one."""

POLICY_EXCEPTION: Final = frozenset({"https://promoter.dev/attestation/policy-exception/v1"})
"""Our own: an exception from a policy for one digest, by somebody whom the policy names. There is no standard one."""

EXCEPTION_REVOCATION: Final = frozenset({"https://promoter.dev/attestation/policy-exception-revocation/v1"})
"""Our own: an exception is taken back."""

RULES_APPROVAL: Final = frozenset({"https://promoter.dev/attestation/rules-approval/v1"})
"""Our own: whoever signs it approves the bundle of rules whose digest is the subject."""

VERIFICATION_SUMMARY: Final = frozenset({"https://slsa.dev/verification_summary/v1"})
"""A verifier's word about what it verified: an artifact, or a revision of a source (SLSA 1.x)."""

TEST_RESULT: Final = frozenset({"https://in-toto.io/attestation/test-result/v0.1"})
"""The result of one run of tests."""

SARIF: Final = frozenset(
    {
        "https://promoter.dev/attestation/sarif/v1",
        "https://json.schemastore.org/sarif-2.1.0.json",
        "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "https://raw.githubusercontent.com/oasis-tcs/sarif-spec/master/Schemata/sarif-schema-2.1.0.json",
    }
)
"""A SARIF 2.1.0 log as the predicate. No specification names a type for it: ours, and its schema's published names."""

LICENCE_REVIEW: Final = frozenset({"https://promoter.dev/attestation/licence-review/v1"})
MANUAL_APPROVAL: Final = frozenset({"https://promoter.dev/attestation/manual-approval/v1"})
POLICY_RESULT: Final = frozenset({"https://promoter.dev/attestation/policy-result/v1"})
DEPLOYMENT_VERIFICATION: Final = frozenset({"https://promoter.dev/attestation/deployment-verification/v1"})
"""For these four no specification has a type; ours are described in docs/predicates.md."""

LINK_MAPS: Final = frozenset({"https://in-toto.io/Link/v1"})
"""An in-toto link as cosign attests it: maps of materials and products."""

LINK_LIST: Final = frozenset({"https://in-toto.io/attestation/link/v0.3"})
"""An in-toto link of the attestation framework: a list of materials; the statement's subjects are the products."""

LINK: Final = LINK_MAPS | LINK_LIST

RELEASE: Final = frozenset(
    {"https://in-toto.io/attestation/release/v0.1", "https://in-toto.io/attestation/release/v0.2"}
)
"""Which release of a package the subjects are; 0.2 only renamed a member that is not read."""

SCAI: Final = frozenset(
    {"https://in-toto.io/attestation/scai/v0.3", "https://in-toto.io/attestation/scai/attribute-report/v0.2"}
)
"""Attributes of an artifact; 0.2 and 0.3 have one shape."""
