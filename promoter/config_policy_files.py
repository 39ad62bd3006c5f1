"""`policies/`, as they are written: every key with its type, its default and its meaning.

`docs/configuration.md` is generated from these models. The parameters of checks are types of core, read apart.
"""

import re
from datetime import timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from promoter.config_files import Name, Strict
from promoter.config_keys import check_key
from promoter.core.checks import CHECKS
from promoter.core.evidence import Layout, SignerClaims
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Mode
from promoter.core.identity import Logging, SignerRule
from promoter.core.identity_pattern import check_pattern
from promoter.core.policy import EXCEPTION_RULES


def _checked_pattern(text: str) -> str:
    check_pattern(text)
    return text


def _checked_key(pem: str) -> str:
    check_key(pem)
    return pem


def _midnight(text: object) -> object:
    """Read a date alone as the beginning of that day in UTC."""
    is_date = isinstance(text, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text)
    return f"{text}T00:00:00Z" if is_date else text


DayOrTime = Annotated[AwareDatetime, BeforeValidator(_midnight)]


class SampleFile(Strict):
    """A signer, as a certificate might name it; what is left out is as the rule demands it."""

    san: str
    """Its subject alternative name, whole."""
    issuer: str = ""
    """Its issuer, if not the rule's."""
    claims: SignerClaims = SignerClaims()
    """Its claims that differ from those that the rule demands, by the same names as the rule's."""


class SamplesFile(Strict):
    """Signers that a rule must accept and refuse, and what its placeholders stand for meanwhile."""

    source: str = ""
    """What `{source}` stands for in the samples."""
    tag: str = ""
    """What `{tag}` stands for in the samples."""
    release: str = ""
    """What `{release}` stands for in the samples."""
    good: tuple[SampleFile, ...] = ()
    """Signers that the rule must accept."""
    bad: tuple[SampleFile, ...] = ()
    """Signers that the rule must refuse, written like `good`."""


class SignerFile(Strict):
    """Who signs: an identity that a certificate names, or a key; and when its signatures count."""

    issuer: str = ""
    """The identity provider's URL, as the certificate names it. A key has none."""
    san: str = ""
    """The certificate's subject alternative name, whole: a workflow's URI with its ref, or an e-mail address."""
    san_pattern: Annotated[str, AfterValidator(_checked_pattern)] | None = None
    """Instead of `san`: a pattern of it, where `*` stands for a part of one segment."""
    key: Annotated[str, AfterValidator(_checked_key)] | None = None
    """Instead of both: a public key in PEM, as `cosign public-key` gives it. Exactly one of the three."""
    claims: SignerClaims = SignerClaims()
    """Workflow claims of the certificate that must be equal, by their names in Fulcio's list of extensions."""
    log: Logging = Logging.REQUIRED
    """Whether its signatures must be in a transparency log; `optional` lets a key sign without one, and an identity
    with a timestamp alone."""
    not_before: AwareDatetime | None = None
    """Signatures of before this time do not count. All three times are compared with a signature's proven time, so a
    signature without one does not count where any of them is set, whatever time it claims."""
    not_after: AwareDatetime | None = None
    """Signatures of after this time do not count; older ones stay good. So a key that is rotated out keeps its rule."""
    revoked_at: AwareDatetime | None = None
    """When the key or identity was withdrawn: its signatures of that time and later do not count."""
    samples: SamplesFile = SamplesFile()
    """Signers that the rule must accept and refuse, tried whenever the file is read. They decide nothing else."""

    @model_validator(mode="after")
    def _names_one_signer(self) -> Self:
        if sum(map(bool, (self.san, self.san_pattern, self.key))) != 1:
            raise ValueError("give exactly one of san, san_pattern and key")
        if self.key and self.samples != SamplesFile():
            raise ValueError("a key is compared with the key that signed: there is nothing to try on samples")
        if not self.key and not self.issuer:
            raise ValueError("give the issuer of the certificate, too: without it anybody's identity provider would do")
        _ = self.rule  # a rule that could never hold is refused by itself
        return self

    @property
    def rule(self) -> SignerRule:
        """What the policy keeps of it: all but the samples."""
        return SignerRule(
            issuer=self.issuer,
            san=self.san,
            san_pattern=self.san_pattern or "",
            claims=self.claims,
            key=self.key or "",
            log=self.log,
            not_before=self.not_before,
            not_after=self.not_after,
            revoked_at=self.revoked_at,
        )


