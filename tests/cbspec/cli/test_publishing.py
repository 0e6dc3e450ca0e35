"""publish: the replication table and the figures, written and looked after."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.claim_text import LIGHT

REPOSITORY = Path(__file__).parents[3]
DRAWN = (
    LIGHT.replace("id: 1.a", "id: F.1")
    .replace("phase: 1A", "phase: figures")
    .replace(
        "{kind: order, measure: height, arms: [dark, bright], direction: ascending}",
        "{kind: figure, axes: {height: [0, 100]}, arms: [dark, bright]}",
    )
)


def both(word):
    """What publish prints where table and page stand alike."""
    return f"reports/replication.md: {word}\nreports/replication.html: {word}\n"


@pytest.fixture
def page(laboratory):
    return laboratory.root / "reports" / "replication.md"


def test_the_table_follows_claims_and_ledger(laboratory, page):
    """Before a run every finding waits; with its verdict on record it stands with figures, the
    memo's beside them.
    """
    before = laboratory.cbspec("publish")
    empty = page.read_text()
    laboratory.record(laboratory.run())
    after = laboratory.cbspec("publish")

    assert (before.exit_code, before.stdout) == (0, both("written"))
    assert "0 on record at one scale at least, 2 not run yet." in empty
    assert after.stdout == both("written")
    assert (
        "| **[1.a](../claims/phase1/1.a.yaml)** More light makes taller plants | active |"
        in page.read_text()
    )
    assert (
        " bright - dark of height: 18 → 18 [18, 18] | **holds** at quick (3 seeds)<br>not run yet at memo | yes |"
        in page.read_text()
    )


def test_check_writes_nothing(laboratory, page, pinned):
    """--check tells what is not current and ends with 1, until it is published."""
    missing = laboratory.cbspec("publish", "--check")
    laboratory.cbspec("publish")
    current = laboratory.cbspec("publish", "--check")
    laboratory.edit(
        "claims/phase1/1.a.yaml",
        "status: active\n",
        "status: active\ndiscussion: the lamp was off\n",
    )
    text = page.read_text()
    edited = laboratory.cbspec("publish", "--check")

    assert (missing.exit_code, current.exit_code, edited.exit_code) == (1, 0, 1)
    assert edited.stdout == missing.stdout
    pinned(missing.stdout)
    pinned(current.stdout)
    assert page.read_text() == text
    assert laboratory.cbspec("publish").exit_code == 0
    assert "the lamp was off |" in page.read_text()


def test_publishing_again_changes_nothing(laboratory, page):
    """What is current stays as it is, to the byte."""
    laboratory.record(laboratory.run())
    laboratory.cbspec("publish")
    text = page.read_bytes()

    assert laboratory.json("publish") == {
        "pages": [str(page), str(page.with_suffix(".html"))],
        "changed": [],
        "orphaned": [],
        "canary": [],
    }
    assert page.read_bytes() == text


def test_orphaned_verdicts_are_told(laboratory, page, pinned):
    """A verdict that no claim file asks for any more fails the check, current as the page is, until
    it is withdrawn.
    """
    laboratory.record(laboratory.run())
    laboratory.edit("claims/phase1/1.a.yaml", "scales: [quick, memo]", "scales: [memo]")
    (laboratory.root / "claims" / "phase2" / "2.a.yaml").unlink()
    written = laboratory.cbspec("publish")
    checked = laboratory.cbspec("publish", "--check")
    told = laboratory.json("publish", "--check")["orphaned"]
    laboratory.cbspec("withdraw", "1.a", "2.a", "--reason", "too small | to tell")
    laboratory.cbspec("publish")

    assert (written.exit_code, written.stdout) == (0, both("written"))
    assert (checked.exit_code, checked.stdout) == (1, both("current"))
    assert written.stderr == checked.stderr
    pinned(checked.stderr)
    assert told == [{"claim": name, "scale": "quick", "device": "cpu"} for name in ("1.a", "2.a")]
    assert "## Withdrawn verdicts\n" in page.read_text()
    assert laboratory.cbspec("publish", "--check").exit_code == 0


def test_figures_are_published_too(laboratory, page):
    """A figure claim on record has its drawing and its table beside the page; --check misses
    either.
    """
    laboratory.write("claims/figures/F.1.yaml", DRAWN)
    laboratory.record(laboratory.run())
    result = laboratory.cbspec("publish")
    folder = laboratory.root / "reports" / "figures"

    assert result.stdout.splitlines() == [
        "reports/replication.md: written",
        "reports/replication.html: written",
        "reports/figures/F.1.quick.csv: written",
        "reports/figures/F.1.quick.svg: written",
    ]
    assert (
        "More light makes taller plants<br>[drawing at quick](figures/F.1.quick.svg) |"
        in page.read_text()
    )
    assert laboratory.cbspec("publish", "--check").exit_code == 0

    (folder / "F.1.quick.svg").write_text("drawn by another version of matplotlib")
    assert laboratory.cbspec("publish", "--check").exit_code == 0
    (folder / "F.1.quick.svg").unlink()
    assert laboratory.json("publish", "--check")["changed"] == [str(folder / "F.1.quick.svg")]
    (folder / "F.1.quick.csv").write_text("edited")
    assert laboratory.json("publish", "--check")["changed"] == [
        str(folder / "F.1.quick.csv"),
        str(folder / "F.1.quick.svg"),
    ]
    laboratory.cbspec("publish")
    (folder / "F.1.quick.csv").write_text("of an earlier record")
    assert laboratory.cbspec("publish").stdout.splitlines() == [
        "reports/replication.md: current",
        "reports/replication.html: current",
        "reports/figures/F.1.quick.csv: written",
        "reports/figures/F.1.quick.svg: written",
    ]


def test_checking_needs_nothing_heavy():
    """The check of this project imports neither torch nor SciPy nor matplotlib, and touches no
    store.
    """
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom cbspec.cli import main\n"
        "CliRunner().invoke(main, ['publish', '--check'])\n"
        "heavy = ('torch', 'scipy', 'matplotlib', 'cbspec.store', 'engine.nets')\n"
        "print('cbspec.publication' in sys.modules, [name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )

    assert done.stdout == "True []\n"


def test_a_corrected_memo_is_published(laboratory):
    """The pages show what the claim files say of the memo, though the verdict was recorded beside
    another value.
    """
    laboratory.record(laboratory.run())
    laboratory.cbspec("publish")
    laboratory.edit(
        "claims/phase1/1.a.yaml", "{dark: 6.0, bright: 24.0}", "{dark: 9.0, bright: 4.0}"
    )

    stale = laboratory.cbspec("publish", "--check")
    laboratory.cbspec("publish")
    page = (laboratory.root / "reports" / "replication.md").read_text()

    assert stale.exit_code == 1
    assert "bright - dark of height: -5 → " in page
    assert "*other sign*" in page
