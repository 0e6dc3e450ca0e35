"""The commit that moved a claim."""

from __future__ import annotations

import json

from tests.support.table_text import ADAM, CLAIM, SGD, table

RUNS = (
    "experiment: {stage: table, file: results/runs.csv, run: run, measures: {loss: {unit: nats}}}"
)


def edited(project, old, new):
    """Commit an edit of the engine; the commit's name."""
    project.edit("lab/catalog.py", old, new)
    return project.commit()


def test_the_commit_that_moved_a_canary_figure_is_found(guarded):
    """Of many commits those that change nothing of the claim cost nothing, and the first that moved
    a figure is named with its definition; the checkout stays as it is.
    """
    good = guarded.git("rev-parse", "HEAD")
    edited(
        guarded,
        "days = job.replicas[0].parameters.day",
        "days = 1 * job.replicas[0].parameters.day",
    )
    for number in range(4):
        guarded.write("notes.md", f"day {number}")
        guarded.commit()
    culprit = edited(guarded, "uniform(-0.5, 0.5)", "uniform(-0.5, 0.6)")
    edited(guarded, '"how long it grew"', '"how many days it grew"')
    edited(guarded, "2 * replica.inputs", "3 * replica.inputs")
    state = guarded.git("status", "--porcelain")

    result = guarded.cbspec("bisect", "1.a", good, "--json")

    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["commit"] == culprit
    assert found["what"] == "canary"
    assert "lab/catalog.py:grow" in found["definitions"]
    assert found["looked"] <= 5
    assert guarded.git("rev-parse", "HEAD") != culprit
    assert guarded.git("status", "--porcelain") == state


def test_of_many_commits_few_are_computed(guarded):
    """Over 64 commits of which eight touch what the claim reaches, five canaries are computed: those
    at both ends, and three that halve the eight.
    """
    good = guarded.git("rev-parse", "HEAD")
    days = "days = job.replicas[0].parameters.day"
    touching = 0
    for number in range(64):
        if number % 8 == 3:
            touching += 1
            longer = days.replace("= ", "= 1 * ")
            new = "uniform(-0.5, 0.6)" if touching == 6 else longer
            old = "uniform(-0.5, 0.5)" if touching == 6 else days
            commit = edited(guarded, old, new)
            if touching == 6:
                culprit = commit
            else:
                days = longer
        elif number % 8 == 5:
            guarded.write("lab/unused.py", f"NUMBER = {number}\n")
            guarded.commit()
        else:
            guarded.write("notes.md", f"note {number}")
            guarded.commit()

    result = guarded.cbspec("bisect", "1.a", good, "--json")

    found = json.loads(result.stdout)
    assert int(guarded.git("rev-list", "--count", f"{good}..HEAD")) == 64
    assert "8 of them change what 1.a reaches" in result.output
    assert found["commit"] == culprit
    assert found["looked"] == 5


def test_a_commit_that_cannot_be_looked_at_is_skipped(guarded):
    """An engine that does not load at one commit ends no search."""
    good = guarded.git("rev-parse", "HEAD")
    broken = edited(guarded, "import random\n", "import random\nimport gone\n")
    guarded.edit("lab/catalog.py", "import gone\n", "")
    culprit = edited(guarded, "uniform(-0.5, 0.5)", "uniform(-0.5, 0.6)")

    result = guarded.cbspec("bisect", "1.a", good, "--json")

    found = json.loads(result.stdout)
    assert found["commit"] == culprit
    assert list(found["skipped"]) == [broken]


def test_a_claim_that_did_not_move_is_told(guarded):
    """Where canary and verdict are the same at both ends there is no commit to name."""
    good = guarded.git("rev-parse", "HEAD")
    edited(
        guarded,
        "days = job.replicas[0].parameters.day",
        "days = 1 * job.replicas[0].parameters.day",
    )

    result = guarded.cbspec("bisect", "1.a", good)

    assert result.exit_code == 1
    assert "1.a is the same at" in result.output


def test_nothing_is_computed_where_no_code_changed(guarded):
    """Commits with the code of the claim as it was need no run."""
    good = guarded.git("rev-parse", "HEAD")
    edited(guarded, "broken: bool = False", "broken: bool = not True")

    result = guarded.cbspec("bisect", "1.a", good)

    assert result.exit_code == 1
    assert f"no commit from {good} to HEAD changes what 1.a reaches" in result.output
    assert "computing" not in result.output


def test_an_unknown_claim_is_told_also_where_no_commit_touches_the_code(guarded):
    """The message names the commit and the closest claim, and nothing is computed."""
    good = guarded.git("rev-parse", "HEAD")
    guarded.write("notes.md", "day 1")
    guarded.commit()

    result = guarded.cbspec("bisect", "1.aa", good)

    assert result.exit_code == 1
    assert f"{good[:10]}: unknown claim '1.aa'; did you mean '1.a'?" in result.output
    assert "computing" not in result.output


def test_a_claim_that_the_default_scale_does_not_decide_is_looked_at_where_it_is_decided(guarded):
    """Without a canary that shows it, the commit that flipped a claim of the scale `memo` is found;
    the canary's two days hide what begins on the third.
    """
    guarded.edit("claims/light.yaml", "scales: [quick, memo]", "scales: [memo]")
    good = guarded.commit()
    culprit = edited(guarded, "light * (day + 1)", "light * (day + 1) * (-1) ** (day > 2)")

    result = guarded.cbspec("bisect", "1.a", good, "--json")

    found = json.loads(result.stdout)
    assert (found["commit"], found["what"]) == (culprit, "verdict")
    assert found["change"] == "1.a: holds -> refuted"


def test_a_commit_that_edits_the_assertion_is_found(guarded):
    """It changes no value, so the verdict tells it and not the canary."""
    good = guarded.git("rev-parse", "HEAD")
    guarded.edit("claims/light.yaml", "arms: [dark, bright]", "arms: [bright, dark]")
    culprit = guarded.commit()

    result = guarded.cbspec("bisect", "1.a", good, "--json")

    found = json.loads(result.stdout)
    assert (found["commit"], found["what"]) == (culprit, "verdict")
    assert found["change"] == "1.a: holds -> refuted"


def test_a_commit_that_edits_the_data_is_found(guarded):
    """A table lies beside the code, in a folder that no code and no claim is in."""
    runs = CLAIM.replace("1.a", "2.a").replace("experiment: runs", RUNS) + "scales: [quick]\n"
    guarded.claim("runs.yaml", runs)
    guarded.write("results/runs.csv", table(adam=ADAM))
    good = guarded.commit()
    guarded.write("notes.md", "day 1")
    guarded.commit()
    guarded.write("results/runs.csv", table(adam=SGD))
    culprit = guarded.commit()

    result = guarded.cbspec("bisect", "2.a", good, "--json")

    found = json.loads(result.stdout)
    assert found["commit"] == culprit
    assert "1 of the commits may change the claim" in result.output
