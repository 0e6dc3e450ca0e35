"""`cbspec verify`: stored results computed again."""

import shutil
from contextlib import closing

import pytest

from cbspec.execution.numerics import resolve
from cbspec.execution.rundir import RunDirectory
from cbspec.project import Project
from cbspec.store import Store

WORDS = "an elm and seven chestnuts shaded the whole orchardist"


@pytest.fixture
def computed(laboratory):
    """The project after a run: each claim has results of `grow`, and one of `weigh` besides."""
    laboratory.run()
    return laboratory


def contents(laboratory):
    """Every file of the store with its content and the time of its last change."""
    store = laboratory.root / ".cbspec" / "store"
    files = sorted(path for path in store.rglob("*") if path.is_file())
    return [(path, path.read_bytes(), path.stat().st_mtime_ns) for path in files]


def falsify(laboratory, stage, seed, **measures):
    """Have the store hold other measures for the results of a stage for a seed."""
    store = Store(laboratory.root / ".cbspec" / "store")
    for holding in list(store.ls()):
        entry = store.get(holding.key)
        if (entry.provenance["stage"], entry.provenance["seed"]) == (stage, seed):
            shutil.rmtree(store.root / "entries" / entry.key[:2] / entry.key)
            store.put(entry.key, measures=measures, provenance=entry.provenance)


def test_equal_results_are_told(computed):
    """Each result of the claim is told with stage and seed, and the store is left as it was."""
    before = contents(computed)

    result = computed.cbspec("verify", "2.a", "--device", "cpu")

    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[-1] == "12 results: 12 as stored, 0 not"
    assert sorted(lines[:-1]) == sorted(
        f"{stage} seed {seed}: equal"
        for stage in ("grow@3", "weigh")
        for seed in (1, 2, 3)
        for _ in "ab"
    )
    assert contents(computed) == before


def test_a_difference_is_named(computed):
    """A stored result that is another one is told with stage, seed, measure and both values."""
    falsify(computed, "weigh", 2, weight=13.0)

    result = computed.cbspec("verify", "2.a", "--device", "cpu")

    assert result.exit_code == 1
    differing = [line for line in result.stdout.splitlines() if "DIFFERS" in line]
    assert len(differing) == 2
    assert all(line.startswith("weigh seed 2: DIFFERS in weight: 13.0 -> ") for line in differing)
    assert result.stdout.endswith("12 results: 10 as stored, 2 not\n")
    rows = computed.json("verify", "2.a", "--device", "cpu")
    assert {(row["stage"], row["seed"]) for row in rows if row["differences"]} == {("weigh", 2)}


def test_the_last_bit_counts(computed):
    """A difference of one unit in the last place is a difference."""
    rows = computed.json("verify", "1.a", "--device", "cpu")
    assert not any(row["differences"] for row in rows)
    height = Store(computed.root / ".cbspec" / "store").get(rows[0]["key"]).measures["height"]

    falsify(computed, "grow", rows[0]["seed"], height=height * (1 + 2.0**-52))

    assert computed.cbspec("verify", "1.a", "--device", "cpu").exit_code == 1


def test_a_sample_takes_its_inputs_from_the_store(computed, monkeypatch):
    """A drawn result is computed from the stored inputs: what is wrong with these is not its fault."""
    falsify(computed, "grow", 1, height=100.0)
    monkeypatch.setattr(
        "cbspec.evaluation.recomputation.drawn",
        lambda cells, count: [cell for cell in cells if cell.call.stage.name == "weigh"][:count],
    )

    [row] = computed.json("verify", "2.a", "--sample", "1", "--device", "cpu")

    assert (row["stage"], row["seed"]) == ("weigh", 1)
    assert row["differences"] == [f"weight: {row_weight(computed, row)} -> 200.0"]


def row_weight(laboratory, row):
    return Store(laboratory.root / ".cbspec" / "store").get(row["key"]).measures["weight"]


def test_a_sample_of_all_claims(computed):
    """--sample alone draws among the results of every claim, and no more than there are."""
    three = computed.json("verify", "--sample", "3", "--device", "cpu")
    every = computed.json("verify", "--sample", "1000", "--device", "cpu")

    assert (len(three), len(every)) == (3, 12)
    assert {row["key"] for row in three} <= {row["key"] for row in every}


def test_a_stage_that_fails_by_now_is_told(computed, monkeypatch):
    """A result that cannot be computed again is told with the reason, and the others are compared."""
    import lab.catalog

    monkeypatch.setattr(lab.catalog, "weigh", lambda job: 1 / 0)

    result = computed.cbspec("verify", "2.a", "--device", "cpu")

    assert result.exit_code == 1
    assert (
        "weigh seed 1: cannot be computed again: ZeroDivisionError: division by zero"
        in result.stdout
    )
    assert "division by zero" in result.stdout
    assert "grow@3 seed 1: equal" in result.stdout
    assert result.stdout.endswith("12 results: 6 as stored, 0 not, 6 not computed again\n")


