"""A pattern matches part of one segment and nothing else; one that would match a stranger is refused when read."""

import re
import string
from dataclasses import replace
from time import monotonic

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from promoter.core.evidence import Signer, SignerClaims
from promoter.core.identity import Placeholders, SignerRule, matches
from promoter.core.identity_pattern import check_pattern, matches_pattern, strangers

SOURCE = "https://forge.example/acme/app"
FILLED = Placeholders(SOURCE, "v1.8.3", "1.8.3")
ISSUER = "https://token.forge.example"
WORKFLOW = "/.github/workflows/release.yml"
PATTERN = f"https://forge.example/acme/*{WORKFLOW}@refs/tags/v*"
SAN = f"{SOURCE}{WORKFLOW}@refs/tags/v1.8.3"


def accepts(pattern: str, san: str, filled: Placeholders = FILLED) -> bool:
    return matches(SignerRule(issuer=ISSUER, san_pattern=pattern), Signer(san, ISSUER), filled)


@pytest.mark.parametrize(
    ("pattern", "san"),
    [
        (PATTERN, SAN),
        (PATTERN, SAN.replace("acme/app", "acme/another-app_2.x")),
        (PATTERN, SAN.replace("v1.8.3", "v2.0.0-rc.1+build")),
        (f"{{source}}{WORKFLOW}@refs/tags/v*", SAN),
        ("{source}/.github/workflows/*.yml@refs/tags/{tag}", SAN),
        (f"{{source}}{WORKFLOW}@refs/tags/app/v*", f"{SOURCE}{WORKFLOW}@refs/tags/app/v2"),
        (f"https://forge.example/acme/app{WORKFLOW}@refs/tags/{{tag}}", SAN),
    ],
)
def test_a_star_stands_for_a_part_of_one_segment(pattern: str, san: str) -> None:
    assert accepts(pattern, san)


