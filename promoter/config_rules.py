"""A file of rules, read whole: a policy, a fragment or a class, with all that it includes merged into it.

Lines are merged by (check, name): an inherited line keeps the keys that the file does not give. What is merged may
only be tightened, unless the line of a policy says why it `loosens`. Every file is complete in itself: its lines name
signers that it defines or inherits, so that what is wrong with it is said once, where it stands.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from promoter.config_errors import attempt, name_key, parse
from promoter.config_names import Known, strange_names
from promoter.config_policy_files import ClassFile, FragmentFile, PolicyFile, RequirementFile
from promoter.config_samples import failing_samples
from promoter.config_tightening import Tightens
from promoter.core.checks import CHECKS
from promoter.core.evidence import Layout
from promoter.core.exception_rules import ExceptionRules
from promoter.core.finding import Mode
from promoter.core.identity import SignerRule
from promoter.core.policy import EXCEPTION_RULES, Requirement
from promoter.strict_yaml import ConfigError, Document, Location

RulesFile = PolicyFile | FragmentFile | ClassFile


@dataclass(frozen=True, slots=True)
class Line:
    """One line of rules: what it demands, the keys that it is made of, and where it stands.

    `loosens` says why it demands less than what it inherits, which stands at `inherited`.
    """

    requirement: Requirement
    keys: Mapping[str, Any] = field(repr=False)
    place: str  # file:line
    loosens: str = ""
    inherited: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a file demands, with all that it includes; `layouts` is None where it says nothing of them."""

    name: str
    signers: Mapping[str, SignerRule] = field(default_factory=dict)
    lines: tuple[Line, ...] = ()
    layouts: tuple[Layout, ...] | None = None
    exceptions: ExceptionRules = EXCEPTION_RULES  # of the environment's policy alone

    @property
    def require(self) -> tuple[Requirement, ...]:
        """What its lines demand."""
        return tuple(line.requirement for line in self.lines)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of rules under reading: its document, its values, and the fragments that it includes."""

    document: Document
    file: RulesFile
    included: tuple[Rules, ...]
    environments: tuple[str, ...]  # empty where the graph could not be read

    def say(self, at: Location, sentence: str) -> str:
        """Give a problem with its place and key."""
        return f"{self.document.at(at)}: {name_key(at)}: {sentence}"


def read_rules(name: str, source: Source, tightens: Tightens) -> Rules:
    """Merge a file with what it includes; raises ConfigError with all that is wrong with it."""
    problems: list[str] = []
    inherited = _joined(source, tightens, problems)
    own, file = _own_signers(source), source.file
    problems += _defined_otherwise(source, inherited, own)
    layouts = None if isinstance(file, ClassFile) else file.layouts
    if layouts is not None and inherited.layouts not in {None, layouts}:
        problems.append(source.say(("layouts",), "an included fragment accepts others; leave them to the fragment"))
    keys = tuple(_keys(source, index, inherited) for index in range(len(file.require)))
    found = [attempt(problems, partial(_line, source, at, inherited, tightens)) for at in enumerate(keys)]
    lines = tuple(line for line in found if line)
    signers = {**inherited.signers, **own}
    problems += _same_line_twice(source)
    problems += strange_names(source.document, keys, Known(signers, source.environments))
    problems += failing_samples(source.document, file.signers)
    if problems:
        raise ConfigError(*problems)
    asked = file.exceptions if isinstance(file, PolicyFile) else EXCEPTION_RULES
    return Rules(name, signers, _merged(inherited.lines, lines), layouts or inherited.layouts, asked)


# --- what is included -------------------------------------------------------------------------------------------------


def _joined(source: Source, tightens: Tightens, problems: list[str]) -> Rules:
    """Join the included fragments; of two that have a line, the stricter one counts."""
    joined = Rules("")
    for index, rules in enumerate(source.included):
        at: Location = ("include", index)
        problems += [source.say(at, sentence) for sentence in clashes(joined, rules, tightens)]
        joined = join(joined, rules, tightens)
    return joined


def join(before: Rules, after: Rules, tightens: Tightens) -> Rules:
    """Give what rules demand together, under the name of the first; where both have a line, the stricter one.

    That nothing clashes was looked at before.
    """
    known = {line.requirement.key: line for line in before.lines}
    stricter = tuple(
        line for line in after.lines if tightens(known.get(line.requirement.key, line).requirement, line.requirement)
    )
    return Rules(
        name=before.name,
        signers={**before.signers, **after.signers},
        lines=_merged(before.lines, stricter),
        layouts=after.layouts or before.layouts,
        exceptions=before.exceptions,
    )


def clashes(before: Rules, after: Rules, tightens: Tightens) -> Iterator[str]:
    """Say why rules cannot be joined: what has one name must be one thing, and of two lines one must be stricter."""
    for name, rule in after.signers.items():
        if before.signers.get(name, rule) != rule:
            yield f"{after.name} and what stands before it define the signer {name} differently; rename one of the two"
    known = {line.requirement.key: line for line in before.lines}
    for line in after.lines:
        other = known.get(line.requirement.key)
        if other and not any(tightens(one.requirement, two.requirement) for one, two in ((other, line), (line, other))):
            yield (
                f"{line.requirement.title} stands in {line.place} and in {other.place}, and neither is known to be at "
                "least as strict as the other; give one a name of its own, and both count"
            )
    if after.layouts is not None and before.layouts not in {None, after.layouts}:
        yield f"{after.name} accepts other layouts than what stands before it; let one of them name the layouts"


def _merged(before: tuple[Line, ...], after: tuple[Line, ...]) -> tuple[Line, ...]:
    lines = {line.requirement.key: line for line in before}
    lines |= {line.requirement.key: line for line in after}
    return tuple(lines.values())


# --- what the file itself says ----------------------------------------------------------------------------------------


def _own_signers(source: Source) -> Mapping[str, SignerRule]:
    return {key: signer.rule for key, signer in source.file.signers.items()}


def _defined_otherwise(source: Source, inherited: Rules, own: Mapping[str, SignerRule]) -> Iterator[str]:
    for name, rule in own.items():
        if inherited.signers.get(name, rule) != rule:
            yield source.say(("signers", name), "an included fragment defines it otherwise; give this one another name")


def _keys(source: Source, index: int, inherited: Rules) -> Mapping[str, Any]:
    """Give the keys of a line with those that it inherits; a date goes with `enforce` and is not inherited without."""
    written = dict(source.document.values["require"][index])
    if isinstance(source.file, PolicyFile):
        written.pop("loosens", None)
    before = _inherited(written, inherited)
    keys = {**(before.keys if before else {}), **written}
    if before and "effective_on" not in written and keys.get("mode") in {Mode.WARN.value, Mode.OFF.value}:
        keys.pop("effective_on", None)
    return keys


def _inherited(keys: Mapping[str, Any], inherited: Rules) -> Line | None:
    lines = {line.requirement.key: line for line in inherited.lines}
    return lines.get((keys["check"], keys.get("name", "")))


def _line(source: Source, numbered: tuple[int, Mapping[str, Any]], inherited: Rules, tightens: Tightens) -> Line:
    (index, keys), at = numbered, ("require", numbered[0])
    loosens = getattr(source.file.require[index], "loosens", None) or ""
    before = _inherited(keys, inherited)
    place = before.place if before else ""
    line = Line(_requirement(source.document, at, keys), keys, source.document.at(at), loosens, place)
    if sentence := _wrong_way(before, line, tightens):
        raise ConfigError(source.say((*at, "loosens") if loosens else at, sentence))
    return line


def _wrong_way(before: Line | None, line: Line, tightens: Tightens) -> str:
    """Say what is wrong with a line beside the one that it inherits; empty where nothing is."""
    title = line.requirement.title
    if before is None:
        return f"no included fragment has a line {title}: there is nothing to loosen; remove it" if line.loosens else ""
    is_tighter = tightens(before.requirement, line.requirement)
    if is_tighter and line.loosens:
        return f"{title} is at least as strict as what is inherited ({before.place}); remove it"
    if is_tighter or line.loosens:
        return ""
    return (
        f"{title} is not known to be at least as strict as what is inherited ({before.place}); tighten it, give it a "
        'name of its own so that both count, or say why in a policy: loosens: "..."'
    )


def _requirement(document: Document, at: Location, keys: Mapping[str, Any]) -> Requirement:
    part = replace(document, values=dict(keys), lines=_below(document.lines, at))
    prefix = f"{name_key(at)}."
    line = parse(part, RequirementFile, prefix)
    also = tuple(RequirementFile.model_fields)
    params = parse(replace(part, values=dict(line.model_extra or {})), CHECKS[line.check].params, prefix, also)
    if line.effective_on and line.mode is not Mode.ENFORCE:
        where = f"{part.at(('effective_on',))}: {prefix}effective_on"
        raise ConfigError(f"{where}: goes with the mode enforce, from that date on; the mode is {line.mode.value}")
    return Requirement(
        check=line.check,
        params=params,
        mode=line.mode,
        deadline=line.deadline,
        effective_on=line.effective_on,
        name=line.name or "",
    )


def _below(lines: Mapping[Location, int], where: Location) -> dict[Location, int]:
    size = len(where)
    return {location[size:]: line for location, line in lines.items() if location[:size] == where}


def _same_line_twice(source: Source) -> Iterator[str]:
    first = dict[tuple[str, str], int]()
    for index, line in enumerate(source.file.require):
        other = first.setdefault((line.check, line.name or ""), index)
        if other != index:
            title = f"{line.check} ({line.name})" if line.name else line.check
            sentence = f"a second line of {title} (the first is require[{other}]); give it a name of its own"
            yield source.say(("require", index), sentence)
