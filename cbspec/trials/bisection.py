"""The commit that moved a claim: found by code fingerprints first, which cost nothing, then by the
claim's canary, then by its verdict.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from cbspec.canary import CanaryRecord, Figures, compared
from cbspec.errors import CbspecError
from cbspec.project import Project
from cbspec.stage import stages_of
from cbspec.trials.commits import Commits
from cbspec.trials.process import Ended, Worker, server

SECONDS = 3600.0

What = Literal["canary", "verdict"]


class ClaimCode(msgspec.Struct, frozen=True):
    """The calls and the code of a claim at one commit.

    Attributes:
        calls: arm -> digest of its stage call, at the compared scale.
        stages: stage -> digest of its code.
        definitions: definition -> short hash.
    """

    calls: Mapping[str, str]
    stages: Mapping[str, str]
    definitions: Mapping[str, str]

    @property
    def key(self) -> tuple[Any, ...]:
        """Return a key that is equal for commits between which nothing of the claim changed."""
        return tuple(sorted(self.calls.items())), tuple(sorted(self.stages.items()))


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
        folder: empty; holds the commits while the search lasts.
        tell: called with one line for each step.
    """

    def __init__(
        self, project: Project, claim: str, folder: Path, tell: Callable[[str], None]
    ) -> None:
        self._project = project
        self._claim = claim
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
        commits = self._commits.between(good, bad)
        self._tell(f"{len(commits) - 1} commits touch the code or the claims")
        groups = self._grouped(commits)
        if len(groups) == 1:
            raise CbspecError(f"no commit from {good} to {bad} changes what {self._claim} reaches")
        for what, scale in self._looks():
            if self._moved(what, scale, commits[0], commits[-1]):
                return self._narrowed(groups, what, scale)
            self._tell(f"{what}: the same at both ends")
        raise CbspecError(f"{self._claim} is the same at {good} and {bad}")

    def _looks(self) -> Iterator[tuple[What, str]]:
        """Yield what is compared, and at which scale, the cheaper first."""
        if canary := self._project.config.canary:
            yield "canary", canary
        yield "verdict", self._project.config.scale

    def _grouped(self, commits: list[str]) -> list[str]:
        """Return the commits at which something of the claim changed, and the first one."""
        groups: list[str] = []
        key = None
        for commit in commits:
            code = self._code(commit)
            if code is None:
                if commit in (commits[0], commits[-1]):
                    raise CbspecError(f"{commit[:10]}: {self._skipped[commit]}")
            elif code.key != key:
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
                self._codes[commit] = self._ask(code_at, commit)
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


def code_at(folder: Path, claim: str) -> ClaimCode:
    """Return the calls and the code of a claim, for the project in a folder."""
    project = _project(folder)
    scale = project.config.canary or project.config.scale
    calls: dict[str, str] = {}
    stages: dict[str, str] = {}
    definitions: dict[str, str] = {}
    planner = project.planner("cpu")
    for cell in project.claims(claim, scale):
        for arm, call in cell.arms.items():
            calls[f"{cell.id} {arm}"] = call.digest
        stages |= planner.code(cell.arms.values())
        for stage in stages_of(cell.arms.values()).values():
            definitions |= project.code.fingerprint(stage.implementation).definitions
    return ClaimCode(calls, stages, definitions)


def canary_at(folder: Path, claim: str, scale: str) -> tuple[Figures, ...]:
    """Compute the canary of a claim in the project in a folder, for all cells of its matrix."""
    run = _project(folder).run(claim, scale, "cpu", adopt="never", backend="inline")
    broken = [check.reason for check in run.canaries if check.figures is None]
    if broken:
        raise CbspecError(broken[0])
    return tuple(check.figures for check in run.canaries if check.figures)


def verdicts_at(folder: Path, claim: str, scale: str) -> dict[str, str]:
    """Compute the verdicts of a claim in the project in a folder, for all cells of its matrix."""
    run = _project(folder).run(claim, scale, "cpu", adopt="never", backend="inline")
    return {record.claim: record.judgement.verdict for record in run.records}


def _project(folder: Path) -> Project:
    os.chdir(folder)
    return Project(folder)
