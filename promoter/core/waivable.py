"""Which codes an approved exception may cover: a closed set, so that a new code can be waived only on purpose.

Rule 1: what says who made something, or that bytes are what they claim to be, is never in it: signatures, signers,
digests, the binding to source and builder, a tag that moved, a denial, damaged or contradictory evidence.
Rule 2: nor is what is undecided: nobody can accept a risk that is not known.
"""

from collections.abc import Set as AbstractSet
from typing import Final

from promoter.core.codes import Code

WAIVABLE: Final[AbstractSet[Code]] = frozenset(
    {
        Code.PROVENANCE_MATERIAL_NOT_PINNED,
        Code.PROVENANCE_MATERIAL_NOT_ALLOWED,
        Code.PROVENANCE_BASE_IMAGE_NOT_ALLOWED,
        Code.PROVENANCE_LEVEL_TOO_LOW,
        Code.REPRODUCED_TOO_FEW_BUILDS,
        Code.SOURCE_REVIEW_ABSENT,
        Code.SOURCE_REVIEW_LEVEL_TOO_LOW,
        Code.SBOM_ABSENT,
        Code.SBOM_FORMAT_NOT_ALLOWED,
        Code.SBOM_TOO_FEW_COMPONENTS,
        Code.SBOM_PLATFORM_MISSING,
        Code.SBOM_GENERATOR_NOT_ALLOWED,
        Code.LICENCES_DENIED,
        Code.LICENCES_NOT_ALLOWED,
        Code.LICENCES_UNKNOWN,
        Code.COMPONENTS_DENIED,
        Code.COMPONENTS_VERSION_MISSING,
        Code.COMPONENTS_PURL_MISSING,
        Code.COMPONENTS_ECOSYSTEM_NOT_ALLOWED,
        Code.COMPONENTS_FOREIGN_SOURCE,
        Code.COMPONENTS_SOURCE_MISSING,
        Code.COMPONENTS_TOO_OLD,
        Code.COMPONENTS_UNMAINTAINED,
        Code.SCAN_ABSENT,
        Code.SCAN_STALE,
        Code.SCAN_DATABASE_STALE,
        Code.SCAN_SCANNER_NOT_ALLOWED,
        Code.SCAN_SCANNER_MISSING,
        Code.SCAN_PLATFORM_MISSING,
        Code.SCAN_VERSION_NOT_ALLOWED,
        Code.SCAN_END_OF_LIFE,
        Code.VULNERABILITIES_OVER_LIMIT,
        Code.VULNERABILITIES_KNOWN_EXPLOITED,
        Code.VULNERABILITIES_EPSS_TOO_HIGH,
        Code.TESTS_ABSENT,
        Code.TESTS_SUITE_ABSENT,
        Code.TESTS_FAILED,
        Code.TESTS_WARNED,
        Code.TESTS_COVERAGE_TOO_LOW,
        Code.TESTS_COVERAGE_UNKNOWN,
        Code.TESTS_STALE,
        Code.SAST_ABSENT,
        Code.SAST_TOOL_ABSENT,
        Code.SAST_OVER_LIMIT,
        Code.REVIEW_ABSENT,
        Code.REVIEW_STALE,
        Code.REVIEW_EXPIRED,
        Code.VSA_ABSENT,
        Code.VSA_LEVEL_TOO_LOW,
        Code.VSA_STALE,
        Code.STEPS_ABSENT,
        Code.RELEASE_ABSENT,
        Code.SCAI_ABSENT,
        Code.SCAI_ATTRIBUTE_ABSENT,
        Code.SCAI_CONDITIONAL,
        Code.ATTESTATION_ABSENT,
        Code.ATTESTATION_STALE,
        Code.PLATFORM_ABSENT,
        Code.ORDER_DOWNGRADE,
        Code.AGE_TOO_OLD,
        Code.SOURCE_BRANCH_NOT_REACHABLE,
        Code.APPROVAL_TOO_FEW,
        Code.TICKET_ABSENT,
    }
)
"""The codes that an exception may name."""

EMERGENCY: Final[AbstractSet[Code]] = frozenset({Code.APPROVAL_TOO_FEW, Code.TICKET_ABSENT})
"""Those that break-glass alone may name: what people must do before a merge is left out in an emergency only."""

RATED: Final[AbstractSet[Code]] = frozenset(
    {
        Code.VULNERABILITIES_OVER_LIMIT,
        Code.VULNERABILITIES_KNOWN_EXPLOITED,
        Code.VULNERABILITIES_EPSS_TOO_HIGH,
    }
)
"""Those about things that have a severity: an exception from them says up to which one it holds."""

IDENTITY_CHECKS: Final = frozenset({"signature", "agreement"})
"""Checks of who made something: none of their findings is waived, whatever its reasons say."""

FINAL_CHECKS: Final = IDENTITY_CHECKS | {"artifact", "denylist", "expression", "log", "rules"}
"""Checks of which nothing is waived: identity, digest, withdrawal and the integrity of rules and ledger; and what only
a policy's own expression knows, for it may be about any of these."""
