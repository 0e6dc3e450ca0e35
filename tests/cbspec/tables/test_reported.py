"""The numbers of a paper as an arm: what follows from mean, spread and n, and nothing else."""

import pytest
from scipy import stats

from cbspec.report import markdown
from cbspec.report.failure import effect_text
from cbspec.stage import Summary
from tests.support.claim_text import LIGHT

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


HALF = 6.0 / 3**0.5


@pytest.mark.parametrize(
    "spread",
    [
        f"interval: [{470 - stats.t.ppf(0.975, 2) * HALF}, {470 + stats.t.ppf(0.975, 2) * HALF}]",
        f"se: {HALF}",
        f"bound: {470 - stats.t.ppf(0.95, 2) * HALF}",
        f"bound: {470 + stats.t.ppf(0.95, 2) * HALF}",
    ],
)
def test_what_a_paper_gives_stands_for_a_spread(paper, spread):
    """A 95 % interval of a mean, its standard error, or a one-sided 95 % bound give the sd that
    Student's t would have had.
    """
    paper.edit("claims/2.a.yaml", "sd: 6.0", spread)

    (record,) = paper.run().records

    oracle = stats.ttest_ind_from_stats(
        497.5, 4.0, 5, 470.0, 6.0, 3, equal_var=False, alternative="greater"
    )
    (effect,) = record.judgement.findings[0].effects
    assert effect.p == pytest.approx(oracle.pvalue, rel=1e-9)


def test_runs_that_nobody_has_are_listed_nowhere(paper):
    """Evidence, reason, page and `cbspec values` have the paper's mean, sd and n, and no runs."""
    run = paper.run()
    (record,) = run.records
    paper.record(run)
    theirs = Summary(mean=470.0, sd=6.0, n=3, digit=1.0)
    told = "ours: mean 497.5, sd 4, n = 5, theirs: mean 470, sd 6, n = 3"

    assert record.evidence.values.arms == {}
    assert record.evidence.values.summaries["theirs"] == {"return": theirs}
    assert f"n = 3; as reported, {told})" in record.judgement.reason
    assert "seeds" not in record.judgement.reason.lower()
    assert "\nSeeds" not in markdown(run)
    assert (
        "return of theirs, as reported: mean 470, sd 6, n = 3"
        in paper.cbspec("values", "2.a").output
    )
    rows = paper.json("values", "2.a")
    assert [(row["arm"], row["seed"], row["value"]) for row in rows] == [
        ("ours", None, 497.5),
        ("theirs", None, 470.0),
    ]


def test_without_a_spread_a_known_sigma_can_be_asked(paper):
    """A mean without a spread is judged by z alone; it tells nothing of what a fresh run gives."""
    paper.edit("claims/2.a.yaml", "sd: 6.0", "")
    paper.edit(
        "claims/2.a.yaml", KIND, "{kind: z, sigma: 5, measure: return, arms: [theirs], above: 460}"
    )

    (record,) = paper.run().records

    (effect,) = record.judgement.findings[0].effects
    assert effect.p == pytest.approx(stats.norm.sf(10 / (5 / 3**0.5)))
    assert record.judgement.again is None
    assert "theirs: mean 470, no spread given, n = 3" in record.judgement.reason


@pytest.mark.parametrize(
    ("words", "quantile"),
    [
        ("interval: [{low}, {high}], level: 0.9", stats.t.ppf(0.95, 2)),
        ("interval: [{low}, 470.001]", stats.t.ppf(0.975, 2)),
        ("interval: [{low}, {high}], by: normal", stats.norm.ppf(0.975)),
        ("bound: {low}, level: 0.99", stats.t.ppf(0.99, 2)),
        ("bound: {high}, level: 0.9, by: normal", stats.norm.ppf(0.9)),
    ],
)
def test_another_level_and_distribution(paper, words, quantile):
    """Intervals and bounds of any level, by Student or normal, give the sd that they were made of; of
    unequal halves the longer counts.
    """
    spread = words.format(low=470 - quantile * HALF, high=470 + quantile * HALF)
    paper.edit("claims/2.a.yaml", "sd: 6.0", spread)

    (record,) = paper.run().records

    oracle = stats.ttest_ind_from_stats(
        497.5, 4.0, 5, 470.0, 6.0, 3, equal_var=False, alternative="greater"
    )
    (effect,) = record.judgement.findings[0].effects
    assert effect.p == pytest.approx(oracle.pvalue, rel=1e-9)


