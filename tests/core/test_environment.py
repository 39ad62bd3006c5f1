"""Which environments a release comes from: all of several or one of them, and what a service leaves out."""

from itertools import chain, combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promoter.core.environment import Environment, subgraph
from promoter.core.gates import shut_gates
from promoter.core.history import History
from promoter.core.standing import StandingEvent
from tests.core.scenes import DEV, HOUR, LONG_AGO, NEW, NOW, going, look, stand

EAST, WEST = Environment(name="east", after=("dev",)), Environment(name="west", after=("dev",), soak=HOUR)
PROD = Environment(name="prod", either=(("east", "west"),))
EITHER = (DEV, EAST, WEST, PROD)


def settle(history: History, *environments: str) -> History:
    for name in environments:
        history = stand(history, name, NEW, StandingEvent.PINNED_OUT_OF_BAND, StandingEvent.SOAKED, at=LONG_AGO)
    return history


def said(graph: tuple[Environment, ...], history: History) -> tuple[str, ...]:
    return tuple(map(str, shut_gates(look(graph=graph).conditions, graph[-1], NEW, history)))


def test_where_one_of_several_is_enough_each_is_told_until_one_has_settled() -> None:
    soaking = stand(going(), "west", NEW, StandingEvent.PINNED_OUT_OF_BAND, at=NOW)

    assert said(EITHER, soaking) == (
        "has not settled in east (one of east, west is enough)",
        "soaks in west until 2026-11-21 13:00:00Z (one of east, west is enough)",
    )
    assert said(EITHER, settle(going(), "east")) == ()
    assert said(EITHER, settle(going(), "west")) == ()


def test_a_release_that_was_taken_back_in_one_of_several_may_come_through_the_other() -> None:
    back = stand(settle(going(), "east", "west"), "east", NEW, StandingEvent.ROLLED_BACK)

    assert said(EITHER, back) == ()


def test_an_environment_may_demand_one_of_several_beside_all_of_others() -> None:
    graph = (DEV, EAST, WEST, Environment(name="prod", after=("dev",), either=(("east", "west"),)))

    assert said(graph, settle(going(), "east")) == ("has not settled in dev",)
    assert graph[-1].upstream == ("dev", "east", "west")


PATHS = {
    "nothing is left out": (("dev", "east", "west", "prod"), (), (("east", "west"),)),
    "the one that is left demands itself": (("dev", "west", "prod"), (), (("dev", "west"),)),
    "both are left out, and come from one": (("dev", "prod"), ("dev",), ()),
    "all is left out": (("prod",), (), ()),
}


@pytest.mark.parametrize(("names", "after", "either"), PATHS.values(), ids=PATHS)
def test_a_left_out_member_of_several_stands_for_its_own_upstream(
    names: tuple[str, ...], after: tuple[str, ...], either: tuple[tuple[str, ...], ...]
) -> None:
    node = subgraph(EITHER, names)[-1]

    assert (node.after, node.either) == (after, either)


def test_a_left_out_environment_that_comes_after_nothing_stands_for_nobody() -> None:
    graph = (DEV, Environment(name="lab"), Environment(name="prod", either=(("dev", "lab"),)))

    assert subgraph(graph, {"lab", "prod"})[-1].after == ("lab",)


def test_all_before_a_left_out_one_of_several_are_demanded_unless_the_other_settled() -> None:
    both = Environment(name="both", after=("east", "west"))
    graph = (DEV, EAST, WEST, both, Environment(name="lab"), Environment(name="prod", either=(("both", "lab"),)))

    assert subgraph(graph, {"dev", "east", "west", "lab", "prod"})[-1].either == (("east", "lab"), ("west", "lab"))


def met(node: Environment, settled: frozenset[str]) -> bool:
    return settled.issuperset(node.after) and all(settled.intersection(group) for group in node.either)


NAMES = ("a", "b", "c", "d", "e")
SOME = chain.from_iterable(combinations(NAMES, count) for count in range(len(NAMES) + 1))
NODES = st.tuples(
    *(
        st.builds(
            lambda name, all_of, one_of: Environment(
                name=name, after=tuple(sorted(all_of - one_of)), either=(tuple(sorted(one_of)),) if one_of else ()
            ),
            st.just(name),
            st.sets(st.sampled_from(NAMES[:index])) if index else st.just(set()),
            st.sets(st.sampled_from(NAMES[:index])) if index else st.just(set()),
        )
        for index, name in enumerate(NAMES)
    )
)


@given(NODES, st.sets(st.sampled_from(NAMES), min_size=1), st.sets(st.sampled_from(NAMES)))
def test_no_service_gets_in_where_another_that_has_every_environment_would_not(
    graph: tuple[Environment, ...], names: set[str], settled: set[str]
) -> None:
    """What is left out counts as settled as soon as its own demands are met, and not before."""
    here = frozenset(settled & names)
    passed = set(here)
    for node in graph:
        if node.name not in names and met(node, frozenset(passed)):
            passed.add(node.name)
    for node in subgraph(graph, names):
        whole = next(one for one in graph if one.name == node.name)
        assert not met(node, here) or met(whole, frozenset(passed))
