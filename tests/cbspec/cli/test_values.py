"""values: what was measured, from the record or from the store, for people and for programs."""

import csv
import importlib.util
import io
import json
import sys

import pytest

from cbspec.cli.rows import csv_text
from cbspec.project import Project

needs_pyarrow = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed"
)
CPU = ("--device", "cpu")


@pytest.fixture
def recorded(laboratory):
    """The project with its verdicts on record."""
    laboratory.record(laboratory.run())
    return laboratory


def heights(project):
    """(arm, seed) -> height, as the record has it."""
    values = Project(project.root).values("1.a")
    return {(value.arm, value.seed): value.value for value in values.records()}


def test_each_value_is_a_line_of_csv(recorded):
    """CSV has every arm, seed and measure with its unit, to the last digit."""
    text = recorded.cbspec("values", "1.a", "--csv", *CPU).stdout

    rows = list(csv.DictReader(io.StringIO(text)))
    assert {(row["arm"], int(row["seed"])): float(row["value"]) for row in rows} == heights(
        recorded
    )
    assert len(rows) == 6
    assert {(row["claim"], row["measure"], row["unit"]) for row in rows} == {
        ("1.a", "height", "cm")
    }


def test_no_cell_of_csv_is_a_formula():
    """A text that a spreadsheet would compute begins with a quote, a number stays one."""
    rows = [{"arm": "=1+1", "value": -0.5}, {"arm": "\uff1d1\n", "value": None}]

    assert csv_text(rows) == "arm,value\n'=1+1,-0.5\n'\uff1d1\\u000a,\n"


def test_json_has_the_same_values(recorded):
    """The JSON document is a list of the same rows."""
    rows = json.loads(recorded.cbspec("values", "1.a", "--json", *CPU).stdout)

    assert {(row["arm"], row["seed"]): row["value"] for row in rows} == heights(recorded)


@needs_pyarrow
def test_parquet_has_the_same_values(recorded):
    """A Parquet file reads back as the same rows."""
    from pyarrow import parquet

    recorded.cbspec("values", "1.a", "--parquet", "values.parquet", *CPU)

    rows = parquet.read_table(recorded.root / "values.parquet").to_pylist()
    assert {(row["arm"], row["seed"]): row["value"] for row in rows} == heights(recorded)


def test_parquet_without_pyarrow_says_what_to_install(recorded, monkeypatch):
    """Where pyarrow is missing, the command names it and writes nothing."""
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    refused = recorded.cbspec("values", "1.a", "--parquet", "values.parquet", *CPU)

    assert refused.exit_code == 2
    assert refused.stderr == "--parquet needs pyarrow: pip install pyarrow\n"
    assert not (recorded.root / "values.parquet").exists()


def test_people_see_a_table_for_each_arm_and_seed(recorded, pinned):
    """Arms and seeds are rows, measures are columns with their units."""
    pinned(recorded.cbspec("values", "1.a", *CPU).stdout)


def test_without_a_record_the_stored_results_are_shown(laboratory):
    """Before anything is on record, and with --stored, the store is asked; what it lacks says so."""
    nothing = laboratory.json("values", "1.a", *CPU)
    evaluation, [claim, _] = laboratory.evaluation(), laboratory.claims()
    cells = evaluation.planner.cells({"dark": claim.arms["dark"]}, claim.seeds.first)
    evaluation.executor.plan_cells(list(cells.values()))
    evaluation.executor.ensure(list(cells.values()))

    rows = laboratory.json("values", "1.a", "--stored", *CPU)

    assert nothing == []
    assert [row["reason"] for row in rows if row["arm"] == "bright"] == ["not computed"] * 3
    assert [5 < row["value"] < 7 for row in rows if row["arm"] == "dark"] == [True] * 3


def test_measures_that_do_not_fit_beside_each_other_follow(recorded, monkeypatch):
    """On a narrow terminal no value is cut: further measures have a table of their own."""
    monkeypatch.setenv("COLUMNS", "30")
    recorded.edit(
        "lab/catalog.py",
        'measures={"height": Measure("cm", "height of the plant")},',
        'measures={"height": Measure("cm", "h"), "half_of_the_height": Measure("cm", "h")},',
    )
    recorded.edit(
        "lab/catalog.py",
        'measures={"height": replica.parameters.light * (day + 1) + noise},',
        'measures={"height": 1.0 * replica.seed, "half_of_the_height": 0.5 * replica.seed},',
    )
    recorded.run()

    text = recorded.cbspec("values", "1.a", "--stored", *CPU).stdout

    assert "height (cm)" in text
    assert "half_of_the_height (cm)" in text
    assert text.count("bright") == 6  # three seeds in each of two tables


def test_curves_are_the_lists_that_stages_yield(laboratory):
    """Each number of a stored series is a row with its step; a list of lists is several curves."""
    laboratory.edit(
        "lab/catalog.py",
        'measures={"height": replica.parameters.light * (day + 1) + noise},',
        'measures={"height": 1.0 * replica.seed},\n'
        '                    series={"growth": [1.5, None], "leaves": [[1], [2, 3]], "kind": "fern"},',
    )
    laboratory.run()

    rows = laboratory.json("values", "1.a", "--curves", *CPU)

    dark = [row for row in rows if (row["arm"], row["seed"]) == ("dark", 1)]
    assert [(row["curve"], row["step"], row["value"]) for row in dark] == [
        ("growth", 0, 1.5),
        ("growth", 1, None),
        ("leaves[0]", 0, 1),
        ("leaves[1]", 0, 2),
        ("leaves[1]", 1, 3),
    ]


def test_a_damaged_record_is_told(laboratory):
    """Values are not taken from the store where the record cannot be read."""
    laboratory.record(laboratory.run())
    laboratory.write("reports/ledger.json", "<<<<<<< HEAD\n")

    result = laboratory.cbspec("values", "1.a")

    assert result.exit_code == 1
    assert "ledger.json" in result.stderr
