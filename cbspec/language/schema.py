"""The JSON Schemas (draft 2020-12) with which editors complete and check claim files.

They are made from the same types that files are read by: the words of `cbspec.language.grammar`,
the kinds of `cbspec.kinds`, and the stages of the engine's catalog.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from inspect import cleandoc
from typing import Any

import msgspec

from cbspec.catalog import Catalog
from cbspec.kinds import KINDS
from cbspec.kinds.names import NAMES
from cbspec.language import editing
from cbspec.language.grammar import ClaimWords, DefaultsWords
from cbspec.language.vocabulary import Vocabulary
from cbspec.stage import Input, Stage

Schema = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_REF = "#/$defs/{name}"
_NAME: Schema = {"$ref": "#/$defs/name"}
_TEXT = {"type": "string"}
_NOTHING = Vocabulary()


def build(catalog: Catalog, names: Vocabulary = _NOTHING) -> Schema:
    """Build the schema of a claim file.

    Args:
        catalog: name -> stage.
        names: the project's names. Editors complete them and mark any other. If there are none of a
            sort, every name is right.
    """
    return _file(ClaimWords, "A claim of cbspec", catalog, names)


def build_defaults(catalog: Catalog, names: Vocabulary = _NOTHING) -> Schema:
    """Build the schema of a defaults.yaml; `names` as in `build`."""
    return _file(DefaultsWords, "What the claims of a folder share", catalog, names)


def files(catalog: Catalog, names: Vocabulary) -> dict[str, str]:
    """Return file name -> content, for the project's schema files."""
    schemas = {
        "claim.schema.json": build(catalog, names),
        "defaults.schema.json": build_defaults(catalog, names),
    }
    texts = {}
    for name, schema in schemas.items():
        texts[name] = json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
    return texts


def _file(words: type[msgspec.Struct], title: str, catalog: Catalog, names: Vocabulary) -> Schema:
    (_, *kinds), types = msgspec.json.schema_components([words, *KINDS.values()], ref_template=_REF)
    known: Schema = _tidy(types)
    root = known.pop(words.__name__)
    for kind, reference in zip(KINDS.values(), kinds, strict=True):
        fields = known[_name(reference)]["properties"]
        fields["kind"]["description"] = summary(kind)
        fields["test"]["enum"] = sorted(kind.tests)
    for stage in catalog.values():
        known[f"stage.{stage.name}"] = _stage(stage)
        for name, nested in _types(stage).items():
            known[f"stage.{stage.name}.{name}"] = nested
    known["assertion"] = _assertion(kinds)
    known |= editing.calls(catalog, names)
    known["overrides"] = _overrides(catalog)
    known |= editing.known(catalog, names)
    schema = {"$schema": DRAFT, **root, "title": title, "$defs": {}}
    for name in sorted(_reachable(root, known)):
        schema["$defs"][name] = known[name]
    return schema


def _assertion(kinds: Sequence[Schema]) -> Schema:
    """Return the schema of an assertion, which depends on its kind."""
    described = "; ".join(f"{tag}: {summary(kind)}" for tag, kind in KINDS.items())
    return {
        "description": "what is asserted of the mean over seeds of a measure",
        "type": "object",
        "properties": {"kind": {"description": described, "enum": list(KINDS)}},
        "required": ["kind"],
        "allOf": [editing.when("kind", tag, kind) for tag, kind in zip(KINDS, kinds, strict=True)],
    }


def _stage(stage: Stage) -> Schema:
    description = stage.doc
    if stage.measures:
        measures = [f"{name} ({known.unit}): {known.doc}" for name, known in stage.measures.items()]
        description += f". Measures: {'; '.join(measures)}"
    return {
        "description": description,
        "type": "object",
        "properties": {"stage": {"description": stage.doc, "const": stage.name}} | _words(stage),
        "additionalProperties": False,
    }


def _overrides(catalog: Catalog) -> Schema:
    """Return the parameters and inputs of all stages, for a call whose stage is not known."""
    variants: dict[str, dict[str, Schema]] = {}
    for stage in catalog.values():
        for name, schema in _words(stage).items():
            # Compared as JSON, because 1 == 1.0 == True in Python
            variants.setdefault(name, {})[json.dumps(schema)] = schema
    use = {
        "description": "a named call under stages of defaults.yaml",
        "anyOf": [{"$ref": "#/$defs/known.call"}, _NAME],
    }
    properties: Schema = {"use": use}
    for name, schemas in variants.items():
        properties[name] = _any(list(schemas.values()))
    return {
        "description": "parameters and inputs that differ from the call that they are merged into",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def _any(schemas: list[Schema]) -> Schema:
    if len(schemas) == 1:
        return schemas[0]
    described = filter(None, (schema.get("description") for schema in schemas))
    return {"description": "; or: ".join(dict.fromkeys(described)), "anyOf": schemas}


def _words(stage: Stage) -> Schema:
    """Return the parameters of a stage, each with ``$name`` allowed in its place, and its inputs.

    None is required, because the mapping may be merged with another.
    """
    declared = _types(stage)[stage.parameters.__name__]["properties"]
    words: Schema = {}
    for name, parameter in declared.items():
        words[name] = {}
        for key in ("description", "default"):
            if key in parameter:
                words[name][key] = parameter.pop(key)
        words[name] |= parameter if parameter == _TEXT else {"anyOf": [parameter, _NAME]}
    for name, taken in stage.inputs.items():
        words[name] = _input(taken)
    return words


def _types(stage: Stage) -> dict[str, Schema]:
    """Return name -> schema for the types of a stage's parameters, and for types within them."""
    template = _REF.format(name=f"stage.{stage.name}.{{name}}")
    _, types = msgspec.json.schema_components([stage.parameters], ref_template=template)
    return types


def _input(taken: Input) -> Schema:
    return {
        "description": f"{taken.doc}; takes a stage of kind {taken.kind}",
        "$ref": f"#/$defs/{editing.input_of(taken.kind)}",
    }


def _flowing(text: str) -> str:
    """Return a docstring with each paragraph as one line, since editors wrap it themselves."""
    paragraphs = cleandoc(text).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def summary(kind: type) -> str:
    """Return the first paragraph of a kind's docstring, as one line."""
    return _flowing(kind.__doc__ or "").partition("\n\n")[0]


def _name(reference: Schema) -> str:
    """Return the definition that a schema refers to; empty if it is no reference."""
    return str(reference.get("$ref", "")).removeprefix(_REF.format(name=""))


def _tidy(schema: Any) -> Any:
    """Remove what editors do not need: null values, integers beside numbers, and indentation."""
    if isinstance(schema, list):
        return list(map(_tidy, schema))
    if not isinstance(schema, dict):
        return schema
    tidied = {key: _tidy(part) for key, part in schema.items()}
    if isinstance(tidied.get("description"), str):
        tidied["description"] = _flowing(tidied["description"])
    unwanted = [{"type": "null"}] if tidied.get("default", ...) is None else []
    if noun := tidied.pop(NAMES, ""):
        tidied["$ref"] = f"#/$defs/known.{noun}"
    if tidied.get("default", ...) in (None, [], {}, ""):
        del tidied["default"]
    if "anyOf" in tidied:
        branches = tidied.pop("anyOf")
        if {"type": "number"} in branches:
            unwanted.append({"type": "integer"})
        branches = [branch for branch in branches if branch not in unwanted]
        if len(branches) == 1:
            return branches[0] | tidied
        tidied["anyOf"] = branches
    return tidied


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
