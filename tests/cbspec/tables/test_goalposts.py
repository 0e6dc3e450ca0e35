"""What of a table's call is a goalpost: what is measured, and not where it lies or what else is there."""

import pytest

from cbspec.ledger import compare
from cbspec.project import Project
from tests.support.specimen import make_effect, make_entry, make_finding, make_judgement
from tests.support.table_text import ADAM, CLAIM, SGD, table

BOTH = CLAIM.replace("assert:", "  sgd: {where: {optimizer: sgd}}\nassert:")
EXCUSED = BOTH.replace("}}", "}, exclude: the machine was taken away}")
APART = BOTH.replace("adam}", "adam}, file: adam.csv").replace("sgd}", "sgd}, file: sgd.csv")
SWAPPED = BOTH.replace("adam}", "adam}, file: sgd.csv").replace("sgd}", "sgd}, file: adam.csv")


@pytest.fixture
def files(study):
    """Copies of one table under other names, with a second column of numbers."""
    text = table(adam=ADAM, sgd=SGD).replace("\n", ",0.5\n").replace("loss,0.5", "loss,f1", 1)
    for name in ("runs.csv", "data/runs.csv", "adam.csv", "sgd.csv"):
        study.write(name, text)
    return study


def change(study, before, after):
    """Return how a verdict with another estimate compares, after an edit of claim and defaults."""
    entries = []
    for estimate, (text, defaults) in ((0.37, before), (0.38, after)):
        study.claim("1.a.yaml", text)
        study.write("claims/defaults.yaml", defaults)
        (claim,) = Project(study.root).claims()
        finding = make_finding(effects=(make_effect(estimate=estimate),))
        entries.append(make_entry(claim=claim, judgement=make_judgement(findings=(finding,))))
    return compare(*entries)


def edited(study, text, old, new):
    defaults = (study.root / "claims/defaults.yaml").read_text()
    assert old in defaults
    return change(study, (text, defaults), (text, defaults.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("nats}}", "nats}, f1: {unit: share}}"),
        ("file: runs.csv", "file: data/runs.csv"),
        ("{unit: nats}", "{unit: nats, column: loss, doc: of the last step}"),
    ],
)
def test_what_changes_no_measured_value_is_no_goalpost(files, old, new):
    """A measure that nothing asserts, the same column by its name, a file that was moved."""
    comparison = edited(files, BOTH, old, new)

    assert (comparison.change, comparison.moves) == ("drift", ())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{unit: nats}", "{unit: nats, column: f1}"),
        ("{unit: nats}", "{unit: bits}"),
        ("measures", "where: {f1: 0.5}, measures"),
        ("run: run", 'run: ""'),
    ],
)
def test_what_is_measured_is_a_goalpost(files, old, new):
    """Another column, unit or choice of rows, or other runs."""
    assert edited(files, BOTH, old, new).change == "goalposts"


def test_a_measure_that_leaves_runs_out_is_a_goalpost(files):
    """With `exclude`, a run that lacks the added measure is left out of the others, too."""
    added = edited(files, EXCUSED, "nats}}", "nats}, f1: {unit: share}}")
    moved = edited(files, EXCUSED, "file: runs.csv", "file: data/runs.csv")

    assert (added.change, moved.change) == ("goalposts", "drift")


def test_files_that_tell_arms_apart_are_a_goalpost(files):
    """Two arms that exchange their files measure something else."""
    defaults = (files.root / "claims/defaults.yaml").read_text()

    assert change(files, (APART, defaults), (SWAPPED, defaults)).change == "goalposts"


def test_a_row_after_an_added_measure_drifts(files):
    """An added measure and an appended row are two edits that both leave the run green."""
    files.record(files.run())
    files.edit("claims/defaults.yaml", "nats}}", "nats}, f1: {unit: share}}")
    (added,) = files.run().records
    with (files.root / "runs.csv").open("a") as rows:
        rows.write("adam-6,adam,3.17,0.5\n")

    (grown,) = files.run().records

    assert (added.comparison.change, added.comparison.moves) == ("same", ())
    assert (grown.comparison.change, grown.comparison.moves) == ("drift", ())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("sd: 0.1}", "sd: 0.1}, f1: {unit: share, mean: 0.9}", "drift"),
        ("mean: 3.1", "mean: 3.0", "goalposts"),
    ],
)
def test_a_number_of_a_paper_that_nothing_asserts_is_no_goalpost(files, old, new, expected):
    """The asserted mean is one; another number of the same paper is not."""
    paper = "{stage: reported, source: a paper, n: 9, measures: {loss: {unit: nats, mean: 3.1, sd: 0.1}}}"
    text = CLAIM.replace("assert:", f"  theirs: {paper}\nassert:")
    defaults = (files.root / "claims/defaults.yaml").read_text()

    comparison = change(files, (text, defaults), (text.replace(old, new), defaults))

    assert comparison.change == expected
