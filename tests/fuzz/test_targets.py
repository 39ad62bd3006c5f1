"""Whatever the bytes, a parser of foreign bytes gives a value or raises what it documents."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.fuzz.mutations import hostile
from tests.fuzz.target import FuzzTarget
from tests.fuzz.targets import TARGETS

each_target = pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
UNHURRIED = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
FEW = settings(max_examples=15, deadline=None, suppress_health_check=UNHURRIED, phases=(Phase.generate, Phase.shrink))
MANY = settings(FEW, max_examples=200)


@each_target
def test_every_target_reads_its_first_seed(target: FuzzTarget) -> None:
    assert target.accepts(target.seeds[0])


@each_target
def test_what_was_found_once_stays_mended(target: FuzzTarget) -> None:
    for case in target.cases():
        target.accepts(case.read_bytes())


@each_target
@given(data=st.data())
@FEW
def test_a_few_hostile_bytes_are_read_or_refused_as_documented(target: FuzzTarget, data: st.DataObject) -> None:
    target.accepts(data.draw(hostile(target)))


@pytest.mark.slow
@each_target
@given(data=st.data())
@MANY
def test_many_hostile_bytes_are_read_or_refused_as_documented(target: FuzzTarget, data: st.DataObject) -> None:
    target.accepts(data.draw(hostile(target)))
