"""A signer, as it is written in policies and for signed rules: an identity or a key, when it may sign, and samples."""

from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, model_validator

from promoter.config_keys import check_key
from promoter.config_shapes import Strict
from promoter.core.evidence import SignerClaims
from promoter.core.identity import Logging, SignerRule
from promoter.core.identity_pattern import check_pattern


def _checked_pattern(text: str) -> str:
    check_pattern(text)
    return text


def _checked_key(pem: str) -> str:
    check_key(pem)
    return pem


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
