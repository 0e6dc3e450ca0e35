"""Two labs beside this one: what the page for another lab shows, and what SciPy says of their claims."""

import importlib.util
import re
import shutil
import sys
from functools import partial
from pathlib import Path

import pytest
from scipy.stats import t, ttest_ind_from_stats

from tests.support.laboratory import working_in
from tests.support.pages import run, steps, with_commands, write_lab

REPOSITORY = Path(__file__).parents[1]
LABS = REPOSITORY / "tests" / "labs"
PAGE = REPOSITORY / "docs" / "another-lab.md"
_, EXISTING, OWN = re.split(r"^## ", PAGE.read_text(), flags=re.MULTILINE)


def oracle(folder):
    """The module beside a lab that judges its claims with SciPy."""
    spec = importlib.util.spec_from_file_location(f"oracle_of_{folder.name}", folder / "oracle.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copied(tmp_path):
    """Copy a lab, which becomes the working directory."""

    def copy(name):
        shutil.copytree(LABS / name, tmp_path, dirs_exist_ok=True)
        return laboratory

    with working_in(tmp_path) as laboratory:
        yield copy


@pytest.mark.parametrize(("name", "claims"), [("digits", 5), ("perceptron", 3)])
def test_every_verdict_is_that_of_scipy(copied, monkeypatch, name, claims):
    """Verdict, estimate, interval and p of each claim are those of the plain script beside it."""
    laboratory = copied(name)
    monkeypatch.setattr(sys, "path", [str(laboratory.root), *sys.path])
    expected = oracle(laboratory.root).verdicts()

    records = {record.claim: record.judgement for record in laboratory.run().records}

    assert len(expected) == claims
    assert records.keys() == expected.keys()
    for claim, (verdict, *numbers) in expected.items():
        (effect,) = records[claim].findings[0].effects
        assert records[claim].verdict == verdict, claim
        figures = [effect.estimate, effect.low, effect.high, effect.p]
        assert figures == pytest.approx(numbers, rel=1e-9), claim


def test_the_table_is_a_study_worth_the_name():
    """At least twenty runs an arm, unequal numbers of them, and some without a value."""
    found = oracle(LABS / "digits").accuracies()
    rows = (LABS / "digits" / "runs.csv").read_text().splitlines()[1:]

    counts = {method: len(values) for method, values in found.items()}
    assert min(counts.values()) >= 20
    assert len(set(counts.values())) > 1
    assert len(rows) > sum(counts.values())


def test_the_page_begins_with_a_table(tmp_path):
    """From runs.csv alone, the commands of the first example end as they are shown."""
    shutil.copy(LABS / "digits" / "runs.csv", tmp_path)
    write_lab(EXISTING, tmp_path)

    run(steps(EXISTING), with_commands(tmp_path))

    assert len(steps(EXISTING)) == 4


def test_the_page_goes_on_with_a_study(tmp_path):
    """In a copy of the second example, its commands end as they are shown."""
    shutil.copytree(LABS / "perceptron", tmp_path, dirs_exist_ok=True)

    run(steps(OWN), with_commands(tmp_path))

    assert len(steps(OWN)) == 4


def test_ten_sentences_of_five_publications(copied):
    """What optimisers, reinforcement learning, language models, AutoML and systems report is a claim
    over the printed numbers: two are tests, as SciPy's, and eight say that they are none.
    """
    laboratory = copied("published")
    welch = partial(ttest_ind_from_stats, 491.07, 9.70, 3, 481.20, 20.53, 3, equal_var=False)
    student = t.cdf((3.2791 - 3.28) / (0.0019 / 80**0.5), 79)

    records = {record.claim: record.judgement for record in laboratory.run().records}

    untested = [claim for claim, judged in records.items() if "without a test" in judged.reason]
    assert {records[claim].findings[0].p for claim in untested} == {0.0, 1.0}
    assert (len(records), len(untested)) == (10, 8)
    assert [claim for claim, judged in records.items() if judged.verdict != "holds"] == ["automl.b"]
    assert records["optimiser.a"].findings[0].p == pytest.approx(student, rel=1e-6)
    (effect,) = records["rl.a"].findings[0].effects
    assert "n = 3 (benchmark/c51.sh of CleanRL: --num-seeds 3)" in records["rl.a"].reason
    interval = (effect.low, effect.high)
    assert interval == pytest.approx(_welch_interval(491.07, 9.70, 481.20, 20.53, 3), rel=1e-9)
    assert welch().pvalue > 0.05  # no difference is shown, and equality within 50 points is


def _welch_interval(one, sd, other, spread, n):
    errors = sd**2 / n, spread**2 / n
    freedom = sum(errors) ** 2 / (sum(error**2 for error in errors) / (n - 1))
    half = t.ppf(0.975, freedom) * sum(errors) ** 0.5
    return one - other - half, one - other + half


def test_a_table_is_judged_without_torch(copied):
    """Where importing torch fails, the claims of a table get the same verdicts."""
    laboratory = copied("digits")
    expected = oracle(laboratory.root).verdicts()
    laboratory.write("torch/__init__.py", "raise RuntimeError('torch was imported')\n")
    laboratory.write("torch/version.py", "__version__ = '2.11.0'\ncuda = None\n")

    _, output = laboratory.pytest()

    assert "torch was imported" not in output
    assert laboratory.verdicts() == {claim: verdict for claim, (verdict, *_) in expected.items()}
