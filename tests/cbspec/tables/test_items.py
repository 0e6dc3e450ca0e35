"""Claims about test items: errors of items or of clusters of them, paired where models share them."""

import math

import numpy as np
import pytest
from scipy import stats

from cbspec.project import Project
from cbspec.report import markdown
from cbspec.tables.clusters import cluster_values

SIZES = (1, 4, 2, 6, 3, 5, 2, 4, 1, 3)
DEFAULTS = """\
alpha: 0.05
stages:
  answers:
    stage: table
    file: answers.csv
    paired: true
    resample: {item: question, cluster: passage}
    measures: {correct: {unit: share, resolution: 1}}
"""
CLAIM = """\
id: 3.a
title: The new model answers more questions
phase: 1
status: active
source: {memo: own evaluation}
experiment: answers
arms:
  old: {where: {model: old}}
  new: {where: {model: new}}
assert:
  - {kind: order, measure: correct, arms: [old, new], direction: ascending}
"""


def drawn():
    """Passage, question, answers of both models: passages differ, which makes clusters count."""
    rng = np.random.default_rng(5)
    rows = []
    for passage, size in enumerate(SIZES):
        ease = rng.uniform(0.1, 0.9)
        for number in range(size):
            old, new = rng.random(2) < (ease, min(ease + 0.35, 1))
            rows.append((f"p{passage}", f"p{passage}q{number}", int(old), int(new)))
    return rows


def written(rows):
    lines = ["model,passage,question,correct"]
    for passage, question, old, new in rows:
        lines += [f"old,{passage},{question},{old}", f"new,{passage},{question},{new}"]
    return "\n".join(lines) + "\n"


def clustered_error(values, clusters):
    """The clustered standard error of a mean, by its definition."""
    values, deviations = np.array(values, float), {}
    for cluster, value in zip(clusters, values - values.mean(), strict=True):
        deviations[cluster] = deviations.get(cluster, 0.0) + value
    count = len(deviations)
    total = sum(value**2 for value in deviations.values())
    return math.sqrt(count / (count - 1) * total) / len(values), count


@pytest.fixture
def evaluation(empty):
    """A table of answers, one row for each model and question; no engine."""
    empty.write("pyproject.toml", "[tool.cbspec]\n")
    empty.write("answers.csv", written(drawn()))
    empty.write("claims/defaults.yaml", DEFAULTS)
    empty.write("claims/3.a.yaml", CLAIM)
    return empty


def effect_of(laboratory):
    (record,) = laboratory.run().records
    (effect,) = record.judgement.findings[0].effects
    return effect, record.judgement.reason


def test_the_values_of_clusters_have_the_clustered_error():
    """Their mean is that of the items, and their standard error the clustered one."""
    rows = drawn()
    by_passage = {}
    for passage, _, _, new in rows:
        by_passage.setdefault(passage, []).append(float(new))

    values = np.array(list(cluster_values(by_passage).values()))

    error, count = clustered_error([new for *_, new in rows], [passage for passage, *_ in rows])
    assert values.mean() == pytest.approx(np.mean([new for *_, new in rows]))
    assert values.std(ddof=1) / math.sqrt(count) == pytest.approx(error)


def test_clusters_of_one_size_have_their_means():
    """Where every cluster has as many items, its value is their mean."""
    assert cluster_values({"a": [1, 0], "b": [1, 1], "c": [0, 0]}) == {"a": 0.5, "b": 1.0, "c": 0.0}


def test_models_are_compared_item_by_item_with_clustered_errors(evaluation):
    """Estimate, interval and p are those of the paired difference with its clustered error."""
    rows = drawn()
    differences = [new - old for _, _, old, new in rows]
    error, count = clustered_error(differences, [passage for passage, *_ in rows])

    effect, reason = effect_of(evaluation)

    half = stats.t.ppf(0.975, count - 1) * error
    assert effect.estimate == pytest.approx(np.mean(differences))
    assert (effect.high - effect.low) / 2 == pytest.approx(half)
    assert effect.p == pytest.approx(stats.t.sf(np.mean(differences) / error, count - 1))
    assert f"{count} clusters of test items, and not training runs" in reason


