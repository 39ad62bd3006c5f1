"""Reads `config/` strictly: an unknown key, check, signer or environment is an error with file, line and remedy.

Nothing here decides; what a policy means stands in core. All problems of all files are reported at once.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from promoter.core.candidate import digest_of, parse_repository
from promoter.core.canonical import canonical
from promoter.core.checks import CHECKS
from promoter.core.environment import Environment, MergeMode, Service
from promoter.core.finding import Mode
from promoter.core.identity import SignerRule
from promoter.core.policy import Policy, Requirement
from promoter.core.releases import ReleaseRule
from promoter.core.target import Target
from promoter.strict_yaml import ConfigError, Document, Location, read_document

_T = TypeVar("_T")
NAME = r"[a-z0-9]+(?:-[a-z0-9]+)*"


class Strict(BaseModel):
    """A mapping in a file of ours: unknown keys are refused, and nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, use_attribute_docstrings=True)


def _is_url(text: str) -> str:
    if not re.fullmatch(
        r"https://[^/\s?#@]+(/[^\s?#]*)?|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^\s?#]*)?", text
    ):
        raise ValueError("must be an https:// URL without credentials (http:// only on loopback)")
    return text.rstrip("/")


Url = Annotated[str, AfterValidator(_is_url)]
Name = Annotated[str, Field(pattern=f"^{NAME}$", max_length=63)]


class BotFile(Strict):
    """Who the bot is in git: author and committer of its commits."""

    name: str = "promoter"
    """Name in the bot's commits."""
    email: str = "promoter@localhost"
    """E-mail address in the bot's commits; commits by anybody else make the bot keep its hands off a branch."""


class RegistryFile(Strict):
    """Where a registry answers and how the bot logs in to it."""

    endpoint: Url | None = None
    """URL where the registry answers, if that is not `https://<host>`: a mirror, a proxy, a loopback port."""
    username: str = ""
    """Account name; without it the Docker configuration is asked, and else the registry is read anonymously."""
    password_file: Path | None = None
    """File that holds the account's password or token, and nothing else."""
    docker_config: Path | None = None
    """A Docker `config.json` (auths, credHelpers, credsStore) to take credentials from."""
    token_hosts: tuple[str, ...] = ()
    """Further hosts that may be shown the credentials when the registry names them as its token service."""


class AppFile(Strict):
    """A GitHub App installation the bot acts as."""

    id: int
    """The App's id."""
    installation: int
    """The id of its installation."""
    key_file: Path
    """File with the App's private key (PEM)."""


class ForgeFile(Strict):
    """The forge that holds the environment repository and the services' source repositories."""

    host: Url
    """The forge's own URL, as source repositories are named: `https://github.com`."""
    api: Url = "https://api.github.com"
    """URL of its REST API; GitHub Enterprise Server: `https://<host>/api/v3`."""
    git: Url | None = None
    """URL under which git repositories are cloned, if not `host`."""
    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+$")]
    """The environment repository, `owner/name`."""
    branch: str = "main"
    """Its branch that the environments are deployed from."""
    token_file: Path | None = None
    """File that holds the bot's access token. Exactly one of `token_file` and `app`."""
    app: AppFile | None = None
    """Act as a GitHub App instead of by token."""


class TrustFile(Strict):
    """What signatures are verified with."""

    root: Path | None = None
    """A Sigstore `trusted_root.json`. Exactly one of `root` and `tuf`."""
    tuf: Url | None = None
    """A TUF repository to take the trusted root from, for example Sigstore's public-good instance."""


class EnvironmentFile(Strict):
    """A node of the promotion graph."""

    after: tuple[Name, ...] = ()
    """Environments in which a release must have settled before."""
    soak: timedelta = timedelta(0)
    """How long a release runs here before it counts as settled."""
    approvals: Annotated[int, Field(ge=0, le=20)] = 0
    """Approving reviews of the head commit that a proposal needs; the bot's and the release's author's do not count."""
    merge: MergeMode = MergeMode.MANUAL
    """Whether the bot merges what is green and approved, or people do."""


