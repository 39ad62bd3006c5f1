"""What became stricter or looser between two whole sets of rules, each thing once, in words.

Rule 1: everything that can be said in the rules is compared; what no order is known of counts as weaker where it
changes at all.
Rule 2: what is demanded of a service is compared as it arrives there, whatever it is put together from.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from promoter.core.environment import Environment, MergeMode, ProposeMode, Service
from promoter.core.policy import Policy
from promoter.core.policy_lines import policy_changes
from promoter.core.strictness.comparison import Comparison, Part, changes_of, exact, part
from promoter.core.strictness.lattice import demanded, elsewhere, fields_of, larger, more, same, smaller
from promoter.core.strictness.order import Change, Strictness
from promoter.core.strictness.words import listed
from promoter.core.target import Target

_ORDER: Final = (Strictness.WEAKER, Strictness.INCOMPARABLE, Strictness.STRONGER)


@dataclass(frozen=True, slots=True)
class Rules:
    """All that decides what may be promoted: the graph, the services, and what each environment demands of each.

    `demands` is by service, then by environment; `policies` is what an environment demands of a service in general.
    """

    graph: tuple[Environment, ...]
    services: Mapping[str, Service]
    policies: Mapping[str, Policy]
    demands: Mapping[str, Mapping[str, Policy]]


def compare(before: Rules, after: Rules, besides: tuple[Change, ...] = ()) -> tuple[Change, ...]:
    """Give every change, weaker ones first; `besides` are those of what is compared elsewhere, like exceptions."""
    found = (
        *_graph_changes(before.graph, after.graph),
        *_policies_changes(before, after),
        *_services_changes(before, after),
        *besides,
    )
    return tuple(sorted(dict.fromkeys(found), key=lambda change: (_ORDER.index(change.strictness), change.place)))


def is_weaker(changes: Iterable[Change]) -> bool:
    """Tell whether anything got weaker, or can not be compared."""
    return any(change.strictness.counts_as_weaker for change in changes)


def weakenings(changes: Iterable[Change]) -> tuple[str, ...]:
    """Say what got weaker, or can not be compared, one line each, as the ledger keeps it; foreign text is still raw."""
    return tuple(f"{one.place}: {one.sentence}" for one in changes if one.strictness.counts_as_weaker)


# --- the graph --------------------------------------------------------------------------------------------------------


def _merges(before: MergeMode, after: MergeMode) -> bool:
    return before is after or after is MergeMode.MANUAL


def _proposes(before: ProposeMode, after: ProposeMode) -> bool:
    return before is after or after is ProposeMode.MANUAL


def _comes_after(before: Environment, after: Environment) -> bool:
    """Tell whether every upstream is still demanded; of a group one is enough, so that a part of it asks for more."""
    olds, news = (
        [*({name} for name in node.after), *(set(group) for group in node.either)] for node in (before, after)
    )
    return all(any(new <= old for new in news) for old in olds)


ENVIRONMENT: Final = Comparison(
    (
        *exact("name"),
        Part(("after", "either"), _comes_after, "it comes after other environments"),
        part("soak", larger),
        part("health", demanded(same), "somebody else says what is healthy"),
        part("approvals", larger),
        part("merge", _merges),
        part("propose", _proposes),
        part("at_once", demanded(smaller)),
    )
)
"""How the nodes of the graph are compared."""


def _graph_changes(before: tuple[Environment, ...], after: tuple[Environment, ...]) -> Iterator[Change]:
    olds, news = ({node.name: node for node in graph} for graph in (before, after))
    for name, node in olds.items():
        if name in news:
            yield from changes_of(ENVIRONMENT, node, news[name], f"environment {name}")
        else:
            yield Change(Strictness.WEAKER, f"environment {name}", "is gone: nothing stops there any more")
    for name in news.keys() - olds.keys():
        sentence = "is new: releases may be proposed there, and nothing was demanded there before"
        yield Change(Strictness.INCOMPARABLE, f"environment {name}", sentence)


# --- policies ---------------------------------------------------------------------------------------------------------


def _policies_changes(before: Rules, after: Rules) -> Iterator[Change]:
    """Compare what environments demand in general, then of each service what differs from that."""
    general = {
        name: tuple(policy_changes(policy, after.policies[name], name))
        for name, policy in before.policies.items()
        if name in after.policies
    }
    for changes in general.values():
        yield from changes
    for service, demands in before.demands.items():
        for name, policy in demands.items():
            now = after.demands.get(service, {}).get(name)
            if now is None or _is_general(policy, now, before, after):
                continue
            known = {(one.strictness, one.sentence) for one in general.get(name, ())}
            found = policy_changes(policy, now, f"{name} for {service}")
            yield from (one for one in found if (one.strictness, one.sentence) not in known)


def _is_general(old: Policy, new: Policy, before: Rules, after: Rules) -> bool:
    name = old.environment
    return before.policies.get(name) == old and after.policies.get(name) == new


# --- services ---------------------------------------------------------------------------------------------------------


_OTHER_RELEASES: Final = "it takes releases from elsewhere, or other ones"

SERVICE: Final = Comparison(
    (
        *exact("name", "image", "source", "tag", "releases", why=_OTHER_RELEASES),
        part("facts", fields_of(classes=more, exposure=same), "checks that ask for it judge otherwise"),
        part("targets", elsewhere),
    )
)
"""How services are compared; their targets are compared environment by environment."""


def _services_changes(before: Rules, after: Rules) -> Iterator[Change]:
    for name, service in before.services.items():
        if name in after.services:
            yield from changes_of(SERVICE, service, after.services[name], f"service {name}")
            yield from _targets_changes(service, after.services[name], after.graph)
        else:
            yield Change(Strictness.WEAKER, f"service {name}", "is gone: nobody watches what it runs any more")
    for name in sorted(after.services.keys() - before.services.keys()):
        service = after.services[name]
        sentence = f"is new: what {service.source} builds may be proposed for {', '.join(service.targets)} now"
        yield Change(Strictness.INCOMPARABLE, f"service {name}", sentence)


def _targets_changes(before: Service, after: Service, graph: tuple[Environment, ...]) -> Iterator[Change]:
    place = f"service {before.name}"
    for name, targets in before.targets.items():
        if name in after.targets:
            yield from _paths_changes(targets, after.targets[name], f"{place} in {name}")
        else:
            yield Change(Strictness.WEAKER, place, f"skips the environment {name}")
    for name in after.targets.keys() - before.targets.keys():
        is_between = any(name in node.upstream and node.name in before.targets for node in graph)
        sentence = f"passes through the environment {name} now" if is_between else f"may be proposed for {name} now"
        yield Change(Strictness.STRONGER if is_between else Strictness.INCOMPARABLE, place, sentence)


def _paths_changes(before: tuple[Target, ...], after: tuple[Target, ...], place: str) -> Iterator[Change]:
    """Compare pins: what is pinned no more is skipped, and a file more is one that the bot keeps pinned."""
    gone, new = ([one for one in some if one not in others] for some, others in ((before, after), (after, before)))
    if gone:
        yield Change(Strictness.WEAKER, place, f"skips what it pinned: {listed(map(_pin, gone))}")
    if new:
        yield Change(Strictness.STRONGER, place, f"pins more: {listed(map(_pin, new))}")


def _pin(target: Target) -> str:
    inside = f" at {'.'.join(map(str, target.at))}" if target.at else ""
    named = f" ({target.name})" if target.name else ""
    return f"{target.path}{inside}{named}"
