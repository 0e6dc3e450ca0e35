"""The runs of a table: chosen by where, told apart by their ids, with the measures that they have."""

import importlib.util
import json

import pytest

from cbspec.tables import Column, Table
from cbspec.tables.runs import independent_runs, run_of_seed

needs_pyarrow = pytest.mark.skipif(
    importlib.util.find_spec("pyarrow") is None, reason="pyarrow is not installed"
)
ROWS = [
    {"run": "r10", "method": "a", "lr": 0.1, "loss": 3.5},
    {"run": "r2", "method": "a", "lr": 0.1, "loss": 3.25},
    {"run": "r1", "method": "b", "lr": 0.1, "loss": 2.0},
    {"run": "r3", "method": "b", "lr": 1.0, "loss": 1.0},
]


def of(**words):
    words = {"file": "runs.csv", "run": "run", "measures": {"loss": Column(unit="nats")}} | words
    return Table(**words)


@pytest.fixture
def csv_file(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_text(
        "run,method,lr,loss\nr10,a,0.10,3.5\nr2,a,1e-1,3.25\nr1,b,0.1,2.0\nr3,b,1,1.0\n"
    )
    return path


def losses(table, path):
    return [(run.id, run.measures["loss"]) for run in independent_runs(table, path)]


def test_runs_are_in_the_order_of_their_ids(csv_file):
    """Ids are sorted as people do: run 2 before run 10."""
    assert losses(of(), csv_file) == [("r1", 2.0), ("r2", 3.25), ("r3", 1.0), ("r10", 3.5)]


@pytest.mark.parametrize(
    ("where", "runs"),
    [
        ({"method": "a"}, ["r2", "r10"]),
        ({"lr": 0.1}, ["r1", "r2", "r10"]),
        ({"lr": 1}, ["r3"]),
        ({"method": "b", "lr": 0.1}, ["r1"]),
        ({"run": ("r1", "r10")}, ["r1", "r10"]),
    ],
)
def test_where_chooses_rows(csv_file, where, runs):
    """Every column has to have its value, or one of them; numbers are equal however they are spelt."""
    assert [run for run, _ in losses(of(where=where), csv_file)] == runs


@pytest.mark.parametrize(
    "suffix", [".jsonl", ".tsv", pytest.param(".parquet", marks=needs_pyarrow)]
)
def test_other_files_have_the_same_runs(tmp_path, csv_file, suffix):
    """JSON lines, tab-separated values and Parquet give what CSV gives."""
    path = csv_file.with_suffix(suffix)
    if suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    elif suffix == ".tsv":
        path.write_text(csv_file.read_text().replace(",", "\t"))
    else:
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(ROWS), path)

    assert losses(of(), path) == losses(of(), csv_file)


def test_without_a_column_of_ids_each_row_is_a_run(csv_file):
    """The number of the row is then the run's id."""
    assert losses(of(run=""), csv_file) == [("1", 3.5), ("2", 3.25), ("3", 2.0), ("4", 1.0)]


def test_a_measure_may_have_another_name_than_its_column(csv_file):
    """`column` says which one it is."""
    table = of(measures={"rate": Column(unit="1", column="lr")})

    assert [run.measures for run in independent_runs(table, csv_file)][2] == {"rate": 1.0}


def test_a_run_without_a_value_is_left_out_where_that_has_a_reason(tmp_path):
    """Without a reason it stays, and lacks the measure."""
    path = tmp_path / "runs.csv"
    path.write_text("run,loss\n1,3\n2,\n3,NaN\n4,n/a\n5,4\n".replace("n/a", "NA"))

    kept = independent_runs(of(exclude="the machine was taken away"), path)
    whole = independent_runs(of(), path)

    assert [run.id for run in kept] == ["1", "5"]
    assert [run.id for run in whole if not run.measures] == ["2", "3", "4"]


def test_a_paired_run_is_that_of_its_seed(csv_file):
    """The id is compared with the seed; there may be none."""
    csv_file.write_text("seed,loss\n7,1.5\n8,2.5\n")
    table = of(run="seed", paired=True)

    assert run_of_seed(table, csv_file, 8).measures == {"loss": 2.5}
    assert run_of_seed(table, csv_file, 9) is None


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("run,los\n1,2\n", {}, "has no column 'loss'; did you mean 'los'? (one of run, los)"),
        ("run,loss\n1,2\n1,3\n", {}, "has two rows of run '1' where anything holds"),
        ("run,loss\n1,fast\n", {}, "has 'fast' as loss of run '1', which is no number"),
        ("run,loss\n1,2\n", {"where": {"run": "9"}}, "has no row where run is '9'"),
        ("run,loss\n1\n", {}, "row 2 has another number of cells than the headings"),
        ("run,loss\n", {}, "has no rows"),
    ],
)
def test_a_table_that_is_not_as_the_claim_says(tmp_path, text, words, message):
    """What does not fit is said of the file, with the row, the run or the column."""
    path = tmp_path / "runs.csv"
    path.write_text(text)

    with pytest.raises(ValueError, match=r"\w") as refused:
        independent_runs(of(**words), path)

    assert message in str(refused.value)


@pytest.mark.parametrize(
    "words", [{"run": "", "paired": True}, {"paired": True, "exclude": "it crashed"}]
)
def test_words_that_contradict_each_other(words):
    """Paired runs have a column of seeds, and none of them is left out of one arm alone."""
    with pytest.raises(ValueError, match="paired run"):
        of(**words)


def test_a_file_of_another_form_is_refused(tmp_path):
    """The name says how a file is read."""
    path = tmp_path / "runs.xlsx"
    path.write_bytes(b"PK")

    with pytest.raises(ValueError, match="is none of the tables that can be read"):
        independent_runs(of(), path)