class PromoterFile(Strict):
    """`config/promoter.yaml`."""

    state: Path = Path("/var/lib/promoter")
    """Directory of the bot: ledger, raw evidence, keys, git clone. Back it up."""
    origin: str = "promoter.example/ledger"
    """Name of this ledger in its signed checkpoints (C2SP tlog-checkpoint origin)."""
    poll: timedelta = timedelta(minutes=1)
    """How often each service is looked at."""
    bot: BotFile = BotFile()
    registries: dict[str, RegistryFile] = {}
    """By host, as in image names; a registry that is not listed is read anonymously at `https://<host>`."""
    forge: ForgeFile
    trust: TrustFile
    environments: dict[Name, EnvironmentFile]
    """The promotion graph, by name."""


class SourceFile(Strict):
    """Where a service's source stands."""

    repository: Url
    """URL of the source repository, without `.git`."""
    tag: Annotated[str, Field(pattern=r"^[^{}]*\{release\}[^{}]*$")] = "v{release}"
    """The git tag of a release."""


class ServiceFile(Strict):
    """`config/services/<name>.yaml`."""

    image: str
    """The release repository with its registry's host, as it stands in manifests."""
    source: SourceFile
    releases: ReleaseRule
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    """Where the pins stand; `{environment}` in a path is filled in for every environment."""
    environments: tuple[Name, ...] = ()
    """Environments that this service has; all of them if empty."""


class RequirementFile(BaseModel):
    """A line of `require:`; every other key is a parameter of the check."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    check: str
    """Which check: see the catalogue below."""
    mode: Mode = Mode.ENFORCE
    """`enforce` counts, `warn` is shown only."""
    deadline: timedelta = timedelta(0)
    """How long after its discovery a release may still miss this evidence."""


class PolicyFile(Strict):
    """`config/policies/<environment>.yaml`."""

    signers: dict[Name, SignerRule]
    """Identities by name; each check names those that it accepts."""
    require: Annotated[tuple[RequirementFile, ...], Field(min_length=1)]
    """What a release must show; a policy that enforces nothing is refused."""


@dataclass(frozen=True, slots=True)
class Configuration:
    """Everything in `config/`, read and cross-checked. `graph` is in upstream-first order."""

    promoter: PromoterFile
    graph: tuple[Environment, ...]
    services: Mapping[str, Service]
    policies: Mapping[str, Policy]


def load(directory: Path, variables: Mapping[str, str]) -> Configuration:
    """Read a configuration directory; `variables` fill `${NAME}` and `${NAME:-default}` in promoter.yaml.

    Raises ConfigError with every problem of every file.
    """
    problems: list[str] = []
    main = _attempt(problems, lambda: _promoter(directory / "promoter.yaml", variables))
    if main is None:
        raise ConfigError(*problems)
    graph = _attempt(problems, lambda: _graph(directory / "promoter.yaml", main)) or ()
    names = tuple(node.name for node in graph)
    services, policies = {}, {}
    for path in _files(directory / "services", problems):
        if service := _attempt(problems, partial(_service, path, names)):
            services[service.name] = service
    for path in _files(directory / "policies", problems):
        if policy := _attempt(problems, partial(_policy, path, names)):
            policies[policy.environment] = policy
    if not problems:
        missing = [name for name in names if name not in policies]
        problems += [
            f"{directory / 'policies'}: environment {name} has no policy; write {name}.yaml" for name in missing
        ]
    if problems:
        raise ConfigError(*problems)
    return Configuration(main, graph, services, policies)


def _attempt(problems: list[str], read: Callable[[], _T]) -> _T | None:
    try:
        return read()
    except ConfigError as error:
        problems += error.problems
        return None


def _files(directory: Path, problems: list[str]) -> tuple[Path, ...]:
    found = tuple(sorted(directory.glob("*.yaml")))
    if not found:
        problems.append(f"{directory}: holds no *.yaml file")
    strange = [path for path in directory.glob("*") if path.suffix != ".yaml"] if directory.is_dir() else []
    problems += [f"{path}: is not read; only *.yaml files belong here" for path in sorted(strange)]
    return found


# --- one file each ----------------------------------------------------------------------------------------------------


def _promoter(path: Path, variables: Mapping[str, str]) -> PromoterFile:
    document = read_document(path)
    filled = replace(document, values=_fill(document.values, (), document, variables))
    main = parse(filled, PromoterFile)
    if bool(main.trust.root) == bool(main.trust.tuf):
        raise ConfigError(f"{filled.at(('trust',))}: trust: give exactly one of root and tuf")
    if bool(main.forge.token_file) == bool(main.forge.app):
        raise ConfigError(f"{filled.at(('forge',))}: forge: give exactly one of token_file and app")
    return main


_VARIABLE = re.compile(r"\$\{([A-Z][A-Z0-9_]*)(?::-([^}]*))?\}")


def _fill(value: Any, location: Location, document: Document, variables: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _fill(item, (*location, key), document, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, (*location, index), document, variables) for index, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def fill(found: re.Match[str]) -> str:
        text = variables.get(found[1], found[2])
        if text is None:
            raise ConfigError(f"{document.at(location)}: environment variable {found[1]} is not set and has no default")
        return text

    return _VARIABLE.sub(fill, value)


def _graph(path: Path, main: PromoterFile) -> tuple[Environment, ...]:
    document = read_document(path)
    problems = [
        f"{document.at(('environments', name, 'after'))}: environments.{name}.after: no environment {upstream!r}"
        f"{_suggest(upstream, main.environments)}"
        for name, node in main.environments.items()
        for upstream in node.after
        if upstream not in main.environments
    ]
    if problems or not main.environments:
        raise ConfigError(*problems or (f"{document.at(('environments',))}: environments: name at least one",))
    try:
        order = tuple(TopologicalSorter({name: node.after for name, node in main.environments.items()}).static_order())
    except CycleError as error:
        circle = " -> ".join(error.args[1])
        raise ConfigError(f"{document.at(('environments',))}: environments go round in a circle: {circle}") from None
    return tuple(Environment(name=name, **dict(main.environments[name])) for name in order)


def _service(path: Path, environments: tuple[str, ...]) -> Service:
    document = read_document(path)
    file = parse(document, ServiceFile)
    name = _stem(path)
    try:
        image = parse_repository(file.image)
    except ValueError as error:
        raise ConfigError(f"{document.at(('image',))}: image: {error}") from None
    chosen = file.environments or environments
    for environment in chosen:
        if environment not in environments:
            suggestion = _suggest(environment, environments)
            raise ConfigError(f"{document.at(('environments',))}: no environment {environment!r}{suggestion}")
    targets = {environment: _targets(document, file, environment) for environment in chosen}
    return Service(
        name=name,
        image=image,
        source=file.source.repository,
        tag=file.source.tag,
        releases=file.releases,
        targets=targets,
    )


def _targets(document: Document, file: ServiceFile, environment: str) -> tuple[Target, ...]:
    filled = []
    for index, target in enumerate(file.targets):
        path = target.path.replace("{environment}", environment)
        if not is_repository_path(path):
            where = document.at(("targets", index, "path"))
            raise ConfigError(f"{where}: targets[{index}].path: not a path inside the environment repository: {path!r}")
        filled.append(replace(target, path=path))
    return tuple(filled)


def is_repository_path(path: str) -> bool:
    """Tell whether a path stays inside the repository and cannot be read as an option or as git's own files."""
    parts = path.split("/")
    clean = all(part not in {"", ".", ".."} and part.lower() != ".git" for part in parts)
    return clean and not path.startswith("-") and path.isprintable() and "\\" not in path


