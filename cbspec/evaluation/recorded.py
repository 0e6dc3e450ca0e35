"""The verdicts on record that a run does not recompute: which they are, and how they stand."""

from __future__ import annotations

from collections.abc import Iterable

from cbspec.claim import Claim
from cbspec.config import Config
from cbspec.evaluation.checks import Checker, needs_canary
from cbspec.ledger import Entry, EvidenceFolder, Key, Ledger
from cbspec.paths import relative
from cbspec.report import Check, Upheld, about, standing


class RecordedVerdicts:
    """Looks after the verdicts on record in a run.

    Args:
        config: of the project.
        device: the device family that the run computes on.
        ledger: the verdicts on record.
        evidence: what they were judged on.
        checker: checks one of them.
    """

    def __init__(
        self,
        config: Config,
        device: str,
        ledger: Ledger,
        evidence: EvidenceFolder,
        checker: Checker,
    ) -> None:
        self._config = config
        self._device = device
        self._ledger = ledger
        self._evidence = evidence
        self._checker = checker

    def key(self, claim: Claim) -> Key:
        """Return where the ledger has the verdict of a claim at its scale, on this run's device."""
        return Key(claim.id, claim.scale, self._device)

    def expected(self, claim: Claim) -> Entry | None:
        """Return the verdict that is expected of a claim at its scale; None where none is."""
        return self._ledger.expected(self.key(claim))

    def recomputed(self, claim: Claim) -> bool:
        """Tell whether a run at the claim's scale computes a verdict on it."""
        return claim.due and claim.scale != self._config.canary

    def others(self, claim: Claim) -> list[Entry]:
        """Return the verdicts on record of a claim that this run does not recompute."""
        recomputed = self.key(claim) if self.recomputed(claim) else None
        return [entry for entry in self._ledger.of(claim.id) if entry.key != recomputed]

    def read_evidence(self, claims: Iterable[Claim]) -> None:
        """Read what `others` were judged on, so that a damaged file ends the run once, at its
        start, and not at each claim.

        Raises:
            LedgerError: evidence is damaged.
        """
        for claim in claims:
            for entry in self.others(claim):
                self._evidence.of(entry)

    def need_canary(self, claim: Claim) -> bool:
        """Tell whether one of `others` was reached with other code, so that the canary decides."""
        return needs_canary(claim, self.others(claim), self._checker.planner)

    def checks(self, claim: Claim) -> tuple[Check, ...]:
        """Return how each of `others` stands."""
        return tuple(self._checker.check(claim, entry) for entry in self.others(claim))

    def upheld(self, claim: Claim) -> Upheld:
        """Check every verdict on record of a claim that no run at this scale recomputes.

        Raises:
            Stopped: the run was asked to stop.
        """
        checks = self.checks(claim)
        return Upheld(
            claim=claim.id,
            title=claim.title,
            phase=claim.phase,
            status=claim.status,
            path=relative(claim.path, self._config.root),
            line=claim.line,
            checks=checks,
            outcome=standing(claim, checks),
            about=about(claim),
        )
