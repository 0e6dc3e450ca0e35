"""A canary vouches for code, not for data that it reads a part of."""

from __future__ import annotations

import pytest

from cbspec.canary import UNHELD, CanaryRecord, Unheld
from tests.support.specimen import make_calibration

ENGINE = """
from cbspec.stage import File, Measure, Parameters, Stage


class Table(Parameters, frozen=True, kw_only=True):
    table: File
    rows: int


def mean(job):
    for index, replica in enumerate(job.replicas):
        words = replica.path(replica.parameters.table).read_text().split()
        values = [float(word) for word in words[: replica.parameters.rows]]
        job.emit(index, measures={"mean": sum(values) / len(values)})


STAGES = (
    Stage("mean", "averages a table", "lab.catalog:mean", Table,
          measures={"mean": Measure("g", "the mean weight")}, environment=("LAB_MODE",)),
)
"""

DEFAULTS = """\
alpha: 0.05
seeds: [1, 2, 3]
scales:
  quick: {rows: 3}
  memo: {rows: 6}
  canary: {rows: 2}
"""

CLAIM = """\
id: 3.a
title: The plants are heavy
phase: 3A
status: active
source: {memo: gardening log, figures: {}}
experiment: {stage: mean, table: plants.txt, rows: $rows}
arms:
  all: {}
assert:
  - {kind: threshold, measure: mean, arms: [all], above: 1.0}
scales: [quick, memo]
"""


@pytest.fixture
def lab(project, monkeypatch):
    """A project with verdicts on a table at two scales on record, and the canary, which reads two of
    its six numbers.
    """
    monkeypatch.setattr("cbspec.execution.numerics.torch_build", lambda: ("2.11.0", None))
    monkeypatch.setenv("LAB_MODE", "fast")
    project.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\ncanary = "canary"\n')
    project.write("lab/catalog.py", ENGINE)
    project.write("claims/defaults.yaml", DEFAULTS)
    project.write("plants.txt", "2 4 3 3 3 3")
    project.write("claims/3.a.yaml", CLAIM)
    for scale in ("memo", "quick"):
        project.checks(scale)
        assert project.cbspec("accept", "--all").exit_code == 0
    return project


def test_an_edit_of_data_that_the_canary_does_not_read_leaves_verdicts_in_doubt(lab):
    """A declared file that was edited is told, though the canary is equal, by the run and by
    `cbspec status`, until the verdict is superseded.
    """
    lab.write("plants.txt", "2 4 3 3 3 0")

    [check] = lab.checks()
    [standing] = [row["checked"] for row in lab.json("status") if row["scale"] == "memo"]
    superseded = lab.cbspec("accept", "--canary", "--reason", "a slip of the pen")

    assert (check.way, check.reason) == (
        "in doubt",
        "plants.txt changed since; no canary vouches for data",
    )
    assert standing == "in doubt"
    assert "3.a (memo, cpu): holds superseded" in superseded.stdout
    assert [after.way for after in lab.checks()] == ["superseded"]


def test_a_verdict_is_carried_over_for_the_data_as_they_are(lab):
    """By a person's word a verdict stands for the edited file, with that file in its history, and is
    in doubt again after the next edit.
    """
    lab.write("plants.txt", "2 4 3 3 3 0")
    lab.checks()
    lab.cbspec("accept", "--canary", "--carry-over", "--reason", "a slip of the pen")
    lab.cbspec("accept", "--all", "--reason", "a slip of the pen")

    [carried] = lab.checks()
    lab.write("plants.txt", "2 4 3 3 3 1")
    [again] = lab.checks()

    [entry] = [entry for entry in lab.ledger if entry.scale == "memo"]
    assert carried.way == "code unchanged"
    assert "carried over" in carried.reason
    assert entry.accepted[-1].moves == ("plants.txt changed",)
    assert again.way == "in doubt"


def test_a_canary_vouches_for_another_value_of_a_variable(lab, monkeypatch):
    """A declared environment variable that changed is what a canary may vouch for, as code is."""
    monkeypatch.setenv("LAB_MODE", "slow")

    assert [check.way for check in lab.checks()] == ["canary equal"]


def test_a_canary_that_holds_nothing_vouches_for_no_other_value(lab, monkeypatch):
    """A canary of unchanged code of which no figure is held compares nothing, whatever changed."""
    path = lab.root / "reports" / "canary.json"
    unheld = Unheld(claim="3.a", arm="all", measure="mean", reason="moves by 9")
    CanaryRecord.load(path).calibrated(make_calibration(unheld)).save(path)
    monkeypatch.setenv("LAB_MODE", "slow")

    [check] = lab.checks()
    [told] = [row["checked"] for row in lab.json("status") if row["scale"] == "memo"]

    assert check.way == "in doubt"
    assert check.reason == f"LAB_MODE 'fast' -> 'slow' since; {UNHELD}"
    assert told == UNHELD


def test_what_changed_beside_another_canary_is_told_in_words(lab, monkeypatch):
    """A verdict in doubt names each change once."""
    monkeypatch.setenv("LAB_MODE", "slow")
    lab.write("plants.txt", "2 5 3 3 3 3")

    [check] = lab.checks()

    assert check.reason == (
        "plants.txt changed since and LAB_MODE 'fast' -> 'slow' since; "
        "2 canary figures changed; mean of all, seed 1: 3 -> 3.5 (tolerance 0)"
    )
