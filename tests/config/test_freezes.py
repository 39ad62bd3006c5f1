"""`freezes.yaml`: what is read of it, and every mistake in it with file, line and remedy."""

from datetime import UTC, datetime, timedelta

import pytest
import tzdata

from promoter.core.calendar import window_at
from promoter.core.freezes import NONE, Place
from tests.config.directory import Directory

GOOD = """
# when nothing is promoted
freezes:
  - id: year-end
    reason: the books are closed
    environments: [prod]
    services: [cart]
    zone: Europe/Berlin
    from: 2026-12-18T18:00
    until: 2027-01-04T08:00
  - id: weekends
    reason: nobody is there
    zone: America/New_York
    rrule: FREQ=WEEKLY;BYDAY=FR
    start: 2026-01-02T18:00
    duration: 62h
overrides:
  - id: inc-812
    freeze: year-end
    environment: prod
    service: cart
    reason: customers cannot pay
    requested_by: omar
    not_before: 2026-12-24T09:00:00Z
    expires: 2026-12-25T09:00:00+01:00
"""
CHRISTMAS = datetime(2026, 12, 24, 12, tzinfo=UTC)


def test_without_the_file_nothing_is_frozen(config: Directory) -> None:
    (config.path / "freezes.yaml").unlink(missing_ok=True)

    assert config.load().freezes == NONE


def test_freezes_and_overrides_are_read_with_the_zones_of_the_package(config: Directory) -> None:
    config.write("freezes.yaml", GOOD)
    freezes = config.load().freezes
    place = Place("prod", "cart", "1.0.0")

    assert freezes.zones.startswith("tzdata 20")
    assert [(one.id, str(one.when.zone)) for one in freezes.freezes] == [
        ("year-end", "Europe/Berlin"),
        ("weekends", "America/New_York"),
    ]
    assert freezes.holding(place, CHRISTMAS) == ()
    assert [one.id for one in freezes.lifted(place, CHRISTMAS)] == ["inc-812"]
    later = freezes.holding(place, CHRISTMAS + timedelta(days=1))
    assert [(one.freeze.id, one.until) for one in later] == [("year-end", datetime(2027, 1, 4, 7, tzinfo=UTC))]
    assert freezes.overrides[0].expires == datetime(2026, 12, 25, 8, tzinfo=UTC)


def test_an_override_that_has_expired_is_no_error_of_the_file(config: Directory) -> None:
    config.write("freezes.yaml", GOOD.replace("2026-12-2", "2020-12-2"))

    assert len(config.load().freezes.overrides) == 1


@pytest.mark.parametrize("name", ["UTC", "Etc/GMT+12", "America/Argentina/Buenos_Aires", "Asia/Kolkata"])
def test_every_zone_of_the_package_can_be_named(config: Directory, name: str) -> None:
    config.write("freezes.yaml", GOOD.replace("Europe/Berlin", name))

    assert window_at(config.load().freezes.freezes[0].when, CHRISTMAS) is not None


MISTAKES = {
    ("Europe/Berlin", "Europe/Berln"): (
        "freezes.yaml:8: freezes[0].zone: no time zone 'Europe/Berln'; did you mean Europe/Berlin? "
        "(an IANA name, as {ZONES} has it)"
    ),
    ("Europe/Berlin", "../../etc/passwd"): (
        "freezes.yaml:8: freezes[0].zone: no time zone '../../etc/passwd' (an IANA name, as {ZONES} has it)"
    ),
    ("[prod]", "[prd]"): (
        "freezes.yaml:6: freezes[0].environments[0]: no environment 'prd'; did you mean prod? "
        "(allowed: dev, prod, staging)"
    ),
    ("services: [cart]", "services: [car]"): (
        "freezes.yaml:7: freezes[0].services[0]: no service 'car'; did you mean cart? (allowed: SERVICES)"
    ),
    ("until: 2027-01-04T08:00", "until: 2026-12-18T18:00"): (
        "freezes.yaml:10: freezes[0].until: must be later than from, which is 2026-12-18T18:00"
    ),
    ("until: 2027-01-04T08:00", "until: 2027-01-04"): (
        "freezes.yaml:10: freezes[0].until: must be a local time of this century or the next, written like "
        "2026-12-18T18:00 (it is '2027-01-04')"
    ),
    ("    until: 2027-01-04T08:00\n", ""): (
        "freezes.yaml:4: freezes[0]: give either from and until, or rrule, start and duration"
    ),
    ("BYDAY=FR", "BYDAY=SA"): (
        "freezes.yaml:15: freezes[1].start: must be an occurrence of the rule, whose next one is 2026-01-03T18:00"
    ),
    ("BYDAY=FR", "BYMONTH=2;BYMONTHDAY=31"): (
        "freezes.yaml:14: freezes[1].rrule: never holds: it has no occurrence in the twelve years from start on"
    ),
    ("62h", "7d"): (
        "freezes.yaml:16: freezes[1].duration: is the whole time between two occurrences: the freeze would always hold"
    ),
    ("62h", "8d"): (
        "freezes.yaml:16: freezes[1].duration: is longer than the time between two occurrences, "
        "which is 7 days, 0:00:00"
    ),
    ("id: weekends", "id: year-end"): (
        "freezes.yaml:11: freezes[1].id: year-end is the id of another one already; give it one of its own"
    ),
    ("freeze: year-end", "freeze: year"): (
        "freezes.yaml:19: overrides[0].freeze: no freeze 'year'; did you mean year-end? (allowed: weekends, year-end)"
    ),
    ("    service: cart", "    service: all"): (
        "freezes.yaml:21: overrides[0].service: no service 'all' (allowed: SERVICES)"
    ),
    ("2026-12-25T09:00:00+01:00", "2026-12-27T09:00:01Z"): (
        "freezes.yaml:25: overrides[0].expires: must be later than not_before, by at most 72 hours"
    ),
    ("2026-12-25T09:00:00+01:00", "2026-12-25T09:00:00"): (
        "freezes.yaml:25: overrides[0].expires: has no time zone; write it like 2026-01-31T12:00:00Z "
        "(it is '2026-12-25T09:00:00')"
    ),
    ("    expires: 2026-12-25T09:00:00+01:00\n", ""): (
        "freezes.yaml:18: overrides[0].expires is missing: when it stops, at most 72 hours later"
    ),
    ("customers cannot pay", '" "'): (
        "freezes.yaml:22: overrides[0].reason: must be one line of at most 500 readable characters (it is ' ')"
    ),
}


@pytest.mark.parametrize(("change", "says"), MISTAKES.items(), ids=[f"{old} {new}".strip() for old, new in MISTAKES])
def test_a_mistake_is_named_with_file_line_key_and_remedy(
    config: Directory, change: tuple[str, str], says: str
) -> None:
    assert change[0] in GOOD
    services = ", ".join(sorted(path.stem for path in (config.path / "services").glob("*.yaml")))
    config.write("freezes.yaml", GOOD.replace(*change))

    assert config.problems() == (
        says.replace("SERVICES", services).replace("{ZONES}", f"tzdata {tzdata.IANA_VERSION}"),
    )
