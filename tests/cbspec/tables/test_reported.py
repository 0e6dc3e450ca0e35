"""The numbers of a paper as an arm: what follows from mean, spread and n, and nothing else."""

import pytest
from scipy import stats

CLAIM = """\
id: 2.a
title: Our returns are higher than the paper's
phase: 1
status: active
source: {memo: own study}
experiment: {stage: reported, source: "their table 1", n: 3}
arms:
  ours: {n: 5, measures: {return: {unit: points, mean: 497.5, sd: 4.0}}}
  theirs: {measures: {return: {unit: points, mean: 470.0, sd: 6.0}}}
assert:
  - {kind: unpaired, measure: return, arms: [ours, theirs], above: 0}
"""
KIND = "{kind: unpaired, measure: return, arms: [ours, theirs], above: 0}"


@pytest.fixture
def paper(empty):
    """A project whose only claim is over two papers' numbers."""
    empty.write("pyproject.toml", "[tool.cbspec]\n")
    empty.write("claims/defaults.yaml", "alpha: 0.05\n")
    empty.write("claims/2.a.yaml", CLAIM)
    return empty


def test_two_papers_are_compared_by_welch(paper):
    """p, estimate and interval are SciPy's from both means, spreads and numbers of runs."""
    (record,) = paper.run().records

    (effect,) = record.judgement.findings[0].effects
    oracle = stats.ttest_ind_from_stats(
        497.5, 4.0, 5, 470.0, 6.0, 3, equal_var=False, alternative="greater"
    )
    assert record.judgement.verdict == "holds"
    assert effect.p == pytest.approx(oracle.pvalue, rel=1e-9)
    assert effect.estimate == pytest.approx(27.5)


def test_an_interval_stands_for_a_spread(paper):
    """The 95 % interval of a mean gives the sd that Student's t would have had."""
    half = stats.t.ppf(0.975, 2) * 6.0 / 3**0.5
    paper.edit("claims/2.a.yaml", "sd: 6.0", f"interval: [{470 - half}, {470 + half}]")

    (record,) = paper.run().records

    oracle = stats.ttest_ind_from_stats(
        497.5, 4.0, 5, 470.0, 6.0, 3, equal_var=False, alternative="greater"
    )
    (effect,) = record.judgement.findings[0].effects
    assert effect.p == pytest.approx(oracle.pvalue, rel=1e-9)


def test_a_paper_against_a_bound(paper):
    """A threshold is Student's test, and z takes the known sigma, from mean and n."""
    paper.edit(
        "claims/2.a.yaml", KIND, "{kind: threshold, measure: return, arms: [theirs], above: 460}"
    )
    student = paper.run().records[0].judgement.findings[0].effects[0]
    paper.edit("claims/2.a.yaml", "kind: threshold,", "kind: z, sigma: 5,")
    z = paper.run().records[0].judgement.findings[0].effects[0]

    assert student.p == pytest.approx(stats.t.sf(10 / (6.0 / 3**0.5), 2))
    assert z.p == pytest.approx(stats.norm.sf(10 / (5 / 3**0.5)))


@pytest.mark.parametrize(
    "assertion",
    [
        "{kind: unpaired, measure: return, arms: [ours, theirs], above: 0, by: mann_whitney}",
        "{kind: share, measure: return, arms: [theirs], above: 460, more_than: 0.1}",
        "{kind: threshold, measure: return, arms: [ours], above: 460, test: exact}",
    ],
)
def test_what_asks_for_single_runs_is_refused(paper, assertion):
    """Ranks, shares and permutations of runs that nobody has are a mistake of the claim."""
    paper.edit("claims/2.a.yaml", KIND, assertion)

    result = paper.cbspec("validate")

    assert result.exit_code == 1
    assert "asks for single runs, but only mean and spread of" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("mean: 470.0", "give either sd or interval"),
        ("mean: 470.0, sd: 6.0, interval: [460, 480]", "give either sd or interval"),
        ("mean: 470.0, interval: [480, 490]", "the interval does not hold the mean"),
    ],
)
def test_one_spread_is_needed(paper, words, message):
    """No spread, two of them, or an interval beside the mean is told at its arm."""
    paper.edit("claims/2.a.yaml", "mean: 470.0, sd: 6.0", words)

    result = paper.cbspec("validate")

    assert result.exit_code == 1
    assert message in result.stderr
