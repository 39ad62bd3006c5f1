"""Builds the real world from the configuration: the only file that names concrete adapters."""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from promoter.adapters.blobs_files import FileBlobs
from promoter.adapters.clock_system import SystemClock
from promoter.adapters.config_directory import DirectoryRules
from promoter.adapters.config_git import GitRules, RulesPlace
from promoter.adapters.environments_git import Bot, GitEnvironments
from promoter.adapters.expressions_cel import CelExpressions
from promoter.adapters.forge_github import GithubForge
from promoter.adapters.ledger_sql import SqlLedger
from promoter.adapters.notes_ed25519 import Ed25519Signer, Ed25519Verifier, open_signer
from promoter.adapters.registry_oci import OciRegistry
from promoter.adapters.rules_files import KeptRules
from promoter.adapters.signatures_sigstore import SigstoreSignatures, UnusableTrustRoot
from promoter.adapters.signatures_sigstore.members import read_members
from promoter.adapters.signatures_sigstore.trust import Trust
from promoter.adapters.source_github import GithubSource
from promoter.adapters.trust_files import KeptRootStore, OwnRootFile
from promoter.adapters.trust_tuf import TufSource, embedded_root
from promoter.approvals import SignedApprovals
from promoter.config import Configuration, PromoterFile, RegistryFile
from promoter.config_files import RulesFile
from promoter.core.candidate import Digest
from promoter.core.denial import Denial
from promoter.core.trust_root import Member
from promoter.grants import Answers, Brought, answers_of, nobody
from promoter.journal import Journal
from promoter.ports import (
    Clock,
    Cluster,
    ConfigSource,
    Expressions,
    Outside,
    OutsideError,
    RulesStore,
    Signatures,
)
from promoter.reconcile import Reconciler
from promoter.rulebook import Rulebook
from promoter.shelf import Machine, Shelf
from promoter.strict_yaml import ConfigError
from promoter.strides import Compares
from promoter.transport.git import Remote
from promoter.transport.git_names import parse_address
from promoter.transport.github import AccountToken, AppInstallation, GithubClient
from promoter.transport.registry_auth import Endpoint
from promoter.transport.registry_credentials import Account, Anonymous, DockerConfig
from promoter.trust import AgeingSignatures, RootInUse, RootRefresh, RootWatch
from promoter.verification import World as Verification
from promoter.wiring_clusters import open_clusters


@dataclass(frozen=True, slots=True)
class Store:
    """What the bot keeps on disk, opened: enough to read the ledger without asking the world anything."""

    ledger: SqlLedger
    blobs: FileBlobs
    signer: Ed25519Signer
    journal: Journal
    beginning: str = ""
    """One line for the operator where the ledger was made just now; empty where it was there."""


def open_store(main: PromoterFile, directory: Path) -> Store:
    """Open the state directory, creating it at the first start; raises ConfigError where that is impossible.

    A ledger that was there keeps its key: one that is lost is not replaced behind anybody's back.
    """
    state = (directory / main.state).resolve()
    try:
        state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"{state}: the state directory cannot be made: {error.strerror}; set `state`") from None
    key, file = state / "ledger.key", state / "ledger.sqlite"
    beginning = "" if file.exists() else f"a new ledger begins in {file}; its key is {key}"
    if not beginning and not key.exists():
        raise ConfigError(
            f"{key} is missing, and the ledger beside it was signed with it; bring it back from your copy of {state}, "
            "or begin another ledger in another `state`"
        )
    signer = open_signer(key, main.origin)
    ledger = SqlLedger(file, main.origin, signer)
    return Store(ledger, FileBlobs(state / "blobs"), signer, Journal(ledger), beginning)


def refuse_other_ledger(now: PromoterFile, fresh: PromoterFile) -> None:
    """Raise ConfigError where a changed configuration names another ledger: the one in use stays until a restart."""
    changed = [key for key in ("state", "origin") if getattr(now, key) != getattr(fresh, key)]
    if changed:
        raise ConfigError(f"{' and '.join(changed)} cannot be changed while the bot runs; stop it, and start it again")


def open_verifier(store: Store) -> Ed25519Verifier:
    """Give what verifies checkpoints that this store's key signed."""
    return Ed25519Verifier(str(store.signer.verifier_key))


