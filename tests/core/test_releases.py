"""Which tags are releases, and which of two is newer: every notation, every order, and that the order is total."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.releases import Order, ReleaseRule, parse_range, select

VERSIONS = (
    "0.0.3", "0.0.4", "0.1.0", "0.3.0", "0.3.9", "0.4.0",
    "1.0.0", "1.4.0", "1.4.2", "1.4.9", "1.5.0", "1.10.0",
    "2.0.0-rc.1", "2.0.0-rc.2", "2.0.0", "2.0.1-rc.1", "3.0.0",
)  # fmt: skip


def newest_first(wanted: str) -> tuple[str, ...]:
    return tuple(reversed(wanted.split()))


def chosen(text: str, *, prereleases: bool = False) -> tuple[str, ...]:
    return select(ReleaseRule(semver=text, prereleases=prereleases), VERSIONS, ())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("*", "0.0.3 0.0.4 0.1.0 0.3.0 0.3.9 0.4.0 1.0.0 1.4.0 1.4.2 1.4.9 1.5.0 1.10.0 2.0.0 3.0.0"),
        ("1.4.2", "1.4.2"),
        ("=1.4.2", "1.4.2"),
        ("=1.4", "1.4.0"),
        ("v1.4.2", "1.4.2"),
        ("1.4", "1.4.0 1.4.2 1.4.9"),
        ("1", "1.0.0 1.4.0 1.4.2 1.4.9 1.5.0 1.10.0"),
        ("~1.4.2", "1.4.2 1.4.9"),
        ("~1.4", "1.4.0 1.4.2 1.4.9"),
        ("~1", "1.0.0 1.4.0 1.4.2 1.4.9 1.5.0 1.10.0"),
        ("^1.4.2", "1.4.2 1.4.9 1.5.0 1.10.0"),
        ("^1.4", "1.4.0 1.4.2 1.4.9 1.5.0 1.10.0"),
        ("^1", "1.0.0 1.4.0 1.4.2 1.4.9 1.5.0 1.10.0"),
        ("^0.3", "0.3.0 0.3.9"),
        ("^0.3.1", "0.3.9"),
        ("^0.0.3", "0.0.3 0.0.4"),
        ("^0", "0.0.3 0.0.4 0.1.0 0.3.0 0.3.9 0.4.0"),
        (">=1.4.2 <2", "1.4.2 1.4.9 1.5.0 1.10.0"),
        (">=1.4.2, <2", "1.4.2 1.4.9 1.5.0 1.10.0"),
        (">1.4.2 <=1.5.0", "1.4.9 1.5.0"),
        ("* <0.1.0", "0.0.3 0.0.4"),
        (">3", ""),
        (">2 <1", ""),
    ],
)
def test_a_range_selects_these_versions_and_no_others(text: str, expected: str) -> None:
    assert chosen(text) == newest_first(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (">=1.10.0", "1.10.0 2.0.0-rc.1 2.0.0-rc.2 2.0.0 2.0.1-rc.1 3.0.0"),
        ("^1.10", "1.10.0"),  # 2.0.0-rc.1 precedes 2.0.0, but it is not of the line before it
        ("<2.0.0 >=1.10.0", "1.10.0"),
        ("<=2.0.0 >1.10.0", "2.0.0-rc.1 2.0.0-rc.2 2.0.0"),
        (">=2.0.0-rc.2 <2.0.1", "2.0.0-rc.2 2.0.0"),
        ("<2.0.0-rc.2 >1.10.0", "2.0.0-rc.1"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
        ("~2.0.0-rc.2", "2.0.0-rc.2 2.0.0 2.0.1-rc.1"),
        ("^2.0.0-rc.2", "2.0.0-rc.2 2.0.0 2.0.1-rc.1"),
    ],
)
def test_pre_releases_are_selected_where_they_are_wanted(text: str, expected: str) -> None:
    assert chosen(text, prereleases=True) == newest_first(expected)


def test_pre_releases_are_left_out_where_nobody_asked_for_them() -> None:
    assert chosen(">=2.0.0-rc.1") == ("3.0.0", "2.0.0")


@pytest.mark.parametrize(
    "text",
    [
        "latest",
        ">=",
        ">= 1.2",
        "1.2.3.4",
        "01.2.3",
        "1.x",
        "1.2.*",
        "!1.2",
        "^",
        "-1.2",
        "1,5..2",
        "1.2.3-",
        "1.2.3-..",
        "1.2.3-01",
        "1.2.3-a..b",
        "1.2.3+build",
        "1.٣",
        "||",
    ],
)
def test_what_is_no_comparator_is_refused_with_its_word(text: str) -> None:
    with pytest.raises(ValueError, match="not a semver comparator: '"):
        parse_range(text)


@pytest.mark.parametrize("text", ["", " ", ",", " , "])
def test_an_empty_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"a semver range must not be empty; write \* for every version"):
        parse_range(text)


def test_a_tag_that_is_no_version_is_no_release() -> None:
    tags = ("latest", "1.2", "1.2.3.4", "01.2.3", "v1.2.3", "vv1.2.3", "V1.2.3", "1.2.3-", "sha256-0a.sig", "")

    assert select(ReleaseRule(semver="*", prereleases=True), tags, ()) == ("v1.2.3",)


def test_versions_are_ordered_as_numbers_and_a_leading_v_changes_nothing() -> None:
    tags = ("1.9.0", "v1.10.0", "1.2.0", "v1.9.1")

    assert select(ReleaseRule(semver="*"), tags, ()) == ("v1.10.0", "v1.9.1", "1.9.0", "1.2.0")


def test_pre_releases_are_ordered_as_semver_orders_them() -> None:
    chain = "1.0.0-alpha 1.0.0-alpha.1 1.0.0-alpha.beta 1.0.0-beta 1.0.0-beta.2 1.0.0-beta.11 1.0.0-rc.1 1.0.0"

    assert select(ReleaseRule(semver="*", prereleases=True), tuple(sorted(chain.split())), ()) == newest_first(chain)


# --- patterns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (ReleaseRule(tags=r"build-.*"), ("build-9", "build-10", "build-007")),
        (ReleaseRule(tags=r"build-(\d+)", order=Order.NUMERIC), ("build-10", "build-9", "build-007")),
        (ReleaseRule(tags=r"build-.*", order=Order.SEEN), ("build-10", "build-007", "build-9")),
        (ReleaseRule(tags=r"build-.*", order=Order.NUMERIC), ()),  # the whole tag is no number
        (ReleaseRule(tags=r"\d{8}(?:-\d)?", order=Order.LEXICAL), ("20261121-2", "20261121", "20261031")),
        (ReleaseRule(tags=r"(?:nightly-)?(.)-x", order=Order.LEXICAL), ("nightly-b-x", "a-x")),
        (ReleaseRule(tags=r"build"), ()),  # a pattern stands for the whole tag
    ],
)
def test_a_pattern_selects_whole_tags_in_its_order(rule: ReleaseRule, expected: tuple[str, ...]) -> None:
    tags = ("20261031", "20261121", "20261121-2", "a-x", "build-007", "build-10", "build-9", "latest", "nightly-b-x")

    assert select(rule, tags, seen=("build-9", "build-007", "build-10")) == expected


def test_only_ascii_digits_are_numbers() -> None:
    assert select(ReleaseRule(tags=r"b(.*)", order=Order.NUMERIC), ("b1", "b٣", "b²", "b-1", "b1_0", "b"), ()) == (
        "b1",
    )


def test_equal_numbers_are_told_apart_by_the_tag() -> None:
    assert select(ReleaseRule(tags=r"b(\d+)-?.*", order=Order.NUMERIC), ("b7", "b07", "b7-x"), ()) == (
        "b7-x",
        "b7",
        "b07",
    )


def test_a_group_that_took_no_part_leaves_the_whole_tag_to_be_compared() -> None:
    assert select(ReleaseRule(tags=r"(?:r(\d))?x.*", order=Order.LEXICAL), ("r1x", "xa", "r2x"), ()) == (
        "xa",
        "r2x",
        "r1x",
    )


def test_what_nobody_has_seen_yet_is_newer_than_what_was_seen() -> None:
    rule = ReleaseRule(tags=r".*", order=Order.SEEN)

    assert select(rule, ("a", "b", "c", "d"), seen=("d", "a")) == ("c", "b", "a", "d")


@pytest.mark.parametrize("both", [{}, {"semver": "*", "tags": ".*"}])
def test_a_rule_is_a_range_or_a_pattern_and_never_both_or_neither(both: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="exactly one of semver and tags must be given"):
        ReleaseRule(**both)  # type: ignore[arg-type]


def test_a_pattern_that_is_no_regular_expression_is_refused_with_its_reason() -> None:
    with pytest.raises(ValueError, match=r"tags is no regular expression: .+ at position 0"):
        ReleaseRule(tags="(")


# --- order is total ---------------------------------------------------------------------------------------------------

RULES = st.sampled_from(
    (
        ReleaseRule(semver="*"),
        ReleaseRule(semver="*", prereleases=True),
        ReleaseRule(tags=r".*"),
        ReleaseRule(tags=r"v?(\d+).*", order=Order.NUMERIC),
        ReleaseRule(tags=r".*", order=Order.SEEN),
    )
)
NUMBER = st.integers(0, 12).map(str)
TAGS = st.lists(
    st.one_of(
        st.from_regex(r"v?(0|[1-9][0-9]?)\.(0|[1-9])\.(0|[1-9])(-(rc|beta)(\.[1-9])?)?", fullmatch=True),
        st.builds("v{}".format, NUMBER),
        NUMBER.map(lambda text: text.zfill(3)),
        st.text("ab01.-_", min_size=1, max_size=6),
    ),
    unique=True,
    max_size=12,
).map(tuple)


@given(RULES, TAGS, TAGS, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_the_registry_lists_the_tags(
    rule: ReleaseRule, tags: tuple[str, ...], seen: tuple[str, ...], chance: random.Random
) -> None:
    shuffled = tuple(chance.sample(tags, len(tags)))

    assert select(rule, shuffled, seen) == select(rule, tags, seen)


@given(RULES, TAGS, TAGS)
def test_two_releases_stand_to_each_other_as_they_do_among_all_others(
    rule: ReleaseRule, tags: tuple[str, ...], seen: tuple[str, ...]
) -> None:
    order = select(rule, tags, seen)

    for at, one in enumerate(order):
        for other in order[at + 1 :]:
            assert select(rule, (other, one), seen) == (one, other)


@given(RULES, TAGS, TAGS)
def test_a_selection_invents_nothing_doubles_nothing_and_is_stable(
    rule: ReleaseRule, tags: tuple[str, ...], seen: tuple[str, ...]
) -> None:
    order = select(rule, tags, seen)

    assert set(order) <= set(tags)
    assert len(set(order)) == len(order)
    assert select(rule, order, seen) == order
