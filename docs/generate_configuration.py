"""Writes the tables and examples of docs/configuration.md from the models that read the files, and from config/ itself.

The page's prose is written by hand; what stands between `<!-- begin NAME -->` and `<!-- end NAME -->` is generated.
Run `python docs/generate_configuration.py` after a change of a model; a test holds the page to it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from promoter.config_case_files import CasesFile
from promoter.config_denials import DenyFile
from promoter.config_exception_files import ExceptionFile
from promoter.config_files import GraphFile, PromoterFile, ServiceFile
from promoter.config_freezes import FreezesFile
from promoter.config_policy_files import ClassFile, FragmentFile, PolicyFile
from promoter.core.checks import CHECKS

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "configuration.md"
_BLOCK = re.compile(r"(<!-- begin (?P<name>[\w./-]+) -->\n).*?(<!-- end (?P=name) -->)", re.DOTALL)
_LETTERS = {"D": "d", "H": "h", "M": "m", "S": "s"}
SHARED = {"Limits": "severity"}  # models that several keys of one mapping have, and what these keys have in common

Schema = Mapping[str, Any]


_FILES: Mapping[str, type] = {
    "promoter": PromoterFile,
    "graph": GraphFile,
    "service": ServiceFile,
    "policy": PolicyFile,
    "fragment": FragmentFile,
    "class": ClassFile,
    "cases": CasesFile,
    "exception": ExceptionFile,
    "deny": DenyFile,
    "freezes": FreezesFile,
}
_LIKE_POLICIES = {"fragment", "class", "cases"}
_SPREAD_ELSEWHERE = frozenset({"SignerFile", "RequirementFile", "SampleFile", "Circumstances", "LookupFailure"})


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a file, as a row of its table."""

    name: str
    kind: str
    default: str
    meaning: str

    def __str__(self) -> str:
        return f"| `{self.name}` | {self.kind} | {self.default} | {self.meaning} |"


def render(page: str) -> str:
    """Give the page with every generated block as it must be; raises KeyError for a block of an unknown name."""
    return _BLOCK.sub(lambda found: f"{found[1]}{_block(found['name'])}\n{found[3]}", page)


def _block(name: str) -> str:
    if name.endswith(".yaml"):
        return f"```yaml\n{(ROOT / name).read_text(encoding='utf-8').rstrip()}\n```"
    if name.startswith("check/"):
        return _check(name.removeprefix("check/"))
    return _table(_FILES[name], _SPREAD_ELSEWHERE if name in _LIKE_POLICIES else frozenset())


def _check(name: str) -> str:
    check = CHECKS[name]
    first = (check.params.__doc__ or "").split("\n")[0]
    return f"`{name}`: {check.title}. {first}\n\n{_table(check.params)}"


def _table(kind: type, elsewhere: frozenset[str] = frozenset()) -> str:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    schema = adapter.json_schema()
    rows = "\n".join(str(key) for key in _keys(schema, schema, "", set(elsewhere)))
    return f"| key | type | default | meaning |\n|---|---|---|---|\n{rows}"


def _keys(node: Schema, schema: Schema, prefix: str, told: set[str]) -> Iterator[Key]:
    """Give the keys of a mapping, each followed by those below it; keys that are built alike share what is below.

    A model whose keys were `told` further up in the table is not spread out again.
    """
    alike: dict[str, Schema] = {}
    for name, said in node.get("properties", {}).items():
        found = _resolve(said, schema)
        is_required = name in node.get("required", ())
        meaning = " ".join(str(said.get("description", found.get("description", ""))).split("\n\n")[0].split())
        below = _below(found, f"{prefix}{name}", schema)
        default = "required" if is_required else _default(said.get("default"), found)
        yield Key(f"{prefix}{name}", _kind(found, schema), default, meaning.replace("|", "\\|"))
        if below and found.get("title") in SHARED:
            alike[SHARED[found["title"]]] = below[1]
        elif below and (model := str(below[1].get("title"))) not in told:
            told.add(model)
            yield from _keys(below[1], schema, below[0], told)
    for word, shared in alike.items():
        yield from _keys(shared, schema, f"{prefix}<{word}>.", told)


def _below(node: Schema, name: str, schema: Schema) -> tuple[str, Schema] | None:
    """Give the mapping under a key, directly, by name or in a list, and what stands before its keys."""
    others, items = node.get("additionalProperties"), node.get("items")
    if "properties" in node:
        return f"{name}.", node
    if isinstance(others, dict):
        return f"{name}.<{_word(name)}>.", _resolve(others, schema)
    if items and "properties" in _resolve(items, schema):
        return f"{name}[].", _resolve(items, schema)
    return None


def _word(name: str) -> str:
    return "host" if name == "registries" else "name"


def _resolve(node: Schema, schema: Schema) -> Schema:
    for choice in node.get("anyOf", ()):
        if choice.get("type") != "null" and len(node["anyOf"]) == 2 and {"type": "null"} in node["anyOf"]:
            return {**_resolve(choice, schema), **{k: v for k, v in node.items() if k != "anyOf"}}
    reference: str = node.get("$ref", "")
    return {**schema["$defs"][reference.rsplit("/", 1)[-1]], **node} if reference else node


def _kind(node: Schema, schema: Schema) -> str:
    match node:
        case {"enum": words}:
            return "one of " + ", ".join(f"`{word}`" for word in words)
        case {"anyOf": choices}:
            return " or ".join(_kind(_resolve(choice, schema), schema) for choice in choices)
        case {"type": "array", "items": items}:
            return f"list of {_kind(_resolve(items, schema), schema)}".replace("list of keys", "list of mappings")
        case {"type": "object"}:
            return "mapping by name" if isinstance(node.get("additionalProperties"), dict) else "keys"
        case {"type": "integer"}:
            bounds = f", {node['minimum']} to {node['maximum']}" if "maximum" in node else ""
            return f"whole number{bounds}"
        case {"type": "boolean"}:
            return "`true` or `false`"
        case {"format": "duration" | "path" | "uri" | "date-time" as form}:
            return {"duration": "duration", "path": "path", "uri": "URL", "date-time": "time"}[form]
        case _:
            return "text"


def _default(value: object, node: Schema) -> str:
    match value:
        case None | "" | [] | {}:
            return "–"
        case dict():
            return "see below"
        case bool():
            return f"`{str(value).lower()}`"
        case list():
            return ", ".join(f"`{item}`" for item in value)
        case str() if node.get("format") == "duration":
            return f"`{_duration(value)}`"
        case _:
            return f"`{value}`"


def _duration(text: str) -> str:
    """Write an ISO 8601 duration of one unit as the files do: `PT1M` is `1m`."""
    found = re.fullmatch(r"PT?(\d+)([DHMS])", text)
    assert found, text
    return found[1] + _LETTERS[found[2]]


if __name__ == "__main__":
    PAGE.write_text(render(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
