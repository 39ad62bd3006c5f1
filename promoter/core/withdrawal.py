"""Which denial a release rests on, and what a denial may name. Pure.

Rule 1: digests and commits are compared whole; a signer is an exact subject alternative name or a key's fingerprint.
Rule 2: only evidence by signers that the policy accepts can match: else anybody could bring a release down by attaching
a signature to it. Who holds a denied key that policies still accept can bring releases down, and never up.
Rule 3: what cannot be told is a match that is not certain: it is shown, and is no pass of silence.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from promoter.core.candidate import Candidate, Digest, parse_digest
from promoter.core.component_range import ComponentRange, Place, place, read_component_range
from promoter.core.denial import Denial, Match, Withdrawn
from promoter.core.evidence import SOURCE_TAG_LOOKUP, Attestation, Evidence
from promoter.core.identity import Placeholders, SignerRule, accepts
from promoter.core.predicates.inventory import Component
from promoter.core.predicates.provenance import read_provenance
from promoter.core.predicates.purl import read_purl
from promoter.core.predicates.sbom import read_sbom
from promoter.core.predicates.types import PROVENANCE, SBOM
from promoter.core.strict_json import Malformed

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{64}")
_LIKE_FINGERPRINT = re.compile(r"(?:sha-?256[:=].*|[0-9a-f]{64})", re.IGNORECASE)
_VALUE_LIMIT: Final = 1000
FOUND_LIMIT: Final = 10
"""Components of one release that are named for one denial."""


def check_value(what: Withdrawn, value: str, versions: str = "") -> None:
    """Raise ValueError for what can name nothing: a digest or commit that is not whole, an unreadable range."""
    if versions and what is not Withdrawn.COMPONENT:
        raise ValueError(f"versions belong to a component, and this is a {what.value}")
    if not value.isprintable() or not value.strip() or value != value.strip() or len(value) > _VALUE_LIMIT:
        raise ValueError(f"must be one line of at most {_VALUE_LIMIT} readable characters, without space around it")
    if what is Withdrawn.DIGEST:
        parse_digest(value)
    elif what is Withdrawn.COMMIT and not _COMMIT.fullmatch(value):
        raise ValueError(f"not a whole commit: {value[:100]!r}; write all 40 (or 64) lower-case hex digits")
    elif what is Withdrawn.SIGNER and "*" in value:
        raise ValueError("a signer is named exactly, without `*`: a subject alternative name, or a key's fingerprint")
    elif what is Withdrawn.SIGNER and _LIKE_FINGERPRINT.fullmatch(value) and not _FINGERPRINT.fullmatch(value):
        raise ValueError(f"a key's fingerprint is sha256: and 64 lower-case hex digits, not {value[:100]!r}")
    elif what is Withdrawn.COMPONENT:
        read_component_range(value, versions)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accused:
    """A candidate with the evidence that a policy accepts the layout of, and the signers that it accepts.

    `sbom_signers` are the names of those whose SBOMs count.
    """

    candidate: Candidate
    evidence: Evidence
    signers: Mapping[str, SignerRule]
    placeholders: Placeholders
    sbom_signers: tuple[str, ...]

    @property
    def attestations(self) -> tuple[Attestation, ...]:
        """Everything that any accepted signer says of the artifact or one of its platforms."""
        about = (self.evidence, *self.evidence.parts)
        return tuple(item for one in about for item in one.attestations if self._accepts(item, tuple(self.signers)))

    def sboms(self) -> Iterator[tuple[Digest, Attestation]]:
        """Give the newest accepted SBOM of the artifact and of each platform; all of those signed at the same time."""
        for one in (self.evidence, *self.evidence.parts):
            found = [i for i in one.attestations if i.predicate_type in SBOM and self._accepts(i, self.sbom_signers)]
            newest = max((item.rank for item in found), default=None)
            yield from ((one.digest, item) for item in found if item.rank == newest)

    def unlisted(self, listed: AbstractSet[Digest]) -> tuple[str, ...]:
        """Name what none of these SBOMs is of: the artifact, or else each platform of which there is none either."""
        evidence = self.evidence
        if evidence.digest in listed:
            return ()
        parts = {one.digest: str(one.digest) for one in evidence.parts}
        named = {one.digest: f"the platform {one.name}" for one in evidence.platforms}
        return tuple(name for digest, name in {**parts, **named}.items() if digest not in listed)

    def _accepts(self, item: Attestation, names: tuple[str, ...]) -> bool:
        return any(accepts(self.signers[name], item, self.placeholders) for name in names)


def denied(accused: Accused, denials: Iterable[Denial]) -> tuple[Match, ...]:
    """Give every denial that the candidate rests on, and those of which that cannot be told."""
    by_kind: dict[Withdrawn, list[Denial]] = {what: [] for what in Withdrawn}
    for denial in denials:
        by_kind[denial.what].append(denial)
    return (
        *_of_digests(accused, by_kind[Withdrawn.DIGEST]),
        *_of_commits(accused, by_kind[Withdrawn.COMMIT]),
        *_of_signers(accused, by_kind[Withdrawn.SIGNER]),
        *_of_components(accused, by_kind[Withdrawn.COMPONENT]),
    )


def _of_digests(accused: Accused, denials: list[Denial]) -> Iterator[Match]:
    own = {accused.candidate.digest: "the release's own digest"}
    platforms = {one.digest: f"the digest of its platform {one.name}" for one in accused.evidence.platforms}
    parts = {part.digest: "the digest of one of its platforms" for part in accused.evidence.parts}
    whose = {**parts, **platforms, **own}
    for denial in denials:
        if denial.value in whose:
            yield Match(denial=denial, found=whose[parse_digest(denial.value)])


def _of_commits(accused: Accused, denials: list[Denial]) -> Iterator[Match]:
    if not denials:
        return
    source = accused.evidence.source
    named = dict.fromkeys(_built_from(accused), "the commit that its provenance names")
    if source and source.commit:
        named[source.commit] = f"the commit of its git tag {source.ref}"
    is_unknown = source is None or any(one.what == SOURCE_TAG_LOOKUP for one in accused.evidence.failures)
    for denial in denials:
        if denial.value in named:
            yield Match(denial=denial, found=named[denial.value])
        elif is_unknown:
            yield Match(denial=denial, found="the commit of its git tag is not known now", is_certain=False)


def _built_from(accused: Accused) -> Iterator[str]:
    """Give the commits that accepted provenance names, and those in its signers' certificates."""
    for item in accused.attestations:
        if item.predicate_type not in PROVENANCE:
            continue
        yield from (commit for commit in (*item.revisions, item.signer.claims.source_repository_digest) if commit)
        try:
            yield read_provenance(item.predicate_type, item.predicate).source_commit
        except Malformed:
            continue  # the provenance check says so in its finding


