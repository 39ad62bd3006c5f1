"""Changes to a bundle's JSON document, by path."""

from collections.abc import Callable
from typing import Any

from tests.adapters.bundles import (
    Document,
    flipped,
)

Change = Callable[[Document], object]


def within(document: Document, path: tuple[str | int, ...]) -> Any:
    """Give what stands at a path of a bundle."""
    place: Any = document
    for step in path:
        place = place[step]
    return place


def set_in(*path: str | int, to: object) -> Change:
    """Give a change that sets one value of a bundle."""

    def change(document: Document) -> None:
        within(document, path[:-1])[path[-1]] = to

    return change


def drop(*path: str | int) -> Change:
    """Give a change that removes one value of a bundle."""

    def change(document: Document) -> None:
        del within(document, path[:-1])[path[-1]]

    return change


def flip(*path: str | int) -> Change:
    """Give a change that flips one bit of a base64 value."""

    def change(document: Document) -> None:
        within(document, path[:-1])[path[-1]] = flipped(within(document, path))

    return change


ENTRY = ("verificationMaterial", "tlogEntries", 0)
PROOF = (*ENTRY, "inclusionProof")
STAMPS = ("verificationMaterial", "timestampVerificationData", "rfc3161Timestamps")
SIGNATURE = ("dsseEnvelope", "signatures", 0, "sig")
