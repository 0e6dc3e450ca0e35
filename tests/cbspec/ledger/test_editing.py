"""Several processes change the record at once."""

import os

import pytest

from cbspec.errors import LedgerError
from cbspec.ledger import Ledger
from cbspec.ledger.editing import editing
from cbspec.project import Project
from tests.support.patience import PATIENCE
from tests.support.specimen import make_claim, make_entry


def accept_one_by_one(root, name, rounds):
    """Record some claims, each as an `accept` of its own would, with a store of one's own."""
    os.environ["CBSPEC_STORE"] = str(root / f"store of {name}")
    for number in range(rounds):
        entry = make_entry(claim=make_claim(id=f"{name}.{number}"))
        with Project(root).editing() as ledger:
            ledger.recording([entry]).save(root / "reports" / "ledger.json")


def test_simultaneous_edits_all_count(tmp_path, spawn):
    """What several processes record at the same time is all on record, whatever their stores."""
    (tmp_path / "pyproject.toml").write_text("[tool.cbspec]\n")

    workers = [spawn(accept_one_by_one, tmp_path, name, 10) for name in ("5A", "6A", "7A")]
    for worker in workers:
        worker.join(PATIENCE)

    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert len(Ledger.load(tmp_path / "reports" / "ledger.json")) == 30
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["ledger.json"]


def test_a_place_that_is_no_folder(tmp_path):
    """Where there can be no ledger, nothing can be changed, and it is said."""
    (tmp_path / "reports").write_text("a file")

    with (
        pytest.raises(LedgerError, match=r"reports cannot be written"),
        editing(tmp_path / "reports" / "ledger.json"),
    ):
        raise AssertionError("it was entered")
