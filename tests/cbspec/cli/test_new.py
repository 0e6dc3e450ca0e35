"""new: a claim file that is valid, or none."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cbspec.cli import words
from cbspec.cli.draft import place, scalar
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import Document
from cbspec.language.parse import parse

WORDS = {
    "--title": "Darker plants stay small",
    "--phase": "3A",
    "--memo": "gardening log, page 3",
    "--experiment": "plant",
    "--arm": "dark={light: 2.0}",
    "--assert": "{kind: threshold, measure: height, arms: [dark], below: 10.0}",
}
TEXT = """\
# yaml-language-server: $schema=../schema/claim.schema.json
id: 3.a
title: Darker plants stay small
phase: 3A
status: active
source:
  memo: gardening log, page 3
  figures: {}
experiment: plant
arms:
  dark: {light: 2.0}
assert:
  - {kind: threshold, measure: height, arms: [dark], below: 10.0}
scales: [quick]
"""


def flags(**replaced):
    words = {**WORDS, **{f"--{name}": value for name, value in replaced.items()}}
    return [part for pair in words.items() for part in pair]


def test_flags_become_a_valid_claim(laboratory, pinned):
    """The file stands in its phase's folder, names a schema that is there, and the whole project is
    still valid.
    """
    result = laboratory.cbspec("new", "3.a", *flags())

    path = laboratory.root / "claims" / "phase3" / "3.a.yaml"
    assert result.exit_code == 0
    pinned(result.stdout)
    assert path.read_text() == TEXT
    assert (path.parent / "../schema/claim.schema.json").is_file()
    assert laboratory.cbspec("validate").stdout == "3 claims in 3 files: valid\n"


def test_every_flag_is_written(laboratory):
    """Figures, controls, revisions and scales find their places."""
    more = [
        "--arm",
        "bright={light: 8.0}",
        "--figure",
        "height.dark=5.5",
        "--figure",
        "height.bright=24",
        "--revises",
        "1.a",
    ]
    control = "{kind: sign, measure: height, arms: [bright], sign: positive}"

    result = laboratory.cbspec(
        "new", "3.a", *flags(), *more, "--control", control, "--scales", "memo", "--json"
    )

    lines = (laboratory.root / json.loads(result.stdout)["path"]).read_text().splitlines()
    assert "revises: [1.a]" in lines
    assert "    height: {dark: 5.5, bright: 24.0}" in lines
    assert lines[lines.index("controls:") + 1] == f"  - {control}"
    assert lines[-1] == "scales: [memo]"


def test_a_new_claim_may_draw_the_whole_pool(laboratory):
    """It gets the looks that a claim whose alpha is spent does not get by default."""
    pool = "seeds: {pool: 1..12, start: 3, max: 6}"
    laboratory.edit("claims/defaults.yaml", "seeds: [1, 2, 3]", pool)
    result = laboratory.cbspec("new", "3.a", *flags(), "--json")
    path = laboratory.root / json.loads(result.stdout)["path"]

    assert "seeds: {max: 12}\n" in path.read_text()
    assert laboratory.cbspec("validate").stdout == "3 claims in 3 files: valid\n"


def test_nothing_is_overwritten(laboratory, pinned):
    """An id that is taken, and a file that is there, are refused; the file stays as it is."""
    other = laboratory.write("claims/other.yaml", "id: 9.z\n")

    taken = laboratory.cbspec("new", "1.a", *flags())
    there = laboratory.cbspec("new", "3.a", *flags(), "--path", "claims/other.yaml")

    assert (taken.exit_code, there.exit_code) == (2, 2)
    pinned(taken.stderr)
    pinned(there.stderr)
    assert other.read_text() == "id: 9.z\n"


@pytest.mark.parametrize(
    "words",
    [("../../x",), ("3.a", "--path", "elsewhere/3.a.yaml"), ("3.a", "--path", "../3.a.yaml")],
)
def test_nothing_is_written_outside_the_claims(laboratory, words):
    """An id or a path that leads out of the claims folder is refused, and no file or folder made."""
    before = {*laboratory.root.parent.rglob("*")}

    refused = laboratory.cbspec("new", *words, *flags())

    assert refused.exit_code == 2
    assert "lies outside the claims of this project, claims" in refused.stderr
    assert {*laboratory.root.parent.rglob("*")} == before


def test_a_link_does_not_lead_out_of_the_claims(laboratory, tmp_path_factory):
    """A link below the claims to a folder or a file elsewhere is no way out, and no absolute path."""
    outside = tmp_path_factory.mktemp("outside")
    (laboratory.root / "claims" / "folder").symlink_to(outside)
    (laboratory.root / "claims" / "file.yaml").symlink_to(outside / "file.yaml")

    for path in ("claims/folder/3.a.yaml", "claims/file.yaml", f"{outside}/3.a.yaml"):
        refused = laboratory.cbspec("new", "3.a", "--path", path, *flags())
        assert refused.exit_code == 2
        assert "lies outside the claims of this project" in refused.stderr
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", [".3.a.yaml", ".hidden/3.a.yaml", "3.a.txt", "new/defaults.yaml"])
def test_a_file_that_no_run_would_collect_is_refused(laboratory, name):
    """A hidden file, one of another kind, and the defaults of a folder are no claim's."""
    before = {*laboratory.root.rglob("*")}

    refused = laboratory.cbspec("new", "3.a", "--path", f"claims/{name}", *flags())

    assert refused.exit_code == 2
    assert "no run would take this file for a claim" in refused.stderr
    assert {*laboratory.root.rglob("*")} == before


