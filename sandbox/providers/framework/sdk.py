"""The inputs and outputs of a resource type, as the provider's Python SDK declares them.

They are read from the SDK's source text: importing its modules takes too long for a plugin's start
(pulumi_aws.ec2 alone: 2.4 s of CPU; this: 0.01 s).
"""

import ast
import importlib.util
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from sandbox.providers.framework.resource import Input, Inputs, Kind, Output, Outputs

_KINDS: Mapping[str, Kind] = {
    "str": "string",
    "int": "integer",
    "float": "number",
    "bool": "boolean",
    "Sequence": "list",
    "Mapping": "map",
}
_PROPERTY = re.compile(
    r'@pulumi\.getter(?:\(name="(?P<name>\w+)"\))?\n'
    r"(?:    @_utilities\.deprecated\((?:.|\n)*?\)\n)?"
    r"    def (?P<python>\w+)\(self\) -> (?P<type>.+):"
)
_RESPONSE = re.compile(r"pulumi\.Output\[(?:Optional\[)?'outputs\.(?P<name>\w+)'\]{1,2}")
_SECRETS = re.compile(r"additional_secret_outputs=(\[.*?\])")


class Declaration(NamedTuple):
    """The inputs and outputs of one resource type: those of the SDK, and additions."""

    inputs: Inputs
    outputs: Outputs
    """Those that are not inputs."""
    computed: frozenset[str]
    """Optional inputs without a default that the provider fills in; nested ones with dots."""


@dataclass
class _Type:
    """A property's type."""

    kind: Kind = "any"
    optional: bool = False
    items: Kind = "any"
    fields: Inputs = field(default_factory=dict)


def resource(
    token: str,
    *,
    replaces: Collection[str] = (),
    defaults: Mapping[str, Any] = MappingProxyType({}),
    computed: Collection[str] = (),
) -> Declaration:
    """The SDK's declaration, with the inputs that replace and the provider's own defaults.

    A nested input is written as `settings.diskType`; `computed` adds nested ones.
    """
    package, module, name = token.split(":")
    folder = _package(package) / module.partition("/")[0].removesuffix("index")
    text = (folder / f"{_snake(name)}.py").read_text()
    secrets = {key for found in _SECRETS.findall(text) for key in ast.literal_eval(found)}
    properties = _properties(text, f"{name}(", folder)
    # `InitArgs` if a nested type of the module is named `Args`.
    suffix = "Args" if f"\nclass {name}Args:" in text else "InitArgs"
    declared = _properties(text, f"{name}{suffix}:", folder)
    inputs: Inputs = {
        key: Input(
            kind=each.kind,
            required=not each.optional,
            secret=key in secrets,
            fields=each.fields,
            items=each.items,
        )
        for key, each in declared.items()
    }
    added: dict[str, dict[str, Any]] = {path: {} for path in computed}
    for path in replaces:
        added.setdefault(path, {})["replaces"] = True
    for path, default in defaults.items():
        added.setdefault(path, {})["default"] = default
    if unknown := {path for path in added if not _has(inputs, path.split("."))}:
        raise ValueError(f"{token} has no inputs {', '.join(sorted(unknown))}")
    for path, changes in added.items():
        inputs = _with(inputs, path.split("."), changes)
    outputs = {key: Output(secret=key in secrets) for key in properties.keys() - inputs.keys()}
    always = {key for key, each in properties.items() if not each.optional}
    filled = {key for key in always & inputs.keys() - defaults.keys() if declared[key].optional}
    return Declaration(inputs, outputs, frozenset({*filled, *computed}))


def _has(inputs: Inputs, path: list[str]) -> bool:
    first, *rest = path
    return first in inputs and (not rest or _has(inputs[first].fields, rest))


def _with(inputs: Inputs, path: list[str], changes: Mapping[str, Any]) -> Inputs:
    """The inputs with another declaration at the path."""
    first, *rest = path
    before = inputs[first]
    after = {"fields": _with(before.fields, rest, changes)} if rest else changes
    return {**inputs, first: replace(before, **after)}


def responses(token: str) -> dict[str, frozenset[str]]:
    """The outputs of a resource type; with those of an object, the names of its fields."""
    package, module, name = token.split(":")
    folder = _package(package) / module
    text = (folder / f"{_snake(name)}.py").read_text()
    start = text.index(f"\nclass {name}(")
    found = {
        each["name"] or each["python"]: each["type"] for each in _PROPERTY.finditer(text, start)
    }
    return {key: _response_fields(type, folder) for key, type in found.items()}


def _response_fields(type: str, folder: Path) -> frozenset[str]:
    reference = _RESPONSE.fullmatch(type)
    if not reference:
        return frozenset()
    text = _outputs(folder)
    start = text.index(f"\nclass {reference['name']}(")
    body = text[start : text.find("\n@pulumi.output_type", start)]
    return frozenset(each["name"] or each["python"] for each in _PROPERTY.finditer(body))


def provider(package: str) -> Inputs:
    """The inputs of the provider itself."""
    folder = _package(package)
    text = (folder / "provider.py").read_text()
    declared = _properties(text, "ProviderArgs:", folder)
    return {key: Input(each.kind) for key, each in declared.items()}


@cache
def _package(name: str) -> Path:
    module = f"pulumi_{name.replace('-', '_')}"
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{module} is not installed")
    return Path(spec.origin).parent


def _properties(
    text: str, head: str, folder: Path, within: tuple[str, ...] = ()
) -> dict[str, _Type]:
    """The properties of a class by the engine's names; `head` is what follows `class `."""
    start = text.index(f"\nclass {head}")
    end = re.compile(r"^\S", re.MULTILINE).search(text, text.index("\n", start + 1) + 1)
    body = text[start : end.start() if end else None]
    return {
        found["name"] or found["python"]: _type(
            ast.parse(found["type"], mode="eval").body, folder, within
        )
        for found in _PROPERTY.finditer(body)
    }


def _type(node: ast.expr, folder: Path, within: tuple[str, ...]) -> _Type:
    """The type that an annotation stands for."""
    match node:
        case ast.Subscript(value=outer, slice=inner):
            name = _last_name(outer)
            if name in ("Input", "Output", "Optional"):
                found = _type(inner, folder, within)
                found.optional |= name == "Optional"
                return found
            if name == "Union" and isinstance(inner, ast.Tuple):
                return _type(inner.elts[0], folder, within)  # a string, or an enum of strings
            if name == "Mapping" and isinstance(inner, ast.Tuple):
                inner = inner.elts[1]
            item = _type(inner, folder, within)
            return _Type(_KINDS[name], items=item.kind, fields=item.fields)
        case ast.Constant(value=str(reference)) if reference.endswith("Args"):
            return _Type("object", fields=_fields(reference, folder, within))
        case ast.Constant():
            return _Type("object")
        case _:
            return _Type(_KINDS.get(_last_name(node), "any"))


def _fields(name: str, folder: Path, within: tuple[str, ...]) -> Inputs:
    if name in within:
        return {}  # a recursive type: accept any value
    found = _properties(_nested(folder), f"{name}:", folder, (*within, name))
    return {
        key: Input(each.kind, required=not each.optional, fields=each.fields, items=each.items)
        for key, each in found.items()
    }


@cache
def _nested(folder: Path) -> str:
    return (folder / "_inputs.py").read_text()


@cache
def _outputs(folder: Path) -> str:
    return (folder / "outputs.py").read_text()


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
