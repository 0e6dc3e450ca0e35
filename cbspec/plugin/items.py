"""A claim file and its claims as pytest sees them: a collector, an item for each claim, and what
either says when it fails.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from cbspec.errors import CbspecError, ClaimError, SourceChanged, Stopped

# Imported when the first claim is collected: other projects' runs pay nothing for this plugin
if TYPE_CHECKING:
    from cbspec.canary import CanaryCheck
    from cbspec.claim import Claim
    from cbspec.config import Config
    from cbspec.evaluation import Evaluation
    from cbspec.project import Project
    from cbspec.report import Record, Upheld

RECORD, UPHELD, CANARY, SKIPPED, BROKEN = "record", "upheld", "canary", "skipped", "broken"
"""What a claim has to tell, as JSON in the attribute `cbspec` of its report, which workers hand to
the controller.
"""


class Host(Protocol):
    """What a claim file and its claims need of the plugin that collects them.

    Attributes:
        claims: all that this process collected.
        device_option: what a command has to be told to look at the results of this run's device.
    """

    settings: Config
    project: Project
    scale: str
    claims: list[Claim]

    @property
    def evaluation(self) -> Evaluation:
        """Return this process' share in evaluating the claims."""

    @property
    def known_scale(self) -> str: ...

    @property
    def device_option(self) -> str: ...


