"""The checked-in schemas: current, valid, complete for editors, and in agreement with the reader."""

import copy
import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from cbspec import catalog as catalogs
from cbspec import config
from cbspec.language import claim_files, schema
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import plain
from cbspec.language.parse import read
from cbspec.language.vocabulary import vocabulary
from tests.support.broken_text import CLAIM, DEFAULTS

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "claims" / "schema"
COMMITTED = claim_files([ROOT / "claims"])


def value(path):
    return plain(read(path, Diagnostics()).root)


def valid(validator, content):
    return [error.message for error in validator.iter_errors(content)] == []


def replaced(claim, path, value):
    """The claim with another value at a path."""
    content = copy.deepcopy(claim)
    part = content
    for step in path[:-1]:
        part = part[step]
    part[path[-1]] = value
    return content


@pytest.fixture(scope="module")
def validator(catalog):
    return Draft202012Validator(schema.build(catalog))


@pytest.fixture(scope="module")
def claim(tmp_path_factory):
    path = tmp_path_factory.mktemp("claim") / "claim.yaml"
    path.write_text(CLAIM)
    return value(path)


def test_the_files_are_current():
    """The checked-in schemas are those of today's types and catalog; `cbspec schema --write` writes
    them.
    """
    content = schema.files(catalogs.load(config.load(ROOT)), vocabulary(ROOT / "claims"))

    assert {name: (FOLDER / name).read_text(encoding="utf-8") for name in content} == content


@pytest.mark.parametrize("name", ["claim.schema.json", "defaults.schema.json"])
def test_the_files_are_schemas(name):
    """Each file is a schema by the metaschema of the draft that it names, and every reference in it
    resolves.
    """
    content = json.loads((FOLDER / name).read_text(encoding="utf-8"))

    assert content["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(content)
    references = {part["$ref"] for part in _parts(content) if "$ref" in part}
    assert references == {f"#/$defs/{name}" for name in content["$defs"]}


@pytest.mark.parametrize("path", COMMITTED, ids=lambda path: path.stem)
def test_committed_claims_comply(path):
    """Every committed claim is valid by the schema that its first line names."""
    first = path.read_text(encoding="utf-8").splitlines()[0]
    named = path.parent / first.removeprefix("# yaml-language-server: $schema=")

    assert named.resolve() == (FOLDER / "claim.schema.json").resolve()
    assert valid(Draft202012Validator(json.loads(named.read_text(encoding="utf-8"))), value(path))


def test_committed_defaults_comply():
    """Every committed defaults.yaml is valid by its schema."""
    validator = Draft202012Validator(
        json.loads((FOLDER / "defaults.schema.json").read_text(encoding="utf-8"))
    )

    assert all(valid(validator, value(path)) for path in (ROOT / "claims").rglob("defaults.yaml"))


def test_everything_is_described(catalog):
    """Whatever an editor can complete has words that it can show."""
    for content in (schema.build(catalog), schema.build_defaults(catalog)):
        bare = [
            name
            for part in _parts(content)
            for name, each in part.get("properties", {}).items()
            if not each.get("description")
        ]
        conditions = ["kind", "stage"]  # the `if` of a case has nothing to say

        assert [name for name in bare if name not in conditions] == []


def test_the_sample_complies(validator, catalog, claim, tmp_path):
    """The claim and the defaults that the reader takes are taken by the schema."""
    (tmp_path / "defaults.yaml").write_text(DEFAULTS)

    assert valid(validator, claim)
    assert valid(
        Draft202012Validator(schema.build_defaults(catalog)), value(tmp_path / "defaults.yaml")
    )


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (["status"], "activ"),
        (["assert", 0, "kind"], "monotonic"),
        (["assert", 0, "direction"], "ascending"),
        (["assert", 0, "margin"], 1),
        (["assert", 1, "of", 0, "sign"], "plus"),
        (["assert", 0, "alpha"], None),
        (["assert", 1, "test"], "exact"),
        (["experiment", "stage"], "local_decent"),
        (["experiment", "widht"], 3),
        (["experiment", "credit"], "normalized"),
        (["experiment", "snapshot", "epoch"], "late"),
        (["experiment", "snapshot", "epoch"], -1),
        (["arms", "vec", "estimator", "directions"], 2.5),
        (["arms", "dfa", "estimator", "stage"], "df"),
        (["scales", "quick", "late"], "many"),
        (["seeds", "start"], 0),
        (["seeds"], [-1]),
        (["matrix", "m"], 4),
        (["source"], "memo"),
        (["alpha"], 0.5),
        (["experiments"], {}),
    ],
)
def test_what_the_reader_refuses_the_schema_refuses(validator, claim, path, wrong):
    """A wrong value makes the schema fail where the reader would."""
    assert not valid(validator, replaced(claim, path, wrong))


@pytest.mark.parametrize(
    ("path", "right"),
    [
        (["experiment", "credit"], "$credit"),
        (["experiment", "steps"], "$steps"),
        (["arms", "dfa"], None),
        (["arms", "dfa"], "vec"),
        (["arms", "dfa", "estimator"], {"clip": None}),
        (["phase"], 7),
        (["seeds"], [1, 2, 3]),
        (["scales"], ["quick"]),
        (["scales", "memo"], None),
        (["experiment"], {"use": "anything", "steps": 3}),
    ],
)
def test_what_the_reader_takes_the_schema_takes(validator, claim, path, right):
    """Sizes, names, numbers as phases and empty overrides are as good for the schema as for the
    reader.
    """
    assert valid(validator, replaced(claim, path, right))


def _parts(content):
    stack = [content]
    while stack:
        part = stack.pop()
        if isinstance(part, dict):
            yield part
            stack += part.values()
        elif isinstance(part, list):
            stack += part
