"""Exceptions as files: what a good one means, and everything that makes a bad one, with file, line and remedy."""

from datetime import UTC, datetime, timedelta

import pytest

from promoter.config_exceptions import WrittenException
from promoter.config_policies import read_policy
from promoter.core.codes import Code
from promoter.core.exception_rules import ExceptionRules, MaxDays
from promoter.core.package_scope import PackageScope
from promoter.core.policy_exception import Kind, PolicyException, Revoked
from promoter.core.predicates.vulnerability import Severity
from tests.config.directory import Directory

GOOD = """# No fixed flask yet; see INC-812.
codes: [vulnerabilities.over-limit]
environments: [prod]
services: [cart]
vulnerabilities: [CVE-2026-31337]
purls:
  - {purl: "pkg:pypi/flask", versions: "vers:pypi/>=3.2|<3.3"}
max_severity: critical
owner: team-cart
reason: no fixed version yet
controls: [the endpoint is switched off]
evidence: [https://tickets.example/INC-812]
requested_by: rosa
not_before: 2026-11-20T12:00:00Z
expires: 2026-11-27T12:00:00Z
"""


def test_a_good_file_is_an_exception_with_the_files_name_as_its_id(config: Directory) -> None:
    config.write("exceptions/INC-812.yaml", GOOD)

    assert config.load().exceptions == (
        WrittenException(
            PolicyException(
                id="INC-812",
                codes=(Code.VULNERABILITIES_OVER_LIMIT,),
                environments=("prod",),
                services=("cart",),
                vulnerabilities=("CVE-2026-31337",),
                purls=(PackageScope("pkg:pypi/flask", "vers:pypi/>=3.2|<3.3"),),
                max_severity=Severity.CRITICAL,
                owner="team-cart",
                reason="no fixed version yet",
                controls=("the endpoint is switched off",),
                evidence=("https://tickets.example/INC-812",),
                requested_by="rosa",
                not_before=datetime(2026, 11, 20, 12, tzinfo=UTC),
                expires=datetime(2026, 11, 27, 12, tzinfo=UTC),
            ),
            "exceptions/INC-812.yaml",
        ),
    )


def test_without_the_folder_there_is_none_and_an_empty_one_is_no_error(config: Directory) -> None:
    assert config.load().exceptions == ()
    (config.path / "exceptions").mkdir()
    assert config.load().exceptions == ()


def test_an_exception_that_ended_years_ago_is_no_error_of_the_file(config: Directory) -> None:
    config.write("exceptions/old.yaml", GOOD.replace("2026", "2019").replace("CVE-2019", "CVE-2026"))

    (one,) = config.load().exceptions
    assert one.exception.expires == datetime(2019, 11, 27, 12, tzinfo=UTC)


def test_a_revocation_and_break_glass_are_written_in_the_file(config: Directory) -> None:
    text = GOOD.replace("2026-11-27T12", "2026-11-21T11") + "kind: break-glass\n"
    config.write("exceptions/x.yaml", text + "revoked: {at: 2026-11-20T18:00:00Z, by: ines, reason: mended}\n")

    exception = config.load().exceptions[0].exception
    assert exception.kind is Kind.BREAK_GLASS
    assert exception.revoked == Revoked(at=datetime(2026, 11, 20, 18, tzinfo=UTC), by="ines", reason="mended")
    assert exception.review_due == datetime(2026, 11, 23, 18, tzinfo=UTC)


