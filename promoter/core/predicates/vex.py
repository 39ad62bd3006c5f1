"""VEX as facts: statements that a vulnerability does or does not concern a product (OpenVEX 0.2.0, CycloneDX VEX).

A statement is a fact about the product, made by its author; it is no permission, it has no end and no environment.
Which authors are believed is policy. OpenVEX: https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md
"""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from promoter.core.candidate import Digest, parse_digest
from promoter.core.predicates.body import Body
from promoter.core.predicates.purl import PackageUrl, image_digest, read_purl

MAX_STATEMENTS: Final = 100_000

_MAX_LIST = 10_000
_MAX_TEXT = 500  # characters of an explanation that are kept
_CONTEXT = re.compile(r"https://openvex\.dev/ns(?:/v0\.2\.\d{1,3})?", re.ASCII)
_JUSTIFICATIONS: Final = frozenset(
    {
        "component_not_present",
        "vulnerable_code_not_present",
        "vulnerable_code_not_in_execute_path",
        "vulnerable_code_cannot_be_controlled_by_adversary",
        "inline_mitigations_already_exist",
    }
)


class VexStatus(Enum):
    """What a statement says, by OpenVEX's names."""

    NOT_AFFECTED = "not_affected"
    AFFECTED = "affected"
    FIXED = "fixed"
    UNDER_INVESTIGATION = "under_investigation"


@dataclass(frozen=True, slots=True)
class Product:
    """What a statement is about: the attested artifact itself or images by digest, in some components or altogether.

    Without `is_subject` and digests it names nothing of ours.
    """

    is_subject: bool = False
    digests: tuple[Digest, ...] = ()
    components: tuple[PackageUrl, ...] = ()
    is_partial: bool = False  # names components that are no package URLs, so that none of them can be told

    @property
    def is_whole(self) -> bool:
        """True where it is about everything in the artifact."""
        return not (self.components or self.is_partial)

    def is_about(self, artifacts: frozenset[Digest]) -> bool:
        """Tell whether it is about one of these artifacts, or a part of it."""
        return self.is_subject or not artifacts.isdisjoint(self.digests)


@dataclass(frozen=True, slots=True)
class VexStatement:
    """One statement; `because` is the justification, or what stands in its place."""

    vulnerability: str
    aliases: tuple[str, ...]
    status: VexStatus
    because: str
    at: datetime
    products: tuple[Product, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that the vulnerability is called."""
        return (self.vulnerability, *self.aliases)


@dataclass(frozen=True, slots=True)
class VexDocument:
    """The statements of one document."""

    statements: tuple[VexStatement, ...]


def read_openvex(document: Body) -> VexDocument:
    """Read an OpenVEX document; raises Malformed.

    Every statement has a status that the specification knows and the reasons that it demands; otherwise the whole
    document is refused: half a document might lack the statement that takes another one back.
    """
    if not _CONTEXT.fullmatch(document.required_text("@context")):
        raise document.refusal("@context", "is not that of OpenVEX 0.2; no other version is read")
    for name in ("@id", "author"):
        document.required_text(name)
    written_at = document.required_time("timestamp")
    statements = document.bodies("statements", MAX_STATEMENTS)
    if not statements:
        raise document.refusal("statements", "is empty")
    return VexDocument(tuple(_statement(item, written_at) for item in statements))


def _statement(item: Body, written_at: datetime) -> VexStatement:
    named, word = item.required_body("vulnerability"), item.required_text("status")
    if word not in {status.value for status in VexStatus}:
        raise item.refusal("status", f"is {word[:40]!r}, which is none of the specification's")
    status, products = VexStatus(word), item.bodies("products", _MAX_LIST)
    return VexStatement(
        vulnerability=named.required_text("name"),
        aliases=tuple(alias for alias in named.texts("aliases", _MAX_LIST) if alias),
        status=status,
        because=_because(item, status),
        at=item.time("timestamp") or written_at,
        products=tuple(_product(one) for one in products) or (Product(is_subject=True),),
    )


def _because(item: Body, status: VexStatus) -> str:
    """Give the reason that the specification demands of a status; raises Malformed where it is missing."""
    justification = item.text("justification")
    if justification and justification not in _JUSTIFICATIONS:
        raise item.refusal("justification", f"is {justification[:40]!r}, which is none of the specification's")
    impact, action = (item.short_text(name, _MAX_TEXT) for name in ("impact_statement", "action_statement"))
    if status is VexStatus.NOT_AFFECTED and not (justification or impact):
        raise item.refusal("justification", "is missing, and so is impact_statement: not_affected needs one of them")
    if status is VexStatus.AFFECTED and not action:
        raise item.refusal("action_statement", "is missing: affected needs it")
    return justification or impact or action or status.value


def _product(item: Body) -> Product:
    subcomponents = item.bodies("subcomponents", _MAX_LIST)
    named = tuple(purl for one in subcomponents for text in _names(one) if (purl := read_purl(text)) is not None)
    return Product(
        digests=tuple(dict.fromkeys(_digests(item))),
        components=named,
        is_partial=bool(subcomponents),
    )


def _names(item: Body) -> tuple[str, str]:
    return item.text("@id"), item.body("identifiers").text("purl")


def _digests(item: Body) -> list[Digest]:
    """Give the manifests that a product names: by its identifier, its package URL or its SHA-256."""
    found = [digest for text in _names(item) if (digest := image_digest(text)) is not None]
    hashed = item.body("hashes").text("sha-256")
    try:
        return [*found, *([parse_digest(f"sha256:{hashed}")] if hashed else [])]
    except ValueError:
        return found
