"""Scales of folders: one that only some claims know, and claims that take no part in one."""

import pytest

from tests.support.claim_text import LIGHT

TINY = LIGHT.replace("id: 1.a", "id: 3.a").replace("scales: [quick, memo]", "scales: [tiny]")


@pytest.fixture
def nested(laboratory):
    """The project with a folder whose defaults add the scale tiny, which decides its claim."""
    laboratory.write("claims/phase3/defaults.yaml", "scales:\n  tiny: {days: 2}\n")
    laboratory.write("claims/phase3/3.a.yaml", TINY)
    return laboratory


@pytest.fixture
def apart(laboratory):
    """The project with two folders of which neither knows a scale of the other."""
    defaults = (laboratory.root / "claims" / "defaults.yaml").read_text()
    (laboratory.root / "claims" / "defaults.yaml").unlink()
    for folder in ("phase1", "phase2"):
        laboratory.write(f"claims/{folder}/defaults.yaml", defaults)
    tiny = defaults.replace("quick: {days: 3}", "tiny: {days: 2}").replace(
        "  memo: {days: 30}\n", ""
    )
    laboratory.write("claims/phase3/defaults.yaml", tiny)
    laboratory.write("claims/phase3/3.a.yaml", TINY)
    return laboratory


def test_a_scale_of_nested_defaults_can_be_asked_for(nested):
    """A scale that the defaults of one folder add is known to every command."""
    shown = nested.cbspec("show", "3.a", "--scale", "tiny")
    planned = nested.json("plan", "--scale", "tiny")
    unknown = nested.cbspec("plan", "--scale", "tidy")

    assert "3.a at scale tiny" in shown.stdout
    assert "day: 2" in shown.stdout
    assert (planned["claims"], planned["undecidable"]) == (1, 2)
    assert unknown.exit_code == 2
    assert unknown.stderr == (
        "--scale tidy: unknown scale 'tidy'; did you mean 'tiny'? (one of quick, memo, tiny)\n"
    )


def test_folders_with_different_scales_stand_beside_each_other(apart):
    """A claim whose folder does not know the asked scale is no mistake: no verdict is due on it."""
    assert apart.cbspec("validate").stdout == "3 claims in 3 files: valid\n"
    assert [row["id"] for row in apart.json("list")] == ["1.a", "2.a", "3.a"]
    plans = [apart.json("plan", "--scale", scale) for scale in ("quick", "tiny")]
    assert [(plan["claims"], plan["undecidable"]) for plan in plans] == [(2, 1), (1, 2)]
    assert {work["state"] for plan in plans for work in plan["work"]} == {"missing"}
    assert apart.json("interim", "--scale", "tiny") == []
    none = apart.cbspec("interim", "1.a", "--scale", "tiny")
    assert none.stdout == "no claim is judged at scale tiny\n"


def test_a_verdict_is_due_at_the_asked_scale_alone(apart):
    """A run judges what the asked scale decides, and a claim of another scale is never run."""
    from cbspec import Project

    quick = Project(apart.root).run()
    tiny = Project(apart.root).run(scale="tiny")

    assert [record.claim for record in quick.records] == ["1.a", "2.a"]
    assert [upheld.claim for upheld in quick.upheld] == ["3.a"]
    assert [record.claim for record in tiny.records] == ["3.a"]
    assert (quick.scale, tiny.scale) == ("quick", "tiny")


def test_a_claim_may_name_sizes_of_its_own_scales_alone(laboratory):
    """A claim that the default scale does not decide may use a size that this scale lacks."""
    laboratory.edit("claims/defaults.yaml", "memo: {days: 30}", "memo: {days: 30, weeks: 4}")
    memo = LIGHT.replace("id: 1.a", "id: 3.a").replace("[quick, memo]", "[memo]")
    laboratory.write(
        "claims/phase3/3.a.yaml",
        memo.replace("experiment: plant", "experiment: {stage: grow, day: $weeks}"),
    )

    assert laboratory.cbspec("validate").stdout == "3 claims in 3 files: valid\n"
    assert "day: 4" in laboratory.cbspec("show", "3.a", "--scale", "memo").stdout
    assert "3.a at scale memo" in laboratory.cbspec("show", "3.a").stdout
    status = {row["claim"]: row["currency"] for row in laboratory.json("status")}
    assert status["3.a"] == "unrecorded"


def test_a_scale_that_nobody_knows_is_a_mistake_of_the_project(laboratory):
    """A default scale of [tool.cbspec] that no defaults have is one message."""
    laboratory.edit("pyproject.toml", "[tool.cbspec]", '[tool.cbspec]\nscale = "qick"')

    result = laboratory.cbspec("validate")

    assert result.exit_code == 2
    assert result.stderr.startswith("unknown scale 'qick'; did you mean 'quick'?")
