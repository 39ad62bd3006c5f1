"""`cases/`, as they are written: facts about a release, and what the policies must find of it.

The facts are what is known after verification: who signed, when, and what the statement says. No signature is made.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, Field

from promoter.config_files import Name, Strict
from promoter.config_signers import SampleFile
from promoter.core.checks.subject import Phase
from promoter.core.circumstances import Circumstances
from promoter.core.evidence import EvidenceState, Layout, LookupFailure
from promoter.core.finding import Outcome


class PieceFile(Strict):
    """One piece of evidence. Texts in its predicate may hold `{source}`, `{tag}`, `{release}`, `{commit}` and
    `{digest}`.
    """

    signed_by: str = ""
    """Name of one of the policy's signers, who signs as its rule demands. Exactly one of `signed_by` and `stranger`."""
    stranger: SampleFile | None = None
    """Somebody else who signs, or a signer whose rule is a pattern: what the certificate names."""
    signed_at: AwareDatetime | None = None
    """When, as log or timestamp authority vouch for; at the time of the cases if left out."""
    logged: bool = True
    """Whether the signature stands in a transparency log. One that does not has no time that anybody vouches for."""
    type: str = ""
    """The predicate type; a signature over the digest alone if left out."""
    predicate: dict[str, Any] = Field(default_factory=dict)
    """What the statement says."""
    file: Path | None = None
    """A JSON file that holds the predicate, named from the folder of the cases on; instead of `predicate`."""
    revisions: tuple[str, ...] = ()
    """Git commits that the statement names beside the digest."""
    layout: Layout = Layout.BUNDLE
    """The layout that it is kept in."""
    state: EvidenceState | None = None
    """For a piece that does not verify: `invalid` or `unparseable`, or `absent` where nobody signed it."""
    code: str = ""
    """With `state`: the code of what is wrong with it."""


class ExpectedFile(Strict):
    """What one line of the policy must find."""

    outcome: Outcome = Outcome.FAIL
    """How the finding ends: `pass`, `fail` or `undecided`."""
    codes: tuple[str, ...] = ()
    """All codes of its reasons, in any order."""


class CaseFile(Strict):
    """One case: which facts there are, and what must be found."""

    case: Annotated[str, Field(min_length=1)]
    """What it is about, in a sentence."""
    environment: Name | None = None
    """The environment whose policy is asked; that of the file if left out."""
    service: Name | None = None
    """The service whose release it is; that of the file if left out."""
    classes: tuple[Name, ...] | None = None
    """Classes that the service is taken to be of; those of its own file if left out."""
    phase: Phase = Phase.PROPOSE
    """Whether it is asked before a proposal is opened or before it is merged."""
    now: AwareDatetime | None = None
    """When it is asked; at the time of the file if left out."""
    found: tuple[str, ...] = ()
    """Names of the pieces of evidence that there are."""
    failures: tuple[LookupFailure, ...] = ()
    """What could not be asked: `what`, `code` and `detail` of each."""
    commit: str | None = None
    """Commit that the release's git tag names; that of the file if left out, none such tag if empty."""
    circumstances: Circumstances | None = None
    """Facts beside the evidence; if left out, the manifest was fetched, and nothing else is known. What the service's
    own file says of it stands there already."""
    outcome: Outcome
    """How the whole verdict must end: `pass`, `fail` or `undecided`."""
    findings: dict[str, ExpectedFile] = Field(default_factory=dict)
    """What lines must find, by check, or `check/name` for a line with a name. Every line that is left out must pass."""


class CasesFile(Strict):
    """Cases that share their facts. They are tried by `promoter policy test` and by `promoter config check`."""

    service: Name
    """The service whose releases the cases are about."""
    environment: Name | None = None
    """The environment of cases that name none."""
    release: str = "1.0.0"
    """The release's name."""
    commit: str = "a" * 40
    """The commit that the release's git tag names."""
    now: AwareDatetime
    """When the policies are asked."""
    evidence: dict[str, PieceFile] = Field(default_factory=dict)
    """Pieces of evidence, by names of their own."""
    cases: Annotated[tuple[CaseFile, ...], Field(min_length=1)]
    """The cases."""

    def time_of(self, case: CaseFile) -> datetime:
        """Give when a case is asked."""
        return case.now or self.now
