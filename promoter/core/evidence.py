"""What is known about a digest after cryptography and before judgement.

Rule 1: an `Attestation` stands for bytes whose signature, certificate chain, transparency log entry and times were
verified and whose statement names our digest. Whether its signer is acceptable for a requirement is a check's business.
Rule 2: what failed to verify is kept as `Unusable` with a code; it is never dropped and never an exception.
Rule 3: absent, unreachable, foreign, invalid, unreadable and stale are different facts (`EvidenceState`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from promoter.core.candidate import Digest
from promoter.core.canonical import added
from promoter.core.public_key import PublicKey


class EvidenceState(Enum):
    """State of one evidence item for one requirement; only `VALID` can pass."""

    VALID = "valid"
    STALE = "stale"
    FOREIGN_SIGNER = "foreign-signer"
    INVALID = "invalid"
    UNPARSEABLE = "unparseable"
    ABSENT = "absent"
    LOOKUP_FAILED = "lookup-failed"


@dataclass(frozen=True, slots=True)
class SignerClaims:
    """Workflow claims of a signing certificate, by the names of Fulcio's OID registry (1.3.6.1.4.1.57264.1.N).

    An empty string stands for a claim that the certificate does not make.
    """

    __pydantic_config__ = {  # noqa: RUF012 - read by pydantic: a misspelt claim in a policy would demand nothing
        "extra": "forbid",
        "use_attribute_docstrings": True,
    }

    build_signer_uri: str = ""
    """The reusable workflow (or workflow) that signed, with its ref (.9)."""
    build_signer_digest: str = ""
    """The commit of that workflow (.10)."""
    runner_environment: str = ""
    """Where the job ran, like `github-hosted` or `self-hosted` (.11)."""
    source_repository_uri: str = ""
    """The repository that was built (.12)."""
    source_repository_digest: str = ""
    """The commit that was built (.13)."""
    source_repository_ref: str = ""
    """The ref that was built, like `refs/tags/v1.4.0` (.14)."""
    source_repository_identifier: str = ""
    """The repository's number at the forge, which survives renaming (.15)."""
    source_repository_owner_uri: str = ""
    """The repository's owner (.16)."""
    source_repository_owner_identifier: str = ""
    """The owner's number at the forge (.17)."""
    build_config_uri: str = ""
    """The top-level workflow, with its ref (.18)."""
    build_config_digest: str = ""
    """The commit of the top-level workflow (.19)."""
    build_trigger: str = ""
    """The event that started the build, like `push` (.20)."""
    run_invocation_uri: str = ""
    """The run (.21)."""
    source_repository_visibility: str = ""
    """`public` or `private` at the time of signing (.22)."""
    deployment_environment: str = ""
    """The forge's deployment environment of the job (.23)."""
    token_subject: str = ""
    """The subject of the identity token (.24)."""


SignerKey = tuple[str, str, str]
"""What makes a signer one and the same: issuer, subject alternative name and key."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signed: the certificate's subject alternative name, issuer (OID .8) and workflow claims, or the key.

    `key` is the fingerprint of the key where there is no certificate: the SHA-256 of its SubjectPublicKeyInfo in DER.
    """

    san: str
    issuer: str
    claims: SignerClaims = field(default_factory=SignerClaims)
    key: str = added("")

    @property
    def identity(self) -> SignerKey:
        """Who it is, whatever its claims say: they differ from run to run."""
        return self.issuer, self.san, self.key

    def __str__(self) -> str:
        return f"key {self.key}" if self.key else f"{self.san} (issuer {self.issuer})"


class Layout(Enum):
    """How a piece of evidence is kept; which layouts an environment accepts is its policy's to say."""

    BUNDLE = "bundle"
    """A Sigstore bundle that refers to the image: in the referrers API or the fallback tag (cosign 3, GitHub)."""
    COSIGN_TAG = "cosign-tag"
    """Tags `sha256-<hex>.sig` and `.att`: a layer for each signature, which its annotations hold (cosign 2)."""
    COSIGN_REFERRER = "cosign-referrer"
    """The same layers in a manifest that refers to the image: cosign's experimental OCI 1.1 mode."""
    ATTACHMENT = "attachment"
    """A document that refers to the image, whose own manifest is signed: an SBOM pushed by `oras attach`."""
    FORGE_STORE = "forge-store"
    """A Sigstore bundle in the attestation store of the forge."""


class Mechanism(Enum):
    """How a signature was made and stored; kept in the release record."""

    KEYLESS_BUNDLE = "keyless, sigstore bundle"
    KEYED_BUNDLE = "key, sigstore bundle"
    KEYLESS_COSIGN = "keyless, cosign signature"
    KEYED_COSIGN = "key, cosign signature"


class ContentKind(Enum):
    """What is signed: the image manifest's digest (alone or in cosign's payload), or an in-toto statement about it."""

    MESSAGE_SIGNATURE = "message-signature"
    DSSE = "dsse"
    DOCUMENT = "document"
    """A document whose manifest names the image and is itself signed."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where a piece of evidence was found: digest of its bytes, of the manifest that carried them, and its size.

    Nothing of this decides anything (annotations and media types are unsigned). `blob` are the bytes of a bundle; a
    piece in another layout has a short record that names its parts by digest, and `blob` is that record's (`pieces`).
    What a forge keeps was carried by no manifest: `manifest` is the bundle's own digest then.
    """

    blob: Digest
    manifest: Digest
    size: int
    layout: Layout = Layout.BUNDLE
    parts: tuple[Digest, ...] = ()
    """Further bytes that the piece consists of: a layer's payload, a document, its signature."""
    cover: Layout | None = None
    """The layout of the signature over a document that is attached."""

    @property
    def layouts(self) -> tuple[Layout, ...]:
        """Every layout that it stands in: a policy must accept each."""
        return (self.layout, self.cover) if self.cover else (self.layout,)


