"""What the codes of the checks on licences and components mean, and of those that look closer at scans and findings."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from promoter.core.codes import Code
from promoter.core.term import TEAM, Term

_SECURITY = "Security team: "

TERMS: Final[Mapping[Code, Term]] = MappingProxyType(
    {
        Code.SBOM_GENERATOR_NOT_ALLOWED: Term(
            "The SBOM names a tool that the policy does not accept, or in another version, or none at all.",
            "An old generator, another one, or an SBOM that was written by hand.",
            f"{TEAM}make the SBOM with a tool that the policy names, and attest it again.",
        ),
        Code.LICENCES_DENIED: Term(
            "A component cannot be used without a licence that the policy denies.",
            "A dependency under a copyleft or source-available licence, mostly one that came with another.",
            f"{TEAM}replace or remove the component.",
        ),
        Code.LICENCES_NOT_ALLOWED: Term(
            "A component cannot be used with the licences that the policy allows.",
            "A licence that nobody looked at yet, or a `LicenseRef-` that the policy does not name.",
            f"{TEAM}replace the component; {_SECURITY}or allow the licence.",
        ),
        Code.LICENCES_UNKNOWN: Term(
            "A component states no licence, or none that can be read as an SPDX expression.",
            "A generator that does not look licences up, or passes free text on.",
            f"{TEAM}let the generator write SPDX expressions.",
        ),
        Code.COMPONENTS_DENIED: Term(
            "The SBOM lists a package in a version that the policy denies.",
            "A malicious or broken version, mostly one that came with another package.",
            f"{TEAM}replace, update or remove it.",
        ),
        Code.COMPONENTS_VERSION_UNREADABLE: Term(
            "A package that is denied in some versions has none that can be compared with them.",
            "A generator that found no version, or a branch's name in its place.",
            f"{TEAM}let the generator write the version.",
        ),
        Code.COMPONENTS_VERSION_MISSING: Term(
            "A package in the SBOM has no version.",
            "A vendored copy, or a generator that did not resolve a range.",
            f"{TEAM}let the generator write the version.",
        ),
        Code.COMPONENTS_PURL_MISSING: Term(
            "A package in the SBOM has no package URL, so that it can be compared with nothing.",
            "A generator that does not know its ecosystem.",
            f"{TEAM}let the generator write the package URL; {_SECURITY}or let `missing_purl` only warn.",
        ),
        Code.COMPONENTS_ECOSYSTEM_NOT_ALLOWED: Term(
            "A package is of an ecosystem that the policy does not allow.",
            "A tool or a stray manifest that was copied into the image.",
            f"{TEAM}remove it; {_SECURITY}or allow the ecosystem.",
        ),
        Code.COMPONENTS_FOREIGN_SOURCE: Term(
            "A package with a name of yours came from another registry than the policy names.",
            "Dependency confusion: somebody published a package of that name elsewhere, or a mirror is not named.",
            f"{TEAM}find out how it got in; {_SECURITY}or name the mirror.",
        ),
        Code.COMPONENTS_SOURCE_MISSING: Term(
            "The SBOM does not say where a package came from, and the policy demands that it does.",
            "A generator that does not write download locations.",
            f"{TEAM}let the generator write them.",
        ),
        Code.COMPONENTS_SOURCE_UNKNOWN: Term(
            "The SBOM does not say where a package came from, and the policy names its registries.",
            "A generator that does not write download locations.",
            f"{TEAM}let the generator write them.",
        ),
        Code.COMPONENTS_FACTS_ABSENT: Term(
            "Nobody whom the policy names says when components were published and whether they are maintained.",
            "A job that looks them up and has not run for this digest.",
            f"{_SECURITY}attest what docs/predicates.md describes.",
        ),
        Code.COMPONENTS_FACTS_UNPARSEABLE: Term(
            "What was looked up about components cannot be read.",
            "A predicate of another shape than docs/predicates.md describes.",
            f"{_SECURITY}correct it, and attest it again.",
        ),
        Code.COMPONENTS_TOO_OLD: Term(
            "A package is of a version that was published longer ago than the policy accepts.",
            "A dependency that nobody updates.",
            f"{TEAM}update or replace it.",
        ),
        Code.COMPONENTS_AGE_UNKNOWN: Term(
            "Nobody says when the version of a package was published.",
            "A package that the look-up does not know, or did not reach.",
            f"{_SECURITY}look it up, and attest the facts again.",
        ),
        Code.COMPONENTS_UNMAINTAINED: Term(
            "A package is not maintained any more.",
            "An archived project.",
            f"{TEAM}replace it.",
        ),
        Code.COMPONENTS_MAINTENANCE_UNKNOWN: Term(
            "Nobody says whether a package is still maintained.",
            "A package that the look-up does not know, or did not reach.",
            f"{_SECURITY}look it up, and attest the facts again.",
        ),
        Code.SCAN_VERSION_NOT_ALLOWED: Term(
            "The scan was made by a version of its scanner that the policy does not accept, or that it does not tell.",
            "An old scanner in the pipeline.",
            f"{_SECURITY}update the scanner and scan again.",
        ),
        Code.SCAN_END_OF_LIFE: Term(
            "A scan says that the image's distribution gets no more updates, so that finding little means little.",
            "A base image that nobody moved to a newer release of the distribution.",
            f"{TEAM}build on a release that gets updates.",
        ),
        Code.VULNERABILITIES_KNOWN_EXPLOITED: Term(
            "A vulnerability is known to be exploited, and the policy denies those whatever their severity.",
            "A package that was not updated.",
            f"{TEAM}update, replace or remove it.",
        ),
        Code.VULNERABILITIES_EXPLOITATION_UNKNOWN: Term(
            "No scan says whether a vulnerability is exploited, and the policy denies those that are.",
            "A scanner without that knowledge, such as Trivy.",
            f"{_SECURITY}scan with Grype as well.",
        ),
        Code.VULNERABILITIES_EPSS_TOO_HIGH: Term(
            "A vulnerability is more likely to be exploited (EPSS) than the policy accepts.",
            "A package that was not updated.",
            f"{TEAM}update, replace or remove it.",
        ),
        Code.VULNERABILITIES_EPSS_UNKNOWN: Term(
            "No scan says how likely a vulnerability is to be exploited, and the policy limits that.",
            "A scanner without that knowledge, or a vulnerability without a CVE.",
            f"{_SECURITY}scan with Grype as well.",
        ),
        Code.VULNERABILITIES_EXPOSURE_UNKNOWN: Term(
            "Nothing says from where the service can be reached, and the policy's limits depend on it.",
            "A service file without `exposure`.",
            f"{TEAM}set `exposure` in the service's file.",
        ),
    }
)
"""Every code of these checks with its term."""
