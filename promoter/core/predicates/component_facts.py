"""What somebody looked up about components: when each version was published, and whether it is still maintained.

No specification has a type for it; ours is described in docs/predicates.md, and a policy may name another of its shape.
Where one component is listed twice, the worse statement counts: the earlier date, and that it is not maintained.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates.body import Body, body_of
from promoter.core.predicates.inventory import MAX_COMPONENTS
from promoter.core.predicates.purl import read_purl


@dataclass(frozen=True, slots=True)
class ComponentFacts:
    """One version of one package; None is not told."""

    component: str  # the canonical package URL without qualifiers
    published_at: datetime | None
    is_maintained: bool | None


_NOTHING: Final = (None, None)


def read_component_facts(_predicate_type: str, predicate: object) -> tuple[ComponentFacts, ...]:
    """Read the list; raises Malformed with COMPONENTS_FACTS_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.COMPONENTS_FACTS_UNPARSEABLE)
    if not whole.has("components"):
        raise whole.refusal("components", "is missing")
    return tuple(_facts(item) for item in whole.bodies("components", MAX_COMPONENTS))


def worst_by_component(found: Iterable[ComponentFacts]) -> "FactTable":
    """Bring statements together, by component."""
    table: dict[str, ComponentFacts] = {}
    for item in found:
        table[item.component] = _worse(table[item.component], item) if item.component in table else item
    return FactTable(table)


@dataclass(frozen=True, slots=True)
class FactTable:
    """What is known of each component."""

    _by_component: dict[str, ComponentFacts]

    def of(self, purl: str) -> ComponentFacts:
        """Give what is known of a package URL: nothing, where it is none or not listed."""
        found = read_purl(purl)
        known = self._by_component.get(found.identity) if found and found.version else None
        return known or ComponentFacts(purl, *_NOTHING)


def _facts(item: Body) -> ComponentFacts:
    purl = read_purl(item.required_text("purl"))
    if purl is None or not purl.version:
        raise item.refusal("purl", "is no package URL with a version")
    is_maintained = item.flag("maintained") if item.has("maintained") else None
    return ComponentFacts(purl.identity, item.time("publishedAt"), is_maintained)


def _worse(one: ComponentFacts, other: ComponentFacts) -> ComponentFacts:
    dates = [at for at in (one.published_at, other.published_at) if at]
    words = [word for word in (one.is_maintained, other.is_maintained) if word is not None]
    return ComponentFacts(one.component, min(dates, default=None), min(words, default=None))
