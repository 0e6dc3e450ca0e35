from __future__ import annotations

import difflib
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from cbspec.errors import LedgerError
from cbspec.kinds import All, Any, Interaction, Ratio, Trend
from cbspec.ledger import Key, Ledger

TREND = {"measure": "gamma", "arms": ("a", "b", "c"), "direction": "increasing"}
finite_or_not = st.floats(width=64)


def test_missing_file_is_an_empty_ledger(tmp_path):
    """A project without a ledger starts with an empty one."""
    assert len(Ledger.load(tmp_path / "ledger.json")) == 0


def test_saved_and_loaded_is_equal(three, tmp_path):
    """What is saved is what is loaded, with every key findable."""
    three.save(tmp_path / "reports" / "ledger.json")

    loaded = Ledger.load(tmp_path / "reports" / "ledger.json")

    assert loaded == three
    assert loaded.get(Key("6A.b", "quick", "cpu")) == three.get(Key("6A.b", "quick", "cpu"))
    assert loaded.get(Key("6A.b", "memo", "cpu")) is None


@given(
    estimate=finite_or_not,
    low=finite_or_not,
    high=finite_or_not,
    p=finite_or_not,
    again=st.none() | finite_or_not,
)
def test_any_figures_survive(
    tmp_path_factory, entry, judgement, finding, effect, estimate, low, high, p, again
):
    """Any float, NaN and infinities among them, is recorded so that saving and loading yields the
    same entry.
    """
    figures = finding(effects=(effect(estimate=estimate, low=low, high=high, p=p),))
    ledger = Ledger([entry(judgement=judgement(findings=(figures,), again=again))])
    path = tmp_path_factory.getbasetemp() / "ledger.json"

    ledger.save(path)

    assert Ledger.load(path) == ledger


def test_a_ledger_from_before_the_spread_was_kept(entry, judgement, finding, effect, tmp_path):
    """The spread is recorded to six digits; an entry that lacks the key is read, and has none."""
    found = judgement(findings=(finding(effects=(effect(spread=0.0123456789),)),))
    path = tmp_path / "ledger.json"
    Ledger([entry(judgement=found)]).save(path)
    text = path.read_text()

    path.write_text(text.replace(',\n              "spread": 0.0123457', ""))
    [old] = Ledger.load(path)

    assert '"spread": 0.0123457' in text
    assert "spread" not in path.read_text()
    assert old == entry()


@given(text=st.text())
def test_any_words_survive(tmp_path_factory, entry, judgement, text):
    """Any text of a reason is loaded as it was saved."""
    ledger = Ledger([entry(judgement=judgement(reason=text.encode("utf-8", "replace").decode()))])
    path = tmp_path_factory.getbasetemp() / "ledger.json"

    ledger.save(path)

    assert Ledger.load(path) == ledger


def test_any_assertion_survives(entry, claim, tmp_path):
    """Composite assertions are recorded with their parts, each with its alpha spelled out, and read
    back equal.
    """
    slope = Interaction(
        measure="gamma", pairs=(("a", "b"), ("c", "d")), levels=(1.0, 4.0), note="by depth"
    )
    factor = Ratio(measure="gamma", arms=("a", "b"), above=20.0, alpha=0.01)
    ledger = Ledger(
        [entry(claim=claim(assertions=(All(of=(Any(of=(slope, factor)), Trend(**TREND))),)))]
    )

    ledger.save(tmp_path / "ledger.json")

    assert Ledger.load(tmp_path / "ledger.json") == ledger
    [recorded] = next(iter(ledger)).assertions
    assert [part.alpha for part in recorded.terms.of[0].of] == [0.05, 0.01]
    assert recorded.terms.of[0].of[0] == replace(slope, alpha=0.05, note="")


def test_changing_one_claim_changes_only_its_lines(three):
    """Another verdict and figure of one claim changes exactly those lines of the file."""
    [old] = three.of("6A.b")
    figures = replace(old.assertions[0].effects[0], estimate=0.25)
    changed = replace(
        old, verdict="refuted", assertions=(replace(old.assertions[0], effects=(figures,)),)
    )

    lines = difflib.ndiff(
        three.dumps().splitlines(), three.recording([changed]).dumps().splitlines()
    )

    assert [line for line in lines if line[0] in "+-"] == [
        '-       "verdict": "holds",',
        '+       "verdict": "refuted",',
        '-               "estimate": 0.369123,',
        '+               "estimate": 0.25,',
    ]


def test_the_file_is_sorted_and_has_one_key_per_line(three):
    """Entries stand in the order of their ids, and no line holds two keys."""
    text = three.dumps()

    assert [entry["claim"] for entry in json.loads(text)["entries"]] == ["6A.a", "6A.b", "6A.c"]
    assert max(line.count('": ') for line in text.splitlines()) == 1
    assert '      "seeds": [42, 123, 456],' in text.splitlines()


def test_figures_have_six_significant_digits(entry, judgement, finding, effect):
    """Figures are recorded to six significant digits, a negative zero as zero."""
    figures = finding(
        effects=(effect(estimate=-0.123456789, low=-12345678.9, high=-0.0, p=1.23456789e-12),)
    )
    [recorded] = entry(judgement=judgement(findings=(figures,))).assertions[0].effects

    assert (recorded.estimate, recorded.low, str(recorded.high), recorded.p) == (
        -0.123457,
        -12345700.0,
        "0.0",
        1.23457e-12,
    )


