"""What can be demanded of a release, and which check, parameter or gate answers it: the table behind docs/checks.md."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One thing that a policy can demand.

    `by` names checks and their parameters (`scan.max_age`), `keys` those of an environment in promoter.yaml. `facts` is
    where the answer comes from, and `unknown` what follows where that source says nothing.
    """

    id: str
    says: str
    by: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    besides: str = ""
    facts: str
    unknown: str
    codes: tuple[str, ...]


_ABSENT: Final = "fails until it is attested"
_UNASKED: Final = "undecided, and asked again"
_SBOM: Final = "SBOMs by accepted signers"
_SCAN: Final = "scans by accepted signers"
_FACTS: Final = "a signed statement about components, by whom `components.facts` names"

DEMANDS: Final = (
    Demand(
        id="artifact.exists, artifact.digest",
        says="the manifest's bytes have the digest, and an index has the platforms",
        by=("artifact", "artifact.platforms"),
        besides="always on: nothing is judged whose bytes were not fetched and hashed",
        facts="the registry, at this look",
        unknown=_UNASKED,
        codes=("artifact.unresolved", "platform.absent"),
    ),
    Demand(
        id="artifact.allow-list",
        says="it comes from an accepted registry and repository, of which each environment has its own list",
        by=("artifact.repositories",),
        facts="the service's file (`image`)",
        unknown="undecided",
        codes=("artifact.repository-not-allowed",),
    ),
    Demand(
        id="artifact.not-denied",
        says="nothing that it rests on was withdrawn: digest, commit, signer, range of components",
        by=("denylist", "denylist.must_be_known"),
        besides="always on, whether or not a policy names it",
        facts="deny.yaml and `promoter deny`; its signed evidence, and SBOMs for components",
        unknown="undecided with `must_be_known`, else shown",
        codes=("denied.digest", "denied.commit", "denied.signer", "denied.component"),
    ),
    Demand(
        id="signature.identity",
        says="signed by an accepted identity, or by several",
        by=("signature.signers", "signature.at_least"),
        facts="signatures about the digest",
        unknown=_ABSENT,
        codes=("signature.absent", "signature.foreign-signer", "signature.too-few-signers"),
    ),
    Demand(
        id="provenance.slsa",
        says="built by an accepted builder, from the release's source, as the policy describes",
        by=(
            "provenance.builders",
            "provenance.build_types",
            "provenance.workflow",
            "provenance.parameters",
            "provenance.triggers",
            "provenance.min_level",
        ),
        facts="provenance by accepted signers; the git tag at the source repository",
        unknown=f"{_ABSENT}; undecided while the tag cannot be asked for",
        codes=("provenance.wrong-builder", "provenance.wrong-repository", "provenance.level-too-low"),
    ),
    Demand(
        id="provenance.source-correlated",
        says="the commit is the one of the release's git tag, on a protected branch, and all evidence is of that build",
        by=("provenance.unnamed_ref", "source-branch.branches", "source-review.verifiers", "agreement"),
        facts="the source repository at the forge; provenance, SBOMs and scans",
        unknown=_UNASKED,
        codes=("provenance.wrong-commit", "source-branch.not-reachable", "source-review.level-too-low"),
    ),
    Demand(
        id="provenance.materials",
        says="what went into the build is pinned and comes from accepted places",
        by=("provenance.pinned_materials", "provenance.material_sources"),
        facts="provenance by accepted signers",
        unknown=_ABSENT,
        codes=("provenance.material-not-pinned", "provenance.material-not-allowed"),
    ),
    Demand(
        id="provenance.base-image",
        says="base images are accepted ones",
        by=("provenance.base_images",),
        facts="provenance by accepted signers",
        unknown="fails",
        codes=("provenance.base-image-not-allowed",),
    ),
    Demand(
        id="sbom.present",
        says="an SBOM about this digest, readable, and no empty one",
        by=("sbom.signers", "sbom.formats", "sbom.min_components", "sbom.platforms"),
        facts=_SBOM,
        unknown=_ABSENT,
        codes=("sbom.absent", "sbom.too-few-components"),
    ),
    Demand(
        id="sbom.quality",
        says="its generator is an accepted one, packages have versions and package URLs, and it is of this build",
        by=("sbom.generators", "components.missing_version", "components.missing_purl", "agreement.sbom_signers"),
        facts=_SBOM,
        unknown="fails",
        codes=("sbom.generator-not-allowed", "components.version-missing", "components.purl-missing"),
    ),
    Demand(
        id="license.allow",
        says="every licence expression can be met with allowed licences",
        by=("licences.allow", "licences.deny", "licences.unknown"),
        facts=_SBOM,
        unknown="`unknown` says: fails, or is shown",
        codes=("licences.not-allowed", "licences.denied", "licences.unknown"),
    ),
    Demand(
        id="component.deny",
        says="no package of a denied range",
        by=("components.deny",),
        facts=_SBOM,
        unknown=f"{_ABSENT}; undecided where a version cannot be read",
        codes=("components.denied",),
    ),
    Demand(
        id="component.age",
        says="no package version that was published too long ago",
        by=("components.max_age", "components.facts"),
        facts=_FACTS,
        unknown="undecided",
        codes=("components.too-old",),
    ),
    Demand(
        id="component.unmaintained",
        says="every package is still maintained",
        by=("components.maintained", "components.facts"),
        facts=_FACTS,
        unknown="undecided",
        codes=("components.unmaintained",),
    ),
    Demand(
        id="component.ecosystem",
        says="packages of allowed ecosystems alone",
        by=("components.ecosystems",),
        facts=_SBOM,
        unknown="fails where a package has no package URL",
        codes=("components.ecosystem-not-allowed",),
    ),
    Demand(
        id="component.source",
        says="packages of our own names come from our own registries (dependency confusion)",
        by=("components.sources", "components.unknown_source"),
        facts="SBOMs that say where packages came from",
        unknown="undecided, or fails with `unknown_source: fail`",
        codes=("components.foreign-source", "components.source-missing"),
    ),
    Demand(
        id="component.missing-version",
        says="every package has a version",
        by=("components.missing_version",),
        facts=_SBOM,
        unknown="fails",
        codes=("components.version-missing",),
    ),
    Demand(
        id="tool.versions",
        says="scanners and SBOM generators of accepted names and versions",
        by=("scan.scanners", "scan.scanner_versions", "sbom.generators"),
        facts="what scans and SBOMs say of the tool that made them",
        unknown="fails",
        codes=("scan.scanner-not-allowed", "scan.version-not-allowed", "sbom.generator-not-allowed"),
    ),
    Demand(
        id="vuln.scan-fresh",
        says="scanned lately, with a database that was new then, by one or by all scanners",
        by=("scan.max_age", "scan.max_database_age", "scan.require_all"),
        facts=f"{_SCAN}: signed time, and the database's",
        unknown=f"{_ABSENT}; undecided where the age of the database is not told",
        codes=("scan.stale", "scan.database-stale", "scan.scanner-missing"),
    ),
    Demand(
        id="vuln.end-of-life",
        says="the distribution still gets updates",
        by=("scan.end_of_life",),
        facts=_SCAN,
        unknown="passes: only what a scan says counts",
        codes=("scan.end-of-life",),
    ),
    Demand(
        id="vuln.threshold",
        says="no more vulnerabilities of a severity, with or without a fix, than allowed after days of grace",
        by=("vulnerabilities.limits", "vulnerabilities.grace"),
        facts=f"{_SCAN}, all of them together",
        unknown=f"{_ABSENT}; undecided where limits depend on fixes that are not told; no grace without a date",
        codes=("vulnerabilities.over-limit",),
    ),
    Demand(
        id="vuln.known-exploited",
        says="nothing that is exploited already, or likely to be",
        by=("vulnerabilities.known_exploited", "vulnerabilities.epss_max"),
        facts="scans that say so of each vulnerability",
        unknown="undecided",
        codes=("vulnerabilities.known-exploited", "vulnerabilities.epss-too-high"),
    ),
    Demand(
        id="vuln.exposure",
        says="stricter limits for services that the internet reaches",
        by=("vulnerabilities.exposure",),
        facts="the service's file (`exposure`)",
        unknown="undecided",
        codes=("vulnerabilities.over-limit", "vulnerabilities.exposure-unknown"),
    ),
    Demand(
        id="vex.applied",
        says="vulnerabilities that do not affect it are left out, shown, by believed authors alone",
        by=("vulnerabilities.vex",),
        facts="VEX documents by whom `vex.signers` names",
        unknown="takes nothing out of account",
        codes=("vulnerabilities.over-limit",),
    ),
    Demand(
        id="test.result",
        says="the named suites passed, with enough coverage",
        by=("tests.suites", "tests.allow_warned", "tests.min_coverage", "tests.max_age"),
        facts="test results by accepted signers",
        unknown=_ABSENT,
        codes=("tests.suite-absent", "tests.failed", "tests.coverage-too-low"),
    ),
    Demand(
        id="sast.result",
        says="static analysis by the named tools found no more than allowed",
        by=("sast.tools", "sast.limits"),
        facts="SARIF about the release's commit by accepted signers",
        unknown=_ABSENT,
        codes=("sast.tool-absent", "sast.over-limit"),
    ),
    Demand(
        id="soak, previous-env",
        says="it ran in the environments before, for long enough and healthily",
        keys=("after", "soak", "health"),
        besides="a gate",
        facts="the ledger; Argo CD, Flux, Prometheus or `promoter observe`",
        unknown="the gate is shut",
        codes=("gate.upstream", "gate.soak", "gate.health"),
    ),
    Demand(
        id="order, no-downgrade",
        says="nothing older than what runs, unless a person asked for going back, which is recorded",
        by=("order",),
        besides="always on: the bot never proposes an older release by itself",
        facts="the environment repository and the ledger",
        unknown="undecided",
        codes=("order.downgrade",),
    ),
    Demand(
        id="artifact.age",
        says="not older than allowed, by the signed time of its build; going back to it has a rule of its own",
        by=("age.signers", "age.max_age", "age.rollback"),
        facts="provenance with a signed time",
        unknown="undecided",
        codes=("age.too-old",),
    ),
    Demand(
        id="window.freeze",
        says="not while promotions are frozen",
        besides="a gate: freezes.yaml, with overrides that have a reason and an end",
        facts="the clock, and time zones of the IANA database",
        unknown="an unknown zone is refused at start",
        codes=("gate.freeze",),
    ),
    Demand(
        id="approval.four-eyes",
        says="enough people, none of them an author, approve exactly the commit that is merged (merge phase)",
        by=("approval.min", "approval.people"),
        keys=("approvals",),
        facts="reviews at the forge, and the accounts of the release's authors",
        unknown=_UNASKED,
        codes=("approval.too-few",),
    ),
    Demand(
        id="change.ticket",
        says="an approval names a change ticket (merge phase)",
        by=("ticket.pattern", "ticket.name"),
        facts="the text of approving reviews",
        unknown=_UNASKED,
        codes=("ticket.absent", "ticket.wrong"),
    ),
    Demand(
        id="policy.integrity",
        says="the rules that judge are those that were activated last",
        by=("rules",),
        facts="the ledger",
        unknown="undecided",
        codes=("rules.not-active",),
    ),
    Demand(
        id="log.consistent",
        says="the ledger extends its newest checkpoint in the environment repository",
        by=("log",),
        facts="checkpoints in merged commits, and none before the first of them",
        unknown="undecided",
        codes=("log.inconsistent",),
    ),
    Demand(
        id="vsa.accept",
        says="a verifier that is believed verified it for this resource, under this policy",
        by=("vsa.verifiers", "vsa.resource", "vsa.levels", "vsa.policy", "vsa.policy_digest", "vsa.max_age"),
        facts="verification summaries by accepted verifiers",
        unknown=_ABSENT,
        codes=("vsa.absent", "vsa.failed", "vsa.level-too-low"),
    ),
    Demand(
        id="escape hatch",
        says="a condition of the policy's own, in CEL",
        by=("expression.expression", "expression.facts"),
        facts="signed evidence, normalised",
        unknown="undecided",
        codes=("expression.false",),
    ),
)
"""Every demand, in the order in which a release is looked at."""
