"""One claim of a page, with its verdicts, values, checks and canary."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cbspec.canary import CanaryCheck
from cbspec.ledger import Entry, Key, Outcome
from cbspec.ledger.withdrawn import Withdrawn
from cbspec.model.replicates import SEEDS
from cbspec.model.values import Values
from cbspec.report.about import About
from cbspec.report.check import Check, Upheld, failures
from cbspec.report.record import Record
from cbspec.report.run import Skipped


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One claim (one cell of a matrix).

    Attributes:
        line: of its id in the file at `path`, which is relative to the repository.
        about: the summary of the claim; None if neither its file nor the run has it.
        entries: its recorded verdicts.
        values: the values that verdicts were judged on, this run's among them.
        record: the run's verdict, `upheld` its checks; None in a page of the record.
        canary: its canary, if the run computed it.
        broken: the reason why it has no verdict.
        day: the day of the run; empty in a page of the record.
    """

    id: str
    title: str = ""
    phase: str = ""
    status: str = ""
    path: str = ""
    line: int = 1
    about: About | None = None
    entries: tuple[Entry, ...] = ()
    values: Mapping[Key, Values] = field(default_factory=dict)
    record: Record | None = None
    upheld: Upheld | None = None
    canary: CanaryCheck | None = None
    broken: Skipped | None = None
    withdrawn: tuple[Withdrawn, ...] = ()
    day: str = ""

    @property
    def arms(self) -> tuple[str, ...]:
        """Return the names of its arms, in the claim's order, as far as they are known."""
        return self.about.arms if self.about else ()

    @property
    def replicates(self) -> str:
        """Return what it is replicated over, in words: seeds, runs or test items."""
        return self.about.replicates if self.about else SEEDS

    @property
    def reported(self) -> Mapping[str, Mapping[str, float]]:
        """Return measure -> arm -> the memo's value."""
        return self.about.reported if self.about else {}

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return how its verdicts on record were checked that the run did not recompute."""
        if self.record:
            return self.record.checks
        return self.upheld.checks if self.upheld else ()

    @property
    def outcome(self) -> Outcome | None:
        """Return what the run means to pytest; None where it judged and checked nothing of the claim."""
        judged = self.record or self.upheld
        return judged.outcome if judged else None

    @property
    def failed_checks(self) -> tuple[Check, ...]:
        return tuple(failures(self.checks))

    @property
    def places(self) -> tuple[Entry, ...]:
        """Return its verdicts, the one that a reader should look at first at the head.

        That is the one of this run, else one whose check failed, else the one at the scale that
        the claim names last: the memo's own. Of several there, a superseded one comes last.
        """
        entries = list(self.entries)
        if self.record:
            new = self.record.entry
            entries = [new, *(entry for entry in entries if entry.key != new.key)]
        doubted = {(check.scale, check.device) for check in self.failed_checks}
        decidable = self.about.decidable if self.about else ()

        def rank(entry: Entry) -> tuple[bool, bool, int, bool]:
            ours = self.record is not None and entry is self.record.entry
            late = decidable.index(entry.scale) if entry.scale in decidable else -1
            superseded = entry.doubt == "superseded"
            return not ours, (entry.scale, entry.device) not in doubted, -late, superseded

        return tuple(sorted(entries, key=rank))

    def check_of(self, entry: Entry) -> Check | None:
        """Return how a verdict on record was checked; None for the one that the run computed."""
        for check in self.checks:
            if (check.scale, check.device) == (entry.scale, entry.device):
                return check
        return None
