"""Slots of environments that admit only so many services at once, claimed by the ledger's compare-and-swap."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from promoter.config import Configuration
from promoter.core.candidate import Candidate
from promoter.core.conditions import Conditions
from promoter.core.environment import Environment, Service, subgraph
from promoter.core.estate import Estate
from promoter.core.gates import shut_gates
from promoter.core.history import History
from promoter.core.record import Announced, AnyEntry
from promoter.core.slots import holders
from promoter.journal import Journal


class Claims:
    """What the gates are computed from under one configuration, and the one place where a proposal is announced."""

    def __init__(self, journal: Journal, configuration: Configuration) -> None:
        self._journal = journal
        self._configuration = configuration

    def conditions(self, service: Service, now: datetime) -> Conditions:
        """Give what shuts the gates of a service now, but for what nobody was asked for: the health of what runs."""
        graph, freezes = subgraph(self._configuration.graph, service.targets), self._configuration.freezes
        return Conditions(graph, now, self._journal.estate(), freezes, occupied=self.occupied())

    def occupied(self) -> Mapping[str, tuple[Candidate, ...]]:
        """Give who takes the slots now, of every environment that limits them."""
        return self._occupied(self._journal.histories()) if self._limited() else {}

    def announce(self, conditions: Conditions, node: Environment, announced: Announced) -> bool:
        """Announce a proposal if every gate still is open for it as the ledger is at that very moment; tells whether.

        The gates are looked at with the histories of all services, and what is appended meanwhile by anybody else
        makes it look again: so the last slot is taken once, however many try.
        """

        def entries(histories: Mapping[str, History], estate: Estate) -> tuple[AnyEntry, ...]:
            now = replace(conditions, estate=estate, occupied=self._occupied(histories))
            history = histories.get(announced.service, History())
            return () if shut_gates(now, node, announced.candidate, history) else (announced,)

        return bool(self._journal.write_across(entries))

    def _limited(self) -> tuple[Environment, ...]:
        return tuple(node for node in self._configuration.graph if node.at_once is not None)

    def _occupied(self, histories: Mapping[str, History]) -> Mapping[str, tuple[Candidate, ...]]:
        """Count the services that are configured: of others, nobody would see that their proposal has ended."""
        return {node.name: holders(node.name, self._of(node.name, histories)) for node in self._limited()}

    def _of(self, environment: str, histories: Mapping[str, History]) -> Mapping[str, History]:
        services = self._configuration.services.items()
        mine = (name for name, service in services if environment in service.targets)
        return {name: histories[name] for name in mine if name in histories}