def _policy(path: Path, environments: tuple[str, ...]) -> Policy:
    document = read_document(path)
    file = parse(document, PolicyFile)
    name = _stem(path)
    if name not in environments:
        raise ConfigError(f"{path}:1: no environment {name!r}{_suggest(name, environments)}; rename or remove the file")
    problems: list[str] = []
    lines = [
        _attempt(problems, partial(_requirement, document, index, line)) for index, line in enumerate(file.require)
    ]
    require = tuple(line for line in lines if line)
    problems += _signer_problems(document, file, require)
    if not problems and not any(line.mode is Mode.ENFORCE for line in require):
        problems.append(
            f"{document.at(('require',))}: require: enforces nothing; a policy must enforce at least one check"
        )
    if problems:
        raise ConfigError(*problems)
    return seal(name, file.signers, require)


def seal(environment: str, signers: Mapping[str, SignerRule], require: tuple[Requirement, ...]) -> Policy:
    """Give the policy with its canonical form and the digest of that."""
    body = canonical({"environment": environment, "signers": signers, "require": require})
    return Policy(environment=environment, signers=signers, require=require, digest=digest_of(body), body=body)


_SIGNERS: TypeAdapter[dict[str, SignerRule]] = TypeAdapter(dict[str, SignerRule])
_DURATION: TypeAdapter[timedelta] = TypeAdapter(timedelta)