def test_invalid_words_leave_no_file(laboratory, pinned):
    """Mistakes are told at their lines, and no file is left."""
    broken = laboratory.cbspec("new", "3.a", *flags(experiment="plnt"))

    assert broken.exit_code == 1
    assert "claims/phase3/3.a.yaml:9:13: experiment: " in broken.stderr
    pinned(broken.stderr)
    assert not (laboratory.root / "claims" / "phase3").exists()


def test_missing_flags_are_all_named(laboratory):
    """Without a terminal every missing flag is named at once."""
    result = laboratory.cbspec("new", "3.a", "--title", "x")

    assert result.exit_code == 2
    assert "missing --phase, --memo, --experiment, --arm, --assert" in result.stderr


def test_answers_become_a_valid_claim(laboratory):
    """What is not given is asked for, with the kind's own words, and the same file comes out."""
    answers = [
        "3.a",
        "Darker plants stay small",
        "3A",
        "gardening log, page 3",
        "plant",
        "dark",
        "{light: 2.0}",
        "",
    ]
    answers += ["threshold", "height", "dark", "", "10.0"]

    result = laboratory.cbspec("new", "--ask", input="\n".join(answers) + "\n")

    assert result.exit_code == 0, result.stderr
    written = (laboratory.root / "claims" / "phase3" / "3.a.yaml").read_text()
    assert written == TEXT


@pytest.mark.parametrize(
    ("phase", "folder"),
    [
        ("7A", "phase7"),
        ("6.5A", "phase6_5"),
        ("10A.5", "phase10"),
        ("4", "phase4"),
        ("pilot study", "pilot_study"),
    ],
)
def test_folder_follows_the_phase(tmp_path, phase, folder):
    """Claims of one numbered phase share a folder, whatever letter follows."""
    assert place(tmp_path, phase, "x") == tmp_path / folder / "x.yaml"


@settings(max_examples=200)
@given(st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1, max_size=40))
@example("0E0")
def test_any_text_reads_back_as_itself(text):
    """A title keeps its words whatever signs it has: colons, quotes, hashes, what looks like a
    number or like nothing.
    """
    mistakes = Diagnostics()
    document = parse(Document(None, f"title: {scalar(text)}\n"), mistakes)

    assert document.root.entries["title"].value == " ".join(text.split())


def test_names_of_measures_have_dots():
    """`MEASURE.ARM` is split where an arm begins."""
    assert words._figures(["metrics.loss.a=1.5", "loss.b=2"], ["a", "b"]) == {
        "metrics.loss": {"a": 1.5},
        "loss": {"b": 2.0},
    }
