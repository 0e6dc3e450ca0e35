"""The commit that moved a claim: found by code fingerprints first, which cost nothing, then by the
claim's canary, then by its verdict.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from cbspec.canary import CanaryRecord, compared
from cbspec.errors import CbspecError
from cbspec.project import Project
from cbspec.trials.commits import Commits
from cbspec.trials.past import ClaimCode, canary_at, code_at, verdicts_at
from cbspec.trials.process import Ended, Worker, server

SECONDS = 3600.0

What = Literal["canary", "verdict"]


class Bisected(msgspec.Struct, frozen=True, kw_only=True):
    """The first commit at which a claim differs from the good commit.

    Attributes:
        what: whether its canary changed, or only its verdict.
        change: the value or verdict that changed, before and after.
        definitions: the definitions of the claim's code that the commit changed.
        looked: the number of commits whose canary or verdict was computed.
        skipped: the commits that could not be run, each with the reason.
    """

    commit: str
    subject: str
    what: What
    change: str
    definitions: tuple[str, ...]
    looked: int
    skipped: Mapping[str, str]


class Bisection:
    """A search between two commits. The checkout is left alone: each commit that is looked at is
    written into a folder of its own. Results go into the project's store, so that a search that was
    interrupted goes on where it was.

    Args:
        scale: where verdicts are computed. None: the project's default, or the first of the scales
            that the claim lists, if that is none of them.
        folder: empty; holds the commits while the search lasts.
        tell: called with one line for each step.
    """

    def __init__(
        self,
        project: Project,
        claim: str,
        scale: str | None,
        folder: Path,
        tell: Callable[[str], None],
    ) -> None:
        self._project = project
        self._claim = claim
        self._scale = scale
        self._commits = Commits(project.config, folder)
        self._tell = tell
        self._context = server()
        self._codes: dict[str, ClaimCode | None] = {}
        self._values: dict[tuple[str, str], Any] = {}
        self._skipped: dict[str, str] = {}
        os.environ["CBSPEC_STORE"] = str(project.config.store)

    def search(self, good: str, bad: str) -> Bisected:
        """Return the first commit after `good`, up to `bad`, at which the claim is another.

        Raises:
            CbspecError: one of them is no commit, cannot be looked at, or `good` is not before
                `bad`; or the claim is the same at both.
        """
        first, last = self._end(good), self._end(bad)
        commits = self._commits.between(good, bad, first.files.keys() | last.files.keys())
        self._tell(f"{len(commits) - 1} of the commits may change the claim, its data or its code")
        groups = self._grouped(commits)
        if len(groups) == 1:
            raise CbspecError(f"no commit from {good} to {bad} changes what {self._claim} reaches")
        for what, scale in self._looks(last.scale):
            if self._moved(what, scale, commits[0], groups[-1]):
                return self._narrowed(groups, what, scale)
            self._tell(f"{what}: the same at both ends, at scale {scale}")
        raise CbspecError(f"{self._claim} is the same at {good} and {bad}")

    def _end(self, name: str) -> ClaimCode:
        """Return the claim at one end of the search.

        Raises:
            CbspecError: it is no commit, or cannot be looked at.
        """
        commit = self._commits.named(name)
        code = self._code(commit)
        if code is None:
            raise CbspecError(f"{commit[:10]}: {self._skipped[commit]}")
        return code

    def _looks(self, scale: str) -> Iterator[tuple[What, str]]:
        """Yield what is compared, and at which scale, the cheaper first."""
        if canary := self._project.config.canary:
            yield "canary", canary
        yield "verdict", scale

    def _grouped(self, commits: list[str]) -> list[str]:
        """Return the commits at which something of the claim changed, and the first one."""
        groups: list[str] = []
        key = None
        for commit in commits:
            code = self._code(commit)
            if code is not None and code.key != key:
                groups.append(commit)
                key = code.key
        self._tell(f"{len(groups) - 1} of them change what {self._claim} reaches")
        return groups

    def _narrowed(self, groups: list[str], what: What, scale: str) -> Bisected:
        """Return the first commit that differs, by bisection."""
        low, high = 0, len(groups) - 1
        while high - low > 1:
            middle = (low + high) // 2
            commit = groups[middle]
            try:
                moved = self._moved(what, scale, groups[0], commit)
            except Ended as reason:  # as `git bisect skip`
                self._skipped[commit] = str(reason)
                del groups[middle]
                high -= 1
                continue
            self._tell(f"{commit[:10]}: {moved or 'as before'}")
            if moved:
                high = middle
            else:
                low = middle
        commit = groups[high]
        return Bisected(
            commit=commit,
            subject=self._commits.subject(commit),
            what=what,
            change=self._moved(what, scale, groups[0], commit),
            definitions=self._changed(groups[low], commit),
            looked=len(self._values),
            skipped=self._skipped,
        )

    def _moved(self, what: What, scale: str, before: str, commit: str) -> str:
        """Return how the claim differs at a commit, in words; empty if it does not.

        Raises:
            Ended: the claim cannot be computed at this commit.
        """
        if what == "verdict":
            then, now = (
                self._value(verdicts_at, scale, before),
                self._value(verdicts_at, scale, commit),
            )
            changes = []
            for cell in sorted(then.keys() | now.keys()):
                if then.get(cell) != now.get(cell):
                    changes.append(f"{cell}: {then.get(cell)} -> {now.get(cell)}")
            return "; ".join(changes)
        record = CanaryRecord.load(self._project.config.canary_record)
        record = record.recording(self._value(canary_at, scale, before))
        for figures in self._value(canary_at, scale, commit):
            check = compared(record, figures)
            if check.state not in ("equal", "unheld"):
                return f"{figures.claim}: {check.text}"
        return ""

    def _changed(self, before: str, after: str) -> tuple[str, ...]:
        old, new = self._code(before), self._code(after)
        assert old is not None
        assert new is not None
        names = old.definitions.keys() | new.definitions.keys()
        return tuple(
            sorted(name for name in names if old.definitions.get(name) != new.definitions.get(name))
        )

    def _code(self, commit: str) -> ClaimCode | None:
        """Return the calls and the code of the claim at a commit; None if nobody can tell."""
        if commit not in self._codes:
            try:
                self._codes[commit] = self._ask(code_at, commit, self._scale)
            except Ended as reason:
                self._codes[commit] = None
                self._skipped[commit] = str(reason)
        return self._codes[commit]

    def _value(self, work: Callable[..., Any], scale: str, commit: str) -> Any:
        """Return the claim's canary values, or its verdicts, at a commit."""
        if (commit, scale) not in self._values:
            self._tell(f"{commit[:10]}: computing at scale {scale}")
            self._values[commit, scale] = self._ask(work, commit, scale)
        return self._values[commit, scale]

    def _ask(self, work: Callable[..., Any], commit: str, *arguments: Any) -> Any:
        place = self._commits.written(commit)
        worker = Worker.start(self._context, SECONDS, work, place, self._claim, *arguments)
        return worker.result()
