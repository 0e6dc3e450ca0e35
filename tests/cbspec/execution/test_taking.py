"""A run takes from a shared store what it lacks, and computes where it cannot."""

import shutil
import warnings

import pytest

from cbspec.errors import RemoteError
from cbspec.store import Remote
from tests.support.shared_store import rewrite


@pytest.fixture
def shared(laboratory, tmp_path_factory, monkeypatch):
    """The folder of a shared store with the results of both claims; none is stored here."""
    folder = tmp_path_factory.mktemp("shared")
    laboratory.run()
    laboratory.results = laboratory.stored()
    assert laboratory.cbspec("store", "push", str(folder)).exit_code == 0
    shutil.rmtree(laboratory.root / ".cbspec" / "store")
    monkeypatch.setenv("CBSPEC_REMOTE", str(folder))
    return folder


def evaluated(laboratory, *names):
    """Evaluate claims, by default both; the cells that were computed, and what the run says."""
    evaluation = laboratory.evaluation()
    for claim in laboratory.claims():
        if not names or claim.id in names:
            assert evaluation.evaluate(claim).judgement.verdict == "holds"
    return [str(cell) for cell in evaluation.executor.computed], evaluation.executor.run.taken()


def listed(folder):
    return sorted((path, path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*"))


def test_a_run_takes_what_it_lacks(laboratory, shared):
    """Nothing is computed; the run says how many results it took from where, and writes nothing
    there.
    """
    before = listed(shared)

    computed, told = evaluated(laboratory)

    assert (computed, told) == ([], [f"results taken from {shared}: 12"])
    assert laboratory.stored().keys() == laboratory.results.keys()
    assert listed(shared) == before


def test_what_is_not_there_is_computed(laboratory, shared):
    """Results that the remote lacks are computed beside those that it has."""
    for path in sorted((shared / "entries").rglob("*.json"))[:5]:
        path.unlink()

    computed, told = evaluated(laboratory)

    assert len(computed) == 5
    assert told == [f"results taken from {shared}: 7"]
    assert laboratory.stored().keys() == laboratory.results.keys()


def test_only_what_is_read_is_taken(laboratory, shared):
    """A claim whose results are there needs nothing that they were computed from; where one has to be
    computed, what it takes comes along.
    """
    whole = evaluated(laboratory, "2.a")
    taken = laboratory.stored()
    shutil.rmtree(laboratory.root / ".cbspec")
    key = min(taken)
    (shared / "entries" / key[:2] / f"{key}.json").unlink()

    computed, told = evaluated(laboratory, "2.a")

    assert whole == ([], [f"results taken from {shared}: 6"])
    assert len(computed) == 1
    assert computed[0].startswith("weigh seed")
    assert told == [f"results taken from {shared}: 6"]  # five of them, and a plant
    assert len(laboratory.stored()) == 7


def test_other_code_takes_nothing(laboratory, shared):
    """After an edit no result fits, and all is computed."""
    laboratory.edit("lab/catalog.py", "uniform(-0.5, 0.5)", "uniform(-0.4, 0.4)")

    computed, told = evaluated(laboratory)

    assert (len(computed), told) == (12, [])


def test_a_refused_result_is_computed(laboratory, shared):
    """A result that is not what its key says costs a warning, and is computed."""
    key = min(laboratory.results)
    rewrite(shared, key, lambda record: record["provenance"].update(seed=99))

    with pytest.warns(UserWarning, match=rf"result {key[:12]} is refused: record.json is of anot"):
        computed, told = evaluated(laboratory)

    assert (len(computed), told) == (1, [f"results taken from {shared}: 11"])


@pytest.mark.parametrize(
    ("remote", "reason"),
    [("/none/of/this", "there is no such folder"), ("nosuch://place", "is no place to share")],
)
def test_an_unreachable_remote_is_one_warning(laboratory, monkeypatch, remote, reason):
    """Where the remote cannot be reached, one sentence says so, and everything is computed."""
    monkeypatch.setenv("CBSPEC_REMOTE", remote)

    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        computed, taken = evaluated(laboratory)

    sentences = [str(warning.message) for warning in told if remote in str(warning.message)]
    assert len(sentences) == 1
    assert reason in sentences[0]
    assert sentences[0].endswith("; this run computes what it could have taken")
    assert (len(computed), taken) == (12, [])


def test_a_remote_that_falls_silent_is_left_alone(laboratory, shared, monkeypatch):
    """After one request without an answer, no process of the run asks again."""
    asked = []

    def silent(self, doing, ask, limited=True):
        asked.append(doing)
        raise RemoteError("far away: no answer within 30 s")

    monkeypatch.setattr(Remote, "_answer", silent)
    with pytest.warns(UserWarning, match="far away: no answer within 30 s; this run computes"):
        computed, _ = evaluated(laboratory)
    first = len(asked)
    shutil.rmtree(laboratory.root / ".cbspec" / "store")
    evaluated(laboratory)

    assert (len(computed), first, len(asked)) == (12, 1, 1)


def test_an_empty_remote_turns_it_off(laboratory, shared, monkeypatch):
    """CBSPEC_REMOTE comes before pyproject.toml, also where it is empty."""
    laboratory.edit("pyproject.toml", "engine", f'remote = "{shared}"\nengine')
    monkeypatch.setenv("CBSPEC_REMOTE", "")
    without, _ = evaluated(laboratory)
    shutil.rmtree(laboratory.root / ".cbspec")
    monkeypatch.delenv("CBSPEC_REMOTE")
    taking, _ = evaluated(laboratory)

    assert (len(without), taking) == (12, [])
