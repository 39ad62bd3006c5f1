"""A release attestation says that the artifact belongs to exactly this release of the package.

One that says so is enough. An image's package URL has the digest for its version and the release for its tag.
"""

from dataclasses import dataclass
from typing import Final

from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.conclusion import Judged, Question
from promoter.core.checks.selection import Demand, Reading, name_of, read_accepted, select
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Finding, Reason
from promoter.core.predicates import types
from promoter.core.predicates.releases import PackageRelease, package_name, read_release


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseParams:
    """Who may say which release an artifact belongs to, and of which package."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers that are accepted; at least one."""
    package: str
    """Package URL without version, like `pkg:oci/cart` or `pkg:npm/%40acme/cart`; may hold placeholders."""
    version: str = "{release}"
    """Version that it must be, with placeholders; for `pkg:oci` it is the tag, and the version is the digest."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        if not self.package.startswith("pkg:") or any(letter in self.package for letter in "@?#"):
            raise ValueError("package is no package URL without version: write it like pkg:oci/cart")
        package_name(self.package)  # raises ValueError for escapes that are no text
        if not self.version:
            raise ValueError("version is empty: leave it out or name it")


_DEMAND: Final = Demand(
    noun="release attestation",
    wants=lambda item: item.predicate_type in types.RELEASE,
    claims=types.RELEASE,
    absent=Code.RELEASE_ABSENT,
    foreign=Code.RELEASE_FOREIGN_SIGNER,
    invalid=Code.RELEASE_INVALID,
    unparseable=Code.RELEASE_UNPARSEABLE,
    maker="Service team",
    command="attest the release with `cosign attest --type https://in-toto.io/attestation/release/v0.1 "
    "--predicate release.json REPOSITORY@DIGEST`",
)


def _apply(params: ReleaseParams, subject: Subject) -> Finding:
    selection = select(subject, _DEMAND, params.signers)
    question = Question("release", subject, _DEMAND, selection, newest_decides=False)
    readable, unreadable = read_accepted(selection, read_release)
    judged = tuple(_judge(item, params, subject) for item in readable)
    return question.conclude((*judged, *question.judge_unreadable(unreadable)))


def _judge(item: Reading[PackageRelease], params: ReleaseParams, subject: Subject) -> Judged:
    facts, name = item.facts, f"the release attestation {name_of(item.attestation)}"
    package = subject.placeholders.fill(package_name(params.package))
    version = subject.placeholders.fill(params.version)
    reasons = list[Reason]()
    if facts.package != package:
        remedy = f"Service team: attest the release of {package}."
        reasons.append(_wrong(Code.RELEASE_WRONG_PACKAGE, f"{name} names {facts.package}, not {package}", remedy))
    if not _is_version(facts, version, subject):
        tag = f" with the tag {facts.tag}" if facts.tag else ""
        sentence = f"{name} names version {facts.version}{tag}; the release is {version} of {subject.candidate.digest}"
        remedy = f"Service team: attest {version} for its own digest."
        reasons.append(_wrong(Code.RELEASE_WRONG_VERSION, sentence, remedy))
    return Judged((item.attestation.found.blob,), f"released as {facts.purl}", tuple(reasons))


def _is_version(facts: PackageRelease, version: str, subject: Subject) -> bool:
    """Compare version and tag; an image's URL must have both, else it would fit every release of the image."""
    if facts.package.startswith("pkg:oci/"):
        return facts.version == subject.candidate.digest and facts.tag == version
    return facts.version == version


def _wrong(code: Code, sentence: str, remedy: str) -> Reason:
    return Reason(code=code, sentence=sentence, remedy=remedy, state=EvidenceState.INVALID)


RELEASE: Final = Check("release", "attested to be exactly this release", ReleaseParams, _apply)
