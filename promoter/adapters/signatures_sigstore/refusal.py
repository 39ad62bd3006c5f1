"""Why material is not used: one code and one plain sentence, raised inside this adapter and never out of it."""

from sigstore.errors import VerificationError

from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState

_UNREADABLE = frozenset(
    {
        Code.BUNDLE_UNPARSEABLE,
        Code.BUNDLE_UNSUPPORTED,
        Code.BUNDLE_TOO_LARGE,
        Code.BUNDLE_TOO_MANY_LOG_ENTRIES,
        Code.BUNDLE_TOO_MANY_TIMESTAMPS,
        Code.COSIGN_LAYER_UNSUPPORTED,
        Code.COSIGN_ANNOTATION_INVALID,
        Code.COSIGN_ENVELOPE_UNPARSEABLE,
        Code.COSIGN_PAYLOAD_UNPARSEABLE,
        Code.STATEMENT_UNPARSEABLE,
        Code.STATEMENT_TOO_MANY_SUBJECTS,
    }
)


class Refusal(VerificationError):  # noqa: N818 - says what is done with the material
    """Material is refused; a kind of sigstore's own error, because a verification policy may raise nothing else."""

    def __init__(self, code: Code, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def outside_period(what: str) -> Refusal:
    """Give the refusal of a signature that a part of the trusted root does not cover."""
    return Refusal(
        Code.BUNDLE_TRUST_ROOT_OUTSIDE_PERIOD,
        f"the trusted root's period for the {what} does not cover the time of the signature",
    )


def state_of(code: Code) -> EvidenceState:
    """Tell what cannot be read from what was read and does not verify."""
    return EvidenceState.UNPARSEABLE if code in _UNREADABLE else EvidenceState.INVALID
