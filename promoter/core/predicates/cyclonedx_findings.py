"""The `vulnerabilities` of a CycloneDX document: as the findings of a scan, and as VEX statements where analysed.

Rule 1: a document without vulnerabilities is no scan. Some generators write an empty list although they looked for
none, so that one is no scan either: a clean result needs a report that says so.
Rule 2: an analysis (`not_affected`, `false_positive`) takes no finding away here; whoever may say so is a VEX author,
and the policy names those.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from promoter.core.predicates.body import Body
from promoter.core.predicates.cyclonedx import check_cyclonedx, nested_components, read_tools
from promoter.core.predicates.purl import image_digest, read_purl
from promoter.core.predicates.vex import Product, VexDocument, VexStatement, VexStatus
from promoter.core.predicates.vulnerability import (
    MAX_VULNERABILITIES,
    Fix,
    Rating,
    Scan,
    Severity,
    Vulnerability,
    severity_of,
    severity_of_number,
    worst,
)

_MAX_LIST = 10_000
_MAX_TEXT = 500  # characters of an explanation that are kept
_STATUSES: Final = {
    "resolved": VexStatus.FIXED,
    "resolved_with_pedigree": VexStatus.FIXED,
    "exploitable": VexStatus.AFFECTED,
    "in_triage": VexStatus.UNDER_INVESTIGATION,
    "false_positive": VexStatus.NOT_AFFECTED,
    "not_affected": VexStatus.NOT_AFFECTED,
}
_JUSTIFICATIONS: Final = frozenset(
    {
        "code_not_present",
        "code_not_reachable",
        "requires_configuration",
        "requires_dependency",
        "requires_environment",
        "protected_by_compiler",
        "protected_at_runtime",
        "protected_at_perimeter",
        "protected_by_mitigating_control",
    }
)
_FIXES: Final = {"can_not_fix": Fix.NOT_FIXABLE, "will_not_fix": Fix.NOT_FIXABLE, "update": Fix.FIXABLE}


def lists_vulnerabilities(predicate: Mapping[str, Any]) -> bool:
    """Tell whether a CycloneDX document is about vulnerabilities; see rule 1."""
    return predicate.get("vulnerabilities") not in (None, [])


def lists_analyses(predicate: Mapping[str, Any]) -> bool:
    """Tell whether a CycloneDX document says of any vulnerability what it means for the product."""
    listed = predicate.get("vulnerabilities")
    return isinstance(listed, list) and any(isinstance(item, Mapping) and item.get("analysis") for item in listed)


@dataclass(frozen=True, slots=True)
class _Listed:
    """The components of the document by reference, and the reference of the artifact itself."""

    by_reference: dict[str, Body]
    artifact: str

    def find(self, reference: str) -> Body | None:
        return self.by_reference.get(reference)


def _listed(document: Body) -> _Listed:
    components = {item.text("bom-ref"): item for item in nested_components(document)}
    components.pop("", None)
    return _Listed(components, document.body("metadata").body("component").text("bom-ref"))


# --- as a scan --------------------------------------------------------------------------------------------------------


def read_cyclonedx_scan(document: Body) -> Scan:
    """Read the findings; the scanner is what `metadata.tools` names, all of it. Raises Malformed.

    The format has no age of the scanner's data, and `recommendation` is free text: whether there is a fix is unknown
    unless the analysis responds with it.
    """
    check_cyclonedx(document)
    metadata = document.required_body("metadata")
    tools, listed = read_tools(metadata), _listed(document)
    if not tools:
        raise metadata.refusal("tools", "names no scanner")
    found = (_findings(item, listed) for item in document.bodies("vulnerabilities", MAX_VULNERABILITIES))
    vulnerabilities = tuple(finding for findings in found for finding in findings)
    if len(vulnerabilities) > MAX_VULNERABILITIES:
        raise document.refusal("vulnerabilities", f"affect more than {MAX_VULNERABILITIES} components in all")
    artifact = image_digest(metadata.body("component").text("purl"))
    return Scan(
        scanner="+".join(sorted({tool.name.lower() for tool in tools})),
        scanner_version=", ".join(tool.version for tool in tools if tool.version),
        finished_at=metadata.required_time("timestamp"),
        database_at=None,
        analysed=bool(vulnerabilities),
        vulnerabilities=vulnerabilities,
        objects=(artifact,) if artifact else (),
    )


def _findings(item: Body, listed: _Listed) -> Iterator[Vulnerability]:
    """Give one finding for each component that is affected, or one without a component."""
    ratings, aliases = _ratings(item), tuple(one.text("id") for one in item.bodies("references", _MAX_LIST))
    responses = (_FIXES.get(word, Fix.UNKNOWN) for word in item.body("analysis").texts("response", _MAX_LIST))
    fix = next((fix for fix in responses if fix is not Fix.UNKNOWN), Fix.UNKNOWN)
    affected = item.bodies("affects", _MAX_LIST)
    for reference in [one.required_text("ref") for one in affected] or [""]:
        component = listed.find(reference)
        yield Vulnerability(
            id=item.required_text("id"),
            aliases=aliases,
            severity=worst(rating.severity for rating in ratings),
            fix=fix,
            package=component.text("name") if component else reference,
            version=component.text("version") if component else "",
            purl=component.text("purl") if component else reference if read_purl(reference) else "",
            ratings=ratings,
            published_at=item.time("published"),
        )


def _ratings(item: Body) -> tuple[Rating, ...]:
    return tuple(
        Rating(one.body("source").short_text("name", 100), _severity(one)) for one in item.bodies("ratings", _MAX_LIST)
    )


def _severity(rating: Body) -> Severity:
    """Read one rating: the word, or else a CVSS score; the scores of other methods mean something else.

    `info` is the least that is a severity at all.
    """
    word = rating.text("severity")
    said = Severity.NEGLIGIBLE if word == "info" else severity_of(word)
    if said is not Severity.UNKNOWN or not rating.text("method").startswith("CVSS"):
        return said
    return severity_of_number(rating.number("score"))


# --- as VEX -----------------------------------------------------------------------------------------------------------


def read_cyclonedx_vex(document: Body) -> VexDocument:
    """Read the analyses; vulnerabilities without one are no statements. Raises Malformed."""
    check_cyclonedx(document)
    written_at, listed = document.body("metadata").time("timestamp"), _listed(document)
    analysed = (item for item in document.bodies("vulnerabilities", MAX_VULNERABILITIES) if item.has("analysis"))
    return VexDocument(tuple(_statement(item, listed, written_at) for item in analysed))


def _statement(item: Body, listed: _Listed, written_at: datetime | None) -> VexStatement:
    analysis = item.body("analysis")
    state, justification = analysis.required_text("state"), analysis.text("justification")
    if state not in _STATUSES:
        raise analysis.refusal("state", f"is {state[:40]!r}, which is none of the specification's")
    if justification and justification not in _JUSTIFICATIONS:
        raise analysis.refusal("justification", f"is {justification[:40]!r}, which is none of the specification's")
    status, detail = _STATUSES[state], analysis.short_text("detail", _MAX_TEXT)
    if status is VexStatus.NOT_AFFECTED and not (justification or detail):
        raise analysis.refusal("justification", f"is missing, and so is detail: {state} needs one of them")
    at = analysis.time("lastUpdated") or analysis.time("firstIssued") or item.time("updated") or written_at
    if at is None:
        raise analysis.refusal("lastUpdated", "is missing, and so is every other time of the statement")
    return VexStatement(
        vulnerability=item.required_text("id"),
        aliases=tuple(one.text("id") for one in item.bodies("references", _MAX_LIST) if one.text("id")),
        status=status,
        because=justification or detail or state,
        at=at,
        products=tuple(_product(one, listed) for one in item.bodies("affects", _MAX_LIST)),
    )


def _product(affected: Body, listed: _Listed) -> Product:
    """Read what is meant: a component of the document, the artifact itself, or a package URL.

    A reference into another document, or to a range of versions, names nothing that could be told from here.
    """
    reference = affected.required_text("ref")
    component = listed.find(reference)
    purl = read_purl(component.text("purl") if component else reference)
    if reference == listed.artifact:
        return Product(is_subject=True)
    versions = affected.bodies("versions", _MAX_LIST)
    if purl is None or (versions and purl.version not in {one.text("version") for one in versions}):
        return Product()
    return Product(is_subject=True, components=(purl,))
