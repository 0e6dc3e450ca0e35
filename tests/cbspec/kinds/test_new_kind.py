"""A kind of another lab, one file, in real processes: every part of the harness knows it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from tests.support.claim_text import LIGHT
from tests.support.laboratory import Laboratory, working_in

CONTRIBUTING = Path(__file__).parents[3] / "CONTRIBUTING.md"
DOC = "In every pair the first arm exceeds the second by an amount between two bounds."
GAP = "{kind: gap, measure: height, pairs: [[old, young]], low: 7.0, high: 9.0}"
CLAIM = (
    LIGHT.replace("dark: {light: 2.0}", "young: {day: 2}")
    .replace("bright: {light: 8.0}", "old: {day: 3}")
    .replace("figures: {height: {dark: 6.0, bright: 24.0}}", "figures: {}")
    .replace("{kind: order, measure: height, arms: [dark, bright], direction: ascending}", GAP)
)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Laboratory]:
    """A laboratory with the kind of CONTRIBUTING.md and its claim: plants grow 8 cm a day."""
    [code] = re.findall(
        r"^```python\n# lab/kinds.py\n(.*?)^```",
        CONTRIBUTING.read_text(),
        flags=re.MULTILINE | re.DOTALL,
    )
    with working_in(tmp_path) as made:
        made.furnish()
        made.backend = "inline"
        made.write("lab/kinds.py", code)
        made.edit("pyproject.toml", '"lab.catalog"\n', '"lab.catalog"\nkinds = ["lab.kinds"]\n')
        made.claim("gap.yaml", CLAIM)
        yield made


def edited(project: Laboratory, old: str, new: str) -> str:
    """Write the claim with another assertion; the place of what is new."""
    assert old in CLAIM
    text = CLAIM.replace(old, new)
    project.claim("gap.yaml", text)
    line = text[: text.index(new)].count("\n") + 1
    return f"claims/gap.yaml:{line}:{len(text[: text.index(new)].splitlines()[-1]) + 1}"


@pytest.mark.parametrize(
    ("old", "new", "key", "message"),
    [
        (
            "young]]",
            "yuong]]",
            "assert[0].pairs[0][1]",
            "unknown arm 'yuong'; did you mean 'young'? (one of young, old)",
        ),
        (
            "height, pairs",
            "heigth, pairs",
            "assert[0].measure",
            "unknown measure 'heigth' of arm old; did you mean 'height'?",
        ),
        ("low: 7.0", "low: 9.5", "assert[0].low", "low must lie below high, got 9.5 and 9.0"),
        ("low: 7.0", "low: seven", "assert[0].low", "expected a number, got 'seven'"),
        ("kind: gap", "kind: gpa", "assert[0].kind", "unknown value 'gpa'; did you mean 'gap'?"),
    ],
)
def test_mistakes_are_located(
    project: Laboratory, old: str, new: str, key: str, message: str
) -> None:
    """A misnamed arm or measure, at any depth, and every other mistake is told at its place."""
    place = edited(project, old, new)
    line = place.rpartition(":")[0]

    refused = project.cbspec("validate")

    assert refused.exit_code == 1
    assert f"{key}: {message}" in refused.stdout + refused.stderr
    assert re.search(
        rf"^{re.escape(line)}:\d+: ",
        refused.stdout + refused.stderr,
        flags=re.MULTILINE,
    )
    assert "Traceback" not in refused.stderr


def test_a_run_judges_it(project: Laboratory) -> None:
    """The claim holds with the gap between its bounds, is refuted beyond, also under xdist."""
    status, output = project.pytest()
    edited(project, "low: 7.0, high: 9.0", "low: 1.0, high: 2.0")
    refuted, told = project.pytest("-n", "1")

    assert status == 0, output
    assert re.search(r"1\.a +holds", output)
    assert refuted == 1
    assert re.search(r"1\.a +refuted", told)
    assert "old - young = 8" in told
    assert "is shown not to lie between 1 and 2" in told


def test_moving_the_bounds_is_noticed(project: Laboratory) -> None:
    """Bounds that were widened are goalposts, narrower ones are not; the record is readable."""
    project.pytest()
    accepted = project.cbspec("accept", "--all")
    edited(project, "high: 9.0", "high: 9.5")
    loosened, told = project.pytest()
    edited(project, "high: 9.0", "high: 8.9")
    tightened, _ = project.pytest()

    assert accepted.exit_code == 0, accepted.stderr
    assert json.loads(
        (project.root / "reports" / "ledger.json").read_text(),
    )["entries"][0]["assertions"][0]["terms"] == {
        "alpha": 0.05,
        "high": 9.0,
        "kind": "gap",
        "low": 7.0,
        "measure": "height",
        "note": "",
        "pairs": [["old", "young"]],
        "test": "t",
    }
    assert loosened == 1
    assert "goalposts" in told
    assert "gap of height: high 9 -> 9.5" in told
    assert tightened == 0


def test_seeds_that_can_never_show_it_are_refused(project: Laboratory) -> None:
    """Three seeds under sign flips never reach 0.05: a mistake, told with the seeds it takes."""
    edited(project, "high: 9.0", "high: 9.0, test: exact")

    refused = project.cbspec("validate")

    assert refused.exit_code == 1
    assert "3 seeds can never show this: p is at least 0.12 and held to 0.05" in refused.stderr
    assert "at least 5 seeds are needed at alpha 0.05" in refused.stderr


def test_a_margin_too_narrow_for_the_spread_is_told(project: Laboratory) -> None:
    """A margin too narrow for the spread on record is told with the seeds that it takes."""
    edited(project, "low: 7.0, high: 9.0", "low: 7.9, high: 8.1")
    project.pytest()
    project.cbspec("accept", "--all")

    warned = project.cbspec("validate")
    told = re.search(
        r"to lie within 0\.1 of 8 where it varies by (\S+) .*; about (\d+) seeds are needed",
        warned.stdout + warned.stderr,
    )

    assert told, warned.stdout + warned.stderr
    spread, seeds = float(told[1]), int(told[2])
    assert shown(spread, seeds) == pytest.approx(0.8, abs=0.03)
    assert shown(spread, seeds - 4) < shown(spread, seeds + 4)
    assert shown(spread, 3) < 0.1


def shown(spread: float, n: int, margin: float = 0.1) -> float:
    """How often n seeds show mean 0 within the margin, by SciPy's two one-sided tests at 0.05."""
    drawn = np.random.default_rng(1987).normal(0, spread, size=(20_000, n))
    above = stats.ttest_1samp(drawn, -margin, axis=1, alternative="greater").pvalue
    below = stats.ttest_1samp(drawn, margin, axis=1, alternative="less").pvalue
    return float(np.mean(np.maximum(above, below) <= 0.05))


