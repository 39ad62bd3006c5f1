"""Different hands: who made a release, who built it, who lets it in and who may break the glass are not the same.

Rule: one identity in two of these roles refuses the promotion, always; no policy has to ask for it. A developer is an
author of the release's commit, a builder signed the provenance that counts, a deployer approves the head commit or
merges it, and break-glass is who the configuration lists for emergencies and is a deployer all the same, and who wrote,
requested or approved a break-glass exception by which the promotion passes.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from promoter.core.circumstances import Circumstances
from promoter.core.codes import Code
from promoter.core.evidence import Evidence
from promoter.core.finding import Finding, Mode, Outcome, Reason
from promoter.core.policy_exception import Granted
from promoter.core.predicates.types import PROVENANCE

CHECK = "hands"
"""What the finding is called; it stands in no policy."""


def is_same_person(one: str, other: str) -> bool:
    """Tell whether two names are one person's: equal but for case, or a login and an address with it before the @."""
    first, second = one.lower(), other.lower()
    return first == second or _account(first) == second or first == _account(second)


def _account(name: str) -> str:
    """Give what stands before the @ of an e-mail address; a URL with an @ in it is no address."""
    account, at, _ = name.partition("@")
    return account if at and "/" not in name else name


def look_at_hands(
    findings: Iterable[Finding], evidence: Evidence, circumstances: Circumstances, used: tuple[Granted, ...] = ()
) -> Finding:
    """Give the finding of a promotion that is about to be merged, by what its other findings rest on.

    `used` are the exceptions that they are waived by.
    """
    held = dict(_held(findings, evidence, circumstances))
    held["break-glass"] = tuple(dict.fromkeys((*held["break-glass"], *_breakers(used))))
    reasons = tuple(_conflicts(held))
    named = "; ".join(f"{role}: {', '.join(names)}" for role, names in held.items() if names)
    return Finding(
        check=CHECK,
        mode=Mode.ENFORCE,
        outcome=Outcome.FAIL if reasons else Outcome.PASS,
        sentence=reasons[0].sentence if reasons else f"different hands ({named or 'nobody is known'})",
        reasons=reasons,
    )


def _held(
    findings: Iterable[Finding], evidence: Evidence, circumstances: Circumstances
) -> Iterator[tuple[str, tuple[str, ...]]]:
    cited = {blob for finding in findings for blob in finding.cites}
    about = (*evidence.attestations, *(item for part in evidence.parts for item in part.attestations))
    builds = (item for item in about if item.found.blob in cited and item.predicate_type in PROVENANCE)
    approvals, roles = circumstances.approvals or (), circumstances.roles
    yield "developer", evidence.source.authors if evidence.source else ()
    yield "builder", tuple(dict.fromkeys(item.signer.key or item.signer.san for item in builds))
    merger = (circumstances.merger,) if circumstances.merger else ()
    deployers = tuple(dict.fromkeys((*(one.login for one in approvals), *merger)))
    yield "deployer", deployers
    listed = roles.break_glass if roles else ()
    yield "break-glass", tuple(name for name in listed if any(is_same_person(name, login) for login in deployers))


def _breakers(used: tuple[Granted, ...]) -> Iterator[str]:
    """Give whose break-glass is in use: whoever wrote, requested or approved it, as far as their approval counts."""
    for one in used:
        if one.is_break_glass:
            yield from (*one.authors, one.exception.requested_by, *one.counting)


def _conflicts(held: Mapping[str, tuple[str, ...]]) -> Iterator[Reason]:
    for (role, names), (other, others) in combinations(held.items(), 2):
        for name, same in ((one, two) for one in names for two in others if is_same_person(one, two)):
            also = "" if name == same else f" (as {same})"
            yield Reason(
                code=Code.HANDS_SAME,
                sentence=f"{name} is {role} and{also} {other} of this promotion",
                remedy=f"Release managers: let somebody else be its {other}, and dismiss an approval that stands.",
            )
