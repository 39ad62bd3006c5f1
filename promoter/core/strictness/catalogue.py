"""How the parameters of every check are compared: the table that a new check, or a new parameter, gets a row in.

A test walks the closed table of checks and names every parameter that has no order here. Where the newest evidence
decides, whose evidence counts cannot be compared: who leaves a signer out may be hiding what that signer found last.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from promoter.core.checks.artifact_age import Rollback
from promoter.core.checks.attestation import Expectation
from promoter.core.checks.scai import Attribute
from promoter.core.checks.scan import ScanParams
from promoter.core.checks.steps import Step
from promoter.core.checks.tests import SuitesParams
from promoter.core.checks.vex import VexParams
from promoter.core.checks.vsa import VsaVerifier
from promoter.core.predicates.summary import reaches
from promoter.core.strictness.comparison import Comparison, Part, exact, part
from promoter.core.strictness.lattice import (
    demanded,
    elsewhere,
    fewer,
    fields_of,
    larger,
    more,
    permitted,
    same,
    same_members,
    smaller,
)
from promoter.core.strictness.of_circumstances import OF_CIRCUMSTANCES
from promoter.core.strictness.of_components import (
    allowed_licences,
    denied,
    exploited,
    grace,
    lacking,
    sources,
    tools,
    untold,
)
from promoter.core.strictness.provenance_order import attested, materials, trusted
from promoter.core.strictness.vulnerability_limits import severity_limits

_NEWEST: Final = "the newest evidence decides, so that leaving some out may hide what it says"
_INDEX: Final = "the index itself and its platforms have evidence of their own"

_EARLIEST: Final = "the earliest evidence decides, so that leaving some out may hide how old it is"

_newest = part("signers", same_members, _NEWEST)
_signers = part("signers", fewer)
_fresh = part("max_age", demanded(smaller))


def _always(_: object) -> bool:
    return True


def _goes_back(before: Rollback, after: Rollback) -> bool:
    return after in (before, Rollback.REFUSE)


def _scanners(before: ScanParams, after: ScanParams) -> bool:
    """One of the scanners is enough, or with `require_all` each: fewer are stricter in one case, more in the other.

    A scanner is no looser where it was accepted before, in any version or in the same ones.
    """
    wanted, given = (dict(params.scanner_versions or {}) for params in (before, after))
    held = {
        name for name in after.scanners if name in before.scanners and wanted.get(name, "*") in ("*", given.get(name))
    }
    if before.require_all:
        return after.require_all and more(before.scanners, held)
    return bool(held) if after.require_all else more(after.scanners, held)


def _suites(before: SuitesParams, after: SuitesParams) -> bool:
    """Compare suites and coverage: a suite more may be the one that says enough of it."""
    suites = same_members if before.min_coverage else more
    return suites(before.suites, after.suites) and demanded(larger)(before.min_coverage, after.min_coverage)


def _asserted(before: tuple[Attribute, ...], after: tuple[Attribute, ...]) -> bool:
    """Tell whether every attribute is still demanded, and where it had to rest on some evidence, on that."""
    return all(any(new.name == old.name and old.evidence in ("", new.evidence) for new in after) for old in before)


def _expected(before: tuple[Expectation, ...], after: tuple[Expectation, ...]) -> bool:
    """Tell whether everything that had to stand somewhere still has to; true is not the number 1."""
    kept = {(one.at, type(one.value), one.value) for one in after}
    return all((one.at, type(one.value), one.value) in kept for one in before)


def _chain(before: tuple[Step, ...], after: tuple[Step, ...]) -> bool:
    """Compare chains: the same steps at the end, by the same signers or fewer; more may come before them."""
    end = after[-len(before) :]
    return len(end) == len(before) and all(
        old.name == new.name and fewer(old.signers, new.signers) for old, new in zip(before, end, strict=True)
    )


def _same_verifiers(before: tuple[VsaVerifier, ...], after: tuple[VsaVerifier, ...]) -> bool:
    return {one.id: frozenset(one.signers) for one in before} == {one.id: frozenset(one.signers) for one in after}


def _reached(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Tell whether whoever reaches all of the levels after reaches all of those before."""
    return all(reaches(after, level) for level in before)


