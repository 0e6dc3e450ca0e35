"""How the benchmarks keep their figures: what a run replaces, what it leaves alone, and the file
that results.
"""

import json
from importlib.util import find_spec

import pytest

from tests.bench.__main__ import ASKED, SUITES, asked
from tests.bench.report import REPORT, Row, circumstances, merged, publish, text

THEN = {"date": "2026-11-20", "torch": "2.15", "machine": "x86_64, 2 cores"}
NOW = {"date": "2026-12-01", "torch": "2.16", "machine": "aarch64, 4 cores"}
KNOWN = {
    "engine": {
        "BP": {"figure": "68%", "wanted": "at least 70%", **THEN},
        "DFA": {"figure": "72%", "wanted": "-", **THEN},
    },
    "suite": {"warm": {"figure": "4.4 s", "wanted": "at most 6 s", **THEN}},
}


def test_partial_run_replaces_its_rows_only():
    """A row takes the place of the one of the same name, circumstances and all; every other row
    stays as it was.
    """
    after = merged(KNOWN, "engine", [Row("BP", "75%", "at least 70%")], NOW)

    assert after["engine"] == {
        "BP": {
            "figure": "75%",
            "wanted": "at least 70%",
            "date": "2026-12-01",
            "torch": "2.16",
            "machine": "aarch64, 4 cores",
        },
        "DFA": KNOWN["engine"]["DFA"],
    }
    assert after["suite"] == KNOWN["suite"]
    assert KNOWN["engine"]["BP"]["figure"] == "68%"


def test_new_rows_and_suites_join():
    """What was never measured before is added, also where its suite is new."""
    after = merged(
        merged(KNOWN, "suite", [Row("cold", "9 s")], NOW),
        "mutations",
        [Row("named", "10 of 10", "10 of 10")],
        NOW,
    )

    assert after["suite"] == KNOWN["suite"] | {"cold": {"figure": "9 s", "wanted": "-", **NOW}}
    assert after["mutations"] == {"named": {"figure": "10 of 10", "wanted": "10 of 10", **NOW}}


def test_text_does_not_depend_on_order():
    """The same rows give the same text in whatever order they were measured, and it reads back as
    what was kept.
    """
    rows = [Row("b", "2"), Row("a", "1"), Row("c", "≤ 3")]
    forth, back = (merged(KNOWN, "engine", own, NOW) for own in (rows, rows[::-1]))

    assert text(forth) == text(back)
    assert list(json.loads(text(forth))["engine"]) == ["BP", "DFA", "a", "b", "c"]
    assert json.loads(text(forth)) == forth


def test_one_figure_is_one_line_of_a_diff():
    """A figure measured again under the same circumstances changes one line."""
    before = text(KNOWN).splitlines()
    after = text(merged(KNOWN, "engine", [Row("BP", "69%", "at least 70%")], THEN)).splitlines()

    changed = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
    assert [(old.strip(), new.strip()) for old, new in changed] == [
        ('"figure": "68%",', '"figure": "69%",')
    ]


def test_rows_are_kept_as_they_are_measured(tmp_path):
    """A suite that breaks in the middle has left what it found before, and nothing half-written
    beside it.
    """
    report = tmp_path / "bench.json"
    report.write_text(text(KNOWN))

    def broken():
        yield Row("BP", "75%", "at least 70%")
        raise RuntimeError("out of memory")

    with pytest.raises(RuntimeError, match="out of memory"):
        publish("engine", broken(), report)

    assert json.loads(report.read_text()) == merged(
        KNOWN, "engine", [Row("BP", "75%", "at least 70%")], circumstances()
    )
    assert list(tmp_path.iterdir()) == [report]


@pytest.mark.parametrize(("met", "status"), [((True, True), 0), ((True, False), 1)])
def test_missed_aim_fails_and_is_printed(tmp_path, capsys, met, status):
    """The status is 1 where any row misses its aim; the table says which; a row without an aim can
    miss none.
    """
    rows = [Row(f"m{index}", "5 s", "at most 4 s", own) for index, own in enumerate(met)]

    assert publish("suite", [*rows, Row("free", "1")], tmp_path / "bench.json") == status

    lines = [line.split() for line in capsys.readouterr().out.splitlines()[3:]]
    assert lines == [
        *(
            ["5", "s", "at", "most", "4", "s", "yes" if own else "NO", f"m{i}"]
            for i, own in enumerate(met)
        ),
        ["1", "-", "free"],
    ]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("", [[suite] for suite in SUITES]),
        ("engine", [["engine"]]),
        ("suite kills 200", [["suite", "kills", "200"]]),
        ("engine 5 suite whole core", [["engine", "5"], ["suite", "whole", "core"]]),
    ],
)
def test_words_behind_a_suite_are_its_arguments(words, wanted):
    """The command line names suites, each followed by its own arguments; none named means all."""
    assert asked(words.split()) == wanted


def test_unknown_suite_is_refused():
    """A first word that is no suite is named, with those there are."""
    with pytest.raises(ValueError, match=r"'engin'; one of .*engine"):
        asked(["engin"])


def test_committed_report_is_what_a_run_would_write():
    """reports/bench.json is in the form in which a run keeps it, each row complete and of a suite
    that exists.
    """
    kept = json.loads(REPORT.read_text(encoding="utf-8"))

    assert REPORT.read_text(encoding="utf-8") == text(kept)
    assert kept.keys() <= {*SUITES, *ASKED}
    assert all(find_spec(f"tests.bench.{suite}") for suite in (*SUITES, *ASKED))
    assert {frozenset(row) for rows in kept.values() for row in rows.values()} == {
        frozenset(("figure", "wanted", *THEN))
    }
