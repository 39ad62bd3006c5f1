"""Every component of the SBOM has licences that the policy allows, as SPDX expressions say it.

Rule 1: an expression passes where it can be satisfied with allowed licences and no denied one is unavoidable. Where a
component has several licences, all must pass; those that the document's maker concluded count in place of the rest.
Rule 2: a licence is allowed or denied by its own identifier: `-only` and `-or-later` are two, and `LicenseRef-` names
what its author wants, so that it is allowed only where it is named. An exception of the SPDX list (`WITH`) only adds
permissions: what is allowed or denied without it is so with it, unless the pair is named.
Rule 3: what nobody says, or nobody can read, is not known; it is no permission.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from typing import Final

from promoter.core.checks.check import Check, require_signers
from promoter.core.checks.items import bounded, components_said
from promoter.core.checks.lacking import Lacking
from promoter.core.checks.listing import listed
from promoter.core.checks.newest_sbom import (
    DEFAULT_FORMATS,
    SBOM_DEMAND,
    Choice,
    Inspected,
    inspect_newest,
    require_formats,
)
from promoter.core.checks.platforms import Lack, judge_platforms, require_platform_names
from promoter.core.checks.selection import Reading
from promoter.core.checks.subject import Subject
from promoter.core.codes import Code
from promoter.core.evidence import EvidenceState
from promoter.core.finding import Aside, Finding, Item, Reason
from promoter.core.predicates.inventory import Component
from promoter.core.predicates.licence import NO_ASSERTION, Expression, Licence, expression_of, licence_of
from promoter.core.predicates.sbom import Sbom, SbomFormat

_LACK: Final = Lack("licences", Code.SBOM_PLATFORM_MISSING, SBOM_DEMAND.noun, SBOM_DEMAND.maker)
_DENIED, _NOT_ALLOWED, _UNKNOWN = (
    "a licence that is denied and needed",
    "a licence that is not allowed",
    "no licence that is known",
)
_STATE: Final = "Service team: let the generator look licences up, or correct what it writes, as SPDX expressions."
_REPLACE: Final = "Service team: replace or remove the component, build and release again."


@dataclass(frozen=True, slots=True, kw_only=True)
class LicencesParams:
    """Whose SBOMs count, and which licences their components may have."""

    __pydantic_config__ = {"extra": "forbid", "use_attribute_docstrings": True}  # noqa: RUF012 - pydantic reads it

    signers: tuple[str, ...]
    """Names of the policy's signers whose SBOMs are accepted; at least one."""
    allow: tuple[str, ...] = ()
    """Licences that are allowed, by their SPDX identifiers, alone or `WITH` an exception; if left out, all that are not
    denied. `LicenseRef-` names are allowed only where they stand here."""
    deny: tuple[str, ...] = ()
    """Licences that no component may depend on, by their SPDX identifiers."""
    unknown: Lacking = Lacking.FAIL
    """What follows where no licence is stated, or none that can be read: `fail`, or `warn`, which only tells it."""
    formats: tuple[SbomFormat, ...] = DEFAULT_FORMATS
    """Formats of SBOMs that are accepted; `spdx3` is SPDX 3.0, of which only the inventory is read."""
    platforms: tuple[str, ...] = ()
    """Platforms of an image index, like `linux/amd64`, each of which needs an SBOM of its own or one that lists it."""

    def __post_init__(self) -> None:
        require_signers(self.signers)
        require_formats(self.formats)
        require_platform_names(self.platforms)
        if not self.allow and not self.deny:
            raise ValueError("allow and deny name no licence: such a requirement would accept every one")
        denied = _keys("deny", self.deny)
        for name in self.allow:
            if _keys("allow", (name,)) & denied:
                raise ValueError(f"{name} stands in allow and in deny: take it out of one of them")


def _keys(parameter: str, names: tuple[str, ...]) -> frozenset[tuple[str, str]]:
    """Give what identifies each licence; raises ValueError for what no component's licence could ever be."""
    keys = set()
    for name in names:
        licence = licence_of(name)
        if licence is None or not (licence.is_listed or licence.is_reference):
            raise ValueError(f"{parameter} has {name!r}, which is no SPDX identifier: see https://spdx.org/licenses")
        keys.add(licence.key)
    return frozenset(keys)


def _apply(params: LicencesParams, subject: Subject) -> Finding:
    choice = Choice("licences", params.signers, params.formats)
    rules = Rules(_keys("allow", params.allow), _keys("deny", params.deny))
    return judge_platforms(
        params.platforms,
        subject,
        _LACK,
        lambda about: inspect_newest(choice, about, partial(_inspect, params, rules)),
    )