MISTAKES = [
    (
        "[vulnerabilities.over-limit]",
        "[vulnerabilities.over-limits]",
        "2: codes[0]: no code 'vulnerabilities.over-limits'; did you mean vulnerabilities.over-limit?",
    ),
    (
        "[vulnerabilities.over-limit]",
        "[vulnerabilities.over-limit, signature.absent]",
        "2: codes[1]: signature.absent can never be waived; mend what it is about (docs/findings.md tells which can)",
    ),
    ("expires: 2026-11-27T12:00:00Z\n", "", "2: expires is missing: when it ends"),
    (
        "expires: 2026-11-27",
        "expires: 2026-11-20",
        "15: expires is not after not_before: it would never hold",
    ),
    (
        "environments: [prod]",
        "environments: [prd]",
        "3: environments[0]: no environment 'prd'; did you mean prod? (allowed: dev, prod, staging)",
    ),
    (
        "services: [cart]",
        "services: [card]",
        "4: services[0]: no service 'card'; did you mean cart? (allowed: billing, cart, search)",
    ),
    ("max_severity: critical\n", "", "2: max_severity is missing: vulnerabilities.over-limit is about things that"),
    ("critical", "unknown", "8: max_severity must be one of critical, high, medium, low, negligible"),
    (
        "owner: team-cart",
        "approvals: [rosa, mia]\nowner: team-cart",
        "9: approvals: names in a file count for nothing; have the change that brings it reviewed instead",
    ),
    (
        "owner: team-cart",
        "owner: team-cart\nkind: break-glass",
        "16: expires is too late: break-glass lasts at most 24 hours; write an",
    ),
    ("owner: team-cart", "ownr: team-cart", "9: unknown key ownr; did you mean owner? (allowed: "),
    (
        "services: [cart]",
        'services: [cart]\nversions: "latest"',
        "5: versions is no range: not a semver comparator: 'latest'",
    ),
    ("services: [cart]", "services: [cart]\ndigests: [cart:1.0]", "digests holds 'cart:1.0': "),
    ("pkg:pypi/flask", "flask", "not a package URL: 'flask'; write for example pkg:npm/lodash@4.17.20"),
]


@pytest.mark.parametrize(("old", "new", "says"), MISTAKES)
def test_a_mistake_in_an_exception_is_named_with_its_line_and_remedy(
    config: Directory, old: str, new: str, says: str
) -> None:
    assert old in GOOD
    config.write("exceptions/INC-812.yaml", GOOD.replace(old, new))

    problems = "\n".join(config.problems())
    assert problems.startswith("exceptions/INC-812.yaml:")
    assert says in problems


NARROW = 'vulnerabilities: [CVE-2026-31337]\npurls:\n  - {purl: "pkg:pypi/flask", versions: "vers:pypi/>=3.2|<3.3"}\n'
REFUSALS = [
    ("expires: 2026-11-27", "expires: 2026-12-27", "15: expires: in prod it lasts 37 days, at most 7 are allowed"),
    (NARROW, "", "3: environments: in prod the environment is protected: name digests, packages or vulnerabilities"),
]


@pytest.mark.parametrize(("old", "new", "says"), REFUSALS)
def test_an_exception_that_the_policy_does_not_allow_is_read_with_what_is_against_it(
    config: Directory, old: str, new: str, says: str
) -> None:
    config.write("exceptions/INC-812.yaml", GOOD.replace(old, new))

    (found,) = config.load().exceptions
    assert found.refusals == (f"{config.path}/exceptions/INC-812.yaml:{says}",)


def test_two_files_with_ids_that_differ_by_case_alone_are_refused(config: Directory) -> None:
    config.write("exceptions/INC-812.yaml", GOOD)
    config.write("exceptions/inc-812.yaml", GOOD)

    assert config.problems() == ("exceptions/inc-812.yaml: the same id as exceptions/INC-812.yaml; rename one of them",)


def test_a_file_name_that_is_no_id_and_a_file_that_nobody_reads_are_refused(config: Directory) -> None:
    config.write("exceptions/INC 812.yaml", GOOD)
    config.write("exceptions/INC-813.yml", GOOD)

    assert config.problems() == (
        "exceptions/INC-813.yml: is not read; only *.yaml files belong here",
        (
            "exceptions/INC 812.yaml: the file's name is the exception's id and must be letters, digits, dots, "
            "hyphens and underscores, at most 63, and begin with a letter or digit; rename it"
        ),
    )


def test_what_a_policy_asks_of_exceptions_is_read_kept_and_part_of_its_digest(config: Directory) -> None:
    before = config.load().policies["prod"]
    text = "exceptions: {approvals: 3, signed: false, max_days: {critical: 2}}\nrequire:"
    config.replace("policies/prod.yaml", "require:", text)

    policy = config.load().policies["prod"]

    assert before.exceptions == ExceptionRules()
    assert policy.exceptions == ExceptionRules(approvals=3, max_days=MaxDays(critical=2))
    assert policy.digest != before.digest
    assert read_policy(policy.body) == policy
    assert policy.exceptions.max_days.high == timedelta(days=30).days