@contextmanager
def held_state(main: PromoterFile, directory: Path) -> Iterator[None]:
    """Keep every other process from acting on the same state meanwhile; raises ConfigError where one does already."""
    state = (directory / main.state).resolve()
    state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (state / "acting.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigError(f"{state}: another Promoter acts on this state; stop it first") from None
        yield


def open_expressions() -> Expressions:
    """Give what evaluates the expressions of policies, each in a process of its own."""
    return CelExpressions()


def open_clock() -> Clock:
    """Give the clock of this machine."""
    return SystemClock()


def open_registry(main: PromoterFile, directory: Path) -> OciRegistry:
    """Build the registry client for every configured host."""
    endpoints = tuple(_endpoint(host, file, directory) for host, file in main.registries.items())
    try:
        return OciRegistry(endpoints)
    except ValueError as error:
        raise ConfigError(f"registries: {error}") from None


def trust_folder(main: PromoterFile, directory: Path) -> Path:
    """Give the folder of the bot's state in which a fetched trusted root is kept."""
    return (directory / main.state).resolve() / "trust"


def open_root(main: PromoterFile, directory: Path, folder: Path | None = None) -> RootInUse:
    """Give the trusted root with its age; asks nobody. `folder` is another place for a fetched one than the state."""
    store = (
        KeptRootStore(folder or trust_folder(main, directory), main.trust.tuf)
        if main.trust.tuf
        else OwnRootFile(directory / (main.trust.root or ""))
    )
    return RootInUse(store, main.trust.limits, open_clock())


def open_root_refresh(main: PromoterFile, directory: Path, folder: Path | None = None) -> RootRefresh | None:
    """Give what fetches the trusted root; None where it is a file. Raises ConfigError for an unknown instance."""
    url, place = main.trust.tuf, folder or trust_folder(main, directory)
    if url is None:
        return None
    source = TufSource(url, _bootstrap(main, directory, url), place / "tuf")
    return RootRefresh(KeptRootStore(place, url), source, make_signatures, main.trust.refresh, open_clock())


def open_root_watch(main: PromoterFile, directory: Path, used: Digest) -> RootWatch:
    """Give what the running bot does about its trusted root, of which the one of the digest `used` was loaded."""
    return RootWatch(open_root(main, directory), open_root_refresh(main, directory), used)


def open_signatures(main: PromoterFile, directory: Path, folder: Path | None = None) -> Signatures:
    """Load the trusted root, fetched where none is kept yet; raises ConfigError where it cannot be used."""
    root = open_root(main, directory, folder)
    refresh = open_root_refresh(main, directory, folder)
    try:
        if refresh is None:
            return AgeingSignatures(SigstoreSignatures.from_file(root.store.place), root)
        refresh.run_first()
        return AgeingSignatures(make_signatures(root.load().raw, str(root.store.place)), root)
    except UnusableTrustRoot as error:
        raise ConfigError(f"trust.{'tuf' if main.trust.tuf else 'root'}: {error}") from None


def list_members(raw: bytes, origin: str) -> tuple[Member, ...]:
    """List the authorities and logs of a trusted root; raises ConfigError for one that cannot be used."""
    try:
        return read_members(raw, origin)
    except UnusableTrustRoot as error:
        raise ConfigError(str(error)) from None


def open_client(main: PromoterFile, directory: Path) -> GithubClient:
    """Build the forge's client with the bot's credential."""
    forge = main.forge
    if forge.app:
        key = _secret(directory / forge.app.key_file, "forge.app.key_file")
        return _client(forge.api, AppInstallation(forge.app.id, forge.app.installation, key))
    assert forge.token_file is not None
    return _client(forge.api, AccountToken(_secret(directory / forge.token_file, "forge.token_file")))


@dataclass(frozen=True, slots=True)
class Clients:
    """What asks the world, with every credential and the trusted root read; nothing has been asked or made yet."""

    registry: OciRegistry
    signatures: Signatures
    sources: GithubSource
    environments: GitEnvironments
    forge: GithubForge
    clusters: Mapping[str, Cluster]


def open_clients(main: PromoterFile, directory: Path) -> Clients:
    """Build what asks the world; raises ConfigError for what cannot be read, before anything is made."""
    client = open_client(main, directory)
    remote = Remote(parse_address(main.forge.address), client.token)
    state = (directory / main.state).resolve()
    return Clients(
        registry=open_registry(main, directory),
        sources=GithubSource(client, urlsplit(main.forge.host).netloc),
        environments=GitEnvironments(
            remote, state / "environments.git", main.forge.branch, Bot(main.bot.name, main.bot.email)
        ),
        forge=GithubForge(client, main.forge.repository, main.forge.branch),
        clusters=open_clusters(main, directory),
        signatures=open_signatures(main, directory),  # last: where no root is kept yet, it is fetched
    )


def open_outside(configuration: Configuration, directory: Path, store: Store) -> Outside:
    """Build the whole world."""
    return _outside(open_clients(configuration.promoter, directory), store)


def open_reconciler(
    configuration: Configuration,
    clients: Clients,
    store: Store,
    is_stopping: Callable[[], bool] = lambda: False,
    answers: Answers = nobody,
) -> Reconciler:
    """Build what reconciles the services of a configuration; `is_stopping` is asked between its actions.

    `answers` tells who answers for the files of its rules.
    """
    return Reconciler(_outside(clients, store), configuration, store.journal, is_stopping, answers)


def open_rules_store(main: PromoterFile, directory: Path) -> RulesStore:
    """Give the rules that were in force, as they are kept in the state."""
    return KeptRules((directory / main.state).resolve() / "rules")


def open_rulebook(machine: Machine, store: Store, compares: Compares) -> Rulebook:
    """Build what takes rules over; `compares` says what is weaker in other rules."""
    main, directory = machine.main, machine.directory
    signers = main.rules.signers if main.rules else {}
    signed = SignedApprovals(
        {name: signer.rule for name, signer in signers.items()}, lambda: open_signatures(main, directory)
    )
    shelf = Shelf(open_rules_store(main, directory), store.blobs, store.journal)
    return Rulebook(machine, open_rules_source(main, directory), shelf, signed, compares, open_clock())


def open_rules_source(main: PromoterFile, directory: Path) -> ConfigSource:
    """Give where the rules are kept: a branch at the forge, or the configuration directory itself."""
    if main.rules is None:
        return DirectoryRules(directory)
    return _git_rules(main, main.rules, directory, (directory / main.state).resolve())


def open_answers(main: PromoterFile, directory: Path, scratch: Path) -> Answers:
    """Give what tells who answers for the rules in force; the forge is asked first when somebody asks.

    Their history is fetched into `scratch`: the bot's own clone stays the bot's.
    """
    rules, known = main.rules, open_rules_store(main, directory).in_force()
    if rules is None or known is None:
        return nobody

    @cache
    def fetched() -> Answers:
        source = _git_rules(main, rules, directory, scratch)
        source.head()
        return answers_of(source, known.commit)

    def ask(path: str) -> Brought | None:
        return fetched()(path)

    return ask


def _git_rules(main: PromoterFile, rules: RulesFile, directory: Path, folder: Path) -> GitRules:
    client = open_client(main, directory)
    remote = Remote(parse_address(main.forge.address_of(rules.repository)), client.token)
    return GitRules(remote, folder / "rules.git", client, RulesPlace(rules.repository, rules.branch, rules.path))


def open_verification(
    main: PromoterFile, directory: Path, scratch: Path, denials: tuple[Denial, ...] = ()
) -> Verification:
    """Build what a verdict on demand needs; evidence is kept in `scratch` only."""
    return Verification(
        registry=open_registry(main, directory),
        sources=GithubSource(open_client(main, directory), urlsplit(main.forge.host).netloc),
        signatures=open_signatures(main, directory, None if _is_kept(main, directory) else scratch / "trust"),
        blobs=FileBlobs(scratch, durable=False),
        expressions=CelExpressions(),
        denials=denials,
        answers=open_answers(main, directory, scratch),
    )


def _is_kept(main: PromoterFile, directory: Path) -> bool:
    """Tell whether a bot has left a trusted root here that this account can read."""
    try:
        return open_root(main, directory).store.load() is not None
    except OutsideError:
        return False


def _bootstrap(main: PromoterFile, directory: Path, url: str) -> bytes:
    """Give the root.json that an instance's keys are first known by; raises ConfigError where there is none."""
    if main.trust.bootstrap is None:
        found = embedded_root(url)
        if found is None:
            raise ConfigError(f"trust: {url} is not known here; set bootstrap to a file with its first root.json")
        return found
    path = directory / main.trust.bootstrap
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"trust.bootstrap: {path} cannot be read: {error.strerror}") from None


