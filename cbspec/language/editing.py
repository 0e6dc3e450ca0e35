"""The part of the schema that knows a project's names: calls, arms, measures and scales.

Editors complete these names, and show what each call computes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cbspec.catalog import Catalog
from cbspec.language.vocabulary import Vocabulary

Schema = dict[str, Any]

CALL = "a stage call: stage with its parameters and inputs, use with overrides, or the name of a call under stages of the defaults"
INPUT = "a stage call, or overrides of the one that it is merged into"
ARM = "overrides of the experiment: with stage or use another call, else merged into it; empty: the experiment as it is"
_REF = "#/$defs/{name}"
_NAMED: Schema = {"$ref": "#/$defs/known.call"}
_NAME: Schema = {"$ref": "#/$defs/name"}


def known(catalog: Catalog, names: Vocabulary) -> dict[str, Schema]:
    """Return the schemas of names: ``known.arm``, ``known.call`` and so on, and ``name``."""
    measures: dict[str, str] = dict.fromkeys(names.measures, "a column of a table")
    for stage in catalog.values():
        for name, measure in stage.measures.items():
            measures[name] = f"{measure.doc} ({measure.unit})"
    if not names.arms:  # without claims, no measure can be called unknown
        measures = {}
    calls = {name: _meaning(stage, catalog) for name, stage in names.calls.items()}
    return {
        "known.arm": _one_of("arm", dict.fromkeys(names.arms, "")),
        "known.measure": _one_of("measure", measures),
        "known.scale": _one_of("scale", dict.fromkeys(names.scales, "")),
        "known.call": _one_of("named call", calls),
        "name": {
            "description": "$name: a value of the claim's matrix, else a size of the scale",
            "type": "string",
            "pattern": r"^\$[A-Za-z_][A-Za-z0-9_]*$",
            "examples": [f"${name}" for name in names.placeholders],
        },
    }


def calls(catalog: Catalog, names: Vocabulary) -> dict[str, Schema]:
    """Return the schemas of a call, of an arm, and of the inputs of each kind."""
    whole: list[Schema] = [_NAMED, _NAME]
    for word in ("stage", "use"):
        whole.append({"type": "object", "required": [word]})
    merged = [_NAMED, _NAME, {"type": "object"}]
    schemas = {
        "call": _call(catalog, list(catalog), ["object", "string"], CALL, whole),
        "arm": _call(
            catalog, list(catalog), ["object", "string", "null"], ARM, [*merged, {"type": "null"}]
        ),
    }
    for kind in {stage.kind for stage in catalog.values()} - {""}:
        able = [stage.name for stage in catalog.values() if stage.kind == kind]
        suited = {}
        for name, stage in names.calls.items():
            if stage in able or stage not in catalog:
                suited[name] = _meaning(stage, catalog)
        written = [_one_of(f"named call that yields {kind}", suited), _NAME, {"type": "object"}]
        schemas[input_of(kind)] = _call(catalog, able, ["object", "string"], INPUT, written)
    return schemas


def input_of(kind: str) -> str:
    """Return the name of the schema of inputs that take a kind of artifact."""
    return f"input.{kind}"


def when(key: str, word: str, then: Schema) -> Schema:
    """Return a schema that applies to mappings in which a key has a certain word."""
    return {"if": {"properties": {key: {"const": word}}, "required": [key]}, "then": then}


def _call(
    catalog: Catalog,
    stages: Sequence[str],
    types: Sequence[str],
    description: str,
    written: Sequence[Schema],
) -> Schema:
    """Return the schema of a call, which depends on its stage.

    A mapping without a stage overrides a named call, or the mapping that it is merged into.
    """
    docs = [catalog[name].doc for name in stages]
    stage = {
        "description": "a stage of the engine's catalog",
        "enum": list(stages),
        "enumDescriptions": docs,
        "markdownEnumDescriptions": docs,
    }
    overrides = {"$ref": "#/$defs/overrides"}
    choice: Schema = {"properties": {"stage": stage}}
    cases: list[Schema] = [{"if": {"required": ["stage"]}, "then": choice, "else": overrides}]
    for name in stages:
        cases.append(when("stage", name, {"$ref": _REF.format(name=f"stage.{name}")}))
    return {
        "description": description,
        "type": list(types),
        "anyOf": list(written),
        "if": {"type": "object"},
        "then": {"allOf": cases},
    }


def _one_of(noun: str, meanings: Mapping[str, str]) -> Schema:
    """Return the schema of a name. If no name is known, every name is right.

    Args:
        noun: what the name stands for.
        meanings: name -> its meaning in words.
    """
    schema: Schema = {"description": f"a {noun} of this project", "type": "string"}
    if not meanings:
        return schema
    schema["enum"] = list(meanings)
    if any(meanings.values()):
        schema["enumDescriptions"] = list(meanings.values())
        schema["markdownEnumDescriptions"] = list(meanings.values())
    schema["errorMessage"] = f"no {noun} of this project; if it is new: cbspec schema --write"
    return schema


def _meaning(stage: str, catalog: Catalog) -> str:
    """Return the description of a stage; empty if there is no such stage."""
    return catalog[stage].doc if stage in catalog else ""
