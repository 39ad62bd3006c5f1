"""Rules as they are kept: read again by their digest, from the disk or from the kept bytes, and which are in force."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from promoter.config import Configuration, PromoterFile, load
from promoter.config_bundle import parse_bundle
from promoter.core.bundle import Bundle
from promoter.core.candidate import Digest
from promoter.core.environment import Environment
from promoter.core.estate import Estate
from promoter.core.ruleset import RawFile, is_rule
from promoter.journal import Journal
from promoter.ports import Blobs, InForce, RulesStore
from promoter.strict_yaml import ConfigError


@dataclass(frozen=True, slots=True)
class Machine:
    """The configuration directory, its `promoter.yaml` read, and the variables that fill it in."""

    directory: Path
    variables: Mapping[str, str]
    main: PromoterFile

    def load(self, rules: Path | None = None, graph: tuple[Environment, ...] | None = None) -> Configuration:
        """Read the configuration with the rules of another folder; raises ConfigError."""
        return load(self.directory, self.variables, rules, graph)


@dataclass(frozen=True, slots=True)
class Found:
    """What a source of rules has: its head, the files there, and what they say."""

    head: str
    files: tuple[RawFile, ...]
    configuration: Configuration

    @property
    def bundle(self) -> Bundle:
        """The bundle that the files make."""
        return self.configuration.bundle


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where rules and what became of them are kept."""

    store: RulesStore
    blobs: Blobs
    journal: Journal

    def keep(self, found: Found) -> None:
        """Keep the bytes of rules, durable before any entry names them."""
        rules = tuple(file for file in found.files if is_rule(file.path))
        for file in rules:
            self.blobs.put(file.raw)
        self.blobs.put(found.bundle.body)
        self.store.keep(rules, found.bundle.body)

    def read(self, bundle: Digest, machine: Machine) -> Configuration:
        """Read rules that were in force; raises ConfigError where their bytes are lost, or say nothing any more."""
        folder, body = self.store.find(bundle) or self._restored(bundle)
        return machine.load(folder, parse_bundle(body).graph)

    def point(self, estate: Estate) -> None:
        """Say on disk what the ledger says, for commands that read the configuration alone."""
        active = estate.active
        assert active is not None, "something is in force"
        known = InForce(active.bundle, active.commit, active.head)
        if self.store.in_force() != known:
            self.store.put_in_force(known)

    def _restored(self, digest: Digest) -> tuple[Path, bytes]:
        body = self.blobs.get(digest)
        listed = parse_bundle(body).files if body is not None else ()
        raws = {file.path: self.blobs.get(file.digest) for file in listed}
        files = tuple(RawFile(path, raw) for path, raw in raws.items() if raw is not None)
        if body is None or len(files) < len(listed):
            raise ConfigError(f"rules {digest}: their files are not kept any more; bring back the blobs of this state")
        return self.store.keep(files, body), body


def read_in_force(machine: Machine, store: RulesStore) -> Configuration:
    """Read the configuration with the rules in force, asking nobody; raises ConfigError.

    Those of a plain directory are its files as they are, unless a person went back from just these; those from git are
    what the bot took over last.
    """
    known, rules = store.in_force(), machine.main.rules
    if rules is None:
        written = machine.load()
        if known is None or written.bundle.digest != known.head:
            return written
    elif known is None:
        raise ConfigError(f"rules: none from {rules.repository} are in force yet; `promoter once` takes them over")
    place = store.find(known.bundle)
    if place is None:
        raise ConfigError(f"rules {known.bundle}: their files are not whole any more; `promoter once` mends them")
    return machine.load(place[0], parse_bundle(place[1]).graph)
