"""new --like: a claim that begins as a copy of another one."""

import pytest

from cbspec.project import Project


def test_a_copy_has_all_but_its_id(laboratory):
    """Comments, layout and every value stay; the copy lies beside the original and is valid."""
    path = laboratory.root / "claims" / "phase1" / "1.a.yaml"
    original = "# how it began\n" + path.read_text()
    path.write_text(original)

    result = laboratory.cbspec("new", "1.z", "--like", "1.a")

    copy = path.with_name("1.z.yaml")
    assert result.exit_code == 0, result.stderr
    assert copy.read_text() == original.replace("id: 1.a", "id: 1.z")
    assert laboratory.cbspec("validate").stdout == "3 claims in 3 files: valid\n"


def test_flags_replace_what_they_name(laboratory):
    """Title, phase and status of the copy are the given ones, quoted where YAML needs it."""
    flags = ["--title", "Light: more of it", "--phase", "1B", "--status", "open-question"]

    result = laboratory.cbspec("new", "1.z", "--like", "1.a", *flags)

    assert result.exit_code == 0, result.stderr
    (claim,) = Project(laboratory.root).claims("1.z")
    assert (claim.title, claim.phase, claim.status) == (
        "Light: more of it",
        "1B",
        "open-question",
    )


def test_a_title_over_several_lines_is_replaced(laboratory):
    """What follows a folded title keeps its place."""
    laboratory.edit(
        "claims/phase1/1.a.yaml",
        "title: More light makes taller plants\n",
        "title: >-\n  More light\n  makes taller plants\n",
    )

    result = laboratory.cbspec("new", "1.z", "--like", "1.a", "--title", "Shorter")

    assert result.exit_code == 0, result.stderr
    (claim,) = Project(laboratory.root).claims("1.z")
    assert claim.title == "Shorter"


def test_a_copy_elsewhere_names_the_schema_as_seen_from_there(laboratory):
    """The first line, by which editors find the schema, leads from the new file."""
    path = laboratory.root / "claims" / "phase1" / "1.a.yaml"
    path.write_text("# yaml-language-server: $schema=../schema/x.json\n" + path.read_text())

    laboratory.cbspec("new", "1.z", "--like", "1.a", "--path", "claims/deep/er/1.z.yaml")

    first, *_ = (laboratory.root / "claims/deep/er/1.z.yaml").read_text().splitlines()
    assert first == "# yaml-language-server: $schema=../../schema/claim.schema.json"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--like", "1.a"], "missing ID"),
        (["1.a", "--like", "1.a"], "the id '1.a' is taken by"),
        (["1.z", "--like", "9.z"], "9.z"),
        (["1.z", "--like", "1.a", "--arm", "x={}"], "--arm does not go with --like"),
    ],
)
def test_what_makes_no_copy_is_refused(laboratory, words, message):
    """Without an id of its own, of no claim, or with values that the copy has: no file."""
    before = {*laboratory.root.rglob("*.yaml")}

    refused = laboratory.cbspec("new", *words)

    assert refused.exit_code != 0
    assert message in refused.stderr
    assert {*laboratory.root.rglob("*.yaml")} == before
