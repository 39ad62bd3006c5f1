"""Since when a release soaks in an environment, and what really runs there: deployments followed, soaks ended. Pure."""

from datetime import datetime

from promoter.core.environment import Environment
from promoter.core.history import History, Spot
from promoter.core.record import AnyEntry, RuntimeSeen, StandingMoved
from promoter.core.runtime import Health, Runtime
from promoter.core.standing import Standing, StandingEvent
from promoter.core.view import View


def follow_runtimes(view: View, history: History) -> tuple[AnyEntry, ...]:
    """Write down what runs where it says something new; that it still says the same is no news."""
    return tuple(
        _seen(view, environment, runtime)
        for environment, runtime in sorted(view.sight.runtimes.items())
        if _is_news(history.runtimes.get(environment), runtime)
    )


def _is_news(known: RuntimeSeen | None, runtime: Runtime) -> bool:
    if runtime.health is Health.UNKNOWN and not runtime.identity:
        return False  # nobody answered: that is a trouble, and nothing about what runs
    said = (runtime.health, runtime.digests, runtime.revision, runtime.identity)
    return known is None or (known.health, known.digests, known.revision, known.identity) != said


def _seen(view: View, environment: str, runtime: Runtime) -> RuntimeSeen:
    return RuntimeSeen(
        at=view.sight.now,
        service=view.service.name,
        environment=environment,
        health=runtime.health,
        source=runtime.source,
        digests=runtime.digests,
        revision=runtime.revision,
        identity=runtime.identity,
        observed=runtime.at,
        detail=runtime.detail,
    )


def soaks_since(environment: Environment, history: History, spot: Spot, digest: str) -> datetime | None:
    """Give since when a promoted release soaks: since it is healthy without a break, where health is asked for.

    None where it does not soak now. What a source said before the release was promoted is not about it.
    """
    if spot.since is None or environment.health is None:
        return spot.since
    seen = history.runtimes.get(environment.name)
    if seen is None or seen.health is not Health.HEALTHY or (seen.digests and digest not in seen.digests):
        return None
    return max(spot.since, seen.at)


def soak_ends(environment: Environment, history: History, spot: Spot, digest: str) -> datetime | None:
    """Give when a promoted release will have soaked, if nothing changes; None where that cannot be said."""
    since = soaks_since(environment, history, spot, digest)
    return since + environment.soak if since else None


def follow_soaks(view: View, history: History) -> tuple[AnyEntry, ...]:
    """Settle what has run long enough, and healthily where that is asked for."""
    entries: list[AnyEntry] = []
    for environment in view.graph:
        candidate = history.running(environment.name)
        spot = history.spot(environment.name, candidate) if candidate else None
        if not candidate or not spot or spot.standing is not Standing.PROMOTED:
            continue
        ends = soak_ends(environment, history, spot, candidate.digest)
        if ends and view.sight.now >= ends and _is_answered(view, environment):
            entries.append(
                StandingMoved(
                    at=view.sight.now,
                    service=candidate.service,
                    release=candidate.release,
                    digest=candidate.digest,
                    environment=environment.name,
                    event=StandingEvent.SOAKED,
                    state=Standing.SETTLED,
                )
            )
    return tuple(entries)


def _is_answered(view: View, environment: Environment) -> bool:
    """Tell whether its health is known at this very look: what was healthy before an outage may not be now."""
    runtime = view.sight.runtimes.get(environment.name)
    return environment.health is None or (runtime is not None and runtime.health is Health.HEALTHY)
