"""Which signer a policy accepts, and whether a certificate's signer is that one.

Rules are exact after their placeholders are filled in; there are no patterns here, so nothing can match too much.
"""

from dataclasses import dataclass, field, fields

from promoter.core.evidence import Signer, SignerClaims


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerRule:
    """An identity that a policy names: issuer and subject alternative name, and workflow claims that must be equal.

    `san` and the claims may hold the placeholders `{source}` (the service's source repository URL), `{tag}` (the
    release's git tag) and `{release}`.
    """

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    issuer: str
    """The identity provider's URL, as the certificate names it."""
    san: str
    """The certificate's subject alternative name, whole: a workflow's URI with its ref, or an e-mail address."""
    claims: SignerClaims = field(default_factory=SignerClaims)
    """Workflow claims of the certificate that must be equal, by their names in Fulcio's list of extensions."""


@dataclass(frozen=True, slots=True)
class Placeholders:
    """What the placeholders of a rule stand for, for one service and release."""

    source: str
    tag: str
    release: str

    def fill(self, text: str) -> str:
        """Fill in the placeholders, once: a value that holds a placeholder's text is not filled again."""
        parts = []
        rest = text
        values = {"{source}": self.source, "{tag}": self.tag, "{release}": self.release}
        while rest:
            at, name = min(((rest.find(name), name) for name in values if name in rest), default=(-1, ""))
            if at < 0:
                break
            parts += [rest[:at], values[name]]
            rest = rest[at + len(name) :]
        return "".join([*parts, rest])


def matches(rule: SignerRule, signer: Signer, filled: Placeholders) -> bool:
    """Tell whether the certificate's signer is exactly the one that the rule names; empty demands match nobody."""
    san, issuer = filled.fill(rule.san), filled.fill(rule.issuer)
    if not san or not issuer or signer.san != san or signer.issuer != issuer:
        return False
    wanted = ((name, filled.fill(getattr(rule.claims, name))) for name in (f.name for f in fields(SignerClaims)))
    return all(getattr(signer.claims, name) == value for name, value in wanted if value)
