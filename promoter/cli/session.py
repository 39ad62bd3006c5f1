"""What every command begins with: the configuration directory, read strictly, and the store beside it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from promoter.config import Configuration, PromoterFile, load_machine
from promoter.config_errors import suggest
from promoter.core.denial import Denial
from promoter.core.environment import Service
from promoter.denials import together
from promoter.grants import Grants
from promoter.shelf import Machine, read_in_force
from promoter.strict_yaml import ConfigError
from promoter.verification import parse_reference
from promoter.wiring import Store, open_answers, open_rules_store, open_store


@dataclass(frozen=True, slots=True)
class Session:
    """The configuration directory that a command works on."""

    directory: Path

    def machine(self) -> Machine:
        """Read `promoter.yaml` alone; raises ConfigError."""
        return Machine(self.directory, os.environ, load_machine(self.directory, os.environ))

    def configuration(self) -> Configuration:
        """Read the configuration with the rules that are in force; raises ConfigError."""
        machine = self.machine()
        return read_in_force(machine, open_rules_store(machine.main, self.directory))

    def written(self) -> Configuration:
        """Read the configuration as it is written, in force or not; rules from git are those that were taken over."""
        machine = self.machine()
        return self.configuration() if machine.main.rules else machine.load()

    def store(self, configuration: Configuration) -> Store:
        """Open ledger and blobs, made at the first start."""
        return self.store_of(configuration.promoter)

    def store_of(self, main: PromoterFile) -> Store:
        """Open the same by `promoter.yaml` alone."""
        return open_store(main, self.directory)

    def has_ledger(self, configuration: Configuration) -> bool:
        """Tell whether a bot has run here, as far as this account can see."""
        return (self.directory / configuration.promoter.state / "ledger.sqlite").is_file()

    def kept_store(self, configuration: Configuration) -> Store:
        """Open the ledger and blobs of a bot that has run; raises ConfigError where none has, and makes nothing."""
        return self.kept_store_of(configuration.promoter)

    def kept_store_of(self, main: PromoterFile) -> Store:
        """Open the same by `promoter.yaml` alone: also where no rules are in force."""
        state = (self.directory / main.state).resolve()
        try:
            (state / "ledger.sqlite").stat()
        except OSError as error:
            advice = "has the bot run here, with this configuration, as this account?"
            raise ConfigError(f"{state}: no ledger can be read ({error.strerror}); {advice}") from None
        return self.store_of(main)

    @contextmanager
    def grants(self, configuration: Configuration) -> Iterator[Grants]:
        """Give the exceptions with who answers for them by their forge's word; nothing is kept of what it says."""
        with tempfile.TemporaryDirectory() as folder:
            yield Grants(configuration.exceptions, open_answers(configuration.promoter, self.directory, Path(folder)))

    def denials(self, configuration: Configuration) -> tuple[Denial, ...]:
        """Give what is denied in the file, and by the ledger where there is one; makes nothing."""
        if not ((self.directory / configuration.promoter.state).resolve() / "ledger.sqlite").exists():
            return configuration.denials
        store = self.kept_store(configuration)
        try:
            return together(store.journal.estate().standing_denials, configuration.denials)
        finally:
            store.ledger.close()


def find_service(configuration: Configuration, name: str) -> Service:
    """Give a service by its name; raises ConfigError naming those that exist."""
    if name not in configuration.services:
        raise ConfigError(f"no service {name!r}{suggest(name, configuration.services)}")
    return configuration.services[name]


def find_release(configuration: Configuration, reference: str) -> tuple[Service, str]:
    """Give service and release of a reference, the release empty where only a service is named; raises ConfigError."""
    if not set(reference) & set(":/@"):
        return find_service(configuration, reference), ""
    asked = parse_reference(reference, configuration)
    return asked.service, asked.release


def find_environment(configuration: Configuration, name: str) -> str:
    """Give an environment's name if it exists; raises ConfigError naming those that do."""
    names = [node.name for node in configuration.graph]
    if name not in names:
        raise ConfigError(f"no environment {name!r}{suggest(name, names)}")
    return name
