"""Other policies on kept decisions: what they would have blocked, let through or left open, with nothing touched."""

import io
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from promoter.cli.main import main
from promoter.cli.policy import PACE, watch
from promoter.config import load
from promoter.core.candidate import digest_of
from promoter.core.finding import Outcome
from promoter.core.record import Decided
from promoter.expressions import Evaluator
from promoter.local.pipeline import Recipe
from promoter.shadow import Replayed, Shadow, last_decisions
from promoter.wiring import make_signatures, open_expressions
from tests.sim.layout import DESK, Plan
from tests.sim.mint import Mint
from tests.sim.town import Town


@dataclass(frozen=True, slots=True)
class Ran:
    """How `promoter policy shadow` ended."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory, mint: Mint) -> Iterator[Town]:
    """A town in which 1.0.0 passed, and 1.1.0 was blocked for its missing SBOM; replaying leaves it as it is."""
    with Town(tmp_path_factory.mktemp("shadow"), mint, Plan((DESK,))) as town:
        town.release("1.0.0")
        town.run()
        town.release("1.1.0", Recipe(without=frozenset({"sbom"})))
        town.clock.move(timedelta(minutes=11))
        town.run(2)
        yield town


def proposed(town: Town, folder: Path, *changes: tuple[str, str]) -> Path:
    """Put other rules beside those in force: the same directory, with some texts of the policy changed."""
    path = folder / "proposed"
    shutil.copytree(town.config, path)
    file = path / "policies" / "desk.yaml"
    text = file.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    file.write_text(text, encoding="utf-8")
    return path


def shadow(town: Town, new: Path, *options: str) -> Ran:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as ended:
        main(["--config", str(town.config), "policy", "shadow", str(new), *options])
    assert isinstance(ended.value.code, int)
    return Ran(ended.value.code, out.getvalue(), err.getvalue())


def replayed(town: Town, new: Path) -> tuple[Replayed, ...]:
    decisions = last_decisions(town.store.journal, 100)
    shadow = Shadow(load(new, {}), town.store.blobs, make_signatures, Evaluator(open_expressions()))
    return tuple(shadow.replay(decisions))


def files(town: Town) -> Mapping[str, str]:
    """Everything that the bot keeps, by its digest."""
    state = (town.config / town.configuration.promoter.state).resolve()
    found = [path for path in sorted(state.rglob("*")) if path.is_file() and not path.name.endswith(("-shm", "-wal"))]
    return {str(path): digest_of(path.read_bytes()) for path in found}


NO_SBOM = ("  - {check: sbom, signers: [release], formats: [cyclonedx], deadline: 10m}\n", "")
STRICT = ("max_age: 30d", "max_age: 1s")


def test_the_policies_in_force_would_have_decided_the_same(town: Town, tmp_path: Path) -> None:
    ran = shadow(town, proposed(town, tmp_path))

    count = len(last_decisions(town.store.journal, 100))
    assert ran == Ran(
        0,
        f"{count} decisions replayed, 0 would be otherwise: 0 would have been let through, 0 would have been blocked, "
        "0 would have been undecided\n",
        "",
    )


def test_what_a_looser_policy_would_have_let_through_is_told_and_nothing_is_touched(town: Town, tmp_path: Path) -> None:
    before, size = files(town), town.store.ledger.head().size
    ran = shadow(town, proposed(town, tmp_path, NO_SBOM))

    assert ran.code == 1
    first, second, *_, last = ran.out.splitlines()
    assert first.startswith("cart 1.1.0 for desk (propose, ")
    assert first.endswith("): was blocked, would have been let through")
    assert second.startswith("  decision sha256:")
    assert "would have been let through, 0 would have been blocked, 0 would have been undecided" in last
    assert (files(town), town.store.ledger.head().size) == (before, size)


def test_what_a_stricter_policy_would_have_blocked_is_told_with_its_codes(town: Town, tmp_path: Path) -> None:
    found = [one for one in replayed(town, proposed(town, tmp_path, STRICT)) if one.is_changed]

    assert {(one.candidate.release, one.before, one.after) for one in found} == {("1.0.0", Outcome.PASS, Outcome.FAIL)}
    assert {one.codes for one in found} == {("scan.stale",)}


def test_an_expression_of_the_other_policy_is_asked_about_the_kept_facts(town: Town, tmp_path: Path) -> None:
    line = "  - {check: expression, says: no ones, facts: [source], expression: 'release.name != \"1.0.0\"'}\n"
    new = proposed(town, tmp_path, (NO_SBOM[0], line))
    found = {one.candidate.release: (one.after, one.codes) for one in replayed(town, new)}

    assert found == {"1.0.0": (Outcome.FAIL, ("expression.false",)), "1.1.0": (Outcome.PASS, ())}


def test_as_json_it_names_each_decision_that_would_be_otherwise(town: Town, tmp_path: Path) -> None:
    told: dict[str, Any] = json.loads(shadow(town, proposed(town, tmp_path, NO_SBOM), "--json").out)
    (entry,) = (one for one in told["changed"] if one["phase"] == "propose" and one["before"] == "fail")
    decided = town.spot("desk", "1.1.0").decided["propose"]

    assert (told["v"], told["untold"]) == (1, [])
    assert (entry["decision"], entry["after"], entry["codes"]) == (decided.decision, "pass", [])


def test_only_the_last_decisions_are_replayed_where_so_many_are_asked_for(town: Town, tmp_path: Path) -> None:
    assert shadow(town, proposed(town, tmp_path), "--last", "1").out.startswith("1 decisions replayed")
    (newest,) = last_decisions(town.store.journal, 1)
    assert newest == [entry for entry in town.entries() if isinstance(entry, Decided)][-1]


def test_evidence_that_nobody_looked_for_at_the_time_is_not_absent(town: Town, tmp_path: Path) -> None:
    layouts = ("require:", "layouts: [cosign-tag]\nrequire:")
    found = [one for one in replayed(town, proposed(town, tmp_path, layouts)) if one.candidate.release == "1.0.0"]

    assert found
    assert {(one.after, one.note) for one in found} == {
        (Outcome.UNDECIDED, "not looked for at the time: layout cosign-tag")
    }


def test_a_service_that_is_not_there_any_more_cannot_be_told_and_ends_with_3(town: Town, tmp_path: Path) -> None:
    new = proposed(town, tmp_path)
    (new / "services" / "cart.yaml").rename(new / "services" / "basket.yaml")
    ran = shadow(town, new)

    assert ran.code == 3
    assert "cannot be told: cart is not promoted to desk there" in ran.out
    assert ran.out.endswith(f"of {len(last_decisions(town.store.journal, 100))} it cannot be told\n")


def test_a_decision_whose_bytes_are_lost_is_told_and_stops_no_other(town: Town, tmp_path: Path) -> None:
    lost, *_ = last_decisions(town.store.journal, 100)
    state = (town.config / town.configuration.promoter.state).resolve()
    (blob,) = (path for path in state.rglob("*") if "".join(path.parts).endswith(lost.decision.removeprefix("sha256:")))
    aside = blob.rename(tmp_path / "aside")
    first, *others = replayed(town, proposed(town, tmp_path, NO_SBOM))
    aside.rename(blob)

    assert (first.decision, first.after) == (lost.decision, None)
    assert "is not among the blobs" in first.note
    assert all(one.after is not None for one in others)


def test_long_work_tells_how_far_it_has_come(town: Town, tmp_path: Path) -> None:
    one, err = replayed(town, proposed(town, tmp_path))[0], io.StringIO()
    with redirect_stderr(err):
        seen = list(watch(iter([one] * (2 * PACE + 1)), 2 * PACE + 1))

    assert len(seen) == 101
    assert err.getvalue() == "50 of 101 decisions\n100 of 101 decisions\n"
