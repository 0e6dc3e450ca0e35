"""The engine's catalog: found by configuration, checked, and cheap to have."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
from msgspec import Meta

from cbspec import catalog
from cbspec.catalog import Catalog
from cbspec.config import Config
from cbspec.errors import CbspecError, ConfigError
from cbspec.stage import Input, Measure, Parameters, Stage

ROOT = Path(__file__).parents[2]


class Steps(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    epoch: Annotated[int, Meta(ge=0)] = 0
    rate: float = 0.1


def stage(name="one", **words):
    return Stage(name=name, doc="a stage", implementation="sample:run", **words)


def test_stages_by_name():
    """A catalog is a mapping of its stages, in the order of their declaration."""
    one, two = stage("one"), stage("two")
    found = Catalog([two, one])

    assert (list(found), found["one"], "two" in found, "three" in found, found.get("three")) == (
        ["two", "one"],
        one,
        True,
        False,
        None,
    )


def test_an_unknown_stage_is_suggested():
    """An unknown name is answered by the nearest one, in a message without quotes around it."""
    with pytest.raises(CbspecError) as caught:
        Catalog([stage("train_bp"), stage("dfa")])["train_pb"]

    assert (
        str(caught.value)
        == "unknown stage 'train_pb'; did you mean 'train_bp'? (one of train_bp, dfa)"
    )


def test_every_contradiction_is_told():
    """Stages that contradict themselves or each other are all named at once."""
    with pytest.raises(ConfigError) as caught:
        Catalog(
            [
                stage("one", parameters=Steps, progress="rate"),
                stage("one", parameters=Steps, progress="epochs", varying=frozenset({"width"})),
                stage("three", parameters=Steps, progress="epoch", length="rate"),
                stage("four", parameters=Steps, length="epoch"),
                stage("five", parameters=Steps, progress="epoch", continues="net"),
                stage(
                    "two",
                    parameters=Steps,
                    inputs={"rate": Input("net", ""), "use": Input("net", "")},
                    kind="data",
                ),
            ],
            "lab.catalog",
        )

    assert str(caught.value).splitlines() == [
        "lab.catalog: stage one is declared 2 times",
        "lab.catalog: stage one: progress 'rate' is not an integer parameter",
        "lab.catalog: stage one: progress 'epochs' is not an integer parameter",
        "lab.catalog: stage one: varying 'width' is not a parameter",
        "lab.catalog: stage three: length 'rate' is not an integer parameter",
        "lab.catalog: stage four: a length, but no progress that it could end",
        "lab.catalog: stage five: continues 'net', which is no input, or has no progress to go on with",
        "lab.catalog: stage two: 'rate' is a parameter and an input",
        "lab.catalog: stage two: 'use' is a word of the claim language and cannot be a parameter or input",
        "lab.catalog: stage two: input rate takes the kind 'net', which no stage yields",
        "lab.catalog: stage two: input use takes the kind 'net', which no stage yields",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"timeout": 0}, "timeout 0 is no number of seconds above 0"),
        ({"timeout": -1.0}, "timeout -1.0 is no number of seconds above 0"),
        ({"timeout": float("nan")}, "timeout nan is no number of seconds above 0"),
        ({"timeout": True}, "timeout True is no number of seconds above 0"),
        ({"timeout": "1h"}, "timeout '1h' is no number of seconds above 0"),
        ({"cost": 5}, "cost 5 is no function of a call"),
        ({"environment": ("A=B",)}, "environment 'A=B' is the name of no variable"),
        ({"environment": ("",)}, "environment '' is the name of no variable"),
        ({"versions": ("numpy>=2",)}, "versions 'numpy>=2' is the name of no package"),
        ({"versions": ("",)}, "versions '' is the name of no package"),
        ({"measures": {1: Measure("m", "d")}}, "measures 1 has no printable name"),
        ({"measures": {"": Measure("m", "d")}}, "measures '' has no printable name"),
        (
            {"measures": {"m": Measure("m", "d", resolution=float("nan"))}},
            "measure m: resolution nan is no number of at least 0",
        ),
        (
            {"measures": {"m": Measure("m", "d", noise="norml")}},
            "measure m: unknown noise 'norml'; did you mean 'normal'? "
            "(one of normal, lognormal, bounded, heavy)",
        ),
    ],
)
def test_a_value_without_a_meaning_is_refused(words, message):
    """A limit, cost, variable or measure that can mean nothing is told when the catalog is read."""
    with pytest.raises(ConfigError) as caught:
        Catalog([stage(**words)], "lab.catalog")

    assert str(caught.value) == f"lab.catalog: stage one: {message}"


def of_type(annotation):
    return type(Parameters)(
        "Of", (Parameters,), {"__annotations__": {"table": annotation}}, kw_only=True
    )


@pytest.mark.parametrize(
    ("annotation", "named"),
    [
        (Path, "Path"),
        (complex, "complex"),
        (object, "object"),
        (list[Path], "list"),
        (Path | None, f"{Path | None}"),
        (list[int] | set[int], f"{list[int] | set[int]}"),
    ],
)
def test_a_parameter_has_a_type_that_a_claim_can_write(annotation, named):
    """A type without a form in YAML is refused with the catalog, before a claim meets it."""
    with pytest.raises(ConfigError) as caught:
        Catalog([stage(parameters=of_type(annotation))], "lab.catalog")

    assert str(caught.value) == (
        f"lab.catalog: stage one: parameter table has the type {named}: a claim can write text, "
        "numbers, true, false, lists and mappings, and cbspec.stage.File"
    )


def test_a_parameter_of_an_unknown_type_is_told():
    """An annotation that names nothing is told with the stage that has it."""
    with pytest.raises(ConfigError, match="parameters Of cannot be read: NameError: name 'Nope'"):
        Catalog([stage(parameters=of_type("Nope"))], "lab.catalog")


@pytest.mark.parametrize("name", ["", "we igh", "../weigh", 7, None, "a\n"])
def test_a_stage_has_a_name_that_a_file_may_have(name):
    """A name is text of letters, digits and a few signs."""
    with pytest.raises(ConfigError, match=r"a name has letters, digits and _ . \+ - only"):
        Catalog([stage(name)])


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("lab_missing", None, "cannot be imported: ModuleNotFoundError"),
        (
            "lab_raising",
            "raise RuntimeError('no licence')",
            "cannot be imported: RuntimeError('no licence')",
        ),
        ("lab_wrong", "import (", "SyntaxError: invalid syntax (lab_wrong.py, line 1)"),
        ("lab_empty", "", "has no STAGES"),
        ("lab_words", "STAGES = ('one',)", "has no STAGES"),
    ],
)
def test_an_engine_that_is_none(tmp_path, monkeypatch, name, content, message):
    """A module that cannot be imported or declares nothing is named, with the reason."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    if content is not None:
        (tmp_path / f"{name}.py").write_text(content)

    with pytest.raises(ConfigError, match="engine " + name) as caught:
        catalog.load(Config(tmp_path, engine=name))
    assert message in str(caught.value)


