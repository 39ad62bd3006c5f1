"""Two configurations as the rules that they make, compared."""

from promoter.config import Configuration
from promoter.core.beside_policies import denial_changes, freeze_changes, override_changes
from promoter.core.exception_changes import exception_changes
from promoter.core.policy_change import Rules, compare
from promoter.core.policy_exception import PolicyException
from promoter.core.strictness.order import Change


def rules_of(configuration: Configuration) -> Rules:
    """Give what of a configuration decides what may be promoted; where the bot runs and whom it talks to does not."""
    services = configuration.services
    return Rules(
        graph=configuration.graph,
        services=services,
        policies=configuration.policies,
        demands={name: configuration.demands(service) for name, service in services.items()},
    )


def compare_configurations(before: Configuration, after: Configuration) -> tuple[Change, ...]:
    """Give every change of the rules, weaker ones first."""
    besides = (
        *denial_changes(before.denials, after.denials),
        *freeze_changes(before.freezes.freezes, after.freezes.freezes),
        *override_changes(before.freezes.overrides, after.freezes.overrides),
        *exception_changes(_exceptions(before), _exceptions(after)),
    )
    return compare(rules_of(before), rules_of(after), besides)


def tell_weaker(before: Configuration, after: Configuration) -> tuple[str, ...]:
    """Say in words what got weaker, or cannot be compared."""
    changes = compare_configurations(before, after)
    return tuple(f"{one.place}: {one.sentence}" for one in changes if one.strictness.counts_as_weaker)


def _exceptions(configuration: Configuration) -> tuple[PolicyException, ...]:
    return tuple(one.exception for one in configuration.exceptions)
