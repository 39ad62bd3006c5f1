"""A signer is accepted when it is exactly the one that the rule names; everything that looks like it is refused."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.candidate import digest_of
from promoter.core.canonical import canonical
from promoter.core.evidence import Attestation, ContentKind, Found, LogEntry, Mechanism, Signer, SignerClaims
from promoter.core.identity import (
    Logging,
    Objection,
    Placeholders,
    SignerRule,
    accepts,
    matches,
    objections,
)
from promoter.core.public_key import PublicKey

FORGE = "https://forge.example"
SOURCE = f"{FORGE}/acme/app"
FILLED = Placeholders(SOURCE, "v1.8.3", "1.8.3")
ISSUER = "https://token.forge.example"
SAN = f"{SOURCE}/.github/workflows/release.yml@refs/tags/v1.8.3"

RULE = SignerRule(
    issuer=ISSUER,
    san="{source}/.github/workflows/release.yml@refs/tags/{tag}",
    claims=SignerClaims(
        source_repository_uri="{source}",
        source_repository_ref="refs/tags/{tag}",
        source_repository_identifier="1001",
        source_repository_owner_identifier="77",
        build_config_uri="{source}/.github/workflows/release.yml@refs/tags/{tag}",
        build_trigger="push",
        runner_environment="forge-hosted",
        deployment_environment="release",
    ),
)
CLAIMS = SignerClaims(
    source_repository_uri=SOURCE,
    source_repository_ref="refs/tags/v1.8.3",
    source_repository_identifier="1001",
    source_repository_owner_identifier="77",
    build_config_uri=SAN,
    build_trigger="push",
    runner_environment="forge-hosted",
    deployment_environment="release",
    run_invocation_uri=f"{SOURCE}/actions/runs/7/attempts/1",
)
SIGNER = Signer(SAN, ISSUER, CLAIMS)


def test_the_signer_that_the_rule_names_is_accepted_whatever_else_its_certificate_says() -> None:
    assert matches(RULE, SIGNER, FILLED)


@pytest.mark.parametrize(
    "san",
    [
        pytest.param(SAN.replace("acme/app", "acme/other"), id="another repository of the owner"),
        pytest.param(SAN.replace("acme/app", "mallory/app"), id="a fork"),
        pytest.param(SAN.replace("acme/app", "acme-evil/app"), id="an owner that begins alike"),
        pytest.param(SAN.replace("acme/app", "evil-acme/app"), id="an owner that ends alike"),
        pytest.param(SAN.replace("acme/app", "acme/app2"), id="a repository that begins alike"),
        pytest.param(SAN.replace("acme/app", "acme/my-app"), id="a repository that ends alike"),
        pytest.param(SAN.replace("acme/app", "acme/app.git"), id=".git"),
        pytest.param(SAN.replace("acme/app", "acme/app/"), id="a doubled slash"),
        pytest.param(SAN.replace("forge.example", "forge-example"), id="a dot that would match in a pattern"),
        pytest.param(SAN.replace("forge.example", "forge.example.evil.example"), id="a longer host"),
        pytest.param(SAN.replace("forge.example", "forge.example@evil.example"), id="a host behind a user name"),
        pytest.param(SAN.replace("https", "http"), id="another scheme"),
        pytest.param(SAN.replace("v1.8.3", "v1.8.30"), id="a tag that begins alike"),
        pytest.param(SAN.replace("v1.8.3", "v1x8x3"), id="dots of a tag as wildcards"),
        pytest.param(SAN.replace("refs/tags", "refs/heads"), id="a branch called as the tag"),
        pytest.param(SAN.replace("refs/tags/v1.8.3", "refs/heads/main"), id="the main branch"),
        pytest.param(SAN.replace("refs/tags/v1.8.3", "refs/pull/1/merge"), id="a pull request"),
        pytest.param(SAN.replace("release.yml", "release.yaml"), id="another workflow file"),
        pytest.param(SAN.replace("release.yml", "../release.yml"), id="a path that leads to the same file"),
        pytest.param(SAN.replace("acme", "Acme"), id="another case"),
        pytest.param(SAN.upper(), id="all in upper case"),
        pytest.param(SAN + "/", id="a slash at the end"),
        pytest.param(SAN.replace("/app", "%2Fapp"), id="percent-encoding"),
        pytest.param(SAN + "\0", id="a NUL at the end"),
        pytest.param(SAN + "\n", id="a newline at the end"),
        pytest.param(f"{FORGE}/mallory/x\n{SAN}", id="the identity on a line of its own"),
        pytest.param(" " + SAN, id="a space before it"),
        pytest.param(SAN.replace("acme", "аcme"), id="a Cyrillic letter"),
        pytest.param("release@acme.example", id="an e-mail address"),
        pytest.param(RULE.san, id="the rule's own text"),
        pytest.param("", id="nothing"),
        pytest.param(".*", id="a pattern"),
    ],
)
def test_a_subject_that_only_looks_like_the_identity_is_refused(san: str) -> None:
    assert not matches(RULE, replace(SIGNER, san=san), FILLED)


@pytest.mark.parametrize(
    "issuer",
    ["", "https://token.forge.example/", "https://token.forge.example.evil.example", "http://token.forge.example",
     "https://accounts.example", "HTTPS://TOKEN.FORGE.EXAMPLE", "https://token-forge.example"],
)  # fmt: skip
def test_the_same_subject_from_another_issuer_is_refused(issuer: str) -> None:
    assert not matches(RULE, replace(SIGNER, issuer=issuer), FILLED)


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param(
            replace(CLAIMS, source_repository_uri=f"{FORGE}/mallory/app"), id="a foreign caller of the workflow"
        ),
        pytest.param(
            replace(CLAIMS, build_config_uri=SAN.replace("release.yml", "pr.yml")), id="another calling workflow"
        ),
        pytest.param(replace(CLAIMS, source_repository_ref="refs/heads/v1.8.3"), id="a branch called as the tag"),
        pytest.param(replace(CLAIMS, build_trigger="pull_request"), id="a pull request's run"),
        pytest.param(replace(CLAIMS, build_trigger="workflow_run"), id="a run started by another workflow"),
        pytest.param(replace(CLAIMS, runner_environment="self-hosted"), id="a runner of somebody's own"),
        pytest.param(replace(CLAIMS, source_repository_identifier="1002"), id="a repository registered again"),
        pytest.param(replace(CLAIMS, source_repository_owner_identifier="78"), id="an owner registered again"),
        pytest.param(replace(CLAIMS, deployment_environment=""), id="no deployment environment"),
        pytest.param(SignerClaims(), id="no claims at all"),
    ],
)
def test_a_claim_that_differs_or_is_absent_is_refused(claims: SignerClaims) -> None:
    assert not matches(RULE, replace(SIGNER, claims=claims), FILLED)


@pytest.mark.parametrize("name", [field.name for field in fields(SignerClaims)])
def test_every_claim_that_a_rule_can_name_counts(name: str) -> None:
    rule = SignerRule(issuer=ISSUER, san=SAN, claims=replace(SignerClaims(), **{name: "wanted"}))

    assert matches(rule, Signer(SAN, ISSUER, replace(CLAIMS, **{name: "wanted"})), FILLED)
    assert not matches(rule, Signer(SAN, ISSUER, replace(CLAIMS, **{name: "wanted2"})), FILLED)
    assert not matches(rule, Signer(SAN, ISSUER, replace(CLAIMS, **{name: ""})), FILLED)


@pytest.mark.parametrize(("issuer", "san"), [("", SAN), (ISSUER, ""), ("", "")])
def test_a_rule_that_demands_nothing_matches_nobody(issuer: str, san: str) -> None:
    assert not matches(SignerRule(issuer=issuer, san=san), Signer(san, issuer), FILLED)


def test_a_placeholder_that_stands_for_nothing_makes_no_rule_that_matches_nothing() -> None:
    assert not matches(SignerRule(issuer=ISSUER, san="{tag}"), Signer("", ISSUER), Placeholders("", "", ""))


# --- placeholders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{source}@{tag}", f"{SOURCE}@v1.8.3"),
        ("{release}", "1.8.3"),
        ("{tag}{tag}-{release}", "v1.8.3v1.8.3-1.8.3"),
        ("no placeholder", "no placeholder"),
        ("{unknown} {} {Source} { source }", "{unknown} {} {Source} { source }"),
        ("{{source}}", f"{{{SOURCE}}}"),
        ("", ""),
    ],
)
def test_placeholders_stand_for_their_values(text: str, expected: str) -> None:
    assert FILLED.fill(text) == expected


def test_a_value_that_holds_a_placeholder_is_not_filled_again() -> None:
    hostile = Placeholders(source="{tag}", tag="{release}", release="{source}")

    assert hostile.fill("{source} {tag} {release}") == "{tag} {release} {source}"


@given(st.lists(st.sampled_from(("{source}", "{tag}", "{release}", "x", "{", "}", "{tag")), max_size=8))
def test_filling_is_done_piece_by_piece_from_left_to_right(pieces: list[str]) -> None:
    hostile = Placeholders(source="S{tag}", tag="T", release="R")
    values = {"{source}": "S{tag}", "{tag}": "T", "{release}": "R"}
    text = "|".join(pieces)

    assert hostile.fill(text) == "|".join(values.get(piece, piece) for piece in pieces)


@given(st.text(max_size=60), st.text(max_size=30))
def test_no_other_subject_than_the_exact_one_is_ever_accepted(san: str, issuer: str) -> None:
    assert matches(RULE, replace(SIGNER, san=san, issuer=issuer), FILLED) is ((san, issuer) == (SAN, ISSUER))


# --- keys, periods, revocation and logs -------------------------------------------------------------------------------

KEY, OTHER_KEY = (PublicKey(name) for name in (b"a key", b"another key"))
KEYED = SignerRule(key=KEY.pem)
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def made(signed_at: datetime | None, *, logged: bool = True) -> Attestation:
    digest = digest_of(b"")
    return Attestation(
        found=Found(digest, digest, 0),
        kind=ContentKind.DSSE,
        mechanism=Mechanism.KEYED_BUNDLE,
        signer=Signer("", "", key=KEY.fingerprint),
        signed_at=signed_at,
        log=LogEntry("00" * 32, 1, "dsse 0.0.1") if logged else None,
    )


def test_a_key_is_named_by_its_fingerprint_and_by_nothing_else() -> None:
    mine, other = (Signer("", "", key=key.fingerprint) for key in (KEY, OTHER_KEY))

    assert matches(KEYED, mine, FILLED)
    assert not matches(KEYED, other, FILLED)
    assert not matches(KEYED, Signer(SAN, ISSUER), FILLED)
    assert not matches(KEYED, Signer("", ""), FILLED)
    assert not matches(RULE, mine, FILLED)
    assert not matches(RULE, replace(SIGNER, key=KEY.fingerprint), FILLED)
    assert not matches(SignerRule(), mine, FILLED)


@pytest.mark.parametrize(
    ("start", "end", "revoked", "at", "held"),
    [
        (None, None, None, AT, ()),
        (AT, AT, None, AT, ()),
        (AT + HOUR, None, None, AT, (Objection.OUTSIDE_PERIOD,)),
        (None, AT - HOUR, None, AT, (Objection.OUTSIDE_PERIOD,)),
        (None, None, AT, AT - timedelta.resolution, ()),
        (None, None, AT, AT, (Objection.REVOKED,)),
        (None, AT - HOUR, AT - HOUR, AT, (Objection.OUTSIDE_PERIOD, Objection.REVOKED)),
        (None, None, None, None, ()),
        (AT, None, None, None, (Objection.TIME_UNKNOWN,)),
        (None, AT, None, None, (Objection.TIME_UNKNOWN,)),
        (None, None, AT, None, (Objection.TIME_UNKNOWN,)),
    ],
)
def test_what_a_rule_holds_against_a_time(
    start: datetime | None,
    end: datetime | None,
    revoked: datetime | None,
    at: datetime | None,
    held: tuple[Objection, ...],
) -> None:
    rule = replace(KEYED, not_before=start, not_after=end, revoked_at=revoked)

    assert objections(rule, made(at)) == held
    assert accepts(rule, made(at), FILLED) == (not held)
    unlogged = made(at, logged=False)
    assert objections(rule, unlogged) == (Objection.NOT_LOGGED, *held)
    assert objections(replace(rule, log=Logging.OPTIONAL), unlogged) == held


times = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(st.none() | times, st.none() | times, st.none() | times, st.none() | times, times)
def test_withdrawing_a_signer_never_makes_a_signature_count(
    start: datetime | None, end: datetime | None, revoked: datetime | None, at: datetime | None, sooner: datetime
) -> None:
    try:
        rule = replace(KEYED, not_before=start, not_after=end, revoked_at=revoked)
        stricter = replace(rule, revoked_at=min(sooner, revoked or sooner))
    except ValueError:
        return  # a rule that could never hold

    assert set(objections(rule, made(at))) <= set(objections(stricter, made(at)))
    assert accepts(stricter, made(at), FILLED) <= accepts(rule, made(at), FILLED)


def test_rules_that_use_none_of_it_keep_their_canonical_bytes() -> None:
    assert canonical(SignerRule(issuer=ISSUER, san=SAN)) == canonical(
        {"issuer": ISSUER, "san": SAN, "claims": SignerClaims()}
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"san": SAN},
        {"issuer": ISSUER},
        {"san_pattern": "https://forge.example/acme/*/sign@refs/tags/v1"},
        {"claims": SignerClaims(build_trigger="push")},
        {"key": "no key"},
        {"not_before": AT, "not_after": AT - HOUR},
        {"not_before": AT, "revoked_at": AT},
        {"not_before": AT.replace(tzinfo=None)},
    ],
)
def test_a_rule_for_a_key_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"key|KEY|zone|count"):
        SignerRule(**{"key": KEY.pem, **changes})
