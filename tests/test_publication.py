"""What the project publishes is what its claims and its ledger say."""

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
