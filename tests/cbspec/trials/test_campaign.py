"""Mutants of a small engine, tried by the canary of its claim."""

from __future__ import annotations

import json

import pytest

from cbspec.trials import trials
from cbspec.trials.assessment import assessed
from cbspec.trials.mutant import Mutant
from cbspec.trials.trial import Canary, Trial


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


def test_a_canary_that_is_not_as_recorded_proves_nothing(guarded):
    """Where the canary differs before any change, no mutant is tried."""
    guarded.edit("lab/catalog.py", "(day + 1) + noise", "(day + 2) + noise")

    refused = guarded.cbspec("teeth", "--sample", "2")

    assert refused.exit_code == 2
    assert "the canary is not as recorded: 1.a" in refused.output


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
    first = {1: "1.a", 2: "1.a", 3: "1.b"}
    return Canary({}, {"1.a": 1.0}, {"lab/rules.py": arcs}, {"lab/rules.py": first})


def test_the_claim_that_executes_a_line_first_is_asked_first(baseline):
    """Of what runs on import, and is used who knows where, the claim that runs most code is."""
    assert baseline.witnesses(mutant(2)) == {"1.a"}
    assert baseline.witnesses(mutant(3)) == {"1.b"}
    assert baseline.witnesses(mutant(1, in_function=False)) == {"1.a"}


@pytest.mark.parametrize(
    ("asked", "state", "outcome"),
    [
        (["1.a"], "equal", "open"),
        (["1.a", "1.b"], "equal", "equivalent"),
        (["1.a"], "differs", "noticed"),
    ],
)
def test_what_the_first_did_not_notice_is_open_until_all_are_asked(baseline, asked, state, outcome):
    """A mutant is called missed or equivalent only where every claim that reaches it ran."""
    trial = Trial(canary=Canary({"1.a": state}, {"1.a": 1.0}, baseline.arcs))

    tried = assessed(mutant(2), trial, baseline, {"1.a", "1.b"}, asked, ())

    assert tried.outcome == outcome
    assert tried.asked == tuple(asked)
