"""Starter policies, in the order in which a team adopts them: each demands what the one before does, and more."""

from importlib.resources import files
from typing import Final

PRESETS: Final = ("digest", "sbom-and-scan", "signing", "provenance", "all")
"""Their names, the first step first."""


def read_preset(name: str) -> str:
    """Give the text of a starter policy; raises KeyError for a name that none has."""
    if name not in PRESETS:
        raise KeyError(name)
    return files(__name__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")


def title_of(name: str) -> str:
    """Give what a starter policy is about, in one line: the first of its file."""
    return read_preset(name).partition("\n")[0].removeprefix("# ")
