"""cbspec withdraw, and what is shown of verdicts that only the record has."""

import pytest
from click.shell_completion import ShellComplete

from cbspec.cli import main

MATRIX = """\
matrix: {hours: [2.0, 4.0]}
arms:
  dark: {light: $hours}
"""


@pytest.fixture
def orphans(laboratory):
    """1.a has two cells on record at quick, where it is not decidable any more; 2.a is on record
    without a file.
    """
    laboratory.edit("claims/phase1/1.a.yaml", "arms:\n  dark: {light: 2.0}\n", MATRIX)
    laboratory.record(laboratory.run())
    laboratory.edit("claims/phase1/1.a.yaml", "scales: [quick, memo]", "scales: [memo]")
    (laboratory.root / "claims" / "phase2" / "2.a.yaml").unlink()
    return laboratory


def test_status_of_what_is_only_on_record(orphans):
    """A deleted claim and a cell that its matrix gave up are known by the ids they are on record
    under; no other id is.
    """
    orphans.edit("claims/phase1/1.a.yaml", "[2.0, 4.0]", "[2.0, 3.0]")

    def standing(*claims):
        return [
            (row["claim"], row["scale"], row["currency"]) for row in orphans.json("status", *claims)
        ]

    assert standing("2.a") == [("2.a", "quick", "orphaned")]
    assert standing("1.a[hours=4.0]", "2.a") == [
        ("1.a[hours=4.0]", "quick", "orphaned"),
        ("2.a", "quick", "orphaned"),
    ]
    assert standing("1.a[hours=3.0]", "2.a") == [
        ("1.a[hours=3.0]", "memo", "unrecorded"),
        ("2.a", "quick", "orphaned"),
    ]
    unknown = orphans.cbspec("status", "1.a[hours=5.0]", "2.a")
    assert (unknown.exit_code, unknown.stderr.split(";")[0]) == (
        2,
        "unknown claim '1.a[hours=5.0]'",
    )


def test_withdrawing_orphans(orphans, pinned):
    """A base id stands for all cells, the id of a deleted file for its verdict; what is withdrawn
    is kept with its reason.
    """
    result = orphans.cbspec("withdraw", "1.a", "2.a", "--scale", "quick", "--reason", "too small")

    assert (result.exit_code, result.stderr) == (0, "")
    pinned(result.stdout)
    assert len(orphans.ledger) == 0
    assert [(former.claim, former.why) for former in orphans.ledger.withdrawn] == [
        ("1.a[hours=2.0]", "too small"),
        ("1.a[hours=4.0]", "too small"),
        ("2.a", "too small"),
    ]


def test_the_shell_completes_orphans(orphans):
    """Where a verdict is withdrawn the ids offered are those that can be: no claim that a file
    still asks for.
    """
    shell = ShellComplete(main, {}, "cbspec", "_CBSPEC_COMPLETE")
    offered = shell.get_completions(["-C", str(orphans.root), "withdraw"], "")

    assert [item.value for item in offered] == ["1.a[hours=2.0]", "1.a[hours=4.0]", "2.a"]
    assert shell.get_completions(["-C", str(orphans.root), "withdraw"], "3") == []


def test_the_shell_completes_no_claim_whose_file_is_broken(orphans):
    """A claim whose file cannot be read may still ask for its verdict; others are offered beside
    it.
    """
    orphans.edit("claims/phase1/1.a.yaml", "title: ", "title: [")
    shell = ShellComplete(main, {}, "cbspec", "_CBSPEC_COMPLETE")

    offered = shell.get_completions(["-C", str(orphans.root), "withdraw"], "")

    assert [item.value for item in offered] == ["2.a"]


def test_withdrawing_one_cell(orphans):
    """The id of a cell stands for this cell alone; --json names what was withdrawn."""
    taken = orphans.json("withdraw", "1.a[hours=4.0]", "--device", "cpu", "--reason", "too small")

    assert taken == [
        {"claim": "1.a[hours=4.0]", "scale": "quick", "device": "cpu", "verdict": "holds"}
    ]
    assert [entry.claim for entry in orphans.ledger] == ["1.a[hours=2.0]", "2.a"]


def test_what_is_checked_is_not_withdrawn(laboratory, pinned):
    """Verdicts that a claim file has decidable are refused, all named, and the orphaned one beside
    them stays on record.
    """
    laboratory.record(laboratory.run())
    laboratory.record(laboratory.run(scale="memo"))
    laboratory.edit("claims/phase1/1.a.yaml", "scales: [quick, memo]", "scales: [memo]")
    text = (laboratory.root / "reports" / "ledger.json").read_text()

    result = laboratory.cbspec("withdraw", "1.a", "2.a", "--reason", "it does not suit")

    assert (result.exit_code, result.stdout) == (1, "")
    pinned(result.stderr)
    assert (laboratory.root / "reports" / "ledger.json").read_text() == text


def test_nothing_to_withdraw(orphans, pinned):
    """An id with nothing on record (there), no id, no reason and a blank one are each one clear
    message; nothing is changed.
    """
    text = (orphans.root / "reports" / "ledger.json").read_text()
    strange = orphans.cbspec("withdraw", "2.b", "1.a", "--reason", "too small")
    elsewhere = orphans.cbspec(
        "withdraw", "2.a", "--scale", "memo", "--device", "cuda", "--reason", "too small"
    )
    nothing = orphans.cbspec("withdraw", "--reason", "too small")
    silent = orphans.cbspec("withdraw", "2.a")
    blank = orphans.cbspec("withdraw", "2.a", "--reason", " ")

    exits = [result.exit_code for result in (strange, elsewhere, nothing, silent, blank)]
    assert exits == [2, 2, 2, 2, 1]
    assert "Missing option '--reason'" in silent.stderr
    pinned(strange.stderr)
    pinned(elsewhere.stderr)
    pinned(blank.stderr)
    assert (orphans.root / "reports" / "ledger.json").read_text() == text
