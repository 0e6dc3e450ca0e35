"""The JSON Schemas that editors complete and check claim files with: made from the types that the
harness reads them by.

One truth: the words of a file come from `cbspec.language.grammar`, the assertion kinds from
`cbspec.kinds`, the stages with their parameters, inputs and measures from the engine's catalog.
Draft 2020-12.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from inspect import cleandoc
from typing import Any

import msgspec

from cbspec.catalog import Catalog
from cbspec.kinds import KINDS
from cbspec.language.grammar import ClaimWords, DefaultsWords
from cbspec.stage import Input, Stage

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{name}"
_NAMED: list[Schema] = [{"required": ["stage"]}, {"required": ["use"]}]
CALL = "a stage call: stage with its parameters and inputs, use with overrides, or the name of a call under stages of the defaults"
INPUT = "a stage call, or overrides of the one that it is merged into"
ARM = "overrides of the experiment: with stage or use another call, else merged into it; empty: the experiment as it is"
_NAME: Schema = {"$ref": "#/$defs/name"}


def build(catalog: Catalog) -> Schema:
    """Build the schema of a claim file."""
    return _file(ClaimWords, "A claim of cbspec", catalog)


def build_defaults(catalog: Catalog) -> Schema:
    """Build the schema of a defaults.yaml."""
    return _file(DefaultsWords, "What the claims of a folder share", catalog)


def files(catalog: Catalog) -> dict[str, str]:
    """Return the content of the project's schema files by name."""
    schemas = {"claim.schema.json": build(catalog), "defaults.schema.json": build_defaults(catalog)}
    return {
        name: json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
        for name, schema in schemas.items()
    }


def _file(words: type[msgspec.Struct], title: str, catalog: Catalog) -> Schema:
    (_, *kinds), types = msgspec.json.schema_components([words, *KINDS.values()], ref_template=_REF)
    types = {name: _tidy(definition) for name, definition in types.items()}
    root = types.pop(words.__name__)
    for kind, named in zip(KINDS.values(), kinds, strict=True):
        types[_name(named)]["properties"]["kind"]["description"] = summary(kind)
    definitions = {
        "assertion": _assertion(kinds),
        "call": {
            **_call(catalog, types=("object", "string"), description=CALL),
            "anyOf": [{"type": "string"}, *_NAMED],
        },
        "input": _call(catalog, types=("object", "string"), description=INPUT),
        "arm": _call(catalog, types=("object", "string", "null"), description=ARM),
        "overrides": _overrides(catalog),
        "name": _placeholder(),
        **{f"stage.{stage.name}": _stage(stage) for stage in catalog.values()},
        **types,
    }
    used = _reachable(root, definitions)
    return {
        "$schema": DRAFT,
        **root,
        "title": title,
        "$defs": {name: definitions[name] for name in sorted(used)},
    }


def _assertion(kinds: Sequence[Schema]) -> Schema:
    """Return the schema of an assertion by its kind, so that only what is wrong for this kind is
    reported.
    """
    return {
        "description": "what is asserted of the mean over seeds of a measure",
        "type": "object",
        "properties": {
            "kind": {
                "description": "; ".join(f"{tag}: {summary(kind)}" for tag, kind in KINDS.items()),
                "enum": list(KINDS),
            }
        },
        "required": ["kind"],
        "allOf": [_when("kind", tag, named) for tag, named in zip(KINDS, kinds, strict=True)],
    }


def _call(catalog: Catalog, *, types: tuple[str, ...], description: str) -> Schema:
    """Return the schema of a mapping by its stage; one without a stage overrides a named call, or
    what it is merged into.
    """
    named: Schema = {
        "if": {"required": ["stage"]},
        "then": _choice(catalog),
        "else": {"$ref": "#/$defs/overrides"},
    }
    cases = [_when("stage", name, {"$ref": _REF.format(name=f"stage.{name}")}) for name in catalog]
    return {
        "description": description,
        "type": list(types),
        "if": {"type": "object"},
        "then": {"allOf": [named, *cases]},
    }


def _choice(catalog: Catalog) -> Schema:
    described = "; ".join(f"{stage.name}: {stage.doc}" for stage in catalog.values())
    return {"properties": {"stage": {"description": described, "enum": list(catalog)}}}


