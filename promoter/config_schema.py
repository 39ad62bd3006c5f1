"""JSON schemas of the configuration's files, for editors: what they complete and underline while one is typing.

They are made from the models that read the files, and from the parameters of every check. They say less than
`promoter config check`, which alone decides: an editor does not know other files, and a schema no rules between keys.
Written in the dialect that editors understand best (draft-07).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel, TypeAdapter

from promoter.config_case_files import CasesFile
from promoter.config_denials import DenyFile
from promoter.config_exception_files import ExceptionFile
from promoter.config_files import GraphFile, PromoterFile, ServiceFile
from promoter.config_freezes import FreezesFile
from promoter.config_policy_files import ClassFile, FragmentFile, PolicyFile, PolicyLineFile, RequirementFile
from promoter.core.checks import CHECKS
from promoter.core.trust_root import duration

_Schema = dict[str, Any]

SCHEMAS: Final[Mapping[str, type[BaseModel]]] = {
    "promoter": PromoterFile,
    "service": ServiceFile,
    "policy": PolicyFile,
    "fragment": FragmentFile,
    "class": ClassFile,
    "cases": CasesFile,
    "freezes": FreezesFile,
    "deny": DenyFile,
    "exception": ExceptionFile,
    "environments": GraphFile,
}
"""The files that have a schema, by its name."""

_SINGLE: Final = frozenset({"promoter", "cases", "freezes", "deny", "environments"})
_DRAFT: Final = "http://json-schema.org/draft-07/schema#"
_DURATION: Final[_Schema] = {"type": "string", "pattern": "^[0-9]{1,6}[smhd]$"}
_TIME: Final[_Schema] = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.+)?$"}
_VARIABLE: Final[_Schema] = {"type": "string", "pattern": r"\$\{[A-Z][A-Z0-9_]*(:-[^{}]*)?\}"}
_LINES: Final = (RequirementFile, PolicyLineFile)


def schema_of(name: str) -> _Schema:
    """Give the schema of one kind of file; raises KeyError for a name that none has."""
    model = SCHEMAS[name]
    found: _Schema = _plain(_read(model), fills_variables=model is PromoterFile)
    definitions: _Schema = found.setdefault("$defs", {})
    for line in (line for line in _LINES if line.__name__ in definitions):
        definitions[line.__name__] = _line(definitions[line.__name__], definitions)
        definitions["Complete"] = _complete(definitions)
        found["if"] = {"not": {"required": ["include"]}}
        found["then"] = {"properties": {"require": {"items": {"$ref": "#/$defs/Complete"}}}}
    title = (
        f"Promoter: {name}"
        if name in {"promoter", "cases", "freezes", "deny", "environments"}
        else f"Promoter: a {name}"
    )
    return {"$schema": _DRAFT, "title": title, **found}


def _read(kind: type[Any]) -> _Schema:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)
    return adapter.json_schema()


def _line(common: _Schema, definitions: _Schema) -> _Schema:
    """Give a line of rules: what all lines have, and for each check the parameters that it takes."""
    choices = []
    for name, check in CHECKS.items():
        params: _Schema = _plain(_renamed(_read(check.params), f"{name}."))
        definitions |= {f"{name}.{key}": value for key, value in params.pop("$defs", {}).items()}
        keys = {**common["properties"], "check": {"const": name, "description": check.title}, **params["properties"]}
        definitions[name] = {**params, "properties": keys, "required": ["check"], "additionalProperties": False}
        definitions[f"{name}.required"] = {"required": params.get("required", [])}
        choices.append({"$ref": f"#/$defs/{name}"})
    return {"description": common["description"], "type": "object", "required": ["check"], "anyOf": choices}


def _complete(definitions: _Schema) -> _Schema:
    """Demand every required parameter: what a line need not have where it inherits one."""
    demands = ((name, definitions.pop(f"{name}.required")) for name in CHECKS)
    return {
        "allOf": [
            {"if": {"properties": {"check": {"const": name}}, "required": ["check"]}, "then": required}
            for name, required in demands
        ]
    }


def _renamed(node: Any, prefix: str) -> Any:
    """Name the definitions of a check after it: two checks may call different things by one name."""
    match node:
        case {"$ref": str(reference)}:
            return {**node, "$ref": reference.replace("#/$defs/", f"#/$defs/{prefix}")}
        case dict():
            return {key: _renamed(value, prefix) for key, value in node.items()}
        case list():
            return [_renamed(value, prefix) for value in node]
        case _:
            return node


def _plain(node: Any, *, fills_variables: bool = False) -> Any:
    """Say durations, times and what may be left out as the files do, which know no null and no ISO 8601 durations."""
    match node:
        case {"properties": dict(properties)}:
            keys = {name: _plain(_key(value), fills_variables=fills_variables) for name, value in properties.items()}
            rest = {key: value for key, value in node.items() if key not in {"properties", "title"}}
            return {**_plain(rest, fills_variables=fills_variables), "properties": keys}
        case dict():
            plain = {key: _plain(value, fills_variables=fills_variables) for key, value in _value(node).items()}
            may_be_filled = (fills_variables and plain.get("type") in {"integer", "boolean"}) or "pattern" in plain
            return _or_variable(plain) if fills_variables and may_be_filled else plain
        case list():
            return [_plain(value, fills_variables=fills_variables) for value in node]
        case _:
            return node


def _key(node: _Schema) -> _Schema:
    """Give a key of a mapping without what only programs ask for: its title, and null where it may be left out."""
    choices = [choice for choice in node.get("anyOf", ()) if choice != {"type": "null"}]
    rest = {key: value for key, value in node.items() if key not in {"title", "anyOf"}}
    if rest.get("default", "") in (None, "", []) or isinstance(rest.get("default"), dict):
        rest.pop("default", None)
    if len(choices) == 1:
        return {**choices[0], **rest}
    return {**rest, "anyOf": choices} if choices else rest


def _value(node: _Schema) -> _Schema:
    rest = {key: value for key, value in node.items() if key not in {"format", "title"}}
    match node.get("format"):
        case "duration":
            if isinstance(rest.get("default"), str):
                rest["default"] = duration(TypeAdapter(timedelta).validate_python(rest["default"]))
            return {**rest, **_DURATION}
        case "date-time":
            return {**rest, **_TIME}
        case _:
            return rest


def _or_variable(node: _Schema) -> _Schema:
    """Let a value be filled in from the environment, as promoter.yaml may have it."""
    told: _Schema = {key: node[key] for key in ("description", "default") if key in node}
    bare = {key: value for key, value in node.items() if key not in told}
    return {**told, "anyOf": [bare, _VARIABLE]}
