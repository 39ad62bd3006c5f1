"""What the codes of the deny list mean."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from promoter.core.codes import Code
from promoter.core.term import SECURITY, TEAM, Term

_LIFT = f"{TEAM}release a new version without it. {SECURITY}or lift the denial, if it was wrong."

TERMS: Final[Mapping[Code, Term]] = MappingProxyType(
    {
        Code.DENIED_DIGEST: Term(
            "The release's digest, or that of one of its platforms, was withdrawn.",
            "A release turned out to be bad, and somebody denied it by command or in deny.yaml.",
            _LIFT,
        ),
        Code.DENIED_COMMIT: Term(
            "The commit that the release was built from was withdrawn.",
            "A commit turned out to be bad: a leaked secret, a planted change.",
            _LIFT,
        ),
        Code.DENIED_SIGNER: Term(
            "Evidence that the policy accepts is signed by somebody who was withdrawn.",
            "A key or a workflow was taken over.",
            f"{TEAM}have it signed by somebody else. {SECURITY}take the signer out of the policies, or lift the "
            "denial, if it was wrong.",
        ),
        Code.DENIED_COMPONENT: Term(
            "The newest SBOM that counts lists a component that was withdrawn.",
            "A package was taken over, or a range of its versions must not be used.",
            _LIFT,
        ),
        Code.DENIED_UNKNOWN: Term(
            "Whether the release rests on something denied cannot be told.",
            "No SBOM that counts can be read, a version cannot be compared, or the git tag is not known now.",
            f"{TEAM}attest an SBOM with package URLs and versions by an accepted signer.",
        ),
    }
)
"""Every code of the deny list with its term."""