def _on_platforms(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    return bool(before) == bool(after) and more(before, after)


def _vex(before: VexParams, after: VexParams) -> bool:
    return same_members(before.signers, after.signers) and fewer(before.statuses, after.statuses)


def _compared_with(before: tuple[str, ...], after: tuple[str, ...]) -> bool:
    """Tell whether what was compared still is, with the same signers."""
    return not before or same_members(before, after)


_platforms = part("platforms", _on_platforms, _INDEX)
_level_limits = fields_of(error=demanded(smaller), warning=demanded(smaller), note=demanded(smaller))

COMPARISONS: Final[Mapping[str, Comparison]] = MappingProxyType(
    {
        **OF_CIRCUMSTANCES,
        "signature": Comparison((_signers, part("at_least", larger)), _always),
        "provenance": Comparison(
            (
                Part(("signers", "mismatch_approvals"), attested, "nobody who attests may approve another commit"),
                part("builders", fewer),
                part("build_types", fewer),
                part("workflow", demanded(same)),
                part("parameters", fewer),
                part("versions", fewer),
                part("pinned_materials", larger),
                Part(("min_level", "levels"), trusted, "other pairs of signer and builder are trusted"),
                part("triggers", demanded(fewer)),
                part("unnamed_ref", smaller),
                Part(("material_sources", "base_images"), materials, "images among the materials have one list or two"),
            ),
            lambda params: params.mismatch_approvals is None,
        ),
        "sbom": Comparison(
            (
                _newest,
                part("formats", same_members, _NEWEST),
                part("min_components", larger),
                part("generators", demanded(tools)),
                _platforms,
            )
        ),
        "licences": Comparison(
            (
                _newest,
                part("allow", allowed_licences),
                part("deny", more),
                part("unknown", lacking),
                part("formats", same_members, _NEWEST),
                _platforms,
            )
        ),
        "components": Comparison(
            (
                _newest,
                part("deny", denied),
                part("ecosystems", demanded(fewer)),
                part("sources", sources),
                part("unknown_source", untold),
                part("missing_version", lacking),
                part("missing_purl", lacking),
                _fresh,
                part("maintained", larger),
                part("facts", demanded(same), "somebody else says what is not in the SBOM"),
                part("formats", same_members, _NEWEST),
                _platforms,
            )
        ),
        "denylist": Comparison((part("must_be_known", larger),), _always),
        "scan": Comparison(
            (
                _newest,
                Part(("scanners", "require_all", "scanner_versions"), _scanners),
                part("end_of_life", lacking),
                part("max_age", smaller),
                part("max_database_age", demanded(smaller)),
                _platforms,
            )
        ),
        "vulnerabilities": Comparison(
            (
                _newest,
                part("limits", severity_limits),
                part("grace", grace),
                part("known_exploited", exploited),
                part("epss_max", demanded(smaller)),
                part("exposure", demanded(fields_of(internet=severity_limits))),
                _platforms,
                part("vex", permitted(_vex), "a newer statement overrules an older one, whoever made it"),
            )
        ),
        "agreement": Comparison(
            (
                _signers,
                part("sbom_signers", _compared_with, _NEWEST),
                part("scan_signers", _compared_with, _NEWEST),
                part("same_mechanism", larger),
            )
        ),
        "reproduced": Comparison(
            (
                part("builds", fewer),
                part("build_types", fewer),
                part("at_least", larger),
                part("parameters", fewer),
                part("versions", fewer),
                part("unnamed_ref", smaller),
            ),
            _always,
        ),
        "source-review": Comparison((part("verifiers", same_members, _NEWEST), part("min_level", larger))),
        "tests": Comparison(
            (
                _newest,
                Part(("suites", "min_coverage"), _suites, "another suite may be the one that states its coverage"),
                part("allow_warned", smaller),
                _fresh,
            )
        ),
        "sast": Comparison((_newest, part("tools", more), part("limits", _level_limits))),
        "review": Comparison((_newest, part("at_least", larger), _fresh, *exact("kind", "environment", "policy"))),
        "vsa": Comparison(
            (
                part("verifiers", _same_verifiers, _NEWEST),
                part("levels", _reached),
                _fresh,
                *exact("resource", "policy", "policy_digest", why="a summary of another one would be set aside"),
            )
        ),
        "steps": Comparison((part("steps", _chain),), _always),
        "release": Comparison((_signers, *exact("package", "version")), _always),
        "scai": Comparison((_signers, part("attributes", _asserted), part("allow_conditions", smaller)), _always),
        "expression": Comparison(
            (
                *exact("expression", why="nothing says what else holds where an expression does"),
                part("facts", same_members, "it is asked about something else now"),
                part("signers", same_members, _NEWEST),
                part("says", elsewhere),
                part("remedy", elsewhere),
            )
        ),
        "artifact": Comparison((part("repositories", fewer), part("platforms", more)), _always),
        "source-branch": Comparison((part("branches", fewer),), _always),
        "age": Comparison(
            (
                part("signers", same_members, _EARLIEST),
                part("max_age", smaller),
                part("rollback", _goes_back),
                part("versions", same_members, _EARLIEST),
            )
        ),
        "order": Comparison((), _always),
        "approval": Comparison((part("min", larger), part("people", demanded(fewer))), _always),
        "ticket": Comparison(exact("pattern", "name", why="other texts are tickets now"), _always),
        "rules": Comparison((), _always),
        "log": Comparison((), _always),
        "attestation": Comparison((_newest, *exact("predicate_type"), part("equals", _expected), _fresh)),
    }
)
"""How the parameters of each check are compared, by the check's name."""
