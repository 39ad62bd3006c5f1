"""What every command begins with: the configuration directory, read strictly, and the store beside it."""

import os
from dataclasses import dataclass
from pathlib import Path

from promoter.config import Configuration, load
from promoter.core.environment import Service
from promoter.strict_yaml import ConfigError
from promoter.wiring import Store, open_store


@dataclass(frozen=True, slots=True)
class Session:
    """The configuration directory that a command works on."""

    directory: Path

    def configuration(self) -> Configuration:
        """Read the configuration; raises ConfigError."""
        return load(self.directory, os.environ)

    def store(self, configuration: Configuration) -> Store:
        """Open ledger and blobs."""
        return open_store(configuration.promoter, self.directory)


def find_service(configuration: Configuration, name: str) -> Service:
    """Give a service by its name; raises ConfigError naming those that exist."""
    if name not in configuration.services:
        raise ConfigError(f"no service {name!r}; configured are {', '.join(sorted(configuration.services))}")
    return configuration.services[name]


def find_environment(configuration: Configuration, name: str) -> str:
    """Give an environment's name if it exists; raises ConfigError naming those that do."""
    names = [node.name for node in configuration.graph]
    if name not in names:
        raise ConfigError(f"no environment {name!r}; configured are {', '.join(names)}")
    return name
