"""What people decide beside the bot: holds, their ends, and releases that they ask for. Checked, then written down."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from promoter.config_errors import suggest
from promoter.core.environment import Environment, ProposeMode, Service
from promoter.core.estate import Estate
from promoter.core.history import History, Known
from promoter.core.holds import of_release
from promoter.core.plan import REFUSED, outranks
from promoter.core.record import AnyEntry, FreezeEnded, PromotionWanted
from promoter.core.record_estate import Held, HoldEnded
from promoter.core.view import ranking
from promoter.journal import Journal
from promoter.strict_yaml import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who decides, why and when; `account` is whom the machine knows, `actor` whom that account names."""

    actor: str
    account: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a hold is on; what is empty is not limited."""

    service: str = ""
    release: str = ""
    environment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asks for: a release, be it older than what runs."""

    release: str
    is_return: bool = False


def hold(journal: Journal, scope: Scope, person: Person, until: datetime | None) -> Held:
    """Write a hold down; raises ConfigError for one that holds nothing, or that nobody could end by its time."""
    if not (scope.service or scope.environment):
        raise ConfigError("a hold is on a service, an environment or both; name one")
    if scope.release and (scope.environment or until):
        advice = "leave --env and --until out, or hold the whole service"
        raise ConfigError(f"a release that is held is frozen everywhere until a person releases it; {advice}")
    if until and until <= person.at:
        raise ConfigError(f"--until is over already: {until:%Y-%m-%d %H:%M:%SZ}")
    if scope.release:
        _known(journal.history(scope.service), scope.service, scope.release)
    (entry,) = journal.write_estate(lambda estate: (_held(estate, scope, person, until),))
    assert isinstance(entry, Held)
    return entry


def _held(estate: Estate, scope: Scope, person: Person, until: datetime | None) -> Held:
    return Held(
        at=person.at,
        service=scope.service,
        id=f"hold-{estate.held + 1}",
        environment=scope.environment,
        release=scope.release,
        reason=person.reason,
        actor=person.actor,
        until=until,
    )


def end_hold(journal: Journal, name: str, person: Person) -> Held:
    """Write the end of a hold down; raises ConfigError for one that there is not, or that freezes a release."""
    found: list[Held] = []

    def entries(estate: Estate) -> tuple[AnyEntry, ...]:
        held = estate.holds.get(name)
        if held is None:
            raise ConfigError(f"no hold {name!r} stands{suggest(name, estate.holds)}")
        if held.release:
            command = f"promoter release {held.service} {held.release} --reason ..."
            raise ConfigError(f"{name} freezes the release {held.release}; end that with `{command}`")
        found[:] = [held]
        return (_ended(held, person),)

    journal.write_estate(entries)
    return found[0]


def release(journal: Journal, service: str, name: str, person: Person) -> None:
    """End the freeze of a release name, be it by a moved tag, by holds or by both; raises ConfigError for none."""

    def entries(histories: Mapping[str, History], estate: Estate) -> tuple[AnyEntry, ...]:
        known = _known(histories.get(service, History()), service, name)
        held = tuple(_ended(one, person) for one in of_release(estate, service, name))
        if not known.is_frozen and not held:
            raise ConfigError(f"{known.candidate} is not frozen; there is nothing to release")
        return (_freeze_ended(known, person), *held) if known.is_frozen else held

    journal.write_across(entries)


def ask(journal: Journal, service: Service, node: Environment, wish: Wish, person: Person) -> PromotionWanted:
    """Write down that a person asks for a release in an environment; raises ConfigError where that makes no sense."""

    def entries(history: History) -> tuple[AnyEntry, ...]:
        known = _known(history, service.name, wish.release)
        _refuse(service, node, history, known, wish)
        return (
            PromotionWanted(
                at=person.at,
                service=service.name,
                release=wish.release,
                digest=known.candidate.digest,
                environment=node.name,
                actor=person.actor,
                account=person.account,
                reason=person.reason,
                is_return=wish.is_return,
            ),
        )

    (entry,) = journal.write(service.name, entries)
    assert isinstance(entry, PromotionWanted)
    return entry


def _refuse(service: Service, node: Environment, history: History, known: Known, wish: Wish) -> None:
    """Raise ConfigError for what runs already, what is asked for already, and what does not say where it leads."""
    candidate, running = known.candidate, history.running(node.name)
    spot = history.spot(node.name, candidate)
    if running and running == candidate:
        raise ConfigError(f"{candidate} runs in {node.name} already")
    if spot and spot.wanted and spot.wanted.is_return == wish.is_return:
        raise ConfigError(f"{candidate} is asked for in {node.name} already, by {spot.wanted.actor}")
    is_newer = running is None or outranks(ranking(service, history), candidate.release, running.release)
    if running and not is_newer and not wish.is_return:
        raise ConfigError(
            f"{running.release} runs in {node.name}, which is not older; to go back on purpose, add --back"
        )
    if is_newer and wish.is_return:
        raise ConfigError(f"{candidate} is newer than what runs in {node.name}; leave --back out")
    is_refused = spot is not None and spot.standing in REFUSED
    if is_newer and not is_refused and node.propose is ProposeMode.AUTOMATIC:
        advice = "`promoter explain` says what it waits for"
        raise ConfigError(f"{node.name} proposes by itself what is eligible: there is nothing to ask for; {advice}")


def _known(history: History, service: str, name: str) -> Known:
    known = history.known.get(name)
    if known is None:
        raise ConfigError(f"{service} has no known release {name!r}{suggest(name, history.known)}")
    return known


def _ended(held: Held, person: Person) -> HoldEnded:
    return HoldEnded(at=person.at, service=held.service, id=held.id, reason=person.reason, actor=person.actor)


def _freeze_ended(known: Known, person: Person) -> FreezeEnded:
    candidate = known.candidate
    return FreezeEnded(
        at=person.at,
        service=candidate.service,
        release=candidate.release,
        digest=candidate.digest,
        actor=person.actor,
        reason=person.reason,
        accepted=known.moved_to,
    )