@dataclass(frozen=True, slots=True)
class LogEntry:
    """The transparency log entry that was verified with the signature."""

    log_id: str  # lower-case hex of the log's key id
    index: int
    kind: str  # for example "dsse 0.0.1"


@dataclass(frozen=True, slots=True)
class Attestation:
    """Verified evidence: the signature, its log entry and time are good, and it names our digest.

    `predicate` is the raw body of the in-toto statement (the one dict that crosses function boundaries); a message
    signature has none and the empty predicate type. `signed_at` is the earliest verified time, of a log or a timestamp
    authority; a key may sign without either, then nobody but its holder knows when. `log` is None without a log entry.
    """

    found: Found
    kind: ContentKind
    mechanism: Mechanism
    signer: Signer
    signed_at: datetime | None
    log: LogEntry | None
    predicate_type: str = ""
    predicate: Mapping[str, Any] = field(default_factory=dict)
    subjects: tuple[Digest, ...] = ()
    revisions: tuple[str, ...] = ()  # git commits that the statement names beside our digest

    @property
    def rank(self) -> datetime:
        """The signed time where pieces are put in order; one without any is older than all that have one."""
        return self.signed_at or datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Unusable:
    """Evidence that was found and does not verify; `state` is INVALID or UNPARSEABLE, `code` names the reason.

    ABSENT stands for content that is none: nobody signed it, or it is kept in a layout that the policy does not accept.
    `claimed_type` is what the unverified statement says it is, for display only.
    """

    found: Found
    state: EvidenceState
    code: str  # a value of promoter.core.codes.Code
    detail: str
    claimed_type: str = ""


MAX_DETAIL: Final = 500
"""Characters of what is wrong with a piece of evidence that are told, and kept with decisions."""

SOURCE_TAG_LOOKUP: Final = "source tag"
"""`LookupFailure.what` for the release's git tag; every other failure concerns the evidence itself."""

TAG_LOOKUP: Final = "tag"
"""`LookupFailure.what` for what the release's tag in the registry names now."""

TAG_LIST_LOOKUP: Final = "tags"
"""`LookupFailure.what` for the registry's list of tags."""

TRUST_ROOT_LOOKUP: Final = "trusted root"
"""`LookupFailure.what` for a trusted root that may not be used now: nothing was verified."""


MANIFEST_LOOKUP: Final = "manifest"
"""`LookupFailure.what` for the image's own manifest."""


@dataclass(frozen=True, slots=True)
class LookupFailure:
    """Something that could not be asked or answered: makes findings `undecided`, never `absent`."""

    what: str  # SOURCE_TAG_LOOKUP, "referrers", ...
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform manifest of an image index."""

    digest: Digest
    name: str  # "linux/amd64"

    def is_named(self, name: str) -> bool:
        """Tell whether a name means this platform; a name without a variant means all of them."""
        return self.name == name or self.name.startswith(f"{name}/")


@dataclass(frozen=True, slots=True)
class BranchAnswer:
    """Whether a branch of the source repository contains the release's commit."""

    branch: str
    contains: bool


@dataclass(frozen=True, slots=True)
class SourceRevision:
    """The commit that the release's git tag names in the service's declared source repository.

    `commit` is empty when the repository has no such tag.
    """

    repository: str
    ref: str  # "refs/tags/v1.8.3"
    commit: str
    authors: tuple[str, ...] = ()  # forge logins of the commit's author and committer
    unmapped: tuple[str, ...] = ()  # of "author" and "committer", those whose e-mail address belongs to no account
    branches: tuple[BranchAnswer, ...] = added(())  # of those that a policy names, the ones about which was answered


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything found about one digest at one time.

    `parts` is what was found about those platform manifests of an index that a policy names, each by itself.
    """

    digest: Digest
    attestations: tuple[Attestation, ...] = ()
    unusable: tuple[Unusable, ...] = ()
    failures: tuple[LookupFailure, ...] = ()
    source: SourceRevision | None = None
    platforms: tuple[Platform, ...] = ()
    trust_root: Digest | None = None
    parts: tuple["Evidence", ...] = ()
    keys: tuple[PublicKey, ...] = ()  # that signatures were tried with

    def with_item(self, item: Attestation | Unusable) -> "Evidence":
        """Give the evidence with one item more."""
        if isinstance(item, Attestation):
            return replace(self, attestations=(*self.attestations, item))
        return replace(self, unusable=(*self.unusable, item))

    def settled(self) -> "Evidence":
        """Give the same evidence, its parts apart, in the one order and to the length in which decisions keep it.

        Lists name what there is in any order; what is said of it must be the same when it is recalled.
        """
        bad = (replace(item, detail=item.detail[:MAX_DETAIL]) for item in self.unusable)
        return replace(
            self,
            attestations=tuple(sorted(self.attestations, key=lambda item: (item.found.blob, item.found.manifest))),
            unusable=tuple(sorted(bad, key=_place)),
        )

    @property
    def is_tag_unknown(self) -> bool:
        """True where the registry did not tell whether the release's tag still names the digest."""
        return any(failure.what in {TAG_LOOKUP, TAG_LIST_LOOKUP} for failure in self.failures)


def _place(item: Unusable) -> tuple[str, ...]:
    """Give what tells pieces apart that do not verify: several layers of one manifest stand at the same place."""
    return item.found.blob, item.found.manifest, item.code, item.detail, item.claimed_type
