"""Every family of canaries is refused by a sound policy, by the check that is there for it, and told where none is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from promoter.config import load
from promoter.core.canaries import Family, Fate, Trial, try_canaries
from promoter.core.checks.limits import Limits, SeverityLimits
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.vulnerabilities import ExposureLimits, VulnerabilitiesParams
from promoter.core.finding import Mode
from promoter.core.policy import Policy
from promoter.core.service_facts import Exposure, ServiceFacts
from tests.config.directory import EXAMPLE
from tests.core.scenes import NOW

SOURCE = "https://forge.acme.example/shop/cart"
PROD = load(EXAMPLE, {}).policies["prod"]
FOR_ALL = (Family.NOTHING, Family.STRANGER, Family.UNVERIFIABLE, Family.UNREACHABLE)


def fates(policy: Policy) -> dict[Family, Fate]:
    return {trial.family: trial.fate for trial in try_canaries(policy, SOURCE, NOW)}


def only(*checks: str) -> Policy:
    return replace(PROD, require=tuple(line for line in PROD.require if line.check in checks))


def trial(policy: Policy, family: Family) -> Trial:
    return next(one for one in try_canaries(policy, SOURCE, NOW) if one.family is family)


def test_the_example_policy_for_prod_refuses_all_of_them() -> None:
    assert set(fates(PROD).values()) == {Fate.REFUSED}


@pytest.mark.parametrize(
    ("family", "checks"),
    [
        (Family.OTHER_SOURCE, ("provenance",)),
        (Family.OTHER_COMMIT, ("provenance",)),
        (Family.OTHER_BUILDER, ("provenance",)),
        (Family.NO_SIGNATURE, ("signature",)),
        (Family.NO_SBOM, ("sbom",)),
        (Family.NO_SCAN, ("scan", "vulnerabilities")),
        (Family.OLD_SCAN, ("scan",)),
        (Family.VULNERABLE, ("vulnerabilities",)),
    ],
)
def test_what_refuses_a_canary_is_what_is_there_for_its_flaw_alone(family: Family, checks: tuple[str, ...]) -> None:
    refusing = {one.family: one.checks for one in try_canaries(PROD, SOURCE, NOW)}

    assert refusing[family] == checks


@pytest.mark.parametrize("policy", [only("signature"), only("sbom"), only("scan", "vulnerabilities")])
def test_a_policy_of_one_demand_refuses_what_has_no_evidence_and_says_what_it_does_not_ask_for(policy: Policy) -> None:
    found = fates(policy)

    assert [found[family] for family in FOR_ALL] == [Fate.REFUSED] * len(FOR_ALL)
    assert Fate.PASSED not in found.values()
    assert found[Family.OTHER_SOURCE] is Fate.NOT_DEMANDED


def test_limits_that_let_an_exploited_vulnerability_through_are_found() -> None:
    open_wide = Limits(fixable=9, not_fixable=9)
    lines = tuple(
        replace(line, params=replace(line.params, limits=SeverityLimits(critical=open_wide)))
        if isinstance(line.params, VulnerabilitiesParams)
        else line
        for line in PROD.require
    )

    assert trial(replace(PROD, require=lines), Family.VULNERABLE).fate is Fate.PASSED


def test_limits_that_depend_on_an_exposure_are_tried_with_it_and_refuse_nobody_by_not_knowing_it() -> None:
    lax = SeverityLimits(critical=Limits(fixable=1000))
    params = VulnerabilitiesParams(
        signers=("scanning",), limits=lax, exposure=ExposureLimits(internet=SeverityLimits(critical=Limits(fixable=0)))
    )
    policy = only("vulnerabilities")
    policy = replace(policy, require=tuple(replace(line, params=params) for line in policy.require))

    def fate(exposure: Exposure) -> Fate:
        trials = try_canaries(policy, SOURCE, NOW, ServiceFacts(exposure=exposure))
        return next(one.fate for one in trials if one.family is Family.VULNERABLE)

    assert {one: fate(one) for one in Exposure} == {
        Exposure.INTERNET: Fate.REFUSED,
        Exposure.INTERNAL: Fate.PASSED,
        Exposure.ISOLATED: Fate.PASSED,
    }


def test_a_check_that_only_warns_refuses_nobody_and_is_told() -> None:
    lines = tuple(replace(line, mode=Mode.WARN) if line.check == "sbom" else line for line in PROD.require)

    assert trial(replace(PROD, require=lines), Family.NO_SBOM).fate is Fate.NOT_DEMANDED


def test_an_age_that_no_scan_ever_reaches_is_found() -> None:
    ages = timedelta(days=36500)
    lines = tuple(
        replace(line, params=replace(line.params, max_age=ages)) if isinstance(line.params, ScanParams) else line
        for line in PROD.require
    )

    assert trial(replace(PROD, require=lines), Family.OLD_SCAN).fate is Fate.PASSED


def test_a_signer_that_may_sign_no_more_is_tried_at_the_time_when_it_might() -> None:
    ended = {name: replace(rule, not_after=NOW - timedelta(days=1)) for name, rule in PROD.signers.items()}

    assert trial(replace(PROD, signers=ended), Family.OTHER_SOURCE).checks == ("provenance",)
