"""Mutants of a small engine, tried by the canary of its claim."""

from __future__ import annotations

import json
import os
import signal
import tempfile

import pytest

from cbspec.canary.teeth import Teeth
from cbspec.config import load
from cbspec.ledger import Provenance
from cbspec.trials import trials
from cbspec.trials.asking import Asking
from cbspec.trials.assessment import assessed, with_judged
from cbspec.trials.baseline import Baseline
from cbspec.trials.kept import KeptBaseline
from cbspec.trials.mutant import Mutant
from cbspec.trials.process import terminated_in_order
from cbspec.trials.trial import Canary, Judged, Trial


def mutants(project):
    """Return the mutants on record."""
    return json.loads((project.root / "reports" / "teeth.json").read_text())["mutants"]


def test_teeth_tells_who_notices_what(guarded, monkeypatch):
    """A change of a measure is noticed by the canary, one of a scheduling cost changes nothing,
    what no canary runs is not tried, and what does not end is ended; a second call tries only what
    is new.
    """
    monkeypatch.setattr(trials, "LEAST", 3.0)

    first = guarded.cbspec("teeth", "--sample", "12", "--workers", "2")
    tried = mutants(guarded)
    again = guarded.cbspec("teeth", "--sample", "12")
    source = (guarded.root / "lab" / "catalog.py").read_text().splitlines()

    assert first.exit_code == 0, first.output
    assert len(tried) == 12
    outcomes = {one["outcome"] for one in tried}
    assert outcomes <= {"noticed", "missed", "equivalent", "not executed"}
    for one in tried:
        line = source[one["line"] - 1]
        if "self.cost" in line or "time.sleep" in line or "touch" in line:
            assert one["outcome"] == "not executed", one
        if "noise = " in line or '"height": replica' in line:
            assert one["outcome"] in ("noticed", "equivalent"), one
            if one["operator"] == "sign":
                assert one["outcome"] == "noticed"
        if one["outcome"] == "noticed":
            assert one.get("canary") == ["1.a"] or one["ended"]
        if "thirsty: bool" in line and one["after"] == "True":  # waits for water
            assert one["ended"] == "ran past its time"
    assert again.exit_code == 0, again.output
    assert mutants(guarded) == tried
    assert (guarded.root / "lab" / "catalog.py").read_text().splitlines() == source


def test_verdicts_are_asked_about_what_the_canaries_settled(guarded):
    """A second call computes verdicts alone, of mutants that run and are not equivalent, and keeps
    the rest of the sample; a claim that none of them changed is toothless.
    """
    guarded.pytest()
    assert guarded.cbspec("accept", "--all").exit_code == 0

    first = guarded.cbspec("teeth", "--sample", "4", "--seed", "1")
    before = mutants(guarded)
    second = guarded.cbspec("teeth", "--sample", "4", "--seed", "1", "--verdicts", "1")
    after = mutants(guarded)

    assert (first.exit_code, second.exit_code) == (0, 0), second.output
    counted = [one["name"] for one in before if one["outcome"] in ("noticed", "missed")]
    judged = [one["name"] for one in after if one.get("judged") == ["1.a"]]
    assert counted
    assert sorted(judged) == sorted(counted)
    assert {one["name"]: one["outcome"] for one in after} == {
        one["name"]: one["outcome"] for one in before
    }
    changed = [one for one in after if one.get("verdicts")]
    assert f"verdicts changed for {len(changed)} of {len(judged)}" in second.output
    assert ("Toothless" in second.output) == (not changed)


def test_a_canary_that_is_not_as_recorded_proves_nothing(guarded):
    """Where the canary differs before any change, no mutant is tried."""
    guarded.edit("lab/catalog.py", "(day + 1) + noise", "(day + 2) + noise")

    refused = guarded.cbspec("teeth", "--sample", "2")

    assert refused.exit_code == 2
    assert "the canary is not as recorded: 1.a" in refused.output


def test_a_baseline_is_kept_as_long_as_nothing_changes(guarded, baseline, tmp_path):
    """It comes with the results it has left; another line of the engine, and it counts no more."""
    store = tmp_path / "store"
    store.mkdir()
    (store / "result").write_text("7")
    kept = KeptBaseline(load(guarded.root), ["1.a"])

    before = kept.load(tmp_path / "none")
    kept.keep(baseline, store)
    again = KeptBaseline(load(guarded.root), ["1.a"]).load(tmp_path / "copy")
    guarded.edit("lab/catalog.py", "(day + 1) + noise", "(day + 2) + noise")

    assert before is None
    assert again == baseline
    assert (tmp_path / "copy" / "result").read_text() == "7"
    assert KeptBaseline(load(guarded.root), ["1.a"]).load(tmp_path / "other") is None
    assert KeptBaseline(load(guarded.root), ["1.b"]).load(tmp_path / "other") is None


