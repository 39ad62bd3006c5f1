"""`promoter.yaml` and `services/`, as they are written: every key with its type, its default and its meaning.

`docs/configuration.md` is generated from these models. They refuse what is wrong in itself; what must agree with other
files is checked in `promoter.config`.
"""

import re
from collections.abc import Mapping
from dataclasses import astuple
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic_core import CoreSchema

from promoter.config_shapes import NAME, NAME_DEMAND, Name, Strict, read_by, shaped
from promoter.config_signers import SamplesFile, SignerFile
from promoter.core.candidate import parse_repository
from promoter.core.checkpoint import check_name
from promoter.core.circumstances import Roles
from promoter.core.environment import Environment, MergeMode, ProposeMode
from promoter.core.releases import ReleaseRule
from promoter.core.runtime import FluxKind, HealthSource
from promoter.core.service_facts import Exposure
from promoter.core.target import Target
from promoter.core.trust_root import AgeLimits, duration
from promoter.transport.git_names import RefusedName, parse_address, parse_branch, parse_person

__all__ = [
    "NAME",
    "NAME_DEMAND",
    "AppFile",
    "BotFile",
    "EnvironmentFile",
    "ForgeFile",
    "GraphFile",
    "HealthFile",
    "Name",
    "NodeFile",
    "PromoterFile",
    "RegistryFile",
    "RuledEnvironmentFile",
    "RulesFile",
    "ServiceFile",
    "SourceFile",
    "Strict",
    "TrustFile",
    "check_host",
]

_URL = re.compile(r"https://[^/\s?#@]+(/[^\s?#]*)?|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^\s?#]*)?")
_HOST = re.compile(r"[a-z0-9]+(?:[.-][a-z0-9]+)*(?::[0-9]{1,5})?")
_WARN_AFTER = timedelta(days=3)  # three daily refreshes in a row have failed
_REFUSE_AFTER = timedelta(days=14)  # twice as long as the public instance vouches for its newest timestamp
_FOLDER = re.compile(r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*)*)?")
_OBJECT = re.compile(r"(?:[a-z0-9.-]|\{service\}|\{environment\})*")
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_OWNED = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*")


def _without_slash(text: str) -> str:
    return text.rstrip("/")


def _check_port(url: str) -> None:
    try:
        port = urlsplit(url).port
    except ValueError:
        port = 0
    if port == 0:
        raise ValueError("must be a URL whose host and port can be read (ports are 1 to 65535)")


def check_host(host: str) -> None:
    """Raise ValueError where a host, as it stands in image names, has a port that there cannot be."""
    _, _, port = host.partition(":")
    if port and not 0 < int(port) < 1 << 16:
        raise ValueError("must be a host whose port is 1 to 65535")


def _check_endpoint(url: str) -> None:
    if urlsplit(url).path:
        raise ValueError("must be a URL without a path: registries answer at /v2/ of their host")


Url = Annotated[
    str,
    shaped(_URL, "must be an https:// URL without credentials (http:// only on loopback)"),
    read_by(_check_port),
    AfterValidator(_without_slash),
    Field(json_schema_extra={"format": "uri"}),
]
Host = Annotated[
    str, shaped(_HOST, "must be a host as it stands in image names, like registry.example:5000"), read_by(check_host)
]


class BotFile(Strict):
    """Who the bot is in git: author and committer of its commits."""

    name: Annotated[str, read_by(parse_person)] = "promoter"
    """Name in the bot's commits."""
    email: Annotated[str, read_by(parse_person)] = "promoter@localhost"
    """E-mail address in the bot's commits. A branch with a commit by anybody else is not touched any more."""


