"""The recorded verdicts of a run's claims: which of them it recomputes, and how others stand."""

from __future__ import annotations

from collections.abc import Iterable

from cbspec.claim import Claim
from cbspec.config import Config
from cbspec.evaluation.checks import Checker, needs_canary, orphan
from cbspec.ledger import Entry, EvidenceFolder, Key, Ledger
from cbspec.paths import relative
from cbspec.report import Check, Upheld, about, doubts, standing


class RecordedVerdicts:
    """Finds and checks the recorded verdicts of a run's claims.

    Args:
        config: the project's settings.
        device: the device family of the run.
        ledger: the recorded verdicts.
        evidence: the values that they were judged on.
        checker: checks a single verdict.
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
        """Return the ledger key of a claim at its scale, on this run's device family."""
        return Key(claim.id, claim.scale, self._device)

    def expected(self, claim: Claim) -> Entry | None:
        """Return the recorded verdict that a claim is expected to reach; None if there is none."""
        return self._ledger.expected(self.key(claim))

    def recomputed(self, claim: Claim) -> bool:
        """Tell whether this run computes a verdict on a claim."""
        return claim.due and claim.scale != self._config.canary

    def others(self, claim: Claim) -> list[Entry]:
        """Return the recorded verdicts of a claim that this run does not recompute."""
        recomputed = self.key(claim) if self.recomputed(claim) else None
        return [entry for entry in self._ledger.of(claim.id) if entry.key != recomputed]

    def read_evidence(self, claims: Iterable[Claim]) -> None:
        """Read the evidence of `others`, so that a damaged file ends the run at its start.

        Raises:
            LedgerError: evidence is damaged.
        """
        for claim in claims:
            for entry in self.others(claim):
                self._evidence.of(entry)

    def need_canary(self, claim: Claim) -> bool:
        """Tell whether the code changed since one of `others`, so that the canary decides."""
        return needs_canary(claim, self.others(claim), self._checker.planner)

    def checks(self, claim: Claim) -> tuple[Check, ...]:
        """Check each of `others`."""
        return tuple(self._checker.check(claim, entry) for entry in self.others(claim))

    def upheld(self, claim: Claim) -> Upheld:
        """Check every recorded verdict of a claim that this run does not recompute.

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


def without_claim(ledger: Ledger, claims: Iterable[Claim], config: Config) -> list[Upheld]:
    """Return the failed checks of recorded verdicts whose claims no file has any more.

    Args:
        ledger: the recorded verdicts.
        claims: all claims of the project.
        config: the project's settings.
    """
    known = {claim.id for claim in claims}
    checks: dict[str, list[Check]] = {}
    for entry in ledger:
        if entry.claim not in known:
            checks.setdefault(entry.claim, []).append(orphan(entry))
    gone = []
    for claim, of_claim in sorted(checks.items()):
        outcome = doubts(of_claim)
        assert outcome is not None, "an orphaned verdict has failed"
        upheld = Upheld(
            claim=claim,
            title="its claim file is gone",
            phase="",
            status="active",
            path=relative(config.ledger, config.root),
            line=1,
            checks=tuple(of_claim),
            outcome=outcome,
        )
        gone.append(upheld)
    return gone
