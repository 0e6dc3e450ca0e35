from __future__ import annotations

import json
import re

import pytest

from cbspec.errors import LedgerError, MissingReasonError
from cbspec.ledger import Ledger, Withdrawn, orphaned, withdraw
from cbspec.ledger.withdrawal import unchecked


@pytest.fixture(autouse=True)
def someday(monkeypatch):
    """The day of every withdrawal."""
    monkeypatch.setattr("cbspec.ledger.withdrawal.today", lambda: "2026-03-04")


@pytest.fixture
def claims(claim):
    """6A.a at both scales; 6A.b, which quick no longer decides."""
    return [
        claim(id="6A.a"),
        claim(id="6A.a", scale="memo"),
        claim(id="6A.b", scale="memo", decidable=("memo",)),
    ]


@pytest.fixture
def ledger(entry, claim):
    """6A.a and 6A.b at quick, 6A.b at memo, 6A.c at memo."""
    at = [("6A.a", "quick"), ("6A.b", "quick"), ("6A.b", "memo"), ("6A.c", "memo")]
    return Ledger([entry("refuted", claim=claim(id=name, scale=scale)) for name, scale in at])


@pytest.fixture
def gone(ledger, claims):
    """The ledger once what nothing checks was withdrawn."""
    return withdraw(ledger, orphaned(ledger, claims), claims, "quick is  too\nsmall")


def test_orphaned_is_what_no_claim_decides_there(ledger, claims):
    """An entry is orphaned where its claim gave up the scale, and where there is no such claim."""
    assert [str(entry.key) for entry in orphaned(ledger, claims)] == [
        "6A.b (quick, cpu)",
        "6A.c (memo, cpu)",
    ]


def test_withdrawn_is_off_the_record_and_kept(ledger, claims, gone):
    """What is withdrawn is no entry any more; verdict, reason, both dates and why, on one line, are
    kept.
    """
    assert [str(entry.key) for entry in gone] == ["6A.a (quick, cpu)", "6A.b (memo, cpu)"]
    assert [str(former.key) for former in gone.withdrawn] == [
        "6A.b (quick, cpu)",
        "6A.c (memo, cpu)",
    ]
    assert gone.withdrawn[0] == Withdrawn(
        claim="6A.b",
        scale="quick",
        device="cpu",
        verdict="refuted",
        reason="it refuted",
        recorded="2026-01-02",
        withdrawn="2026-03-04",
        why="quick is too small",
    )
    assert orphaned(gone, claims) == ()


def test_a_verdict_that_is_checked_is_not_withdrawn(ledger, claims):
    """Entries that a claim still has decidable are refused, all of them named, and nothing is
    withdrawn.
    """
    with pytest.raises(LedgerError, match="only orphaned verdicts can be withdrawn") as refusal:
        withdraw(ledger, ledger, claims, "it does not suit")

    assert str(refusal.value).splitlines()[1:] == [
        "  6A.a (quick, cpu): refuted",
        "  6A.b (memo, cpu): refuted",
        "orphaned: 6A.b (quick, cpu), 6A.c (memo, cpu); name only these, with --scale and --device",
    ]
    assert len(ledger) == 4


@pytest.mark.parametrize("why", ["", " \n"])
def test_a_withdrawal_needs_a_reason(ledger, claims, why):
    """A blank reason is none."""
    with pytest.raises(MissingReasonError, match="say why with --reason"):
        withdraw(ledger, orphaned(ledger, claims), claims, why)


def test_withdrawn_verdicts_survive(gone, entry, claim, tmp_path):
    """They are saved and loaded, count when ledgers are compared, and stay when a verdict is
    recorded, even in their place.
    """
    gone.save(tmp_path / "ledger.json")
    again = gone.recording([entry(claim=claim(id="6A.c", scale="memo"))])

    assert Ledger.load(tmp_path / "ledger.json") == gone
    assert Ledger(gone) != gone
    assert again.withdrawn == gone.withdrawn
    assert len(again) == 3


def test_a_verdict_withdrawn_twice_is_kept_twice(gone, entry, claim, claims):
    """One that came back on record and went once more stands twice, beside the first."""
    back = gone.recording([entry(claim=claim(id="6A.b"))])

    twice = withdraw(back, orphaned(back, claims), claims, "still too small")

    assert [(former.claim, former.why) for former in twice.withdrawn] == [
        ("6A.b", "quick is too small"),
        ("6A.b", "still too small"),
        ("6A.c", "quick is too small"),
    ]


def test_a_ledger_of_which_nothing_was_withdrawn_does_not_say_so(ledger, gone):
    """The key is there only where it says something."""
    assert list(json.loads(ledger.dumps())) == ["version", "entries"]
    assert list(json.loads(gone.dumps())) == ["version", "entries", "withdrawn"]


DAMAGE = [
    (
        '"why": "quick is too small"',
        '"why": ""',
        "Expected `str` of length >= 1",
        "why of claim 6A.b",
    ),
    (
        '"withdrawn": "2026-03-04"',
        '"withdrawn": "yesterday"',
        "matching regex",
        "withdrawn of claim 6A.b",
    ),
    (
        '"recorded": "2026-01-02"',
        '"noted": "2026-01-02"',
        "unknown field `noted`",
        "withdrawn entry of claim 6A.b",
    ),
]


@pytest.mark.parametrize(("before", "after", "message", "key"), DAMAGE)
def test_damage_is_located(gone, tmp_path, before, after, message, key):
    """A hand edit gone wrong among the withdrawn is told with file, line and claim, like one among
    the entries.
    """
    path = tmp_path / "ledger.json"
    text = gone.dumps().replace(before, after, 1)
    path.write_text(text)
    line = next(number for number, line in enumerate(text.splitlines(), 1) if after in line)

    with pytest.raises(
        LedgerError, match=rf"ledger\.json:{line}:\d+: {key}: .*{re.escape(message)}"
    ):
        Ledger.load(path)


def test_withdrawn_is_a_list(ledger, tmp_path):
    """Something else in its place is told with its line."""
    path = tmp_path / "ledger.json"
    path.write_text(ledger.dumps().replace('"version": 5,', '"version": 3,\n  "withdrawn": null,'))

    with pytest.raises(
        LedgerError, match=r"ledger\.json:3:16: withdrawn: Expected `array`, got `null`"
    ):
        Ledger.load(path)


def test_an_orphan_is_told_in_one_line(entry, claim):
    """One line says what is on record and that nothing checks it."""
    cell = entry(claim=claim(id="1.b[depth=4]"))

    assert (
        unchecked(cell)
        == "holds is on record at quick on cpu, but nothing checks it: no claim file asks for a verdict there any more"
    )