class RegistryFile(Strict):
    """Where a registry answers, and how the bot logs in to it."""

    endpoint: Annotated[Url, read_by(_check_endpoint)] | None = None
    """URL where the registry answers, if that is not `https://<host>`: a mirror, a proxy, a loopback port."""
    username: str = ""
    """Account name. Without it the Docker configuration is asked, and else the registry is read anonymously."""
    password_file: Path | None = None
    """File that holds the account's password or token, and nothing else."""
    docker_config: Path | None = None
    """A Docker `config.json` (auths, credHelpers, credsStore) to take credentials from."""
    token_hosts: tuple[str, ...] = ()
    """Further hosts that may be shown the credentials when the registry names them as its token service."""

    @model_validator(mode="after")
    def _has_one_credential(self) -> Self:
        if bool(self.username) != bool(self.password_file):
            raise ValueError("give both username and password_file, or neither")
        if self.username and self.docker_config:
            raise ValueError("give either username and password_file or docker_config")
        return self


class AppFile(Strict):
    """A GitHub App installation that the bot acts as."""

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
    """URL of its REST API. GitHub Enterprise Server: `https://<host>/api/v3`."""
    git: Url | None = None
    """URL under which git repositories are cloned, if not `host`."""
    repository: Annotated[str, shaped(_OWNED, "must be owner/name, like platform/environments")]
    """The environment repository, `owner/name`."""
    branch: Annotated[str, read_by(parse_branch)] = "main"
    """Its branch that the environments are deployed from."""
    token_file: Path | None = None
    """File that holds the bot's access token. Exactly one of `token_file` and `app`."""
    app: AppFile | None = None
    """Act as a GitHub App instead of by token."""

    @model_validator(mode="after")
    def _has_one_credential(self) -> Self:
        if bool(self.token_file) == bool(self.app):
            raise ValueError("give exactly one of token_file and app")
        return self

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        key = "git" if self.git else "host"
        try:
            parse_address(self.address)
        except RefusedName as error:
            raise ValueError(f"{key} does not lead to the environment repository: {error}") from None
        return self

    @property
    def address(self) -> str:
        """URL of the environment repository, as git clones it."""
        return self.address_of(self.repository)

    def address_of(self, repository: str) -> str:
        """Give the URL of a repository `owner/name`, as git clones it."""
        return f"{self.git or self.host}/{repository}.git"


class TrustFile(Strict):
    """What signatures are verified with."""

    root: Path | None = None
    """A Sigstore `trusted_root.json`. Exactly one of `root` and `tuf`."""
    tuf: Url | None = None
    """A TUF repository to take the trusted root from: `https://tuf-repo-cdn.sigstore.dev` for the public instance."""
    bootstrap: Path | None = None
    """With `tuf`: the first `root.json` of a private instance. Sigstore's own need none."""
    refresh: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=7))] = timedelta(days=1)
    """With `tuf`: how often the running bot fetches the root. While that fails: 24 times as often, at least hourly."""
    warn_after: Annotated[timedelta, Field(gt=timedelta(0))] | None = None
    """Age of the root, from its last good refresh, that raises an alarm. Unset: `3d` with `tuf`, never with `root`."""
    refuse_after: Annotated[timedelta, Field(gt=timedelta(0))] | None = None
    """Age from which on nothing is verified with the root. Unset: `14d` with `tuf`, never with `root`."""

    @model_validator(mode="after")
    def _has_one_root(self) -> Self:
        if bool(self.root) == bool(self.tuf):
            raise ValueError("give exactly one of root and tuf")
        if self.root and (unused := sorted({"bootstrap", "refresh"} & self.model_fields_set)):
            raise ValueError(f"{unused[0]} goes with tuf only: a root that is a file is yours to renew")
        return self

    @model_validator(mode="after")
    def _warns_in_time(self) -> Self:
        ages = [("warn_after", self.limits.warn_after), ("refuse_after", self.limits.refuse_after)]
        steps = [(key, age) for key, age in [("refresh", self.refresh if self.tuf else None), *ages] if age is not None]
        for (earlier, one), (later, other) in pairwise(steps):
            if one >= other:
                raise ValueError(f"{earlier} must be shorter than {later} ({duration(other)})")
        return self

    @property
    def limits(self) -> AgeLimits:
        """From which age on the root raises an alarm, and from which on it is not used."""
        if self.root:
            return AgeLimits(self.warn_after, self.refuse_after)
        return AgeLimits(self.warn_after or _WARN_AFTER, self.refuse_after or _REFUSE_AFTER)