STATED = KIND.replace("unpaired", "stated")
BARE = (
    CLAIM.replace(", n: 3}", "}")
    .replace("n: 5, ", "")
    .replace(", sd: 4.0", "")
    .replace(", sd: 6.0", "")
    .replace(KIND, STATED)
)


def stated(paper, words="above: 0", **numbers):
    """Judge bare numbers that are compared as they are printed."""
    text = BARE.replace("above: 0", words)
    for name, value in ({"497.5": "ours", "470.0": "theirs"}).items():
        text = text.replace(f"mean: {name}", f"mean: {numbers.get(value, name)}")
    paper.write("claims/2.a.yaml", text)
    return paper.run().records[0].judgement


@pytest.mark.parametrize(
    ("words", "numbers", "verdict", "ends"),
    [
        ("above: 0", {}, "holds", None),
        ("above: 0", {"ours": 9.5, "theirs": 9.4}, "inconclusive", (0.0, 0.2)),
        ("above: 0", {"ours": 9.4, "theirs": 9.5}, "inconclusive", (-0.2, 0.0)),
        ("above: 0", {"ours": 9.3, "theirs": 9.5}, "refuted", (-0.3, -0.1)),
        ("below: 30", {}, "holds", None),
        ("above: 3, by: ratio", {"ours": 9.5, "theirs": 2.7}, "holds", (9.45 / 2.75, 9.55 / 2.65)),
        ("above: 3.5, by: ratio", {"ours": 9.5, "theirs": 2.7}, "inconclusive", None),
        ("above: 4, by: ratio", {"ours": 9.5, "theirs": 2.7}, "refuted", None),
        ("above: 0", {"ours": "9.40, digit: 0.01", "theirs": "9.38, digit: 0.01"},
         "holds", (0.01, 0.03)),
        ("above: 0", {"ours": 2.02, "theirs": 2.01}, "inconclusive", (0.0, 0.02)),
    ],
)  # fmt: skip
def test_bare_numbers_are_compared_as_they_are_printed(paper, words, numbers, verdict, ends):
    """No test is made; what the last printed digits leave open decides nothing, nor do binary ones."""
    judgement = stated(paper, words, **numbers)

    (effect,) = judgement.findings[0].effects
    assert judgement.verdict == verdict
    assert "without a test" in judgement.reason
    if ends:
        assert (effect.low, effect.high) == pytest.approx(ends, abs=1e-9)


def test_no_report_has_a_p_of_bare_numbers(paper):
    """Their bounds are named rounding, and a record that has a p and a level of them loses both."""
    paper.write("claims/2.a.yaml", BARE)
    run = paper.run()
    paper.record(run)
    ledger = paper.root / "reports" / "ledger.json"
    ledger.write_text(ledger.read_text().replace('"confidence": 1.0', '"confidence": 0.95'))
    paper.cbspec("publish")

    (effect,) = run.records[0].judgement.findings[0].effects
    table = (paper.root / "reports" / "replication.md").read_text()
    page = markdown(run)

    assert "ours - theirs of return: 27.50 [26.95, 28.05] by rounding, no test" in table
    assert "**holds** at quick (as published)" in table
    assert effect_text(effect).endswith("(the bounds are what rounding leaves open, no test)")
    assert "stated: **holds** (no test). " in page
    assert "by rounding, no test | points |  |  |  |" in page


def test_most_of_several_numbers(paper):
    """A sentence about most benchmarks is a partial conjunction of comparisons without a test."""
    parts = ", ".join(
        f"{{kind: stated, measure: return, arms: [ours, theirs], above: {bound}}}"
        for bound in (0, 20, 40)
    )
    paper.write("claims/2.a.yaml", BARE.replace(STATED, f"{{kind: at_least, k: 2, of: [{parts}]}}"))

    assert paper.run().records[0].judgement.verdict == "holds"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BARE.replace("stated", "unpaired"), "asks for the number of runs of return, which ours does not report: use stated"),
        (CLAIM.replace(KIND, STATED), "stated is no test, and a spread is known: use unpaired or threshold"),
        (BARE.replace("above: 0", "by: ratio, above: 1").replace("ours, theirs", "ours"),
         "a ratio needs two arms"),
        (BARE.replace("mean: 470.0", "mean: 470.0, sd: 6.0"), "the spread of return needs n"),
    ],
)  # fmt: skip
def test_what_is_known_decides_what_can_be_asked(paper, text, message):
    """A test of bare numbers is refused, and so is a bare comparison where a test can be made."""
    paper.write("claims/2.a.yaml", text)

    result = paper.cbspec("validate")

    assert result.exit_code == 1
    assert message in result.stderr


