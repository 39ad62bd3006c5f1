"""Writes the catalogue of checks from the table beside it, the checks and their vectors: `make docs`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from docs.catalogue import DEMANDS, Demand
from promoter.core.checks import CHECKS
from promoter.core.checks.check import Check
from promoter.core.checks.subject import Phase
from promoter.core.codes import Code
from promoter.core.waivable import IDENTITY_CHECKS, WAIVABLE

CHECKS_PAGE: Final = Path(__file__).parent / "checks.md"
VECTORS: Final = Path(__file__).parents[1] / "tests" / "vectors"
_MARK: Final = "\\*"
_LINK: Final = "configuration.md#the-checks"


def checks_page() -> str:
    """Write the page: what can be demanded, and every check."""
    return "\n".join(
        (
            "# Checks",
            "",
            "What a policy can demand, what answers it, and where the facts come from. Made by `make docs` from",
            "`docs/catalogue.py`, the checks and their vectors. Every parameter is described in",
            f"[configuration.md]({_LINK}), every code in [findings.md](findings.md), how to write a policy in",
            "[policies.md](policies.md).",
            "",
            "What nobody says never passes: it *fails* where somebody should have said it, and is *undecided* where it",
            "may still be found out. Undecided findings stop a release as failed ones do, and are asked again.",
            "",
            "## What can be demanded",
            "",
            "*Waivable* are findings that an approved [exception](policies.md#exceptions-and-break-glass) may cover.",
            "",
            "| demand | says | answered by | facts from | without them | waivable |",
            "|---|---|---|---|---|---|",
            *map(_row, DEMANDS),
            "",
            "## Every check",
            "",
            "Codes are those of its vectors: evidence and a requirement in, the whole finding out. Those with a * are",
            "waivable.",
            "",
            "| check | passes when it is | asked | fails with | undecided with | vectors |",
            "|---|---|---|---|---|---|",
            *(_check(name, check) for name, check in CHECKS.items()),
            "",
        )
    )


def _row(demand: Demand) -> str:
    keys = (f"`environments.<name>.{key}`" for key in demand.keys)
    answers = ", ".join((*(f"`{one}`" for one in demand.by), *keys))
    by = "; ".join(part for part in (answers, demand.besides) if part)
    ids = ", ".join(f"**{name}**" for name in demand.id.split(", "))
    return f"| {ids} | {demand.says} | {by} | {demand.facts} | {demand.unknown} | {_waivable(demand)} |"


def _waivable(demand: Demand) -> str:
    """Say which of a demand's codes an exception may cover."""
    if not demand.by:
        return "no finding"
    waivable = [code for code in demand.codes if Code(code) in WAIVABLE]
    if not waivable or {name.partition(".")[0] for name in demand.by} <= IDENTITY_CHECKS:
        return "never"
    return "yes" if len(waivable) == len(demand.codes) else ", ".join(f"`{code}`" for code in waivable)


def _check(name: str, check: Check[Any]) -> str:
    phases = (
        "always" if check.phases == frozenset(Phase) else f"{', '.join(phase.value for phase in check.phases)} only"
    )
    vector = json.loads((VECTORS / f"{name}.json").read_bytes())
    failing, undecided = (", ".join(_codes(vector, outcome)) or "nothing" for outcome in ("fail", "undecided"))
    file = f"[{len(vector['cases'])}](../tests/vectors/{name}.json)"
    return f"| `{name}` | {check.title} | {phases} | {failing} | {undecided} | {file} |"


def _codes(vector: Mapping[str, Any], outcome: str) -> Iterator[str]:
    """Give the codes of findings that ended so, with a mark on those that can be waived."""
    is_identity = vector["check"] in IDENTITY_CHECKS
    ended = (case["expected"] for case in vector["cases"] if case["expected"]["outcome"] == outcome)
    for code in sorted({reason["code"] for finding in ended for reason in finding["reasons"]}):
        is_waivable = outcome == "fail" and Code(code) in WAIVABLE and not is_identity
        yield f"`{code}`{_MARK if is_waivable else ''}"


if __name__ == "__main__":
    CHECKS_PAGE.write_text(checks_page(), encoding="utf-8")
