"""What every layout of SLSA provenance is read with: its definition, its source, its dependencies, its parameters.

A layout is a builder's own way to fill the predicate's open members; `buildType` names it. Nothing is guessed: what a
layout does not name stays empty, which passes no demand, and every external parameter that it does not explain is
listed.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from promoter.core.evidence import SignerClaims
from promoter.core.predicates.body import MAX_TEXT, Body
from promoter.core.predicates.source import SourceLocation, locate_source
from promoter.core.strict_json import Malformed

MAX_DEPENDENCIES: Final = 10_000
"""Resolved dependencies or materials that one provenance may list."""

_MAX_PARAMETERS = 100
_MAX_VARIABLES = 500  # where a layout lists every variable of the build's environment
_MAX_NAME = 200
_SHOWN_VALUE = 200  # characters of a parameter's value that are kept for display

_DIGESTS = {
    "sha256": re.compile(r"[0-9a-f]{64}"),
    "gitCommit": re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}"),
    "sha1": re.compile(r"[0-9a-f]{40}"),
}
_GIT_URI = re.compile(r"git\+.+|[^@#]+\.git(?:[@#].*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Dependency:
    """A resolved dependency or material: its URI and the git commit of its digest, empty where it has none.

    `digests` are those of its digests by algorithm that are well formed and could pin it; others are left out.
    """

    uri: str
    commit: str
    digests: tuple[tuple[str, str], ...] = ()
    name: str = ""

    @property
    def is_pinned(self) -> bool:
        """True with a SHA-256 digest or a git commit; a SHA-1 is a commit only where the URI names a git repository."""
        names = {name for name, _ in self.digests}
        return bool(names & {"sha256", "gitCommit"}) or ("sha1" in names and bool(_GIT_URI.fullmatch(self.uri)))


@dataclass(frozen=True, slots=True)
class Definition:
    """What a builder said about a build, wherever the predicate's version has it.

    `said` is `buildDefinition` in v1 and `invocation` in v0.2; `outer` holds the external parameters.
    """

    build_type: str
    builder_id: str
    said: Body
    outer: Body
    dependencies: tuple[Dependency, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What one layout says about the source, and how far it explains the external parameters.

    `lists_unset` counts a parameter without a value as one that was set: its builder leaves values out.
    """

    location: SourceLocation
    commit: str = ""
    entry_point: str = ""
    explained: tuple[Body, ...] = ()  # objects whose members were looked into
    known: frozenset[str] = frozenset()  # paths of the members that the layout explains
    lists_unset: bool = False


def commit_of(descriptor: Body) -> str:
    """Give the git commit in a descriptor's digest set; older builders write it under `sha1`."""
    digests = descriptor.body("digest")
    return digests.text("gitCommit") or digests.text("sha1")


def dependency_of(item: Body) -> Dependency:
    """Read one resolved dependency or material."""
    name = item.members.get("name")
    return Dependency(
        uri=item.text("uri"),
        commit=commit_of(item),
        digests=_pins(item.body("digest")),
        name=name if isinstance(name, str) and len(name) <= MAX_TEXT else "",
    )


def _pins(digests: Body) -> tuple[tuple[str, str], ...]:
    values = ((name, digests.members.get(name), form) for name, form in _DIGESTS.items())
    return tuple((name, value) for name, value, form in values if isinstance(value, str) and form.fullmatch(value))


def source_claims(_: Definition, source: Source, __: str) -> SignerClaims:
    """Give what every layout says under the names of a certificate's claims: repository, commit and ref."""
    return SignerClaims(
        source_repository_uri=source.location.repository,
        source_repository_digest=source.commit,
        source_repository_ref=source.location.ref,
    )


@dataclass(frozen=True, slots=True)
class Layout:
    """How the provenance of one kind of build is read; `claim` is given the run's own identifier too."""

    locate: Callable[[Definition], Source]
    claim: Callable[[Definition, Source, str], SignerClaims] = source_claims
    dependency: Callable[[Body], Dependency] = dependency_of


def one_commit(definition: Definition, commits: set[str]) -> str:
    """Give the one commit of a source, empty where none is said; two different ones are refused."""
    if len(commits) > 1:
        raise definition.outer.refusal("resolvedDependencies", f"gives {len(commits)} commits for the one source")
    return next(iter(commits), "")


def exact_commits(definition: Definition, location: SourceLocation) -> set[str]:
    """Give the commits of the dependencies that are the source itself, at its ref."""
    if not location.repository:
        return set()
    return {item.commit for item in definition.dependencies if item.commit and locate_source(item.uri) == location}


def commits_of_repository(definition: Definition, location: SourceLocation) -> set[str]:
    """Give the commits of the dependencies that are the source, at its ref, at no ref or at their own commit."""
    if not location.repository:
        return set()
    located = ((item, locate_source(item.uri)) for item in definition.dependencies if item.commit)
    return {
        item.commit
        for item, at in located
        if at.repository == location.repository and at.ref in {"", location.ref, item.commit}
    }


# --- GitLab's runner, whose two versions share what is odd about them -------------------------------------------------


def misnamed_commit(descriptor: Body) -> str:
    """Give a descriptor's commit where GitLab's runner writes it: under `sha256`, which is longer."""
    written = descriptor.body("digest").text("sha256")
    return commit_of(descriptor) or (written if _DIGESTS["sha1"].fullmatch(written) else "")


def runner_dependency(item: Body) -> Dependency:
    """Read one dependency of GitLab's runner."""
    plain = dependency_of(item)
    commit = misnamed_commit(item)
    misnamed = () if commit == plain.commit else (("gitCommit", commit),)
    return Dependency(plain.uri, commit, (*plain.digests, *misnamed), plain.name)


# --- external parameters ----------------------------------------------------------------------------------------------


def known_members(outer: Body, part: Body, *names: str) -> frozenset[str]:
    """Give the paths of some members of a part of the external parameters, and of the part itself."""
    return frozenset({part.path, *(part.at(name) for name in names)}) - {outer.path}


def unexplained(outer: Body, source: Source) -> tuple[tuple[str, str], ...]:
    """List the parameters that no layout explains; null, empty text, list and object are the same as unset."""
    found = tuple(
        (part.at(name).removeprefix(f"{outer.path}."), _as_json(value))
        for part in (outer, *source.explained)
        for name, value in part.members.items()
        if part.at(name) not in source.known and (source.lists_unset or not _is_empty(value))
    )
    limit = _MAX_VARIABLES if source.lists_unset else _MAX_PARAMETERS
    if len(found) > limit or any(len(name) > _MAX_NAME for name, _ in found):
        raise Malformed(
            outer.code,
            f"{outer.path} has more than {limit} parameters or a name longer than {_MAX_NAME} characters",
        )
    return found


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, str | list | tuple | Mapping) and not value)


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))[:_SHOWN_VALUE]
