"""What real cosign signs and attests passes here where a policy names its signer, layout and logs, and only there.

In every layout that cosign 3.1.3 writes, by keys and keyless, in Rekor v1, in Rekor v2 and in no log, from the registry
to the verdict. Ed25519 stands in `test_cosign_traps`: cosign 3.1.3 does not verify what it signs with that itself.
"""

from dataclasses import dataclass, field, replace

import pytest

from promoter.adapters.clock_system import SystemClock
from promoter.core.candidate import Digest, Repository
from promoter.core.codes import Code
from promoter.core.evidence import Layout
from promoter.core.finding import Outcome
from promoter.core.identity import Logging
from promoter.core.policy import accepted
from promoter.local.authority.keys import KeyKind, make_key
from promoter.local.authority.sealing import LogKind
from promoter.local.predicates import Package, cyclonedx, provenance, trivy_report
from tests.interop.cosign_signer import Cosign, Identity, Way
from tests.interop.judging import DEMANDS, RELEASE, Bot, policy_of, verdict_on
from tests.interop.releases import RELEASER, push_image

pytestmark = pytest.mark.interop

_KEYS = (KeyKind.P256, KeyKind.RSA_2048)
WAYS = (
    *(Way(Layout.COSIGN_TAG, kind, log) for kind in _KEYS for log in (LogKind.V1, None)),
    Way(Layout.COSIGN_TAG, KeyKind.P256, None, is_stamped=True),
    Way(Layout.COSIGN_TAG, None, LogKind.V1),
    Way(Layout.COSIGN_TAG, None, LogKind.V1, is_stamped=True),
    Way(Layout.COSIGN_TAG, None, None, is_stamped=True),
    Way(Layout.COSIGN_REFERRER, KeyKind.P256, LogKind.V1),
    Way(Layout.COSIGN_REFERRER, KeyKind.P256, None),
    Way(Layout.COSIGN_REFERRER, None, LogKind.V1),
    *(Way(Layout.BUNDLE, kind, LogKind.V1) for kind in (*_KEYS, None)),
    *(Way(Layout.BUNDLE, kind, LogKind.V2, is_stamped=True) for kind in (*_KEYS, None)),
    Way(Layout.BUNDLE, KeyKind.P256, LogKind.V2),  # logged at a time that nobody vouches for
    *(Way(Layout.BUNDLE, kind, None) for kind in _KEYS),
    Way(Layout.BUNDLE, KeyKind.P256, None, is_stamped=True),
    Way(Layout.BUNDLE, None, LogKind.V1, is_stamped=True),
    Way(Layout.BUNDLE, None, None, is_stamped=True),
    Way(Layout.COSIGN_TAG, KeyKind.P384, LogKind.V1),
    Way(Layout.COSIGN_TAG, KeyKind.P384, None),
    Way(Layout.BUNDLE, KeyKind.P384, LogKind.V2, is_stamped=True),
    Way(Layout.BUNDLE, KeyKind.P384, None),
    Way(Layout.COSIGN_TAG, KeyKind.RSA_4096, LogKind.V1),
    Way(Layout.BUNDLE, KeyKind.RSA_4096, LogKind.V2, is_stamped=True),
)
UNLOGGED = tuple(way for way in WAYS if way.log is None)
UNTIMED = tuple(way for way in WAYS if not way.is_timed)


@pytest.fixture(scope="module")
def registry_host(olareg: str) -> str:
    """One real registry is enough for what stands in the manifests."""
    return olareg


@dataclass(frozen=True, slots=True)
class Releases:
    """One release for each way to sign, made when a test first asks for it."""

    cosign: Cosign
    host: str
    made: dict[Way, Digest] = field(default_factory=dict)

    def repository(self, way: Way) -> Repository:
        return Repository(self.host, f"acme/by-{way}")

    def of(self, way: Way) -> Digest:
        if way not in self.made:
            self.made[way] = self._make(way)
        return self.made[way]

    def _make(self, way: Way) -> Digest:
        repository = self.repository(way)
        digest = push_image(self.cosign.toolbox, repository, RELEASE, str(way).encode())
        image, now = f"{repository}@{digest}", SystemClock().now()
        self.cosign.sign(way, image)
        if demands_of(way) > 1:
            self.cosign.attest(way, image, "slsaprovenance1", provenance(RELEASER))
            self.cosign.attest(way, image, "cyclonedx", cyclonedx("shop", RELEASE, (Package("flask", "3.1.0"),), now))
            self.cosign.attest(way, image, "vuln", trivy_report(digest, (), now))
        return digest


@pytest.fixture(scope="module")
def releases(cosign: Cosign, registry_host: str) -> Releases:
    return Releases(cosign, registry_host)


def logging_of(way: Way) -> Logging:
    return Logging.REQUIRED if way.log else Logging.OPTIONAL