def _of_signers(accused: Accused, denials: list[Denial]) -> Iterator[Match]:
    if not denials:
        return
    signed: dict[str, list[str]] = {}
    for item in accused.attestations:
        for name in filter(None, (item.signer.san, item.signer.key)):
            signed.setdefault(name, []).append(item.predicate_type or "signature")
    for denial in denials:
        if kinds := signed.get(denial.value):
            yield Match(denial=denial, found=f"the signer of its {', '.join(dict.fromkeys(kinds))}")


# --- components -------------------------------------------------------------------------------------------------------


def _of_components(accused: Accused, denials: list[Denial]) -> Iterator[Match]:
    if not denials:
        return
    listed, trouble = _listed(accused)
    for denial in denials:
        wanted = read_component_range(denial.value, denial.versions)
        places = [(place(wanted, one), one) for one in _named_alike(listed, wanted)]
        inside = [one for where, one in places if where is Place.INSIDE]
        unsure = [one for where, one in places if where is Place.UNKNOWN]
        if inside:
            yield Match(denial=denial, found=f"its component {_names(inside)}")
        elif unsure:
            found = f"its component {_names(unsure)} cannot be compared with the range"
            yield Match(denial=denial, found=found, is_certain=False)
        elif trouble:
            yield Match(denial=denial, found=trouble, is_certain=False)


_Listed = Mapping[tuple[str, str, str], list[Component]]


def _listed(accused: Accused) -> tuple[_Listed, str]:
    """Give the components by package, and why it may be that some are not known; those without a package by no type."""
    components: dict[tuple[str, str, str], list[Component]] = {}
    read = set[Digest]()
    for digest, item in accused.sboms():
        try:
            sbom = read_sbom(item.predicate_type, item.predicate)
        except Malformed:
            continue  # the SBOM check says so in its finding
        read.add(digest)
        for one in sbom.components:
            purl = read_purl(one.purl)
            key = (purl.type, purl.namespace, purl.name) if purl else ("", "", "")
            components.setdefault(key, []).append(one)
    if any(one.what != SOURCE_TAG_LOOKUP for one in accused.evidence.failures):
        return components, "not all of its evidence could be asked for"
    if not read:
        return components, "it has no SBOM that counts here and can be read"
    if unlisted := accused.unlisted(read):
        return components, f"no SBOM that counts here and can be read is of {', '.join(unlisted[:FOUND_LIMIT])}"
    return components, ""


def _named_alike(listed: _Listed, wanted: ComponentRange) -> tuple[Component, ...]:
    package = wanted.package
    return (*listed.get((package.type, package.namespace, package.name), ()), *listed.get(("", "", ""), ()))


def _names(components: list[Component]) -> str:
    names = list(dict.fromkeys(one.purl or f"{one.name} {one.version}".strip() for one in components))
    more = f" and {len(names) - FOUND_LIMIT} more" if len(names) > FOUND_LIMIT else ""
    return ", ".join(names[:FOUND_LIMIT]) + more
