"""What the project publishes is what its claims and its ledger say."""

import json
from pathlib import Path

from click.testing import CliRunner

from cbspec.cli import main

REPOSITORY = Path(__file__).parents[1]


def test_published_pages_are_current(monkeypatch):
    """The replication table and the figures in reports/ are those that ``cbspec publish`` would
    write.
    """
    monkeypatch.chdir(REPOSITORY)
    result = CliRunner().invoke(main, ["publish", "--check"])

    assert (result.exit_code, result.stderr) == (0, ""), result.output


def test_pages_are_published_from_anywhere(tmp_path, monkeypatch):
    """The links and the text do not hang on the working directory."""
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["-C", str(REPOSITORY / "claims"), "publish", "--check"])

    assert result.exit_code == 0, result.output


def test_the_page_of_the_record_is_small():
    """A verdict on record, with its effects and the value of every seed, adds 5 kB on average, and the
    page stays below 1 MB, more than which no file of a repository should have.
    """
    size = (REPOSITORY / "reports" / "replication.html").stat().st_size
    ledger = json.loads((REPOSITORY / "reports" / "ledger.json").read_text(encoding="utf-8"))

    assert size / len(ledger["entries"]) <= 5_000
    assert size <= 1_000_000