def test_items_without_clusters_stand_by_themselves(evaluation):
    """The paired t test over items, and the report says what it is over."""
    evaluation.edit("claims/defaults.yaml", ", cluster: passage", "")
    differences = np.array([new - old for _, _, old, new in drawn()], float)

    effect, reason = effect_of(evaluation)

    n = len(differences)
    deviation = max(differences.std(ddof=1), math.sqrt(2) * min(0.5, 2 / math.sqrt(n)))
    assert effect.n == n
    assert effect.p == pytest.approx(
        stats.t.sf(differences.mean() / (deviation / math.sqrt(n)), n - 1)
    )
    assert f"{n} test items, and not training runs" in reason


def test_models_over_items_of_their_own_are_not_paired(evaluation):
    """Each has its own number of items, and an order of them is refused."""
    evaluation.edit("claims/defaults.yaml", "    paired: true\n", "")
    evaluation.edit("claims/3.a.yaml", "{model: new}", "{model: new, passage: [p1, p2, p3, p5]}")
    refused = evaluation.cbspec("validate")
    evaluation.edit(
        "claims/3.a.yaml",
        "{kind: order, measure: correct, arms: [old, new], direction: ascending}",
        "{kind: unpaired, measure: correct, arms: [new, old], above: 0}",
    )

    evaluation.record(evaluation.run())

    assert "order compares arms run by run" in refused.stderr
    assert Project(evaluation.root).values("3.a").own == {"old": len(SIZES), "new": 4}


PUBLISHED = """\
arms:
  new: {where: {model: new}}
  theirs:
    stage: reported
    source: a paper
    n: 5
    measures: {correct: {unit: share, mean: 0.2, se: 0.01}}
assert:
  - {kind: unpaired, measure: correct, arms: [new, theirs], above: 0}
"""


@pytest.mark.parametrize("against", ["model", "paper"])
def test_no_report_calls_clusters_seeds(evaluation, against):
    """Reason, pages and the published table say what is replicated, beside a paper's numbers too."""
    if against == "paper":
        evaluation.edit("claims/defaults.yaml", "    paired: true\n", "")
        evaluation.write("claims/3.a.yaml", CLAIM.partition("arms:")[0] + PUBLISHED)
    run = evaluation.run()
    evaluation.record(run)
    evaluation.cbspec("publish")
    told = f"{len(SIZES)} clusters of test items, and not training runs"

    page = markdown(run)
    table = (evaluation.root / "reports" / "replication.md").read_text()
    drawn = (evaluation.root / "reports" / "replication.html").read_text()

    assert told in run.records[0].judgement.reason
    assert f"\n{told}. The same verdict again" in page
    assert f"**holds** at quick ({told}" in table
    assert f"</h3> <span>{told}" in drawn
    assert "seed" not in page.lower()
    assert "seed" not in table.lower().replace("seeds, or what else", "")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("claims/3.a.yaml", "{model: new}", "{model: new, passage: [p1, p2]}",
         "arms.new: new lacks the test item 'p0' and 7 more of the other arm"),
        ("claims/3.a.yaml", "kind: order, measure: correct, arms: [old, new], direction: ascending",
         "kind: share, measure: correct, arms: [new], above: 0.5, more_than: 0.5",
         "share looks at single values, but of clusters"),
        ("claims/defaults.yaml", "cluster: passage", "cluster: page", "has no column 'page'"),
        ("claims/defaults.yaml", "item: question", "item: passage", "has two rows of cluster 'p1'"),
        ("claims/defaults.yaml", "resample:", "run: question\n    resample:",
         "resample.item takes the place of run"),
        ("claims/3.a.yaml", "arms:\n", "seeds: [1, 2]\narms:\n", "no arm draws seeds"),
    ],
)  # fmt: skip
def test_mistakes_about_items_are_told(evaluation, file, old, new, message):
    """Items that one model lacks, columns that are not there and kinds that need single values."""
    evaluation.edit(file, old, new)

    result = evaluation.cbspec("validate")

    assert result.exit_code == 1
    assert message in result.stderr