def read_policy(raw: bytes) -> Policy:
    """Read a policy from its canonical form, as it is kept with decisions."""
    body = json.loads(raw)
    signers = _SIGNERS.validate_python(body["signers"])
    require = tuple(
        Requirement(
            check=line["check"],
            params=_adapter(CHECKS[line["check"]].params).validate_python(line["params"]),
            mode=Mode(line["mode"]),
            deadline=_DURATION.validate_python(line["deadline"]),
        )
        for line in body["require"]
    )
    return seal(body["environment"], signers, require)


def _requirement(document: Document, index: int, line: RequirementFile) -> Requirement:
    where: Location = ("require", index)
    if line.check not in CHECKS:
        suggestion = _suggest(line.check, CHECKS)
        raise ConfigError(
            f"{document.at((*where, 'check'))}: require[{index}].check: no check {line.check!r}{suggestion}"
        )
    part = replace(document, values=dict(line.model_extra or {}), lines=_below(document.lines, where))
    params = parse(part, CHECKS[line.check].params, f"require[{index}].")
    return Requirement(check=line.check, params=params, mode=line.mode, deadline=line.deadline)


def _below(lines: Mapping[Location, int], where: Location) -> dict[Location, int]:
    size = len(where)
    return {location[size:]: line for location, line in lines.items() if location[:size] == where}


def _signer_problems(document: Document, file: PolicyFile, require: tuple[Requirement, ...]) -> list[str]:
    problems = []
    for index, line in enumerate(require):
        names: tuple[str, ...] = line.params.signers
        where = document.at(("require", index, "signers"))
        if not names:
            problems.append(f"{where}: require[{index}].signers: names nobody; nobody could ever pass")
        problems += [
            f"{where}: require[{index}].signers: no signer {name!r}{_suggest(name, file.signers)}"
            for name in names
            if name not in file.signers
        ]
    for name, rule in file.signers.items():
        if not rule.issuer or not rule.san:
            problems.append(f"{document.at(('signers', name))}: signers.{name}: issuer and san must both be written")
    return problems


def _stem(path: Path) -> str:
    if not re.fullmatch(NAME, path.stem):
        raise ConfigError(f"{path}:1: the file's name must be lower-case letters, digits and hyphens; rename it")
    return path.stem


# --- errors with file and line ----------------------------------------------------------------------------------------


def parse(document: Document, kind: type[_T], prefix: str = "") -> _T:
    """Read a document's values as `kind`; raises ConfigError with file, line, key and the allowed values."""
    adapter = _adapter(kind)
    try:
        return adapter.validate_python(document.values)
    except ValidationError as error:
        schema = adapter.json_schema()
        raise ConfigError(*(_problem(document, prefix, detail, schema) for detail in error.errors())) from None


def _adapter(kind: type[_T]) -> TypeAdapter[_T]:
    return TypeAdapter(kind)


def _problem(document: Document, prefix: str, detail: ErrorDetails, schema: Mapping[str, Any]) -> str:
    location = tuple(part for part in detail["loc"])
    key = prefix + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    where = document.at(location)
    if detail["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        allowed = _properties(schema, location[:-1])
        return f"{where}: unknown key {key}{_suggest(str(location[-1]), allowed)}"
    if detail["type"] in {"missing", "missing_argument", "missing_keyword_only_argument"}:
        return f"{where}: {key} is missing"
    message = detail["msg"].removeprefix("Value error, ")
    return f"{where}: {key}: {message[0].lower()}{message[1:]} (it is {str(detail['input'])[:80]!r})"


def _properties(schema: Mapping[str, Any], location: tuple[str | int, ...]) -> tuple[str, ...]:
    """Give the keys that the schema allows at a location, following references, lists and maps."""
    node = _resolve(schema, schema)
    for part in location:
        if isinstance(part, int):
            step = node.get("items", {})
        else:
            step = node.get("properties", {}).get(part) or node.get("additionalProperties") or {}
        node = _resolve(schema, step if isinstance(step, dict) else {})
    return tuple(node.get("properties", {}))


def _resolve(schema: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    for choice in node.get("anyOf", ()):
        if choice.get("type") != "null":
            node = choice
            break
    if "$ref" in node:
        return _resolve(schema, schema["$defs"][node["$ref"].rsplit("/", 1)[-1]])
    return node


def _suggest(word: str, allowed: Iterable[str]) -> str:
    names = sorted(allowed)
    near = difflib.get_close_matches(word, names, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    return f"{hint} (allowed: {', '.join(names) or 'none'})"