def test_runs_of_an_engine_are_not_compared_as_they_are_printed(laboratory):
    """Where there are runs, a comparison is a test."""
    laboratory.claim(
        "phase1/1.a.yaml",
        LIGHT.replace("kind: order", "kind: stated").replace("direction: ascending", "below: 0"),
    )

    result = laboratory.cbspec("validate")

    assert result.exit_code == 1
    assert "stated compares published numbers, and dark has runs of its own" in result.stderr


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
        ("mean: 470.0", "asks for the spread of return, which theirs does not report"),
        ("mean: 470.0, sd: 6.0, interval: [460, 480]", "give one of sd, se, interval and bound"),
        ("mean: 470.0, interval: [480, 490]", "the interval does not hold the mean"),
        ("mean: 470.0, bound: 470.0", "the bound is the mean"),
        ("mean: 470.0, sd: 6.0, level: 0.9", "level and by describe an interval or a bound"),
        ("mean: 470.0, interval: [460, 480], level: 95", "must be below 1, got 95"),
        ("mean: 470.0, digit: 0", "the digit has to be above 0"),
    ],
)
def test_a_spread_that_cannot_be_is_told(paper, words, message):
    """A test of a spread that is not given, two spreads, or one beside the mean is told at its arm."""
    paper.edit("claims/2.a.yaml", "mean: 470.0, sd: 6.0", words)

    result = paper.cbspec("validate")

    assert result.exit_code == 1
    assert message in result.stderr


DECLARED = """\
id: 2.b
title: Our returns exceed the paper's
phase: 1
status: active
source: {memo: own study}
experiment: {stage: table, file: runs.csv, run: run, measures: {return: {unit: points, noise: heavy, resolution: 0.5}}}
arms:
  %s
  %s
assert:
  - {kind: unpaired, measure: return, arms: [ours, theirs], above: 0}
"""
OURS = "ours: {}"
THEIRS = "theirs: {stage: reported, source: a paper, n: 3, measures: {return: {unit: points, mean: 470.0, sd: 6.0}}}"


@pytest.mark.parametrize(
    "arms", [(OURS, THEIRS), (THEIRS, OURS)], ids=["paper last", "paper first"]
)
def test_a_paper_says_nothing_of_noise_or_resolution(paper, arms):
    """Whatever the order of the arms, what the table declares counts: half a resolution is left open,
    and heavy noise is guarded against.
    """
    paper.write("runs.csv", "run,return\n1,495.0\n2,495.0\n3,495.0\n4,495.0\n")
    paper.write("claims/2.a.yaml", DECLARED % arms)

    (record,) = paper.run().records

    assert record.judgement.verdict == "inconclusive"
    assert "guarded against skew" in record.judgement.reason


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("unit: score, mean", "return has the unit 'points' in ours and 'score' in theirs"),
        ("", "return has the noise 'heavy' in ours and 'normal' in theirs"),
    ],
)
def test_arms_declare_a_measure_alike(paper, words, message):
    """What two arms say of one measure is refused where they differ."""
    theirs = THEIRS.replace("unit: points, mean", words)
    if not words:
        theirs = "theirs: {measures: {return: {noise: normal}}}"
    paper.write("runs.csv", "run,return\n1,495.0\n2,495.5\n")
    paper.write("claims/2.a.yaml", DECLARED % (OURS, theirs))

    result = paper.cbspec("validate")

    assert result.exit_code == 1
    assert message in result.stderr


def test_runs_that_never_arrive_are_not_left_out(paper):
    """A log-rank test counts a run without a time, so a reason to leave it out is refused."""
    paper.write("runs.csv", "run,method,time\n1,a,3\n2,a,\n3,a,4\n4,b,5\n5,b,6\n6,b,7\n")
    paper.write(
        "claims/2.a.yaml",
        DECLARED.replace("measures: {return: {unit: points, noise: heavy, resolution: 0.5}}",
                         "exclude: the machine was taken away, measures: {time: {unit: s}}")
        .replace("{kind: unpaired, measure: return, arms: [ours, theirs], above: 0}",
                 "{kind: sooner, measure: time, arms: [ours, theirs], limit: 9}")
        % ("ours: {where: {method: a}}", "theirs: {where: {method: b}}"),
    )  # fmt: skip

    result = paper.cbspec("validate")

    assert result.exit_code == 1
    assert "but `exclude` leaves out 1 of ours: take exclude away" in result.stderr