def test_an_item_without_an_answer_makes_the_claim_invalid(evaluation):
    """Nobody knows the mean over all items then; the item is named."""
    evaluation.edit("answers.csv", "new,p2,p2q1,", "new,p2,p2q1,NA\n#")
    path = evaluation.root / "answers.csv"
    path.write_text("".join(line for line in path.open() if not line.startswith("#")))

    (record,) = evaluation.run().records

    assert record.judgement.verdict == "invalid"
    assert "is part of no mean, for test item p2q1 has no value" in record.judgement.reason


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "new lacks the test item 'p3q1' of the other arm"),
        (
            "new,p4,p3q1,1\n",
            "the test item 'p3q1' belongs to the cluster 'p3' in old and 'p4' in new",
        ),
    ],
)
def test_clusters_have_the_same_items_in_every_arm(evaluation, rows, message):
    """Models are compared on the items that they share, with clusters of items, too."""
    answer = next(row for row in drawn() if row[1] == "p3q1")[3]
    evaluation.edit("answers.csv", f"new,p3,p3q1,{answer}\n", rows)

    result = evaluation.cbspec("validate")

    assert result.exit_code == 1
    assert message in result.stderr


def test_items_that_one_arm_lacks_are_compared_unpaired(evaluation):
    """The mistake names that way out, which gives each arm its own items."""
    evaluation.edit("claims/3.a.yaml", "{model: new}", "{model: new, passage: [p1, p2, p3, p5]}")
    refused = evaluation.cbspec("validate").stderr
    evaluation.edit("claims/defaults.yaml", "paired: true", "paired: false")
    evaluation.edit(
        "claims/3.a.yaml",
        "{kind: order, measure: correct, arms: [old, new], direction: ascending}",
        "{kind: unpaired, measure: correct, arms: [new, old], above: 0}",
    )

    _, reason = effect_of(evaluation)

    assert "; `paired: false` and kind unpaired compare arms over items" in refused
    assert "4 and 10 clusters of test items" in reason


@pytest.mark.parametrize("turned", [False, True])
def test_the_order_of_rows_decides_nothing(evaluation, turned):
    """Items whose ids differ in leading zeros alone are paired by their ids."""
    evaluation.edit("claims/defaults.yaml", ", cluster: passage", "")
    answers = {"q1": (0, 1), "q01": (1, 1), "q2": (0, 1), "q02": (1, 0), "q3": (0, 1)}
    new = [f"new,p,{name},{right}" for name, (_, right) in answers.items()]
    old = [f"old,p,{name},{right}" for name, (right, _) in answers.items()]
    if turned:
        new.reverse()
    evaluation.write(
        "answers.csv", "\n".join(["model,passage,question,correct", *old, *new]) + "\n"
    )
    evaluation.run()

    found: dict[int, dict[str, float]] = {}
    for row in evaluation.json("values", "3.a"):
        found.setdefault(row["seed"], {})[row["arm"]] = row["value"]
    assert sorted((pair["old"], pair["new"]) for pair in found.values()) == sorted(answers.values())


def test_clusters_of_log_normal_items_are_refused(evaluation):
    """A cluster has a value of the mean alone, whose logarithm is that of no item."""
    evaluation.edit("claims/defaults.yaml", "resolution: 1}", "noise: lognormal}")

    result = evaluation.cbspec("validate")

    assert result.exit_code == 1
    assert "correct is log-normal, but of clusters" in result.stderr
