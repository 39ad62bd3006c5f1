"""What the codes of exceptions mean."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from promoter.core.codes import Code
from promoter.core.term import OPERATOR, SECURITY, TEAM, Term

TERMS: Final[Mapping[Code, Term]] = MappingProxyType(
    {
        Code.EXCEPTION_NOT_YET: Term(
            "An exception names the finding's code and does not hold yet.",
            "Its `not_before` is still to come.",
            "Nobody's: it holds by itself from that time on.",
        ),
        Code.EXCEPTION_EXPIRED: Term(
            "An exception named the finding's code and has ended.",
            "What it was granted for was not mended in time.",
            f"{TEAM}mend what it was granted for, or ask for a new one with new approvals.",
        ),
        Code.EXCEPTION_REVOKED: Term(
            "An exception named the finding's code and was taken back.",
            "A person withdrew it, in its file or by a signed revocation.",
            f"{TEAM}mend what it was granted for.",
        ),
        Code.EXCEPTION_NOT_APPROVED: Term(
            "An exception names the finding's code, and too few people answer for it.",
            "It was merged with too few reviews, by its own requester, or stands in a plain directory.",
            f"{SECURITY}approve the change that brings it, or sign it for the digest; names in the file do not count.",
        ),
        Code.EXCEPTION_NOT_SIGNED: Term(
            "An exception names the finding's code, and the policy accepts signed ones only.",
            "A file whose change was reviewed, where `exceptions.signed` is true.",
            f"{SECURITY}attest the exception for the digest, by as many signers as the policy asks for.",
        ),
        Code.EXCEPTION_NOT_ALLOWED: Term(
            "An exception names the finding's code, and the policy does not allow one like it.",
            "It lasts longer than the policy allows, or names no artifact where the environment is protected.",
            f"{TEAM}ask for a shorter or narrower one.",
        ),
        Code.EXCEPTION_OTHER_SCOPE: Term(
            "An exception names the finding's code, and is for something else.",
            "It is for another environment, digest, version, package or vulnerability.",
            f"{TEAM}ask for one that names what is there now, if the risk is still accepted.",
        ),
        Code.EXCEPTION_SEVERITY_WORSE: Term(
            "An exception covers the finding by name, and its severity is worse than what was accepted.",
            "A vulnerability was rated anew since the exception was granted.",
            f"{SECURITY}decide again; a new exception accepts the new severity.",
        ),
        Code.EXCEPTION_FOREIGN_SIGNER: Term(
            "A signed exception or revocation is by nobody whom the policy names for exceptions.",
            "Another signer's key, or a policy without `exceptions.signers`.",
            f"{OPERATOR}name the signer under `exceptions.signers`, if it may grant exceptions.",
        ),
        Code.EXCEPTION_INVALID: Term(
            "A signed exception or revocation does not verify.",
            "See the code of the bundle, which stands in the sentence.",
            f"{SECURITY}do what that code says, and attest it again.",
        ),
        Code.EXCEPTION_UNPARSEABLE: Term(
            "A signed exception or revocation cannot be read, so that no signed exception counts.",
            "A misspelt code, a missing end, or another version of the form.",
            f"{SECURITY}correct the statement and attest it again.",
        ),
        Code.EXCEPTION_UNKNOWN: Term(
            "Whether an exception covers the finding cannot be told now.",
            "The registry or the forge did not answer, so that approvals or a revocation are not known.",
            "Nobody's: it is asked again by itself.",
        ),
    }
)
"""Every code of an exception with its term."""
