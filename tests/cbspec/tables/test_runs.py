"""The runs of a table: chosen by where, told apart by their ids, with the measures that they have."""

import gzip
import importlib.util
import json

import pytest

from cbspec.tables import Column, Table
from cbspec.tables.reading import rows
from cbspec.tables.runs import independent_runs, left_out, run_of_seed

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
        ("run,loss\n1,2\n", {"where": {"run": "9"}}, "has no row where run is '9' (one of 1)"),
        (
            "run,loss\nadam,2\nsgd,3\n",
            {"where": {"run": "Adam"}},
            "has no row where run is 'Adam'; did you mean 'adam'? (one of adam, sgd)",
        ),
        ("run,loss\n1\n", {}, "line 2 has another number of cells than the headings"),
        ("run,loss\n", {}, "has no rows"),
        ("", {}, "has no rows"),
        ("run|loss\n1|2\n", {}, "has no column 'loss'"),
        ("run;loss\n1;2,5\n", {}, "is no number: write a decimal point, and no separator"),
        ('run,loss\n1,"1,234.5"\n', {}, "is no number: write a decimal point, and no separator"),
        ("run,loss\n1,91.5 %\n", {}, "is no number: leave out the percent sign"),
        ("run,loss\n1,3.2_1\n", {}, "has '3.2_1' as loss of run '1', which is no number"),
        ('run,loss\n1,"3,21"\n', {}, "has '3,21' as loss of run '1', which is no number"),
        ("run,loss,loss\n1,2,3\n", {}, "has two columns 'loss'"),
        ("run,loss\n,2\n", {}, "has no run in row 1"),
        ("run,loss\n1,\n", {"exclude": "it was lost"}, "has no run with every measure"),
        ('run,loss\n1,"2\n', {}, "cannot be read: unexpected end of data"),
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
    ("words", "message"),
    [
        ({"run": "", "paired": True}, "paired run"),
        ({"paired": True, "exclude": "it crashed"}, "paired run"),
        ({"paired": True, "planned": 5}, "paired run"),
        ({"file": "logs/"}, "a folder needs a reader"),
        ({"reader": "lab.logs"}, "not of the form 'module:function'"),
    ],
)
def test_words_that_contradict_each_other(words, message):
    """Paired runs have a column of seeds, none is left out of one arm alone, and a folder is read
    by a function.
    """
    with pytest.raises(ValueError, match=message):
        of(**words)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("bom.csv", b"\xef\xbb\xbfrun,loss\n1,2.5\n"),
        ("windows.csv", b"run,loss\r\n1,2.5\r\n"),
        ("quoted.csv", b'note,run,loss\n"a, ""b""\nc",1,2.5\n'),
        ("blank.csv", b"run,loss\n\n1,2.5\n\n"),
        ("spaces.csv", b"run,loss\n1 , 2.5\n"),
        ("semicolons.csv", b'run;"loss";note\n1;2.5;"a;b, c"\n'),
        ("UPPER.CSV", b"run,loss\n1,25e-1\n"),
        ("packed.csv.gz", gzip.compress(b"run,loss\n1,2.5\n", mtime=0)),
        ("bom.jsonl", b'\xef\xbb\xbf{"run": 1, "loss": 2.5}\r\n\r\n'),
        ("other_keys.jsonl", b'{"run": 1, "loss": 2.5, "note": "x"}\n'),
        ("packed.jsonl.gz", gzip.compress(b'{"run": 1.0, "loss": 2.5}\n', mtime=0)),
    ],
)
def test_a_table_as_other_programs_write_it(tmp_path, name, content):
    """Marks of byte order, line ends, quotes, blank lines and compression change no value."""
    path = tmp_path / name
    path.write_bytes(content)

    assert losses(of(), path) == [("1", 2.5)]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("latin.csv", "run,loss,who\n1,2,J\xf6rg\n".encode("latin-1"), "is not UTF-8"),
        ("wide.csv", "run,loss\n1,2\n".encode("utf-16"), "is not UTF-8"),
        (
            "torn.csv.gz",
            gzip.compress(b"run,loss\n1,2\n", mtime=0)[:-9],
            "cannot be read: Compressed file",
        ),
        ("plain.csv.gz", b"run,loss\n1,2\n", "cannot be read: Not a gzipped file"),
        ("list.jsonl", b"[1, 2]\n", "line 1 is not an object"),
        ("torn.jsonl", b'{"run": 1, "loss": 2}\n{"run"', "line 2 is not JSON"),
        ("twice.jsonl", b'{"run": 1, "loss": 2, "loss": 3}\n', "line 1 is not JSON: a key stands"),
        pytest.param("torn.parquet", b"PAR1", "is not Parquet", marks=needs_pyarrow),
    ],
)
def test_a_file_that_cannot_be_read(tmp_path, name, content, message):
    """What is wrong with the file is said of it; nothing is guessed."""
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ValueError, match=message):
        independent_runs(of(), path)


@pytest.mark.parametrize("suffix", [".jsonl", pytest.param(".parquet", marks=needs_pyarrow)])
def test_a_nested_field_is_a_column_named_by_its_path(tmp_path, suffix):
    """Objects in a row, at any depth, are told by the keys that lead to them."""
    path = tmp_path / f"runs{suffix}"
    nested = [
        {"run": f"r{index}", "config": {"model": {"name": "a"}}, "metrics": {"loss": loss}}
        for index, loss in enumerate((2.5, None))
    ]
    if suffix == ".parquet":
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.Table.from_pylist(nested), path)
    else:
        path.write_text("\n".join(map(json.dumps, nested)))
    table = of(
        measures={"loss": Column(unit="nats", column="metrics.loss")},
        where={"config.model.name": "a"},
        exclude="lost",
    )

    assert losses(table, path) == [("r0", 2.5)]
    assert left_out(table, path) == 1


