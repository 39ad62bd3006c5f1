"""No parser does work that grows with the square of its input: calls are counted, seconds only where calls hide it."""

import sys
import time
from types import FrameType

import pytest

from promoter.core.canonical import canonical
from promoter.core.codes import Code
from promoter.core.edit import read_pins
from promoter.core.identity import Placeholders
from promoter.core.predicates.body import body_of
from promoter.core.strict_json import Malformed
from tests.core.edit.pinned import IMAGE, MANIFEST
from tests.fuzz.growth import CHARACTERS, GROWING, Growing
from tests.fuzz.target import FuzzTarget
from tests.fuzz.targets import TARGETS

BY_NAME = {target.name: target for target in TARGETS}
SMALL = 24
TIMES = 4
CALLS = 5.5  # four times the input: 4 where work is linear, 16 where it is quadratic
MANY = 8_000
SECONDS = 9.0
NOISE = 0.1  # seconds that count for nothing


def calls(target: FuzzTarget, raw: bytes) -> int:
    """Count the calls, of Python's and C's functions, that reading takes."""
    count = 0

    def note(frame: FrameType, event: str, argument: object) -> None:
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        target.accepts(raw)
    finally:
        sys.setprofile(before)
    return count


def seconds(target: FuzzTarget, raw: bytes) -> float:
    """Measure the processor time that reading takes, the least of three."""
    least = float("inf")
    for _ in range(3):
        started = time.process_time()
        target.accepts(raw)
        least = min(least, time.process_time() - started)
        if least > 5:
            break
    return least


def named(growing: Growing) -> str:
    return f"{growing.target}: {growing.what}"


@pytest.mark.parametrize("growing", GROWING, ids=named)
def test_four_times_the_input_takes_four_times_the_calls(growing: Growing) -> None:
    target = BY_NAME[growing.target]
    target.accepts(growing.make(2))  # what is done once is done
    assert calls(target, growing.make(SMALL * TIMES)) <= CALLS * calls(target, growing.make(SMALL))


@pytest.mark.slow
@pytest.mark.parametrize("growing", CHARACTERS, ids=named)
def test_four_times_the_input_takes_four_times_the_time(growing: Growing) -> None:
    target = BY_NAME[growing.target]
    once = seconds(target, growing.make(MANY))
    assert seconds(target, growing.make(MANY * TIMES)) <= SECONDS * once + NOISE


@pytest.mark.slow
def test_placeholders_are_filled_in_time_linear_in_the_text() -> None:
    started = time.process_time()
    assert Placeholders("s", "t", "r").fill("{tag}{release}" * 200_000) == "tr" * 200_000
    assert time.process_time() - started < 5  # 0.1 where it is linear, minutes where it is not


def test_a_long_key_is_not_copied_into_the_place_of_every_pin_below_it() -> None:
    raw = ("? " + "k" * 9_000 + "\n:\n containers:\n" + " - image: registry.example/team/app:v1\n" * 50).encode()
    pins = read_pins(raw, MANIFEST, IMAGE)
    assert len(pins) == 50
    assert sum(len(pin.where) for pin in pins) < 50 * 250


def test_a_refused_value_names_a_short_place_however_long_its_keys_are() -> None:
    with pytest.raises(ValueError, match="beyond 53 bits") as refused:
        canonical({"k" * 100_000: [2**60]})
    assert len(str(refused.value)) < 300


def test_the_entries_of_a_deep_list_have_short_places() -> None:
    body = body_of({"components": [{"name": 1}]}, "components[0]." * 60, Code.SBOM_UNPARSEABLE)
    (entry,) = body.bodies("components", 10)
    assert len(entry.path) < 210
    with pytest.raises(Malformed, match=r"components\[0\]\.name is not a string") as refused:
        entry.text("name")
    assert len(refused.value.detail) < 250


def test_a_scalar_of_many_wrong_variables_is_shown_short() -> None:
    target = BY_NAME["configuration"]
    with pytest.raises(target.refusals) as refused:
        target.run(b"a: " + b"${x}" * 2_000)
    assert len(str(refused.value)) < 2_000 * 400
