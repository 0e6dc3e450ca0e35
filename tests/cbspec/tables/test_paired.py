"""Runs of a table that arms pair by their seeds: which are read, left out or looked for."""

import pytest

from cbspec.project import Project
from tests.support.table_text import CLAIM, DEFAULTS

GAINS = (0.30, 0.34, 0.28, 0.33, 0.31, 0.29)


@pytest.fixture
def folds(study):
    """Six folds of two arms, all of them seeds of the claim."""
    lines = ["fold,optimizer,loss"]
    for fold, gain in enumerate(GAINS, start=1):
        loss = 3.2 + fold / 100
        lines += [f"{fold},adam,{loss:.2f}", f"{fold},sgd,{loss + gain:.2f}"]
    study.write("runs.csv", "\n".join(lines) + "\n")
    paired = DEFAULTS.replace("run: run", "run: fold, paired: true")
    study.write("claims/defaults.yaml", paired + "seeds: 1..6\n")
    text = CLAIM.replace("assert:", "  sgd: {where: {optimizer: sgd}}\nassert:").replace(
        "{kind: threshold, measure: loss, arms: [adam], below: 3.3}",
        "{kind: order, measure: loss, arms: [adam, sgd], direction: ascending}",
    )
    study.claim("1.a.yaml", text)
    return study


def test_runs_that_are_not_among_the_seeds_are_told(folds):
    """The reason and a warning of the run say how many of each arm, and which."""
    folds.edit("claims/defaults.yaml", "seeds: 1..6", "seeds: [1, 2, 3, 6]")
    folds.edit("runs.csv", "5,sgd,3.56\n", "")

    status, output = folds.pytest()

    (record,) = folds.report.records
    assert status == 0, output
    told = (
        "2 of adam not among the claim's seeds (fold 4, 5), and "
        "1 of sgd not among the claim's seeds (fold 4)"
    )
    assert f"4 seeds, and {told}: 0.3, 0.34, 0.28, 0.29" in record.judgement.reason
    assert f"UnreadWarning: 1.a: {told}" in output


def test_seeds_that_are_not_drawn_yet_leave_nothing_out(folds):
    """A later look of the claim may draw them; those beyond its last look it never reads."""
    folds.edit("claims/defaults.yaml", "seeds: 1..6", "seeds: {pool: 1..6, start: 3}")
    (whole,) = Project(folds.root).claims()
    folds.edit("claims/defaults.yaml", "start: 3}", "start: 3, max: 5}")
    (less,) = Project(folds.root).claims()

    assert (whole.runs_unread, whole.replicates) == ("", "seeds")
    assert less.runs_unread == "1 of adam, 1 of sgd not among the claim's seeds (fold 6)"


def test_ids_that_are_no_seeds_are_a_mistake_of_the_claim(folds):
    """Folds that are named f1 to f6 can be no seeds, which is told where the claim is read."""
    path = folds.root / "runs.csv"
    head, *rows = path.read_text().splitlines()
    path.write_text("\n".join([head, *(f"f{row}" for row in rows)]) + "\n")

    result = folds.cbspec("validate")

    assert result.exit_code == 1
    assert (
        "arms.adam: table: runs.csv has no run to read: the ids of `fold` (f1, f2, f3, ...) are not "
        "the claim's seeds (1, 2, 3, ...)" in result.stderr
    )


def test_a_pair_without_a_value_is_left_out_by_the_seeds(folds):
    """The invalid verdict and a refused exclude both name that way, and it leads to a verdict."""
    folds.edit("runs.csv", "4,sgd,3.57\n", "")
    (invalid,) = folds.run().records
    folds.edit("claims/1.a.yaml", "optimizer: sgd}", "optimizer: sgd}, exclude: it was lost")
    refused = folds.cbspec("validate").stderr
    folds.edit("claims/1.a.yaml", ", exclude: it was lost", "")
    folds.edit("claims/defaults.yaml", "seeds: 1..6", "seeds: [1, 2, 3, 5, 6]")

    (left,) = folds.run().records

    assert (
        "run 4 of runs.csv has no value (the claim's `seeds` without 4 leave it out of every arm)"
        in invalid.judgement.reason
    )
    assert "exclude leaves out no paired run that lacks a value: take its seed out" in refused
    assert left.judgement.verdict == "holds"
    assert "1 of adam not among the claim's seeds (fold 4)" in left.judgement.reason