# --- one licence, one component ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rules:
    """The licences that a policy names, by what identifies them."""

    allowed: frozenset[tuple[str, str]]
    denied: frozenset[tuple[str, str]]

    def denies(self, licence: Licence) -> bool:
        """Tell whether a licence is denied, by itself or by what it is without its exception."""
        alone = (licence.key[0], "")
        return licence.key in self.denied or (licence.key not in self.allowed and alone in self.denied)

    def accepts(self, licence: Licence) -> bool | None:
        """Tell whether a licence may be used; None for one that nobody knows."""
        if self.denies(licence) or licence.key in self.allowed:
            return not self.denies(licence)
        if not licence.is_listed and not (licence.is_reference and self.allowed):
            return None
        return (licence.key[0], "") in self.allowed if self.allowed else True


@dataclass(frozen=True, slots=True)
class _Shortcoming:
    """What stands against one component's licence; `names` are the licences at fault, or what is written in place."""

    code: Code
    component: Component
    stated: str
    names: tuple[str, ...]


_Fault = tuple[Code, tuple[str, ...]]  # what is wrong with an expression, and the licences that make it so


def _shortcomings(component: Component, judge: Callable[[str], tuple[_Fault, ...]]) -> Iterator[_Shortcoming]:
    stated = component.concluded or component.licences
    if not stated and component.is_package:
        yield _Shortcoming(Code.LICENCES_UNKNOWN, component, "no licence", (NO_ASSERTION,))
    for text in stated:
        yield from (_Shortcoming(code, component, text, names) for code, names in judge(text))


def _against(rules: Rules, text: str) -> tuple[_Fault, ...]:
    """Give what stands against what is written as a licence."""
    expression = expression_of(text)
    return ((Code.LICENCES_UNKNOWN, (text,)),) if expression is None else tuple(_faults(expression, rules))


def _faults(expression: Expression, rules: Rules) -> Iterator[_Fault]:
    """Give refused licences that it needs, and unknown ones that it needs: neither hides the other."""
    answers = {licence: rules.accepts(licence) for licence in expression.licences()}
    is_refused = expression.holds(lambda licence: answers[licence] is not False) is False
    if is_refused:
        is_denied = expression.holds(lambda licence: not rules.denies(licence)) is False
        refused = tuple(str(licence) for licence, answer in answers.items() if answer is False)
        yield Code.LICENCES_DENIED if is_denied else Code.LICENCES_NOT_ALLOWED, refused
    if expression.holds(lambda licence: True if is_refused and answers[licence] is False else answers[licence]) is None:
        yield Code.LICENCES_UNKNOWN, tuple(str(licence) for licence, answer in answers.items() if answer is None)


# --- the whole SBOM ---------------------------------------------------------------------------------------------------


def _inspect(params: LicencesParams, rules: Rules, item: Reading[Sbom]) -> Inspected:
    judge = cache(partial(_against, rules))  # an SBOM repeats a few expressions thousands of times
    found = tuple(one for component in item.facts.components for one in _shortcomings(component, judge))
    unknown = tuple(one for one in found if one.code is Code.LICENCES_UNKNOWN)
    is_told = bool(unknown) and params.unknown is Lacking.WARN
    counted = tuple(one for one in found if not (is_told and one.code is Code.LICENCES_UNKNOWN))
    but = f", but for {components_said(_count(unknown))} with {_UNKNOWN}" if is_told else ""
    return Inspected(
        sentence=f"the licences of {components_said(len(item.facts.components))} are allowed{but}",
        reasons=tuple(_reasons(counted, params)),
        asides=(Aside(_said(unknown, _UNKNOWN)),) if is_told else (),
    )


def _reasons(found: tuple[_Shortcoming, ...], params: LicencesParams) -> Iterator[Reason]:
    texts = {
        Code.LICENCES_DENIED: (_DENIED, "", _REPLACE),
        Code.LICENCES_NOT_ALLOWED: (
            _NOT_ALLOWED,
            f"; allowed: {listed(params.allow)}",
            f"{_REPLACE} Security team: or allow the licence.",
        ),
        Code.LICENCES_UNKNOWN: (_UNKNOWN, "", _STATE),
    }
    for code, (what, besides, remedy) in texts.items():
        these = tuple(one for one in found if one.code is code)
        if these:
            yield Reason(
                code=code,
                sentence=_said(these, what) + besides,
                remedy=remedy,
                state=EvidenceState.INVALID,
                items=bounded(_items(these)),
            )


def _items(these: Iterable[_Shortcoming]) -> Iterator[Item]:
    for one in these:
        yield from (Item(name, purl=one.component.purl) for name in one.names)


def _said(these: tuple[_Shortcoming, ...], what: str) -> str:
    named = listed([f"{one.component.label} ({one.stated})" for one in these])
    return f"{components_said(_count(these))} with {what}: {named}"


def _count(these: tuple[_Shortcoming, ...]) -> int:
    """Count the components: one may have several licences that are at fault."""
    return len({id(one.component) for one in these})


LICENCES: Final = Check("licences", "licences that the policy allows", LicencesParams, _apply)