@pytest.mark.parametrize(
    "san",
    [
        pytest.param(SAN.replace("acme/app", "mallory/app"), id="another owner"),
        pytest.param(SAN.replace("acme/app", "acme-evil/app"), id="an owner that begins alike"),
        pytest.param(SAN.replace("acme/app", "acme/app/sub"), id="a segment more"),
        pytest.param(SAN.replace("acme/app", "acme"), id="a segment less"),
        pytest.param(SAN.replace("acme/app", "acme/"), id="an empty segment"),
        pytest.param(SAN.replace("acme/app", "acme/.."), id="a segment that leads upwards"),
        pytest.param(SAN.replace("acme/app", "acme/."), id="a segment that leads nowhere"),
        pytest.param(SAN.replace("acme/app", "acme/app%2F.."), id="percent-encoding"),
        pytest.param(SAN.replace("acme/app", "acme/app?x="), id="a query"),
        pytest.param(SAN.replace("acme/app", "acme/a b"), id="a space"),
        pytest.param(SAN.replace("acme/app", "acme/аpp"), id="a Cyrillic letter"),
        pytest.param(SAN.replace("acme/app", "acme/x@evil"), id="an at sign"),
        pytest.param(SAN.replace("forge.example", "forge-example"), id="a dot that would match anything"),
        pytest.param(SAN.replace("forge.example", "forge.example.evil.example"), id="a longer host"),
        pytest.param(SAN.replace("forge.example", "evil.example/forge.example"), id="a host before the host"),
        pytest.param(SAN.replace("forge.example", "forge.example@evil.example"), id="a host behind a user name"),
        pytest.param(SAN.replace("https", "http"), id="another scheme"),
        pytest.param(SAN.replace("refs/tags", "refs/heads"), id="a branch called as the tag"),
        pytest.param(SAN.replace("v1.8.3", "v"), id="a star for nothing"),
        pytest.param(SAN.replace("v1.8.3", "v1/x"), id="a tag below"),
        pytest.param(SAN.replace("release.yml", "releaseXyml"), id="another workflow file"),
        pytest.param(SAN + "\n", id="a newline at the end"),
        pytest.param(SAN + "@refs/tags/v1", id="a second ref"),
        pytest.param("x" + SAN, id="a letter before it"),
        pytest.param(f"https://evil.example/\n{SAN}", id="the identity on a line of its own"),
        pytest.param(SAN.upper(), id="another case"),
        pytest.param(PATTERN, id="the pattern's own text"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_only_looks_like_the_pattern_is_refused(san: str) -> None:
    assert accepts(PATTERN, SAN)
    assert not accepts(PATTERN, san)


def test_a_pattern_demands_issuer_and_claims_as_an_exact_rule_does() -> None:
    rule = SignerRule(issuer=ISSUER, san_pattern=PATTERN, claims=SignerClaims(source_repository_uri="{source}"))
    signer = Signer(SAN, ISSUER, SignerClaims(source_repository_uri=SOURCE))

    assert matches(rule, signer, FILLED)
    assert not matches(rule, replace(signer, issuer="https://other.example"), FILLED)
    assert not matches(rule, replace(signer, claims=SignerClaims(source_repository_uri=SOURCE + "2")), FILLED)
    assert not matches(replace(rule, issuer=""), replace(signer, issuer=""), FILLED)


def test_what_fills_a_placeholder_is_text_and_never_a_pattern() -> None:
    hostile = Placeholders("https://forge.example/acme/.*", "*", "{source}")

    assert not accepts(f"{{source}}{WORKFLOW}@refs/tags/v*", SAN, hostile)
    assert not accepts(f"https://forge.example/acme/app{WORKFLOW}@refs/tags/{{tag}}", SAN, hostile)
    assert accepts(
        "https://forge.example/acme/app@refs/tags/{tag}", "https://forge.example/acme/app@refs/tags/*", hostile
    )


def test_a_rule_cannot_be_exact_and_a_pattern() -> None:
    with pytest.raises(ValueError, match="san and san_pattern exclude each other"):
        SignerRule(issuer=ISSUER, san=SAN, san_pattern=PATTERN)


# --- patterns that are refused ----------------------------------------------------------------------------------------

HOW = "; write host, owner and kind of ref without *"
FORM = "must begin with https://HOST/OWNER/ or {source}/, and hold {source} nowhere else"
CHARACTERS = (
    "may hold letters, digits, ._+~:%/@-, placeholders and *, for a part of one segment; it is no regular expression"
)
ONE = "may hold one * between two of / and @, and no more"


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("https://*/acme/app/x", f"matches another host: 'https://evil.example/acme/app/x'{HOW}"),
        ("https://*.example/acme/app/x", f"matches another host: 'https://evil.example/acme/app/x'{HOW}"),
        ("https://forge.*/acme/app/x", f"matches another host: 'https://forge.x.evil.example/acme/app/x'{HOW}"),
        ("https://for*ge.example/acme/x", f"matches another host: 'https://forevilge.example/acme/x'{HOW}"),
        ("https://forge.example/*/app/x", f"matches another owner: 'https://forge.example/mallory/app/x'{HOW}"),
        ("https://forge.example/acme*/x", f"matches another owner: 'https://forge.example/acmex-evil/x'{HOW}"),
        ("https://forge.example/a*e/x", f"matches another owner: 'https://forge.example/aevile/x'{HOW}"),
        (
            "https://forge.example/acme/x@refs/*/v1",
            f"matches another kind of ref: 'https://forge.example/acme/x@refs/heads/v1'{HOW}",
        ),
        (
            "https://forge.example/acme/x@refs/tag*/v1",
            f"matches another kind of ref: 'https://forge.example/acme/x@refs/tags/v1'{HOW}",
        ),
        (
            "https://forge.example/acme/x@refs/*",
            f"matches another kind of ref: 'https://forge.example/acme/x@refs/heads'{HOW}",
        ),
        ("https://forge.example/acme/x@*", f"matches another kind of ref: 'https://forge.example/acme/x@evil'{HOW}"),
        ("https://forge.example/acme/x@v*", f"matches another kind of ref: 'https://forge.example/acme/x@vevil'{HOW}"),
        ("", CHARACTERS),
        ("https://forge.example/acme/app\n", CHARACTERS),
        ("^https://forge.example/acme/.*$", CHARACTERS),
        ("https://forge.example/acme/(a+)+/x", CHARACTERS),
        (r"https://forge\.example/acme/x", CHARACTERS),
        ("https://forge.example/acme/[a-z]/x", CHARACTERS),
        ("https://forge.example/acme/?/x", CHARACTERS),
        ("https://forge.example/аcme/x", CHARACTERS),
        (".*", FORM),
        ("*", FORM),
        ("https://forge.example/*", FORM),
        ("https://*", FORM),
        ("http://forge.example/acme/x", FORM),
        ("https://user@forge.example/acme/x", FORM),
        ("*@acme.example", FORM),
        ("release@acme.example", FORM),
        ("{source}*/x", FORM),
        ("{source}", FORM),
        ("{tag}/acme/x", FORM),
        ("https://{tag}/acme/x", FORM),
        ("https://forge.example/{release}/x", FORM),
        ("https://forge.example/acme/{source}", FORM),
        ("https://forge.example/acme/**/x", ONE),
        ("https://forge.example/acme/*a*a*a*/x", ONE),
        ("https://forge.example/acme/app@refs/tags/v*.*", ONE),
        ("https://forge.example/acme/*{tag}*", ONE),
        ("https://forge.example/acme/" + "a" * 300, "is longer than 300 characters"),
    ],
)
def test_a_pattern_that_could_match_strangers_is_refused_and_the_stranger_named(pattern: str, told: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(told)}$"):
        check_pattern(pattern)


def test_the_strangers_of_a_pattern_cover_every_way_to_be_somebody_else() -> None:
    found = tuple(strangers(f"{{source}}{WORKFLOW}@refs/tags/v*"))

    assert {stranger.difference for stranger in found} == {
        "another host", "another owner", "another repository", "another kind of ref", "another scheme",
        "more than the whole identity",
    }  # fmt: skip
    names = {stranger.san for stranger in found}
    assert {
        f"https://forge.example.evil.example/acme/app{WORKFLOW}@refs/tags/vx",
        f"https://forge.example@evil.example/acme/app{WORKFLOW}@refs/tags/vx",
        f"https://evil.example/forge.example/acme/app{WORKFLOW}@refs/tags/vx",
        f"https://forgexexample/acme/app{WORKFLOW}@refs/tags/vx",
        f"https://forge.example/acme/app-evil{WORKFLOW}@refs/tags/vx",
        f"{SOURCE}{WORKFLOW}@refs/heads/vx",
        f"{SOURCE}{WORKFLOW}@refs/tags/vx\n",
    } <= names
    assert f"{SOURCE}{WORKFLOW}@refs/tags/vx" not in names


# --- universal --------------------------------------------------------------------------------------------------------

WORD = st.text(string.ascii_lowercase + string.digits + "._-", min_size=1, max_size=6)
STARRED = st.builds("{}{}{}".format, st.just("") | WORD, st.just("*") | st.just(""), st.just("") | WORD)
HOST = st.sampled_from(("forge.example", "a", "forge.example:8443", "xn--forge.example"))
OWNER = st.sampled_from(("acme", "a", "acme.inc", "x-y"))
TAIL = st.lists(STARRED.filter(bool), min_size=1, max_size=4).map("/".join)
REF = st.just("") | st.builds("@refs/{}/{}".format, st.sampled_from(("tags", "heads")), STARRED.filter(bool))
VALID = st.builds("https://{}/{}/{}{}".format, HOST, OWNER, TAIL, REF)
ANYTHING = st.text(string.ascii_lowercase + "*/@.:%-\n {}", max_size=40)


@given(VALID, HOST | WORD, OWNER | WORD, st.data())
def test_nobody_of_another_host_or_owner_matches_a_valid_pattern(
    pattern: str, host: str, owner: str, data: st.DataObject
) -> None:
    check_pattern(pattern)
    _, _, own_host, own_owner, rest = pattern.split("/", 4)
    filled = "".join(data.draw(WORD) if letter == "*" else letter for letter in rest)
    assume((host, owner) != (own_host, own_owner))

    assert not accepts(pattern, f"https://{host}/{owner}/{filled}")
    assert not accepts(pattern, f"https://{host}/{owner}/{own_host}/{own_owner}/{filled}")


@given(VALID | ANYTHING | st.builds("https://{}".format, ANYTHING), st.text(max_size=20), WORD)
def test_whatever_matches_a_pattern_that_was_read_begins_with_its_host_and_owner(
    pattern: str, noise: str, word: str
) -> None:
    try:
        check_pattern(pattern)
    except ValueError:
        return
    beginning = "/".join(pattern.split("/")[:4]) + "/"
    for san in (pattern.replace("*", word), noise, pattern + noise, noise + pattern, pattern.replace("*", noise)):
        if accepts(pattern, san):
            assert san.startswith(beginning)
            assert (san.count("/"), san.count("@")) == (pattern.count("/"), pattern.count("@"))


@given(VALID, st.text(max_size=5), st.integers(0, 60))
def test_a_pattern_without_stars_is_an_exact_rule(pattern: str, noise: str, at: int) -> None:
    exact = pattern.replace("*", "x")
    rule = SignerRule(issuer=ISSUER, san=exact)

    for san in (exact, exact[:at] + noise + exact[at:], exact.upper(), pattern, noise):
        assert accepts(exact, san) is matches(rule, Signer(san, ISSUER), FILLED) is (san == exact)


def test_matching_takes_no_longer_for_a_hostile_text() -> None:
    pattern = "https://forge.example/acme/" + "/".join(["*a"] * 20) + "/b"
    hostile = "https://forge.example/acme/" + "/".join(["a" * 20_000] * 20) + "/c"
    start = monotonic()

    assert not matches_pattern(pattern, hostile, str)
    assert monotonic() - start < 1
