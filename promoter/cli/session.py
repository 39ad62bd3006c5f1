"""What every command begins with: the configuration directory, read strictly, and the store beside it."""

import os
from dataclasses import dataclass
from pathlib import Path

from promoter.config import Configuration, load
from promoter.config_errors import suggest
from promoter.core.denial import Denial
from promoter.core.environment import Service
from promoter.denials import together
from promoter.strict_yaml import ConfigError
from promoter.verification import parse_reference
from promoter.wiring import Store, open_store


@dataclass(frozen=True, slots=True)
class Session:
    """The configuration directory that a command works on."""

    directory: Path

    def configuration(self) -> Configuration:
        """Read the configuration; raises ConfigError."""
        return load(self.directory, os.environ)

    def store(self, configuration: Configuration) -> Store:
        """Open ledger and blobs, made at the first start."""
        return open_store(configuration.promoter, self.directory)

    def has_ledger(self, configuration: Configuration) -> bool:
        """Tell whether a bot has run here, as far as this account can see."""
        return (self.directory / configuration.promoter.state / "ledger.sqlite").is_file()

    def kept_store(self, configuration: Configuration) -> Store:
        """Open the ledger and blobs of a bot that has run; raises ConfigError where none has, and makes nothing."""
        state = (self.directory / configuration.promoter.state).resolve()
        try:
            (state / "ledger.sqlite").stat()
        except OSError as error:
            advice = "has the bot run here, with this configuration, as this account?"
            raise ConfigError(f"{state}: no ledger can be read ({error.strerror}); {advice}") from None
        return self.store(configuration)

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
