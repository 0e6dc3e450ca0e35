"""Mutants of a small engine, tried by the canary of its claim."""

from __future__ import annotations

import json


def mutants(project):
    """Return the mutants on record."""
    return json.loads((project.root / "reports" / "teeth.json").read_text())["mutants"]


def test_teeth_tells_who_notices_what(guarded):
    """A change of a measure is noticed by the canary, one of a scheduling cost changes nothing, and
    what no canary runs is not tried; a second call tries only what is new.
    """
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
    assert again.exit_code == 0, again.output
    assert mutants(guarded) == tried
    assert (guarded.root / "lab" / "catalog.py").read_text().splitlines() == source


def test_a_canary_that_is_not_as_recorded_proves_nothing(guarded):
    """Where the canary differs before any change, no mutant is tried."""
    guarded.edit("lab/catalog.py", "(day + 1) + noise", "(day + 2) + noise")

    refused = guarded.cbspec("teeth", "--sample", "2")

    assert refused.exit_code == 2
    assert "the canary is not as recorded: 1.a" in refused.output
