"""Claims as pytest's tests: a collector for each claim file, and an item for each claim."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from cbspec import terminal
from cbspec.errors import BackendError, ClaimError, SourceChanged, Stopped
from cbspec.plugin.contents import (
    BROKEN,
    CANARY,
    RECORD,
    SKIPPED,
    UPHELD,
    headline,
    unread,
    without_verdict,
)
from cbspec.plugin.failures import (
    CanaryError,
    ChangeWarning,
    ClaimFailed,
    ClaimFailure,
    DoubtError,
    UndecidableWarning,
    UnreadWarning,
    explained,
    whatever_raised,
)

# Imported when the first claim is collected, so that runs of other projects do not pay for it
if TYPE_CHECKING:
    from cbspec.claim import Claim
    from cbspec.ledger import Outcome
    from cbspec.plugin.process import ClaimProcess


class ClaimFile(pytest.File):
    """One YAML file of claims.

    Args:
        source: the file's path in the project's folder of claims. pytest may have found the file by
            a link.
        process: the state of the plugin.

    Attributes:
        unread: the mistakes in the file, as JSON.
    """

    def __init__(self, *, source: Path, process: ClaimProcess, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.source = source
        self.process = process
        self.unread: list[str] = []

    def collect(self) -> Iterator[ClaimItem]:
        for claim in self._read():
            self.process.claims.append(claim)
            yield ClaimItem.from_parent(self, name=claim.id, claim=claim, process=self.process)

    def _read(self) -> Sequence[Claim]:
        from cbspec.language import load_file

        with whatever_raised():
            scale = self.process.known_scale
            return load_file(
                self.source,
                catalog=self.process.project.catalog,
                scale=scale,
                exact=scale == self.process.settings.canary,
            )

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """Show a user's mistake as text, without a traceback."""
        error = excinfo.value
        if isinstance(error, ClaimError):
            self.unread = unread(error, self.process.settings.root)
        else:
            name = self.path.name
            self.unread = [without_verdict(name, "", self.nodeid, 1, headline(error))]
        return explained(self, excinfo) or super().repr_failure(excinfo)


class NoClaims(pytest.File):
    """A defaults.yaml, which has no claims but is named by patterns such as ``claims/*.yaml``."""

    def collect(self) -> Iterator[pytest.Item]:
        return iter(())


class ClaimItem(pytest.Item):
    """One claim at the run's scale.

    Attributes:
        contents: the contents of the claim's report, as JSON by their kind; see `contents.py`.
    """

    def __init__(self, *, claim: Claim, process: ClaimProcess, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.claim = claim
        self.process = process
        self.contents: dict[str, str] = {}
        self.extra_keyword_matches.update(
            {claim.id, claim.phase, *claim.title.split(), *claim.arms}
        )
        for name in (marker(f"phase{claim.phase}"), marker(claim.status)):
            self.config.addinivalue_line("markers", f"{name}: claims of that phase or status")
            self.add_marker(name)

    def runtest(self) -> None:
        self.contents = {}  # a plugin may run the item again
        try:
            with whatever_raised():
                outcome, failure = self._checked()
        except (BackendError, SourceChanged) as error:
            self.session.shouldstop = terminal.line(str(error))
            self._note(BROKEN, headline(error))
            raise
        except Exception as error:
            if not (isinstance(error, Stopped) and self.process.run.stopped):
                self._note(BROKEN, headline(error))
            raise
        reason = terminal.line(outcome.reason)
        if outcome.kind == "xfailed":
            pytest.xfail(reason)  # does nothing under --runxfail
        if outcome.kind in ("failed", "xfailed"):
            raise failure
        if outcome.kind == "skipped":
            self._note(SKIPPED, reason)
            pytest.skip(reason)

    def _checked(self) -> tuple[Outcome, ClaimFailure]:
        """Return what became of the claim, and how it fails if it does."""
        if self.claim.scale == self.process.settings.canary:
            return self._canary()
        if self.process.evaluation.recomputes(self.claim):
            return self._judge()
        return self._uphold()

    def _judge(self) -> tuple[Outcome, ClaimFailure]:
        """Compute the claim's verdict."""
        from cbspec.report import encode

        self._warn_of_margins()
        self._warn_of_unread()
        record = self.process.evaluation.evaluate(self.claim)
        self._add_property("verdict", record.judgement.verdict)
        self.contents[RECORD] = encode(record)
        self._add_canary()
        self._warn_of_change(record.outcome)
        return record.outcome, ClaimFailed(record)

    def _uphold(self) -> tuple[Outcome, ClaimFailure]:
        """Check the recorded verdicts of a claim that gets none at this scale."""
        from cbspec.report import encode

        upheld = self.process.evaluation.upheld(self.claim)
        ways = dict.fromkeys(check.way for check in upheld.checks)
        self._add_property("checked", ", ".join(ways))
        self.contents[UPHELD] = encode(upheld)
        self._add_canary()
        self._warn_of_change(upheld.outcome)
        return upheld.outcome, DoubtError(upheld, self.process.device_option)

    def _canary(self) -> tuple[Outcome, ClaimFailure]:
        """Compare the claim's canary with the record."""
        from cbspec.ledger import Outcome, settled, today
        from cbspec.report import encode

        check = self.process.evaluation.canaries.check(self.claim)
        self._add_property("canary", check.state)
        self.contents[CANARY] = encode(check)
        outcome = Outcome(kind="passed", reason=check.text)
        if check.failed:
            failure = Outcome(kind="failed", reason=check.text, cause="doubt")
            outcome = settled(failure, self.claim, today())
            self._warn_of_change(outcome)
        return outcome, CanaryError(check)

    def _add_canary(self) -> None:
        """Add the claim's canary to the report, if one was needed."""
        from cbspec.report import encode

        if check := self.process.evaluation.needed_canary(self.claim):
            self.contents[CANARY] = encode(check)

    def _add_property(self, name: str, value: str) -> None:
        """Set a property of the report."""
        others = [item for item in self.user_properties if item[0] != name]
        self.user_properties[:] = [*others, (name, value)]

    def _note(self, kind: str, reason: str) -> None:
        """Note in the report why the claim has no verdict."""
        path, line, _ = self.location
        claim = self.claim
        self.contents[kind] = without_verdict(claim.id, claim.title, path, (line or 0) + 1, reason)

    def _warn_of_change(self, outcome: Outcome) -> None:
        """Warn of a change that does not fail: a wobble, or one of a claim that may not fail."""
        if outcome.warning:
            self.warn(ChangeWarning(terminal.line(f"{self.claim.id}: {outcome.warning}")))

    def _warn_of_margins(self) -> None:
        """Warn of a margin that the seeds cannot reach by the recorded spread.

        This is no error: the claim may well be inconclusive, and that is a result. ``-W error``
        makes it one.
        """
        from cbspec.evaluation.margins import undecidable

        evaluation = self.process.evaluation
        for mistake in undecidable([self.claim], evaluation.ledger, evaluation.noise):
            self.warn(UndecidableWarning(terminal.lines(str(mistake))))

    def _warn_of_unread(self) -> None:
        """Warn of runs of a table that the claim's seeds leave out, without a reason."""
        if told := self.claim.runs_unread:
            self.warn(UnreadWarning(terminal.line(f"{self.claim.id}: {told}")))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.claim.line - 1, f"claim {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return explained(self, excinfo) or super().repr_failure(excinfo, style)


def marker(text: str) -> str:
    """Return the pytest marker of a phase or status: ``phase6.5A`` -> ``phase6_5a``."""
    return re.sub(r"\W", "_", text.lower())