class AfterFile(Strict):
    """Which environments come before: a plain list means all of them."""

    all: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    """Environments in each of which a release must have settled."""
    any: Annotated[tuple[Name, ...], Field(max_length=20)] = ()
    """Environments in one of which it must have settled, besides those of `all`."""

    @model_validator(mode="before")
    @classmethod
    def _read_list(cls, value: object) -> object:
        return {"all": value} if isinstance(value, list) else value

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        names = (*self.all, *self.any)
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"names {twice[0]} twice; once is enough")
        if len(self.any) == 1:
            raise ValueError("any of one environment is that one; write it into a plain list")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Allow the plain list beside the mapping."""
        mapping = handler.resolve_ref_schema(handler(schema))
        return {"anyOf": [{"type": "array", "items": {"type": "string"}}, mapping]}


_NEEDS = {
    HealthSource.ARGOCD: {"url", "namespace"},
    HealthSource.FLUX: {"url", "namespace"},
    HealthSource.PROMETHEUS: {"url", "query"},
    HealthSource.REPORTED: set[str](),
}
_MAY = {
    HealthSource.ARGOCD: {"name", "token_file", "ca_file"},
    HealthSource.FLUX: {"name", "kind", "token_file", "ca_file"},
    HealthSource.PROMETHEUS: {"token_file", "ca_file"},
    HealthSource.REPORTED: set[str](),
}


class HealthFile(Strict):
    """Who says whether what runs in an environment is healthy. It gates what comes after, and the end of a soak."""

    source: HealthSource
    """`argocd`, `flux` (both through the cluster's API), `prometheus`, or `reported` (by `promoter observe`)."""
    url: Url | None = None
    """URL of the Kubernetes API server, or of Prometheus."""
    token_file: Path | None = None
    """File with a bearer token, read at each call. It may only read what is asked for here."""
    ca_file: Path | None = None
    """File with the certificate authority of a server that public ones do not vouch for."""
    namespace: Annotated[str, shaped(_OBJECT, "must be a name in Kubernetes, with placeholders")] = ""
    """With `argocd` and `flux`: namespace of the objects; may hold `{service}` and `{environment}`."""
    name: Annotated[str, shaped(_OBJECT, "must be a name in Kubernetes, with placeholders")] = "{service}"
    """With `argocd` and `flux`: name of a service's object; may hold `{service}` and `{environment}`."""
    kind: FluxKind = FluxKind.KUSTOMIZATION
    """With `flux`: `kustomization` or `helmrelease`."""
    query: Annotated[str, Field(max_length=2000)] = ""
    """With `prometheus`: an instant query, healthy where every sample is 1, like `min(up{job="{service}"})`; it may
    hold `{service}`, `{environment}`, `{release}` and `{digest}`."""

    @model_validator(mode="after")
    def _fits_its_source(self) -> Self:
        given = {name for name in self.model_fields_set if getattr(self, name)} - {"source"}
        word = self.source.value
        if missing := sorted(_NEEDS[self.source] - given):
            raise ValueError(f"{word} needs {' and '.join(missing)}")
        if strange := sorted(given - _NEEDS[self.source] - _MAY[self.source]):
            raise ValueError(f"{strange[0]} does not go with {word}")
        return self


class NodeFile(Strict):
    """What a node of the promotion graph demands, wherever the graph is written."""

    after: AfterFile = AfterFile()
    """Environments in which a release must have settled before it may be proposed here: a list of them, or
    `{any: [...]}` where one of several is enough."""
    soak: timedelta = timedelta(0)
    """How long a release runs here before it counts as settled."""
    approvals: Annotated[int, Field(ge=0, le=20)] = 0
    """Approving reviews of the head commit that a proposal needs; the bot's and the release's author's do not count."""
    merge: MergeMode = MergeMode.MANUAL
    """Whether the bot merges what is green and approved (`automatic`), or people do (`manual`)."""
    propose: ProposeMode = ProposeMode.AUTOMATIC
    """Whether the bot proposes what is eligible by itself (`automatic`), or only what a person asked for with
    `promoter promote` (`manual`)."""
    at_once: Annotated[int, Field(ge=1, le=1000)] | None = None
    """How many services may be on their way here at the same time, from the proposal to the end of the soak. Unset: any
    number."""

    def rules(self, name: str, health: HealthSource | None) -> Environment:
        """Give the node of the graph, by who is asked for its health."""
        members = {key: value for key, value in dict(self).items() if key not in {"after", "health"}}
        either = (self.after.any,) if self.after.any else ()
        return Environment(name=name, after=self.after.all, either=either, health=health, **members)


class EnvironmentFile(NodeFile):
    """A node of the promotion graph."""

    health: HealthFile | None = None
    """Who says whether what runs here is healthy; if left out, nobody is asked, and time alone ends a soak."""

    def node(self, name: str) -> Environment:
        """Give the node of the graph: the rules alone, without addresses and credentials."""
        return self.rules(name, self.health.source if self.health else None)


class RuledEnvironmentFile(NodeFile):
    """A node of a promotion graph that stands among the rules: without addresses and credentials."""

    health: HealthSource | None = None
    """Who says whether what runs here is healthy: where that one answers stands in `promoter.yaml`, under `health`."""

    def node(self, name: str) -> Environment:
        """Give the node of the graph."""
        return self.rules(name, self.health)


class RulesFile(Strict):
    """The rules as files of a git repository on the forge: who answers for them is then what its reviews say."""

    repository: Annotated[str, shaped(_OWNED, "must be owner/name, like platform/rules")]
    """The repository of the rules on the forge, `owner/name`. The bot reads it with its own credential."""
    branch: Annotated[str, read_by(parse_branch)] = "main"
    """The branch that is followed; protect it."""
    path: Annotated[str, shaped(_FOLDER, "must be a folder inside the repository, like promoter/rules")] = ""
    """The folder that holds `services/`, `policies/` and all other rules; empty: the whole repository."""
    approvals: Annotated[int, Field(ge=1, le=20)] = 2
    """Approving reviews, or signatures, without which nothing that is weaker than before comes into force."""
    signers: dict[Name, SignerFile] = {}  # noqa: RUF012 - pydantic copies it
    """Who may approve a bundle of rules by signing it, written as in a policy. Placeholders stand for nothing here."""
    refresh: Annotated[timedelta, Field(ge=timedelta(seconds=1), le=timedelta(days=1))] = timedelta(minutes=1)
    """How often the running bot asks for the branch."""

    @model_validator(mode="after")
    def _names_people(self) -> Self:
        for name, signer in self.signers.items():
            texts = (signer.issuer, signer.san, signer.san_pattern or "", *astuple(signer.claims))
            if any("{" in text for text in texts):
                raise ValueError(
                    f"signers.{name} holds a placeholder, and rules are of no release; write the whole text"
                )
            if signer.samples != SamplesFile():
                raise ValueError(f"signers.{name}.samples are tried in policies only; remove them")
        return self


class GraphFile(Strict):
    """`environments.yaml` among the rules: the promotion graph."""

    environments: Annotated[dict[Name, RuledEnvironmentFile], Field(min_length=1)]
    """The promotion graph, by name."""


Login = Annotated[str, shaped(_LOGIN, "must be a login on the forge, like mia")]


class RolesFile(Strict):
    """Who has which role, besides those that a release itself names: its authors, its builder, who approves it."""

    deployers: tuple[Login, ...] = ()
    """Logins of those who approve and merge; none of them may sign builds or break the glass."""
    break_glass: tuple[Login, ...] = ()
    """Logins for emergencies; their approvals refuse an ordinary promotion."""

    @property
    def known(self) -> Roles:
        """The roles as decisions keep them."""
        return Roles(deployers=self.deployers, break_glass=self.break_glass)


class PromoterFile(Strict):
    """The bot itself: where it keeps its state, whom it talks to, and the promotion graph."""

    state: Path = Path("/var/lib/promoter")
    """Directory of the bot: ledger, raw evidence, keys, git clone. Back it up."""
    origin: Annotated[str, read_by(check_name)] = "promoter.example/ledger"
    """Name of this ledger in its signed checkpoints (C2SP tlog-checkpoint origin). Never change it later."""
    poll: Annotated[timedelta, Field(gt=timedelta(0), le=timedelta(days=1))] = timedelta(minutes=1)
    """How often each service is looked at."""
    bot: BotFile = BotFile()
    """Who the bot is in git."""
    registries: dict[Host, RegistryFile] = {}  # noqa: RUF012 - pydantic copies it
    """By host, as in image names. A registry that is not listed is read at `https://<host>`."""
    forge: ForgeFile
    """The forge that holds the environment repository and the services' source repositories."""
    trust: TrustFile
    """What signatures are verified with."""
    roles: RolesFile = RolesFile()
    """Whose hands a promotion may go through; one person has one role."""
    rules: RulesFile | None = None
    """Take the rules from git. Unset: they are the files beside this one, for which nobody is known to answer."""
    environments: Annotated[dict[Name, EnvironmentFile], Field(min_length=1)] | None = None
    """The promotion graph, by name. It stands either here or in `environments.yaml` among the rules; with `rules`, for
    which people answer by their reviews, only there."""
    health: dict[Name, HealthFile] = {}  # noqa: RUF012 - pydantic copies it
    """With `environments.yaml`: where whoever says that an environment is healthy answers, by environment."""

    @model_validator(mode="after")
    def _keeps_the_graph_in_one_place(self) -> Self:
        if self.rules and self.environments:
            raise ValueError("environments is under review as the rules are; move it to their environments.yaml")
        if self.environments and self.health:
            raise ValueError("health goes with environments.yaml; write it into environments here")
        return self

    @property
    def health_files(self) -> Mapping[str, HealthFile]:
        """Who says whether environments are healthy, by name, wherever that is written."""
        nodes = (self.environments or {}).items()
        return {**{name: node.health for name, node in nodes if node.health}, **self.health}


class SourceFile(Strict):
    """Where a service's source stands."""

    repository: Annotated[Url, shaped(re.compile(r".*(?<!\.git)"), "must be written without .git at its end")]
    """URL of the source repository on the forge, without `.git`."""
    tag: Annotated[
        str, shaped(re.compile(r"[^{}]*\{release\}[^{}]*"), "must hold {release} once, and no other braces")
    ] = "v{release}"
    """The git tag of a release; `{release}` stands for the release's name."""


class ServiceFile(Strict):
    """One service: where its releases, its source and its pins stand. The file's name is the service's."""

    image: Annotated[str, read_by(parse_repository)]
    """The release repository with its registry's host, as it stands in manifests."""
    source: SourceFile
    """Where its source stands."""
    releases: ReleaseRule
    """Which tags of the release repository are releases, and which is newer."""
    targets: Annotated[tuple[Target, ...], Field(min_length=1)]
    """Where the pins stand in the environment repository."""
    environments: tuple[Name, ...] = ()
    """Environments that this service has; all of them if empty."""
    classes: tuple[Name, ...] = ()
    """Classes that this service is of; each adds to what its environments demand."""
    exposure: Exposure | None = None
    """From where it can be reached: `internet`, `internal` or `isolated`. What depends on it is undecided without."""