def test_an_engine_beside_pyproject_is_found(tmp_path, monkeypatch):
    """A module in the project's root needs no installation."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "lab_here.py").write_text(
        "from cbspec.stage import Stage\nSTAGES = (Stage(name='one', doc='', implementation='lab:one'),)\n"
    )

    found = catalog.load(Config(tmp_path, engine="lab_here"))

    assert list(found) == ["one", "table", "reported"]


def test_an_engine_that_is_imported_from_elsewhere_is_refused(tmp_path, monkeypatch):
    """The code that is fingerprinted is the code that runs: a copy that was imported before, or
    lies elsewhere, is named.
    """
    declared = "from cbspec.stage import Stage\nSTAGES = (Stage(name='one', doc='', implementation='lab:one'),)\n"
    monkeypatch.setattr(sys, "path", [str(tmp_path / "installed"), *sys.path])
    for folder in ("installed", "mine", "yours"):
        (tmp_path / folder).mkdir()
    (tmp_path / "installed" / "lab_twice.py").write_text(declared.replace("one", "old"))
    (tmp_path / "installed" / "lab_far.py").write_text(declared)
    (tmp_path / "mine" / "lab_twice.py").write_text(declared)

    assert list(catalog.load(Config(tmp_path / "mine", engine="lab_twice"))) == [
        "one",
        "table",
        "reported",
    ]
    for root, engine in ((tmp_path / "yours", "lab_twice"), (tmp_path / "yours", "lab_far")):
        with pytest.raises(
            ConfigError,
            match=rf"is imported from .*{engine}.py, but has to lie in {root}, as {engine} beside",
        ):
            catalog.load(Config(root, engine=engine))


def test_where_an_engine_fails_to_import_is_told(tmp_path, monkeypatch):
    """An import that fails inside the engine names the file and the line of the engine that asked
    for it.
    """
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "lab_deep").mkdir()
    (tmp_path / "lab_deep" / "__init__.py").touch()
    (tmp_path / "lab_deep" / "catalog.py").write_text("import lab_deep.nets\n")
    (tmp_path / "lab_deep" / "nets.py").write_text("\nimport no_such_module\n")

    with pytest.raises(
        ConfigError, match=r"No module named 'no_such_module'.* \(lab_deep/nets.py:2 in <module>\)$"
    ):
        catalog.load(Config(tmp_path, engine="lab_deep.catalog"))


def test_what_annotations_ask_for_is_checked():
    """Inputs, measures, parameters and implementations of another type are named when the catalog
    is made.
    """
    with pytest.raises(ConfigError) as caught:
        Catalog(
            [
                stage("one", parameters=dict, inputs={"net": "snapshot"}),
                Stage(name="two", doc="", implementation=print, measures={"height": "cm"}),
                Stage(
                    name="three",
                    doc="",
                    implementation="lab.run",
                    measures=["height"],
                    opens="lab.net",
                ),
            ]
        )

    assert str(caught.value).splitlines() == [
        "catalog: stage one: parameters <class 'dict'> is no subclass of cbspec.stage.Parameters",
        "catalog: stage one: inputs {'net': 'snapshot'} is no mapping from names to cbspec.stage.Input",
        "catalog: stage two: implementation <built-in function print> is not of the form 'module:name'",
        "catalog: stage two: measures {'height': 'cm'} is no mapping from names to cbspec.stage.Measure",
        "catalog: stage three: implementation 'lab.run' is not of the form 'module:name'",
        "catalog: stage three: opens 'lab.net' is not of the form 'module:name'",
        "catalog: stage three: measures ['height'] is no mapping from names to cbspec.stage.Measure",
    ]


def test_loading_claims_imports_no_torch():
    """A process that computes takes the engine's catalog without NumPy; and with it every committed
    claim loads without torch and what else is slow to import.
    """
    script = (
        "import sys; from cbspec import catalog, config; from cbspec.execution import serving;"
        "project = config.load(); stages = catalog.load(project);"
        "print(len(stages) > 0, sys.modules.keys() & {'torch', 'numpy'});"
        "from cbspec import language;"
        "claims = language.load([project.claims], catalog=stages, scale=project.scale);"
        "print(len(claims) > 0, sys.modules.keys() & {'torch', 'torchvision', 'scipy.stats', 'jsonschema', 'pytest'})"
    )

    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.splitlines() == ["True set()", "True set()"]