def forget(laboratory, stage, parameters):
    """Remove the stored results of a stage with these parameters."""
    store = Store(laboratory.root / ".cbspec" / "store")
    for holding in list(store.ls()):
        made = store.get(holding.key).provenance
        if made["stage"] == stage and made["parameters"].items() >= parameters.items():
            shutil.rmtree(store.root / "entries" / holding.key[:2] / holding.key)


@pytest.mark.parametrize(
    ("state", "term"),
    [
        ("", "random.random()"),
        ("CALLS = []", "CALLS.append(1) or len(CALLS)"),
        ("", "random.gauss(0, 1)"),
    ],
)
def test_it_is_computed_as_in_a_run(laboratory, state, term):
    """What a stage draws from the generators of its process, and what it counts in it, is the same
    as in the run, for one result of a job as for all.
    """
    laboratory.edit("lab/catalog.py", "def weigh", f"{state}\n\n\ndef weigh")
    laboratory.edit("lab/catalog.py", '{"weight": 2 *', f'{{"weight": ({term}) + 2 *')
    laboratory.run()

    rows = laboratory.json("verify", "2.a", "--device", "cpu")
    [one] = laboratory.json("verify", "2.a", "--sample", "1", "--device", "cpu")

    assert [(row["differences"], row["failure"]) for row in rows] == [([], "")] * 12
    assert (one["differences"], one["failure"]) == ([], "")


def test_sets_of_text_have_the_order_of_the_run(laboratory):
    """A result that follows from the order of a set of words is computed again with the same order,
    and one that is wrong is still told.
    """
    laboratory.edit("lab/catalog.py", "def weigh", f"WORDS = set({WORDS!r}.split())\n\n\ndef weigh")
    order = "sum(len(word) * 10**place for place, word in enumerate(WORDS))"
    laboratory.edit("lab/catalog.py", '{"weight": 2 *', f'{{"weight": {order} + 2 *')
    folder = RunDirectory(laboratory.root / ".cbspec" / "runs" / "test", "main")
    with closing(Project().evaluation(folder, resolve("cpu"), backend="local")) as evaluation:
        for claim in laboratory.claims():
            evaluation.evaluate(claim)

    rows = laboratory.json("verify", "2.a", "--device", "cpu")
    falsify(laboratory, "weigh", 2, weight=13.0)
    after = laboratory.json("verify", "2.a", "--device", "cpu")

    assert [(row["differences"], row["failure"]) for row in rows] == [([], "")] * 12
    assert {(row["stage"], row["seed"]) for row in after if row["differences"]} == {("weigh", 2)}


def test_the_replicas_of_a_job_are_computed_together(laboratory):
    """A result whose last bits depend on how many replicas its job had is computed beside as many,
    also where it alone is drawn.
    """
    laboratory.edit("lab/catalog.py", '{"weight": 2 *', '{"weight": len(job.replicas) + 2 *')
    laboratory.run()

    rows = [laboratory.json("verify", "2.a", "--sample", "1", "--device", "cpu") for _ in range(6)]

    assert [row["differences"] for [row] in rows] == [[]] * 6


def test_a_point_is_computed_from_the_one_that_it_continued(computed):
    """A later point of a trajectory goes on from the stored point that it went on from before."""
    computed.edit("claims/defaults.yaml", "quick: {days: 3}", "quick: {days: 5}")
    computed.run()
    before = computed.json("verify", "1.a", "--device", "cpu")

    forget(computed, "grow", {"day": 3, "light": 2.0})
    after = computed.json("verify", "1.a", "--device", "cpu")

    assert [(row["stage"], row["failure"]) for row in before] == [("grow@5", "")] * 6
    assert [row["failure"].split("seed")[0] for row in after] == ["grow@3 "] * 3 + [""] * 3
    assert after[0]["failure"].endswith("is not stored any more")


def test_an_older_result_is_not_called_wrong(computed):
    """A result that does not say how it was computed cannot be verified, which is no difference."""
    store = Store(computed.root / ".cbspec" / "store")
    [key] = [row["key"] for row in computed.json("verify", "1.a", "--device", "cpu")][:1]
    entry = store.get(key)
    shutil.rmtree(store.root / "entries" / key[:2] / key)
    made = {name: value for name, value in entry.provenance.items() if name != "replicas"}
    store.put(key, measures=entry.measures, provenance=made)

    rows = computed.json("verify", "1.a", "--device", "cpu")

    [old] = [row for row in rows if row["failure"]]
    assert (old["key"], old["differences"]) == (key, [])
    assert old["failure"] == "it does not say beside which replicas it was computed"


def test_nothing_to_verify(laboratory):
    """Without claims and sample, and without stored results, nothing is computed."""
    neither = laboratory.cbspec("verify")
    nothing = laboratory.cbspec("verify", "2.a", "--device", "cpu")

    assert (neither.exit_code, nothing.exit_code) == (2, 1)
    assert "name the claims to verify, or --sample N of all" in neither.stderr
    assert nothing.stderr == (
        "no result of these claims is stored for the code as it is; run them first\n"
    )
