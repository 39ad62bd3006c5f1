"""Attribute reports (in-toto SCAI): which attributes a producer asserts, of what, and on which evidence."""

from dataclasses import dataclass
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates.body import Body, body_of

_MAX_ATTRIBUTES: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeAssertion:
    """One attribute. `target` and `evidence` are digests as `sha256:...`, empty where none is named by SHA-256.

    `has_target` says that it is about something else than the statement's subject, if its digest is another one or
    none; `is_conditional` that it holds under conditions only, which nothing here understands.
    """

    attribute: str
    has_target: bool = False
    target: str = ""
    evidence: str = ""
    is_conditional: bool = False


def read_attributes(_predicate_type: str, predicate: object) -> tuple[AttributeAssertion, ...]:
    """Read an attribute report; raises Malformed with SCAI_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.SCAI_UNPARSEABLE)
    listed = whole.bodies("attributes", _MAX_ATTRIBUTES)
    if not listed:
        raise whole.refusal("attributes", "is missing or empty")
    return tuple(_read_assertion(item) for item in listed)


def _read_assertion(item: Body) -> AttributeAssertion:
    return AttributeAssertion(
        attribute=item.required_text("attribute"),
        has_target=bool(item.body("target").members),
        target=item.body("target").sha256("digest"),
        evidence=item.body("evidence").sha256("digest"),
        is_conditional=bool(item.body("conditions").members),
    )