@pytest.mark.parametrize(
    ("verdict", "again", "fragile"),
    [
        ("holds", 0.94, True),
        ("holds", 0.95, False),
        ("refuted", 0.5, True),
        ("refuted", None, False),
        ("inconclusive", 0.8, True),
    ],
)
def test_fragile(entry, judgement, verdict, again, fragile):
    """A verdict that fresh noise would repeat with less than 0.95 is fragile, decided or not."""
    assert entry(judgement=judgement(verdict, again=again)).fragile is fragile


def test_undecided_assertions_are_recorded_without_verdict(entry, judgement):
    """An assertion that an error kept from being decided is on record with its terms and no
    verdict.
    """
    [recorded] = entry(judgement=judgement("error", findings=())).assertions

    assert (recorded.key, recorded.verdict, recorded.effects, recorded.terms.margin) == (
        "assert[0]",
        None,
        (),
        0.1,
    )


def test_stale_names_the_stages(entry):
    """Stale are the stages whose fingerprint moved, and those that only one side has."""
    held = entry(code={"a": "a" * 64, "b": "b" * 64, "c": "c" * 64})

    assert held.stale({"a": "a" * 64, "b": "d" * 64, "d": "d" * 64}) == ("b", "c", "d")


DAMAGE = [
    (
        '"verdict": "holds"',
        '"verdict": "hold"',
        "Invalid enum value 'hold'",
        '"verdict": "hold"',
        "verdict of claim 6A.a",
    ),
    (
        '"n": 3',
        '"n": "3"',
        "Expected `int`, got `str`",
        '"n": "3"',
        "assertions[0].effects[0].n of claim 6A.a",
    ),
    ('"again": 0.99', '"agan": 0.99', "unknown field `agan`", '"agan"', "of claim 6A.a"),
    (
        '"scale": "quick"',
        '"scale": "memo", "scale": "quick"',
        "key 'scale' stands twice",
        '"scale": "memo", "scale"',
        "",
    ),
    ('"dirty": false,', '"dirty": false', "not JSON: Expecting ',' delimiter", '"torch"', ""),
    (
        '"kind": "order"',
        '"kind": "ordr"',
        "Invalid value 'ordr'",
        '"kind": "ordr"',
        "assertions[0].terms",
    ),
    (
        '"version": 5',
        '"version": 7',
        "a ledger of version 7; this cbspec reads versions 1 to 5; install a newer",
        None,
        "",
    ),
    (
        '"version": 5',
        '"version": 0',
        "a ledger of version 0; this cbspec reads versions 1 to 5",
        None,
        "",
    ),
    ("{", "<<<<<<< HEAD\n{", "an unresolved merge: '<<<<<<< HEAD'", "<<<<<<<", ""),
]


@pytest.mark.parametrize(("before", "after", "message", "at", "key"), DAMAGE)
def test_damage_is_located(three, tmp_path, before, after, message, at, key):
    """A hand edit gone wrong is told with file, line, claim and what would be right."""
    path = tmp_path / "ledger.json"
    text = three.dumps().replace(before, after, 1)
    path.write_text(text)

    with pytest.raises(LedgerError) as refusal:
        Ledger.load(path)

    assert message in str(refusal.value)
    assert key in str(refusal.value)
    line = next(
        (number for number, line in enumerate(text.splitlines(), 1) if at and at in line), None
    )
    assert str(refusal.value).startswith(f"{path}:{line}:" if line else f"{path}: ")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"version": 1,\n',
        '{"version": 1}',
        "[" * 100_000,
        '{"version": 1, "entries": [3]}',
    ],
)
def test_what_is_no_ledger_is_refused(tmp_path, text):
    """A file that is something else altogether is a located error of one message."""
    path = tmp_path / "ledger.json"
    path.write_text(text)

    with pytest.raises(LedgerError, match=r"ledger\.json"):
        Ledger.load(path)


def test_a_folder_or_binary_file_is_refused(tmp_path):
    """A folder in the ledger's place, and bytes that are no text, are told as such."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")

    for path in (tmp_path, tmp_path / "binary"):
        with pytest.raises(LedgerError, match="cannot be read"):
            Ledger.load(path)


def test_two_entries_for_one_key_are_refused(three, tmp_path):
    """A merge that kept both sides of an entry is refused at the second one."""
    path = tmp_path / "ledger.json"
    text = three.dumps().replace('"claim": "6A.b"', '"claim": "6A.a"')
    path.write_text(text)
    second = [
        number for number, line in enumerate(text.splitlines(), 1) if '"claim": "6A.a"' in line
    ][1] - 1

    with pytest.raises(
        LedgerError, match=rf"ledger\.json:{second}:5: a second entry for 6A\.a \(quick, cpu\)"
    ):
        Ledger.load(path)


def test_a_failed_save_keeps_the_old_file(three, tmp_path, monkeypatch):
    """When writing fails the ledger that was there stays, and nothing is left beside it."""
    path = tmp_path / "ledger.json"
    Ledger().save(path)

    def full(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerError, match="No space left on device"):
        three.save(path)

    assert len(Ledger.load(path)) == 0
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.json"]


def test_a_read_only_folder_is_an_error(three):
    """A place that cannot be written to is told by name."""
    with pytest.raises(LedgerError, match="cannot be written"):
        three.save(Path("/proc/no/ledger.json"))
