"""What the codes of facts beside the evidence mean: artifact, order, people, rules."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from promoter.core.codes import Code
from promoter.core.term import MANAGERS, OPERATOR, TEAM, Term

_AGAIN: Final = "Nobody's: it is asked again by itself."

TERMS: Final[Mapping[Code, Term]] = MappingProxyType(
    {
        Code.ARTIFACT_UNRESOLVED: Term(
            "The manifest was not fetched, so nothing was compared with its digest.",
            "The registry did not answer, or a digest was pinned under the name of another release.",
            _AGAIN,
        ),
        Code.ARTIFACT_REPOSITORY_UNKNOWN: Term(
            "It is not known from which repository the artifact comes.",
            "A decision that was kept by an earlier Promoter.",
            f"{OPERATOR}judge it anew with the service's file.",
        ),
        Code.ARTIFACT_REPOSITORY_NOT_ALLOWED: Term(
            "The environment takes nothing from this repository.",
            "A registry of builds or of another team where that of releases is demanded.",
            f"{TEAM}release into an accepted repository.",
        ),
        Code.ORDER_UNKNOWN: Term(
            "Whether the release would go back is not known.",
            "The manifests cannot be read, do not agree, or pin something that is no release of the service.",
            f"{OPERATOR}make the manifests name one release.",
        ),
        Code.ORDER_DOWNGRADE: Term(
            "A newer release runs in the environment.",
            "An old release became eligible late, or somebody wants to go back.",
            f"{MANAGERS}to go back on purpose, ask for a rollback, which is recorded.",
        ),
        Code.AGE_UNKNOWN: Term(
            "Nobody vouches for when the artifact was built.",
            "Its provenance is missing, by a signer who is not accepted, or without a signed time.",
            f"{TEAM}let the build attest its provenance with a log or a timestamp.",
        ),
        Code.AGE_TOO_OLD: Term(
            "The artifact was built too long ago.",
            "An old release that was never built again.",
            f"{TEAM}build and release it anew.",
        ),
        Code.SOURCE_BRANCH_UNKNOWN: Term(
            "Whether the release's commit is on an accepted branch is not known.",
            "The forge did not answer, or it has no such branch.",
            _AGAIN,
        ),
        Code.SOURCE_BRANCH_NOT_REACHABLE: Term(
            "The release's commit is on none of the accepted branches.",
            "A tag on a branch of somebody's own, or on a commit that was replaced.",
            f"{TEAM}merge the change, and release from there.",
        ),
        Code.APPROVAL_UNKNOWN: Term(
            "It is not known whose approval counts.",
            "The source did not answer, or the commit's address belongs to no account.",
            _AGAIN,
        ),
        Code.APPROVAL_TOO_FEW: Term(
            "Fewer people approve the head commit than must.",
            "Nobody has looked yet, the head is another one now, or the author approved.",
            f"{MANAGERS}look at the proposal and approve it.",
        ),
        Code.TICKET_UNKNOWN: Term(
            "It is not known whose review counts.",
            "The source did not answer, or the commit's address belongs to no account.",
            _AGAIN,
        ),
        Code.TICKET_ABSENT: Term(
            "No approving review names a change ticket.",
            "It was approved without the line.",
            f"{MANAGERS}approve with a line that names the ticket.",
        ),
        Code.TICKET_WRONG: Term(
            "What an approving review names is no ticket.",
            "A slip of the pen, or a ticket of another system.",
            f"{MANAGERS}approve again with the right ticket.",
        ),
        Code.RULES_UNKNOWN: Term(
            "It is not known which rules are in force.",
            "Nothing was ever activated, or it was judged apart from the bot.",
            f"{OPERATOR}start the bot with these rules, which activates them.",
        ),
        Code.RULES_NOT_ACTIVE: Term(
            "The rules that judge are not those in force.",
            "Files were changed past the way on which rules come into force.",
            f"{OPERATOR}bring the rules into force as they must be, or restore those that are.",
        ),
        Code.LOG_UNKNOWN: Term(
            "It is not known whether the ledger extends what was anchored.",
            "It was judged apart from the bot, or the environment repository did not answer.",
            f"{OPERATOR}ask the running bot.",
        ),
        Code.LOG_INCONSISTENT: Term(
            "The ledger does not extend a checkpoint that stands outside of it.",
            "It was rewritten, cut off, or another ledger is in its place.",
            f"{OPERATOR}stop the bot, run `promoter log verify`, and restore a ledger that passes.",
        ),
        Code.HANDS_SAME: Term(
            "One identity has two roles in this promotion.",
            "An author approves or signs the build, or who is listed for break-glass approves.",
            f"{MANAGERS}let somebody else approve or merge.",
        ),
    }
)
"""Every code of these with its term."""
