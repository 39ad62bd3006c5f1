"""Static analysis as SARIF 2.1.0: what each tool found by level and rule, and which commit it looked at.

What a run does not say is kept as not said: no `results` is nothing analysed (SARIF 2.1.0 §3.14.23), an invocation
that is not said to have succeeded did not. Suppressed results are counted apart, so that they stay visible.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from promoter.core.codes import Code
from promoter.core.predicates.body import Body, body_of
from promoter.core.predicates.source import normalise_repository

_MAX_RUNS: Final = 100
_MAX_RESULTS: Final = 100_000
_MAX_RULES: Final = 100_000
_MAX_LIST: Final = 1_000


class Level(Enum):
    """How serious a result is, worst first."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NONE = "none"


_WORDS: Final = tuple(level.value for level in Level)


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit that was analysed, and its repository by its normalised name."""

    repository: str
    commit: str


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How often a rule was broken at a level."""

    level: Level
    rule: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """One run of one tool.

    `analysed` is False where the run has no list of results, `completed` where an invocation did not succeed.
    """

    tool: str
    version: str
    completed: bool
    analysed: bool
    counts: tuple[RuleCount, ...]
    suppressed: int
    revisions: tuple[Revision, ...]

    def count(self, level: Level) -> int:
        """Give the number of results at a level, suppressed ones left out."""
        return sum(item.count for item in self.counts if item.level is level)


def read_sarif(_predicate_type: str, predicate: object) -> tuple[Analysis, ...]:
    """Read a SARIF log; raises Malformed with SAST_UNPARSEABLE."""
    whole = body_of(predicate, "", Code.SAST_UNPARSEABLE)
    whole.one_of("version", ("2.1.0",))
    runs = whole.bodies("runs", _MAX_RUNS)
    if not runs:
        raise whole.refusal("runs", "is missing or empty")
    if (count := sum(len(run.values("results", _MAX_RESULTS)) for run in runs)) > _MAX_RESULTS:
        raise whole.refusal("runs", f"has {count} results, more than {_MAX_RESULTS} are not read")
    return tuple(_read_run(run) for run in runs)


def _read_run(run: Body) -> Analysis:
    driver = run.required_body("tool").required_body("driver")
    results, invocations = run.bodies("results", _MAX_RESULTS), run.bodies("invocations", _MAX_LIST)
    shown = tuple(item for item in results if not _is_suppressed(item))
    rules = _Rules(
        run, has_overrides=any(item.values("ruleConfigurationOverrides", _MAX_RULES) for item in invocations)
    )
    current = (item for item in shown if item.text("baselineState") != "absent")
    counted = Counter((rules.level(item), rules.name(item)) for item in current)
    return Analysis(
        tool=driver.required_text("name"),
        version=driver.text("semanticVersion") or driver.text("version"),
        completed=all(item.flag("executionSuccessful") for item in invocations),
        analysed=run.has("results"),
        counts=tuple(RuleCount(level, rule, count) for (level, rule), count in counted.most_common()),
        suppressed=len(results) - len(shown),
        revisions=tuple(_read_revision(item) for item in run.bodies("versionControlProvenance", _MAX_LIST)),
    )


def _read_revision(item: Body) -> Revision:
    return Revision(normalise_repository(item.text("repositoryUri")), item.text("revisionId"))


def _is_suppressed(result: Body) -> bool:
    """Tell whether a result is suppressed: nothing about it is rejected or still under review (§3.27.23)."""
    if not result.has("suppressions"):
        return False
    states = {item.text("status") or "accepted" for item in result.bodies("suppressions", _MAX_LIST)}
    return states == {"accepted"}


class _Rules:
    """The rules of a run, for results that leave their level or identifier to them (§3.27.10, §3.52)."""

    def __init__(self, run: Body, *, has_overrides: bool) -> None:
        tool = run.body("tool")
        components = (tool.body("driver"), *tool.bodies("extensions", _MAX_LIST))
        self.by_component = tuple(item.bodies("rules", _MAX_RULES) for item in components)
        self.has_overrides = has_overrides
        self.levels: Mapping[str, Level] = self._defaults()

    def name(self, result: Body) -> str:
        """Give the identifier of the rule, by name or by its place in the tool's own list."""
        named = result.text("ruleId") or result.body("rule").text("id")
        return named or self._at(result) or "(no rule)"

    def level(self, result: Body) -> Level:
        """Give the level that is stated, else the rule's default, else a warning; what is no failure has none."""
        if result.has("level"):
            return Level(result.one_of("level", _WORDS))
        if (result.text("kind") or "fail") != "fail":
            return Level.NONE
        if self.has_overrides:
            raise result.refusal("level", "is missing and depends on ruleConfigurationOverrides, which are not read")
        name = self.name(result)
        while name not in self.levels and "/" in name:
            name = name.rpartition("/")[0]
        return self.levels.get(name, Level.WARNING)

    def _defaults(self) -> Mapping[str, Level]:
        """Take the worst default where two components have a rule of one name."""
        worst_last = tuple(reversed(Level))
        found: dict[str, Level] = {}
        for rule in (rule for rules in self.by_component for rule in rules):
            default = rule.body("defaultConfiguration")
            level = Level(default.one_of("level", _WORDS)) if default.has("level") else Level.WARNING
            name = rule.text("id")
            found[name] = max(found.get(name, level), level, key=worst_last.index)
        return found

    def _at(self, result: Body) -> str:
        index = result.members.get("ruleIndex")
        own = self.by_component[0]
        if isinstance(index, bool) or not isinstance(index, int) or not 0 <= index < len(own):
            return ""
        return own[index].text("id")