def test_schema_and_words_have_it(project: Laboratory) -> None:
    """The schema, the table for people and ``cbspec show`` have the kind and its words."""
    described = json.loads(project.cbspec("schema").stdout)["$defs"]
    table = project.cbspec("schema", "--markdown").stdout

    assert described["Gap"]["properties"]["kind"] == {
        "description": DOC,
        "enum": ["gap"],
    }
    assert "gap" in described["assertion"]["properties"]["kind"]["enum"]
    assert f"| `gap` | {DOC} | `measure`, `pairs`, `low`, `high` |  |" in table
    words = "assert[0]: height: old exceeds young by 7 to 9  "
    assert words in project.cbspec("show", "1.a").stdout


@pytest.mark.parametrize("command", [("validate",), ("diff", "HEAD", "HEAD"), ("status",)])
def test_an_unknown_module_ends_every_command(
    project: Laboratory, command: tuple[str, ...]
) -> None:
    """A module that does not exist is one sentence and status 2, also without any claim read."""
    settings = project.root / "pyproject.toml"
    settings.write_text(settings.read_text().replace("lab.kinds", "lab.kind"))

    refused = project.cbspec(*command)
    status, output = project.pytest()

    assert (refused.exit_code, len(refused.stderr.splitlines())) == (2, 1)
    assert refused.stderr.startswith(
        f"kinds lab.kind ([tool.cbspec] of {project.root}) cannot be imported: ModuleNotFoundError",
    )
    assert status != 0
    assert "kinds lab.kind " in output
    assert "Traceback" not in output