def test_a_path_that_a_key_spells_as_well_is_ambiguous(tmp_path):
    """A key with a dot beside an object that leads to the same name is refused."""
    path = tmp_path / "runs.jsonl"
    path.write_text('{"run": 1, "m.loss": 2, "m": {"loss": 3}}')

    with pytest.raises(ValueError, match=r"has two columns 'm\.loss'"):
        independent_runs(of(), path)


def test_a_key_that_one_line_lacks_is_a_value_that_is_missing(tmp_path):
    """JSON lines need not have the same keys; a column is one that any of them has."""
    path = tmp_path / "runs.jsonl"
    path.write_text('{"run": 1}\n{"run": 2, "loss": 2.5}\n{"run": 3, "loss": null}\n')

    assert [dict(run.measures) for run in independent_runs(of(), path)] == [{}, {"loss": 2.5}, {}]


def test_a_run_that_diverged_is_not_left_out(tmp_path):
    """An infinite loss is a result, which no reason for missing values excludes."""
    path = tmp_path / "runs.csv"
    path.write_text("run,loss\n1,3\n2,inf\n3,\n4,-Infinity\n5,1e999\n")

    runs = independent_runs(of(exclude="the machine was taken away"), path)

    assert [(run.id, run.reasons.get("loss")) for run in runs] == [
        ("1", None),
        ("2", "is infinite"),
        ("4", "is infinite"),
        ("5", "is infinite"),
    ]


def test_runs_that_were_planned_and_are_not_there(csv_file):
    """They lack their values, unless a reason leaves them out."""
    planned = of(where={"method": "a"}, planned=4)
    excused = of(where={"method": "a"}, planned=4, exclude="the machine was taken away")

    missing = {"loss": "is not there: 4 runs were planned"}
    assert [dict(run.reasons) for run in independent_runs(planned, csv_file)] == [
        {},
        {},
        missing,
        missing,
    ]
    assert losses(excused, csv_file) == losses(of(where={"method": "a"}), csv_file)


def test_truth_is_a_number(tmp_path):
    """Whether an item was answered is 1 or 0, in any spelling."""
    path = tmp_path / "items.csv"
    path.write_text("run,loss\n1,True\n2,false\n3,1\n")

    assert losses(of(), path) == [("1", 1.0), ("2", 0.0), ("3", 1.0)]


def test_a_seed_is_the_number_that_it_is(tmp_path):
    """A column of seeds that another program wrote as 7.0 or 007 pairs with seed 7."""
    path = tmp_path / "runs.csv"
    path.write_text("seed,loss\n7.0,1.5\n008,2.5\n")
    table = of(run="seed", paired=True)

    assert run_of_seed(table, path, 7).measures == {"loss": 1.5}
    assert run_of_seed(table, path, 8).measures == {"loss": 2.5}


def test_each_file_of_a_folder_is_read_by_a_function(tmp_path):
    """In the order of their names, hidden ones left out; `file` is where each row comes from."""
    for name, text in (("b/2.log", "loss 2.5"), ("a.log", "loss 3.5"), (".swp", "loss 9")):
        path = tmp_path / "logs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    read = rows(tmp_path / "logs", lambda path: {"loss": path.read_text().split()[1]})

    assert read == ({"file": "a.log", "loss": "3.5"}, {"file": "b/2.log", "loss": "2.5"})


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (lambda path: 1 / 0, r"cannot be read: a.log: ZeroDivisionError"),
        (lambda path: [3], "of a.log the reader gives int, and no mapping"),
        (lambda path: None, "has no rows"),
    ],
)
def test_a_reader_that_fails_is_told_with_its_file(tmp_path, made, message):
    """What a project's own function raises or returns is said of the file that it was given."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "a.log").write_text("")

    with pytest.raises(ValueError, match=message):
        rows(tmp_path / "logs", made)


def test_a_file_of_another_form_is_refused(tmp_path):
    """The name says how a file is read."""
    path = tmp_path / "runs.xlsx"
    path.write_bytes(b"PK")

    with pytest.raises(ValueError, match="is none of the tables that can be read"):
        independent_runs(of(), path)


def test_each_of_several_values_is_in_some_row(csv_file):
    """A misspelt value among right ones is told, as a single one is."""
    with pytest.raises(ValueError, match="has no row where method is 'bb'; did you mean 'b'"):
        independent_runs(of(where={"method": ("a", "bb")}), csv_file)


def test_a_planned_run_has_a_name_of_its_own(tmp_path):
    """Of four planned runs, of which 2 to 4 are there, the first one is missing."""
    path = tmp_path / "runs.csv"
    path.write_text("run,loss\n2,1.0\n3,1.5\n4,2.0\n")

    runs = independent_runs(of(planned=4), path)

    assert [run.id for run in runs if run.reasons] == ["1"]


@pytest.mark.parametrize("ids", [("9007199254740993", "9007199254740995"), ("1_1", "11")])
def test_ids_keep_all_their_digits(tmp_path, ids):
    """Seeds beyond the whole numbers of a float are told apart, and digit groups are no number."""
    path = tmp_path / "runs.csv"
    path.write_text("run,loss\n" + "".join(f"{name},1.5\n" for name in ids))

    assert {run.id for run in independent_runs(of(), path)} == set(ids)
    assert run_of_seed(of(paired=True), path, int(ids[1])).id == ids[1]
    assert [run for run, _ in losses(of(where={"run": int(ids[1])}), path)] == [ids[1]]
