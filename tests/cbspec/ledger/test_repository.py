"""What a ledger takes from a repository: the state of a commit, and where its verdicts come from."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cbspec.errors import ConfigError, LedgerError
from cbspec.ledger import Ledger, provenance
from tests.support.specimen import make_provenance


@pytest.fixture
def repository(tmp_path):
    """An empty repository, and a function that runs git in it."""

    def git(*arguments):
        identity = [
            "-c",
            "user.name=t",
            "-c",
            "user.email=t@localhost",
            "-c",
            "commit.gpgsign=false",
        ]
        subprocess.run(
            ["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True
        )

    git("init", "--initial-branch=main")
    return git


@pytest.fixture
def committed(repository, tmp_path, three):
    """The path of a ledger of three claims that was committed, then emptied in the working tree."""
    path = tmp_path / "reports" / "ledger.json"
    three.save(path)
    repository("add", ".")
    repository("commit", "-m", "record")
    Ledger().save(path)
    return path


def test_a_commit_has_a_ledger_of_its_own(committed, three):
    """The ledger of a commit is the one that was committed, whatever the file has by now."""
    assert Ledger.of_commit("HEAD", committed) == three
    assert Ledger.load(committed) == Ledger()


@pytest.mark.parametrize(
    ("commit", "dirty", "place", "edited"),
    [
        ("3f2a1c" + "0" * 34, True, "at 3f2a1c0000", True),
        ("3f2a1c" + "0" * 34, False, "at 3f2a1c0000", False),
        (None, True, "before the repository's first commit", False),
        (None, False, "outside a repository", False),
    ],
)
def test_a_place_without_a_commit_is_named(commit, dirty, place, edited):
    """A repository whose first commit is to come is one, and has nothing that a commit lacks."""
    made = make_provenance(commit=commit, dirty=dirty)

    assert (made.place, made.edited) == (place, edited)


@pytest.mark.parametrize("revision", ["nonsense", "--all", "HEAD~7", ""])
def test_unknown_commits_are_refused(committed, revision):
    """A word that is neither a file nor a commit is refused by name, and never taken for an option
    of git.
    """
    with pytest.raises(ConfigError, match=f"'{revision}' is neither a ledger file nor a commit"):
        Ledger.of_commit(revision, committed)


def test_a_commit_without_ledger_is_refused(committed, repository):
    """A commit from before the ledger is refused by saying so."""
    repository("rm", "-q", "-f", "reports/ledger.json")
    repository("commit", "-m", "gone")
    committed.parent.mkdir(exist_ok=True)

    with pytest.raises(LedgerError, match=r"commit HEAD has no ledger\.json in reports/"):
        Ledger.of_commit("HEAD", committed)


def test_provenance_knows_commit_and_changes(committed, repository, tmp_path):
    """The commit is HEAD; changed and new files make it dirty, those of the reports folder do not,
    wherever that is.
    """
    (tmp_path / "engine.py").write_text("width = 128\n")
    repository("add", "engine.py")
    repository("commit", "-m", "engine")
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout.strip()

    clean = provenance(tmp_path, torch="2.11", exclude=committed.parent)
    (tmp_path / "engine.py").write_text("width = 256\n")
    dirty = provenance(tmp_path, torch="2.11", exclude=committed.parent)
    abroad = provenance(tmp_path, torch="2.11", exclude=Path("/elsewhere/reports"))
    repository("checkout", "engine.py")
    (tmp_path / "stage.py").touch()
    new = provenance(tmp_path, torch="2.11", exclude=committed.parent)

    assert (clean.commit, clean.dirty, dirty.dirty, abroad.dirty, new.dirty) == (
        head,
        False,
        True,
        True,
        True,
    )


def test_provenance_before_the_first_commit(repository, tmp_path):
    """A repository without a commit has none, and all its files are uncommitted."""
    empty = provenance(tmp_path, torch="2.11")
    (tmp_path / "engine.py").touch()
    full = provenance(tmp_path, torch="2.11")

    assert (empty.commit, empty.dirty) == (None, False)
    assert (full.commit, full.dirty) == (None, True)


def test_provenance_outside_a_repository(tmp_path, monkeypatch):
    """Without a repository there is no commit, and that is no error."""
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))

    found = provenance(tmp_path, torch="2.11")

    assert (found.commit, found.dirty, found.torch) == (None, False, "2.11")
