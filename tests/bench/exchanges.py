"""What the verification benchmark's processes tell the test: exchanges over the wire, and what a verification took."""

from dataclasses import dataclass

from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer as the server saw them, in monotonic seconds, which all processes share."""

    server: str  # "registry" or "forge"
    asked: str  # method and path
    began: float
    ended: float


@dataclass(frozen=True, slots=True)
class Scene:
    """One attested image in a running world: where it is, who signed it, and the configuration for the program."""

    image: str  # host:port/path@digest
    digest: str
    release: str
    releaser: tuple[str, str]  # subject alternative name and issuer
    scanner: tuple[str, str]
    trusted_root: str
    config: str
    variables: dict[str, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """What one verification took in the process that did it, in seconds, and what came out."""

    wall: float
    cpu: float
    outcome: str
    peak: float  # resident MB at most since the process began


EXCHANGES: TypeAdapter[tuple[Exchange, ...]] = TypeAdapter(tuple[Exchange, ...])
SCENE: TypeAdapter[Scene] = TypeAdapter(Scene)
TAKEN: TypeAdapter[Taken] = TypeAdapter(Taken)


def depth(exchanges: tuple[Exchange, ...]) -> int:
    """Give the most exchanges of which each began after the one before had ended: round trips that had to wait."""
    rounds, ended = 0, float("-inf")
    for exchange in sorted(exchanges, key=lambda one: one.ended):
        if exchange.began >= ended:
            rounds, ended = rounds + 1, exchange.ended
    return rounds