def mutant(line, *, in_function=True):
    """Return a change of one line of an engine's file."""
    return Mutant(
        name=f"{line}",
        definition="lab/rules.py:step",
        line=line,
        last=line,
        in_function=in_function,
        operator="sign",
        before="a - b",
        after="-(a - b)",
        text="",
    )


@pytest.fixture
def baseline():
    """Two claims, run one after the other: the second alone executes line 3."""
    arcs = frozenset({(1, 2), (2, 3)})
    canary = Canary({}, {"1.a": 1.0}, {"lab/rules.py": arcs})
    executing = {1: ["1.a"], 2: ["1.a", "1.b"], 3: ["1.b"]}
    return Baseline(canary, {"lab/rules.py": executing}, {"1.a": 1.0, "1.b": 2.0, "1.c": 3.0})


def test_the_claims_that_execute_a_line_are_asked_the_cheapest_first(baseline):
    """Of what runs on import, and is used who knows where, all that reach it are."""
    reaching = {"1.c", "1.b", "1.a"}

    assert baseline.witnesses(mutant(2), reaching) == ["1.a", "1.b"]
    assert baseline.witnesses(mutant(3), reaching) == ["1.b"]
    assert baseline.witnesses(mutant(1, in_function=False), reaching) == ["1.a", "1.b", "1.c"]


@pytest.mark.parametrize(
    ("line", "asked", "state", "value", "outcome"),
    [
        (2, ["1.a"], "differs", 2.0, "noticed"),
        (2, ["1.a"], "equal", 1.0, "open"),
        (2, ["1.a", "1.b"], "equal", 1.0001, "missed"),
        (2, ["1.a", "1.b"], "equal", 1.0, "equivalent"),
        (4, [], "equal", 1.0, "not executed"),
    ],
)
def test_what_no_canary_notices_is_missed_or_equivalent(
    baseline, line, asked, state, value, outcome
):
    """Equivalent is what gives the same values to the last bit, along the same lines; before all
    claims that execute it were asked, it is neither.
    """
    canary = Canary({"1.a": state}, {"1.a": value}, baseline.canary.arcs)

    tried = assessed(mutant(line), Trial(canary=canary, asked=asked), baseline, {"1.a", "1.b"})

    assert tried.outcome == outcome
    assert tried.asked == tuple(asked)
    assert tried.reaches == ("1.a", "1.b")


def test_a_claim_whose_changed_path_gives_the_same_values_is_missed(baseline):
    """A line that is not reached any more is no equivalent change."""
    canary = Canary({"1.a": "equal"}, {"1.a": 1.0}, {"lab/rules.py": frozenset({(1, 2)})})

    tried = assessed(
        mutant(2), Trial(canary=canary, asked=["1.a", "1.b"]), baseline, {"1.a", "1.b"}
    )

    assert tried.outcome == "missed"


def test_a_claim_that_only_its_verdict_was_asked_about_has_a_row(guarded, baseline):
    """The table counts for each claim the mutants that its canary or its verdict was asked about."""
    noticed = Trial(canary=Canary({"1.a": "differs"}, {"1.a": 2.0}, {}), asked=["1.a"])
    tried = assessed(mutant(2), noticed, baseline, {"1.a", "1.b"})
    judged = with_judged(tried, Judged(verdicts={"1.b": "refuted"}, asked=["1.b"]))
    origin = Provenance(commit=None, dirty=False, torch="2.14", date="2026-11-30")
    teeth = Teeth(seed=0, sites=1, provenance=origin, mutants=(judged,))
    teeth.save(guarded.root / "reports" / "teeth.json")

    shown = guarded.cbspec("teeth", "--show").output

    rows = [line.split() for line in shown.splitlines()]
    assert ["1.a", "1", "1", "0", "0", "0", "0"] in rows
    assert ["1.b", "1", "0", "1", "0", "0", "0"] in rows
    assert "verdicts changed for 1 of 1 (100.0%)" in shown


def test_a_limited_time_asks_verdicts_about_a_random_part(baseline):
    """They are asked about mutants in the order of their names, which are digests, not of files."""
    sample = [mutant(line) for line in (2, 3, 1)]
    noticed = Trial(canary=Canary({"1.a": "differs"}, {"1.a": 2.0}, {}), asked=["1.a"])
    tried = tuple(assessed(one, noticed, baseline, {"1.a"}) for one in sample)
    origin = Provenance(commit=None, dirty=False, torch="2.14", date="2026-11-30")
    teeth = Teeth(seed=0, sites=3, provenance=origin, mutants=tried)

    asking = Asking(sample, teeth, verdicts=1, tests=False, seconds=None)

    assert [one.name for one in asking.unjudged()] == ["1", "2", "3"]


def test_a_campaign_that_is_terminated_leaves_nothing_behind(tmp_path):
    """SIGTERM ends it as Ctrl-C does: its folders are removed."""
    with (
        pytest.raises(SystemExit) as ended,
        terminated_in_order(),
        tempfile.TemporaryDirectory(dir=tmp_path),
    ):
        os.kill(os.getpid(), signal.SIGTERM)

    assert ended.value.code == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