def _stage(stage: Stage) -> Schema:
    properties: Schema = {"stage": {"description": stage.doc, "const": stage.name}}
    properties |= _parameters(stage)
    properties |= {name: _input(taken) for name, taken in stage.inputs.items()}
    measures = "; ".join(
        f"{name} ({measure.unit}): {measure.doc}" for name, measure in stage.measures.items()
    )
    return {
        "description": stage.doc + (f". Measures: {measures}" if measures else ""),
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _overrides(catalog: Catalog) -> Schema:
    """Return parameters and inputs of a call whose stage the schema cannot know: those of any
    stage.
    """
    variants: dict[str, list[Schema]] = {}
    for stage in catalog.values():
        for name, schema in (
            *_parameters(stage).items(),
            *((name, _input(taken)) for name, taken in stage.inputs.items()),
        ):
            known = variants.setdefault(name, [])
            if schema not in known:
                known.append(schema)
    properties: Schema = {
        "use": {"description": "a named call under stages of defaults.yaml", "type": "string"}
    }
    properties |= {
        name: schemas[0] if len(schemas) == 1 else _any(schemas)
        for name, schemas in variants.items()
    }
    return {
        "description": "parameters and inputs that differ from the call that they are merged into",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _any(schemas: list[Schema]) -> Schema:
    descriptions = dict.fromkeys(
        schema["description"] for schema in schemas if "description" in schema
    )
    return {"description": "; or: ".join(descriptions), "anyOf": schemas}


def _parameters(stage: Stage) -> Schema:
    """Return each parameter, with ``$name`` allowed in its place.

    None is required, since what is merged may bring it.
    """
    schema = msgspec.json.schema(stage.parameters)
    declared = schema["$defs"][stage.parameters.__name__]["properties"]
    parameters: Schema = {}
    for name, parameter in declared.items():
        described = {
            key: parameter.pop(key) for key in ("description", "default") if key in parameter
        }
        parameters[name] = (
            {**described, "anyOf": [parameter, _NAME]}
            if parameter != {"type": "string"}
            else {**described, **parameter}
        )
    return parameters


def _input(taken: Input) -> Schema:
    return {
        "description": f"{taken.doc}; takes a stage of kind {taken.kind}",
        "$ref": "#/$defs/input",
    }


def _placeholder() -> Schema:
    return {
        "description": "$name: a value of the claim's matrix, else a size of the scale",
        "type": "string",
        "pattern": r"^\$[A-Za-z_][A-Za-z0-9_]*$",
    }


def _when(key: str, word: str, then: Schema) -> Schema:
    return {"if": {"properties": {key: {"const": word}}, "required": [key]}, "then": then}


def _flowing(text: str) -> str:
    """Return a docstring with one line for each paragraph, as editors wrap it themselves."""
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def summary(kind: type) -> str:
    """Return the first paragraph of a kind's docstring, as one line."""
    return _flowing(kind.__doc__ or "").partition("\n\n")[0]


def _name(named: Schema) -> str:
    """Return the definition that a schema refers to; empty if it is no reference."""
    return str(named.get("$ref", "")).removeprefix(_REF.format(name=""))


def _tidy(schema: Any) -> Any:
    """Remove what only the reading program needs: nothing as a value, integers beside numbers,
    indentation.
    """
    if isinstance(schema, list):
        return [_tidy(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    optional = "default" in schema and schema["default"] is None
    schema = {
        key: _tidy(part)
        for key, part in schema.items()
        if not (key == "default" and part in (None, [], {}, ""))
    }
    if isinstance(schema.get("description"), str):
        schema["description"] = _flowing(schema["description"])
    if "anyOf" in schema:
        branches = schema.pop("anyOf")
        if optional:
            branches.remove({"type": "null"})
        if {"type": "number"} in branches:
            branches.remove({"type": "integer"}) if {"type": "integer"} in branches else None
        schema = {**branches[0], **schema} if len(branches) == 1 else {**schema, "anyOf": branches}
    return schema


def _reachable(schema: Any, definitions: Mapping[str, Schema]) -> set[str]:
    """Return the names of the definitions that a schema refers to, directly or through others."""
    names: set[str] = set()
    stack = [schema]
    while stack:
        part = stack.pop()
        if isinstance(part, list):
            stack += part
        elif isinstance(part, dict):
            name = _name(part)
            if name in definitions and name not in names:
                names.add(name)
                stack.append(definitions[name])
            stack += part.values()
    return names
