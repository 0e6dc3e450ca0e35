"""Data files, versions and environment variables that a stage declares: read, compared, explained."""

import pytest

from cbspec.execution import surroundings
from tests.support.laboratory import forget_engine

ENGINE = """
import os

from cbspec.stage import File, Measure, Parameters, Stage


class Table(Parameters, frozen=True, kw_only=True):
    table: File
    factor: int | float = 1


def mean(job):
    for index, replica in enumerate(job.replicas):
        values = [float(word) for word in replica.path(replica.parameters.table).read_text().split()]
        edit = os.environ.get("EDIT_DURING_THE_RUN")
        if edit:
            replica.path(replica.parameters.table).write_text(edit)
        factor = replica.parameters.factor
        scale = 500 if isinstance(factor, float) else 1
        job.emit(index, measures={"mean": scale * factor * sum(values) / len(values)})


def stray(job):
    job.replicas[0].path("elsewhere.csv")


MEAN = {"mean": Measure("g", "the mean weight")}
STAGES = (
    Stage("mean", "averages a table", "lab.catalog:mean", Table, measures=MEAN,
          versions=("scikit-learn",), environment=("LAB_MODE",)),
    Stage("stray", "asks for another file", "lab.catalog:stray", Table, measures=MEAN),
)
"""

CLAIM = """\
id: 3.a
title: The plants are heavy
phase: 3A
status: active
source: {memo: gardening log, figures: {}}
experiment: {stage: mean, table: data/plants.txt}
arms:
  all: {}
assert:
  - {kind: threshold, measure: mean, arms: [all], above: 1.0}
scales: [quick]
"""


@pytest.fixture
def tables(laboratory, monkeypatch):
    """The project with a stage that reads a table, and one claim about it."""
    monkeypatch.setenv("LAB_MODE", "fast")
    monkeypatch.delenv("EDIT_DURING_THE_RUN", raising=False)
    monkeypatch.setattr(surroundings, "_version", lambda _package: "1.9")
    laboratory.write("lab/catalog.py", ENGINE)
    laboratory.write("data/plants.txt", "2.0 4.0")
    for name in ("phase1/1.a.yaml", "phase2/2.a.yaml"):
        (laboratory.root / "claims" / name).unlink()
    laboratory.edit("claims/defaults.yaml", "  plant: {stage: grow, day: $days}\n", "  {}\n")
    laboratory.write("claims/3.a.yaml", CLAIM)
    forget_engine()
    return laboratory


def mean(run, claim="3.a"):
    [record] = [record for record in run.records if record.claim == claim]
    return record.evidence.values.arms["all"]["mean"][0]


def standing(laboratory):
    [row] = laboratory.json("status")
    return row["currency"], row["moved"]


def test_an_edited_table_is_read_again(tables):
    """A stage reads the file that its parameter names; after an edit the result is another one."""
    assert mean(tables.run()) == 3.0

    tables.write("data/plants.txt", "8.0")

    assert mean(tables.run()) == 8.0


def test_an_edited_table_is_told(tables):
    """After an edit `status` and `explain` name the file, and `accept` takes the new one."""
    tables.record(tables.run())
    assert standing(tables) == ("current", [])

    tables.write("data/plants.txt", "2.0 4.0 3.0")

    assert standing(tables) == ("stale", ["data/plants.txt changed"])
    explanation = tables.cbspec("explain", "3.a", "--device", "cpu").stdout
    assert explanation.count("data/plants.txt changed\n") == 2  # for the stage and for the verdict
    tables.run()
    assert tables.cbspec("accept", "3.a").exit_code == 0
    assert standing(tables) == ("current", [])


def test_a_run_that_does_not_have_the_file_of_now_is_not_accepted(tables):
    """A verdict on a table that was edited after the run is refused, with the file's name."""
    tables.run()
    tables.write("data/plants.txt", "8.0")

    result = tables.cbspec("accept", "3.a")

    assert result.exit_code == 1
    assert "3.a: data/plants.txt changed since" in result.stderr


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("data/plant.txt", "the file 'data/plant.txt' is not there"),
        ("../plants.txt", "the file '../plants.txt' leaves the project"),
        ("data", "the file 'data' is a folder"),
    ],
)
def test_a_file_out_of_reach_is_a_located_error(tables, path, problem):
    """A file that is not there, or lies elsewhere, is told at the line that names it."""
    tables.edit("claims/3.a.yaml", "table: data/plants.txt", f"table: {path}")

    result = tables.cbspec("validate")

    assert result.exit_code == 1
    assert f"claims/3.a.yaml:6:34: experiment.table: {problem}" in result.output


def test_an_edit_during_the_run_stops_it(tables, monkeypatch):
    """A table that changes while a stage reads it ends the run before a result is stored."""
    monkeypatch.setenv("EDIT_DURING_THE_RUN", "9.0")
    evaluation = tables.evaluation()
    [claim] = tables.claims()

    with pytest.raises(Exception, match=r"data/plants\.txt changed during the run"):
        evaluation.evaluate(claim)

    assert list(evaluation.store.ls()) == []


def test_only_files_of_parameters_are_found(tables):
    """A stage that asks for a file which no parameter names fails, and says so."""
    tables.edit("claims/3.a.yaml", "stage: mean", "stage: stray")

    [record] = tables.run().records

    assert record.judgement.verdict == "error"
    assert "'elsewhere.csv' is the value of no parameter of type File" in record.judgement.reason


def test_another_version_is_told(tables, monkeypatch):
    """A declared package of another version makes verdict and result stale, with both versions."""
    tables.record(tables.run())

    monkeypatch.setattr(surroundings, "_version", lambda _package: "1.7")

    assert standing(tables) == ("stale", ["scikit-learn 1.9 -> 1.7"])
    assert "stale: scikit-learn 1.9 -> 1.7" in tables.cbspec("status").stdout
    assert "scikit-learn 1.9 -> 1.7" in tables.cbspec("explain", "3.a", "--device", "cpu").stdout


def test_another_value_of_a_variable_is_told(tables, monkeypatch):
    """A declared environment variable that changed makes verdict and result stale."""
    tables.record(tables.run())

    monkeypatch.setenv("LAB_MODE", "slow")

    assert standing(tables) == ("stale", ["LAB_MODE 'fast' -> 'slow'"])


def test_the_project_declares_for_every_stage(tables, monkeypatch):
    """Versions and variables of pyproject.toml count besides those of the stage."""
    tables.record(tables.run())
    monkeypatch.setenv("LAB_SITE", "north")

    settings = 'versions = ["numpy"]\nenvironment = ["LAB_SITE"]\n'
    tables.edit("pyproject.toml", "[tool.cbspec]\n", f"[tool.cbspec]\n{settings}")

    assert standing(tables) == ("stale", ["numpy any -> 1.9", "LAB_SITE any -> 'north'"])


def test_numbers_of_different_kinds_are_different_calls(tables):
    """A claim with the factor 1 has the same values alone as beside one with 1.0."""
    one = CLAIM.replace("3.a", "3.b").replace("plants.txt}", "plants.txt, factor: 1}")
    tables.write("claims/3.b.yaml", one)
    tables.edit("claims/3.a.yaml", "plants.txt}", "plants.txt, factor: 1.0}")

    run = tables.run()

    assert (mean(run, "3.a"), mean(run, "3.b")) == (1500.0, 3.0)
    explained = tables.json("explain", "3.b", "--device", "cpu")
    assert [stage["state"] for stage in explained[0]["stages"]] == ["current"]