class ClaimFile(pytest.File):
    """One YAML file of claims."""

    def __init__(self, *, plugin: Host, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plugin = plugin
        self.told: list[str] = []

    def collect(self) -> Iterator[ClaimItem]:
        from cbspec.language import load_file

        scale = self.plugin.known_scale
        for claim in load_file(
            self.path,
            catalog=self.plugin.project.catalog,
            scale=scale,
            exact=scale == self.plugin.settings.canary,
        ):
            self.plugin.claims.append(claim)
            yield ClaimItem.from_parent(self, name=claim.id, claim=claim, plugin=self.plugin)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> Any:  # type: ignore[override]
        """Show a user's mistake as text, without a traceback."""
        error = excinfo.value
        self.told = (
            unread(error, self.config.rootpath)
            if isinstance(error, ClaimError)
            else [self._broken(error)]
        )
        return explained(self, excinfo) or super().repr_failure(excinfo)

    def _broken(self, error: BaseException) -> str:
        from cbspec.report import Skipped, encode

        return encode(
            Skipped(
                claim=self.path.name, title="", path=self.nodeid, line=1, reason=_headline(error)
            )
        )


class NoClaims(pytest.File):
    """A defaults.yaml, which a shell's ``claims/phase10/*.yaml`` names along with the claims."""

    def collect(self) -> Iterator[pytest.Item]:
        return iter(())


class ClaimItem(pytest.Item):
    """One claim at the run's scale."""

    def __init__(self, *, claim: Claim, plugin: Host, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.claim = claim
        self.plugin = plugin
        self.told: dict[str, str] = {}
        self.extra_keyword_matches.update(
            {claim.id, claim.phase, *claim.title.split(), *claim.arms}
        )
        for name in (marker(f"phase{claim.phase}"), marker(claim.status)):
            self.config.addinivalue_line("markers", f"{name}: claims of that phase or status")
            self.add_marker(name)

    def runtest(self) -> None:
        try:
            self._run()
        except SourceChanged as error:
            self.session.shouldstop = str(error)
            self._note(BROKEN, _headline(error))
            raise
        except (ClaimFailed, DoubtError, CanaryError, Stopped):
            raise
        except Exception as error:
            self._note(BROKEN, _headline(error))
            raise

    def _run(self) -> None:
        evaluation = self.plugin.evaluation
        if self.claim.scale == self.plugin.settings.canary:
            self._canary()
        elif evaluation.recomputes(self.claim):
            self._judge()
        else:
            self._uphold()

    def _judge(self) -> None:
        """Compute the verdict."""
        from cbspec.report import encode

        self._warn_of_margins()
        record = self.plugin.evaluation.evaluate(self.claim)
        self.user_properties.append(("verdict", record.judgement.verdict))
        self.told[RECORD] = encode(record)
        self._tell_canary()
        if record.outcome.kind == "xfailed":
            pytest.xfail(record.outcome.reason)
        if record.outcome.kind == "failed":
            raise ClaimFailed(record)

    def _uphold(self) -> None:
        """Check what is on record of a claim that has no verdict at this scale."""
        from cbspec.report import encode

        upheld = self.plugin.evaluation.upheld(self.claim)
        self.user_properties.append(
            ("checked", ", ".join(dict.fromkeys(check.way for check in upheld.checks)))
        )
        self.told[UPHELD] = encode(upheld)
        self._tell_canary()
        reason = upheld.outcome.reason
        if upheld.outcome.kind == "failed":
            raise DoubtError(upheld, self.plugin.device_option)
        if upheld.outcome.kind == "xfailed":
            pytest.xfail(reason)
        if upheld.outcome.kind == "skipped":
            self._note(SKIPPED, reason)
            pytest.skip(reason)

    def _canary(self) -> None:
        """Compare the claim's canary; nothing is judged."""
        from cbspec.report import encode

        check = self.plugin.evaluation.canaries.check(self.claim)
        self.user_properties.append(("canary", check.state))
        self.told[CANARY] = encode(check)
        if check.failed:
            raise CanaryError(check)

    def _tell_canary(self) -> None:
        """Add the claim's canary to the report, where the checks of its verdicts needed it."""
        from cbspec.report import encode

        if check := self.plugin.evaluation.canary_told(self.claim):
            self.told[CANARY] = encode(check)

    def _note(self, kind: str, reason: str) -> None:
        """Tell the report why the claim has no verdict."""
        from cbspec.report import Skipped, encode

        path, line, _ = self.location
        skipped = Skipped(
            claim=self.claim.id,
            title=self.claim.title,
            path=path,
            line=(line or 0) + 1,
            reason=reason,
        )
        self.told[kind] = encode(skipped)

    def _warn_of_margins(self) -> None:
        """Warn of a margin too narrow for the recorded spread, as `cbspec validate` does.

        It is no error, since the run is what the record comes from: an inconclusive verdict is a
        result, and whoever edits a claim that has one, or runs the others, has to be able to.
        pytest shows a warning per item once under xdist too, and ``-W error`` makes it a failure.
        """
        from cbspec.evaluation.margins import undecidable

        for mistake in undecidable([self.claim], self.plugin.evaluation.ledger):
            self.warn(UndecidableWarning(str(mistake)))

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, self.claim.line - 1, f"claim {self.name}"

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return explained(self, excinfo) or super().repr_failure(excinfo, style)


def _headline(error: BaseException) -> str:
    """Return the first line of an exception's message, or its type if it has none."""
    return str(error).partition("\n")[0] or type(error).__name__


def unread(error: ClaimError, root: Path) -> list[str]:
    """Return each mistake that keeps files from being claims, as JSON, at its place, which may be
    in the defaults.
    """
    from cbspec.report import Skipped, encode

    encoded = []
    for mistake in error.mistakes:
        path, line = mistake.origin.path, mistake.origin.line
        place = os.path.relpath(path, root)
        encoded.append(
            encode(Skipped(claim=path.name, title="", path=place, line=line, reason=mistake.text))
        )
    return encoded


class UndecidableWarning(pytest.PytestWarning):
    """An assertion of a claim can never be shown, as far as the spread on record tells."""


class ClaimFailed(Exception):
    """A claim whose outcome is a failure; carries the record that its text is made of."""

    def __init__(self, record: Record) -> None:
        self.record = record
        super().__init__(record.outcome.reason)


class DoubtError(Exception):
    """A verdict on record that the run did not recompute has failed its check."""

    def __init__(self, upheld: Upheld, options: str) -> None:
        self.upheld = upheld
        self.options = options
        super().__init__(upheld.outcome.reason)


class CanaryError(Exception):
    """A canary is not as recorded."""

    def __init__(self, check: CanaryCheck) -> None:
        self.check = check
        super().__init__(check.text)


def explained(
    node: pytest.Collector | pytest.Item, excinfo: pytest.ExceptionInfo[BaseException]
) -> Any:
    """Return as text what a person caused, has to decide on or expects; None for a defect of the
    program, which pytest traces.

    Its headline goes into the closing summary, where pytest shows a mere string whole and a second
    time when it runs on CI.
    """
    error = excinfo.value
    if isinstance(error, ClaimFailed):
        from cbspec.report import failure_text

        trace = error.record.traceback if node.config.getoption("fulltrace", False) else ""
        headline = error.record.outcome.reason
        text = failure_text(error.record) + (f"\n\n{trace}" if trace else "")
    elif isinstance(error, DoubtError):
        from cbspec.report import doubt_text

        text, headline = doubt_text(error.upheld, error.options), str(error)
    elif isinstance(error, CanaryError):
        from cbspec.report import canary_text

        text, headline = canary_text(error.check), str(error)
    elif isinstance(error, CbspecError | UndecidableWarning | pytest.xfail.Exception):
        text = str(error)
        headline = text.partition("\n")[0]
    else:
        return None
    shown: Any = excinfo.getrepr(style="native")
    shown.reprtraceback.reprentries[0].lines = [text + "\n"]
    shown.reprcrash.message = headline
    return shown


def marker(text: str) -> str:
    """Return the pytest marker of a phase or status: ``phase6.5A`` -> ``phase6_5a``."""
    return re.sub(r"\W", "_", text.lower())
