"""A verdict that noise explains fails where an earlier run had it too."""

import pytest
from msgspec.structs import replace

from cbspec.errors import ConfigError
from cbspec.evaluation.repetition import repeated, wobbles_of
from cbspec.ledger import Outcome, compare, outcome
from cbspec.report import Run, encode, record_of
from tests.support.specimen import (
    make_claim,
    make_effect,
    make_entry,
    make_finding,
    make_judgement,
    make_provenance,
)


def judged(verdict):
    """A judgement whose effect is a little smaller where it does not hold."""
    estimate = 0.369
    if verdict != "holds":
        estimate = 0.36
    effect = make_effect(estimate=estimate, spread=0.1)
    finding = make_finding(verdict=verdict, effects=(effect,))
    return make_judgement(verdict, findings=(finding,), again=0.75)


def entry_of(verdict, evidence):
    """What the ledger has of such a judgement."""
    return replace(make_entry(judgement=judged(verdict)), evidence=evidence * 16)


WOBBLE = compare(entry_of("holds", "a"), entry_of("inconclusive", "b"))


@pytest.fixture
def report(tmp_path):
    """The report of a run in which the verdict wobbled."""
    record = record_of(
        make_claim(), judged("inconclusive"), WOBBLE, device="cpu", root=tmp_path, seconds=1.0
    )
    run = Run(
        scale="quick",
        device="cpu",
        provenance=make_provenance(),
        seconds=1.0,
        workers=1,
        records=(record,),
    )
    path = tmp_path / "earlier.json"
    path.write_text(encode(run))
    return path


def test_a_first_wobble_warns_with_its_number():
    """One run that noise explains passes as its verdict does, and says how likely noise does it."""
    found = outcome(WOBBLE, judged("inconclusive"))

    assert found.kind == "xfailed"
    assert found.warning == (
        "wobble: holds -> inconclusive (noise alone would change it with probability 0.25)"
    )


def test_a_wobble_that_an_earlier_run_had_fails(report):
    """The same verdict in the run that is repeated and in this one is no accident of one run."""
    comparison = repeated(WOBBLE, wobbles_of(report))

    assert comparison.alarming
    assert outcome(comparison, judged("inconclusive")) == Outcome(
        kind="failed",
        cause="change",
        reason="wobble: holds -> inconclusive (noise alone would change it with probability 0.25, "
        "and the run before gave it too): it inconclusive",
    )


def test_another_verdict_than_the_earlier_one_repeats_nothing(report):
    """A wobble to another verdict, and a verdict as recorded, stay what they are."""
    other = compare(entry_of("holds", "a"), entry_of("refuted", "b"))
    same = compare(entry_of("holds", "a"), entry_of("holds", "b"))

    assert repeated(other, wobbles_of(report)) is other
    assert repeated(same, wobbles_of(report)) is same


def test_what_is_no_report_is_refused_with_its_name(tmp_path):
    """A file that is not there, or not the report of a run, ends the run with a sentence."""
    damaged = tmp_path / "damaged.json"
    damaged.write_text('{"scale": 3}')

    for path in (tmp_path / "absent.json", damaged):
        with pytest.raises(
            ConfigError, match=f"--repeat-of .*{path.name}: not the report of a run"
        ):
            wobbles_of(path)
