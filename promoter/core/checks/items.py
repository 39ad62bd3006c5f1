"""What a reason is about, item by item, so that an exception may name it; and the same in a sentence."""

from collections.abc import Iterable

from promoter.core.checks.listing import listed
from promoter.core.finding import ITEM_LIMIT, Item
from promoter.core.predicates.inventory import Component


def bounded(items: Iterable[Item]) -> tuple[Item, ...]:
    """Give the items of a reason, or none where there are more than a reason may name: never a part of them."""
    found = tuple(items)
    return found if len(found) <= ITEM_LIMIT else ()


def item_of(component: Component) -> Item:
    """Name a component."""
    return Item(component.label, purl=component.purl)


def labels_of(components: Iterable[Component]) -> str:
    """Name the first few components in a sentence."""
    return listed([component.label for component in components])


def components_said(count: int) -> str:
    """Say a number of components."""
    return "1 component" if count == 1 else f"{count} components"