class RequirementFile(BaseModel):
    """One line of `require`. Every other key is a parameter of the check."""

    model_config = ConfigDict(extra="allow", frozen=True, use_attribute_docstrings=True)

    check: Annotated[str, Field(json_schema_extra={"enum": list(CHECKS)})]
    """Name of the check."""
    name: Name | None = None
    """Tells two lines of one check apart; a check's only line needs none."""
    mode: Mode = Mode.ENFORCE
    """`enforce` counts, `warn` is shown only, `off` is not even asked."""
    effective_on: DayOrTime | None = None
    """From when on `enforce` counts: a date (its beginning in UTC) or a time with its zone. Until then it warns."""
    deadline: timedelta = timedelta(0)
    """How long after its discovery a release may still miss this evidence: until then it is pending, not blocked."""


class PolicyLineFile(RequirementFile):
    """One line of a policy's `require`. Every other key is a parameter of the check."""

    loosens: Annotated[str, Field(min_length=1)] | None = None
    """Why the environment may demand less here than it inherits; without it, an inherited line is only tightened."""


class FragmentFile(Strict):
    """Signers, layouts and lines that several policies and classes share. The file's name is the fragment's."""

    include: tuple[Name, ...] = ()
    """Fragments that this one begins with. One that nothing includes is refused, and so is a circle."""
    signers: Annotated[dict[Name, SignerFile], Field(default_factory=dict, min_length=1)]
    """Identities by name; each check names those that it accepts."""
    require: Annotated[tuple[RequirementFile, ...], Field(min_length=1)] = ()
    """What a release must show. A line of a check and name that is inherited gives only the keys that differ."""
    layouts: Annotated[tuple[Layout, ...], Field(min_length=1)] | None = None
    """Layouts of evidence that are accepted, as in a policy; whoever includes this accepts just these."""


class ClassFile(Strict):
    """What services of a class must show besides, in every environment. The file's name is the class's."""

    description: Annotated[str, Field(min_length=1)]
    """Which services are of this class, in a sentence for people."""
    environments: tuple[Name, ...] = ()
    """Environments in which the class demands something; all of them if empty."""
    include: tuple[Name, ...] = ()
    """Fragments that this class begins with."""
    signers: Annotated[dict[Name, SignerFile], Field(default_factory=dict, min_length=1)]
    """Identities by name; each check names those that it accepts."""
    require: Annotated[tuple[RequirementFile, ...], Field(min_length=1)] = ()
    """What its services must show besides. A class adds lines, or tightens those that an environment has."""


class PolicyFile(Strict):
    """What a release must show for one environment. The file's name is the environment's."""

    include: tuple[Name, ...] = ()
    """Fragments that this policy begins with; of a line that several have, the strictest counts."""
    signers: Annotated[dict[Name, SignerFile], Field(default_factory=dict, min_length=1)]
    """Identities by name; each check names those that it accepts."""
    require: Annotated[tuple[PolicyLineFile, ...], Field(min_length=1)] = ()
    """What a release must show; a policy that enforces nothing is refused. A line of a check and name that is
    inherited gives only the keys that differ, and those may only tighten it."""
    exceptions: ExceptionRules = EXCEPTION_RULES
    """What is asked of exceptions from this policy; what is left out is as strict as it says."""
    layouts: Annotated[tuple[Layout, ...], Field(min_length=1)] | None = None
    """Layouts of evidence that are accepted, `bundle` if left out. What stands in another is shown and counts for
    nothing.

    `bundle`: Sigstore bundles that refer to the image (cosign 3, GitHub). `cosign-tag`: cosign 2's tags `.sig` and
    `.att`. `cosign-referrer`: cosign's experimental OCI 1.1 mode. `attachment`: SBOM documents that refer to the image
    and whose own manifest is signed, in a layout that is accepted too. `forge-store`: the attestation store of the
    forge that holds the source."""