def demands_of(way: Way) -> int:
    """Give how many of the demands cosign 3.1.3 can meet: its experimental mode holds signatures only.

    And it refuses its own attestation by a P-384 key before it puts that into Rekor v1.
    """
    is_signature_only = way.layout is Layout.COSIGN_REFERRER or (way.kind, way.log) == (KeyKind.P384, LogKind.V1)
    return 1 if is_signature_only else len(DEMANDS)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_release_passes_with_all_its_facts(releases: Releases, bot: Bot, way: Way) -> None:
    digest, repository, identity = releases.of(way), releases.repository(way), releases.cosign.identity(way)
    count = demands_of(way)
    policy = policy_of({"release": identity.rule(logging_of(way))}, way.layout, require=DEMANDS[:count])

    verdict = bot.judge(policy, repository, digest)
    evidence = bot.look(policy, repository, digest)

    assert [(finding.check, finding.reasons) for finding in verdict.findings if finding.reasons] == []
    assert verdict.outcome is Outcome.PASS
    assert evidence.unusable == ()
    assert len(evidence.attestations) == count
    for item in evidence.attestations:
        assert (item.mechanism, item.found.layout, item.signer) == (way.mechanism, way.layout, identity.signer)
        assert (bool(item.log), bool(item.signed_at)) == (way.log is not None, way.is_timed)

    findings = verdict_on(policy, bot.recall(evidence)).findings
    assert [(finding.check, finding.outcome, finding.sentence) for finding in findings] == [
        (finding.check, finding.outcome, finding.sentence) for finding in verdict.findings
    ]


@pytest.mark.parametrize("way", [way for way in WAYS if way.kind is None], ids=str)
def test_it_passes_from_a_registry_without_referrers_too(cosign: Cosign, bot: Bot, distribution: str, way: Way) -> None:
    releases = Releases(cosign, distribution)
    digest, rule = releases.of(way), cosign.identity(way).rule(logging_of(way))
    policy = policy_of({"release": rule}, way.layout, require=DEMANDS[: demands_of(way)])

    assert bot.judge(policy, releases.repository(way), digest).outcome is Outcome.PASS


@pytest.mark.parametrize("way", UNLOGGED, ids=str)
def test_without_a_log_entry_nothing_counts_where_the_rule_demands_one(releases: Releases, bot: Bot, way: Way) -> None:
    count = demands_of(way)
    rule = releases.cosign.identity(way).rule(Logging.REQUIRED)
    policy = policy_of({"release": rule}, way.layout, require=DEMANDS[:count])

    codes = bot.codes(policy, releases.repository(way), releases.of(way))

    assert codes == (frozenset({Code.SIGNER_NOT_LOGGED}),) * count


@pytest.mark.parametrize("way", UNTIMED, ids=str)
def test_without_a_proven_time_nothing_counts_where_the_signer_has_a_period(
    releases: Releases, bot: Bot, way: Way
) -> None:
    rule = replace(releases.cosign.identity(way).rule(Logging.OPTIONAL), not_after=SystemClock().now())
    policy = policy_of({"release": rule}, way.layout, require=DEMANDS[:1])

    codes = bot.codes(policy, releases.repository(way), releases.of(way))

    assert codes == (frozenset({Code.SIGNER_TIME_UNKNOWN}),)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_in_another_layout_than_the_policy_accepts_it_is_told_and_does_not_count(
    releases: Releases, bot: Bot, way: Way
) -> None:
    digest, repository = releases.of(way), releases.repository(way)
    layout = Layout.COSIGN_TAG if way.layout is Layout.BUNDLE else Layout.BUNDLE
    rule = releases.cosign.identity(way).rule(logging_of(way))
    policy = policy_of({"release": rule}, layout, require=DEMANDS[: demands_of(way)])

    verdict = bot.judge(policy, repository, digest)
    seen = accepted(bot.look(policy, repository, digest), policy.layouts)

    assert verdict.outcome is Outcome.FAIL
    assert [finding.is_absence for finding in verdict.findings] == [True] * len(policy.require)
    assert seen.attestations == ()
    assert {item.code for item in seen.unusable} == {Code.LAYOUT_NOT_ACCEPTED.value}
    assert all(f"the layout {way.layout.value}; accepted here: {layout.value}" in item.detail for item in seen.unusable)


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_signed_by_somebody_whom_the_policy_names_for_something_else_it_is_foreign(
    releases: Releases, bot: Bot, way: Way
) -> None:
    mine = releases.cosign.identity(way).rule(logging_of(way))
    rules = {"release": Identity(make_key(), ()).rule(), "other": mine}
    policy = policy_of(rules, way.layout, require=DEMANDS[: demands_of(way)])

    codes = bot.codes(policy, releases.repository(way), releases.of(way))

    foreign = (
        Code.SIGNATURE_FOREIGN_SIGNER,
        Code.PROVENANCE_FOREIGN_SIGNER,
        Code.SBOM_FOREIGN_SIGNER,
        Code.SCAN_FOREIGN_SIGNER,
    )
    assert codes == tuple(frozenset({code}) for code in foreign[: len(policy.require)])