def make_signatures(raw: bytes, origin: str) -> SigstoreSignatures:
    """Make a verifier from the bytes of a kept trusted root."""
    return SigstoreSignatures(Trust.from_bytes(raw, origin))


def _outside(clients: Clients, store: Store) -> Outside:
    return Outside(
        clock=open_clock(),
        registry=clients.registry,
        signatures=clients.signatures,
        sources=clients.sources,
        environments=clients.environments,
        forge=clients.forge,
        ledger=store.ledger,
        blobs=store.blobs,
        expressions=CelExpressions(),
        clusters=clients.clusters,
    )


def _client(api: str, credential: AccountToken | AppInstallation) -> GithubClient:
    try:
        return GithubClient(api, credential)
    except ValueError as error:
        raise ConfigError(f"forge: {error}") from None


def _endpoint(host: str, file: RegistryFile, directory: Path) -> Endpoint:
    if file.username:
        if file.password_file is None:
            raise ConfigError(f"registries.{host}: username needs password_file")
        secret = _secret(directory / file.password_file, f"registries.{host}.password_file")
        return Endpoint(host, file.endpoint or "", Account(file.username, secret), file.token_hosts)
    config = directory / file.docker_config if file.docker_config else _docker_config()
    return Endpoint(host, file.endpoint or "", DockerConfig(config) if config else Anonymous(), file.token_hosts)


def _docker_config() -> Path | None:
    """Give the Docker configuration of the account the bot runs under, if it has one."""
    home = os.environ.get("DOCKER_CONFIG") or str(Path("~/.docker").expanduser())
    path = Path(home) / "config.json"
    return path if path.is_file() else None


def _secret(path: Path, key: str) -> str:
    try:
        text = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{key}: {path} cannot be read: {getattr(error, 'strerror', 'not UTF-8')}") from None
    if not text:
        raise ConfigError(f"{key}: {path} is empty; put the secret into it")
    return text
