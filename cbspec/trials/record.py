"""What the trials showed, of each mutant and of each claim."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Literal

import msgspec

from cbspec.committed import decode
from cbspec.committed.writing import dumps, write
from cbspec.ledger import Provenance
from cbspec.trials.mutant import Mutant
from cbspec.trials.trial import Arcs, Canary, Trial

VERSION = 1

Outcome = Literal["noticed", "missed", "equivalent", "open", "not executed"]


class Tried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mutant and who noticed it.

    Attributes:
        reaches: the claims whose code the definition belongs to.
        outcome: `noticed` where a canary is not as recorded or the run broke; `missed` where the
            changed lines run, their values or their path are others, and all stay within
            tolerance; `equivalent` where every canary value is the same to the last bit and the
            definition takes the same path; `open` where those asked so far noticed nothing and
            others reach it; `not executed` where no canary runs the changed lines.
        asked: the claims whose canary ran with the change.
        canary: the claims whose canary noticed.
        verdicts: claim -> its changed verdict, of those that were computed; `invalid` is a
            control's.
        judged: the claims whose verdict was computed.
        tests: whether the unit tests noticed; None where they were not run.
        ended: why the canaries did not get to their end.
        seconds: that the trial took.
    """

    name: str
    definition: str
    line: int
    operator: str
    before: str
    after: str
    reaches: tuple[str, ...]
    outcome: Outcome
    asked: tuple[str, ...] = ()
    canary: tuple[str, ...] = ()
    verdicts: Mapping[str, str] = {}
    judged: tuple[str, ...] = ()
    tests: bool | None = None
    ended: str = ""
    seconds: float = 0.0

    @property
    def noticed(self) -> bool:
        """Tell whether anything noticed."""
        return self.outcome == "noticed" or bool(self.verdicts) or self.tests is True


class Teeth(msgspec.Struct, frozen=True, kw_only=True):
    """A sample of mutants, tried.

    Attributes:
        seed: of the sample.
        sites: how many places the sample was drawn from.
    """

    version: int = VERSION
    seed: int
    sites: int
    provenance: Provenance
    mutants: tuple[Tried, ...] = ()

    def with_tried(self, tried: Tried) -> Teeth:
        """Return the record with what became of a mutant, in place of what it said of it."""
        others = tuple(one for one in self.mutants if one.name != tried.name)
        return msgspec.structs.replace(self, mutants=(*others, tried))

    def save(self, path: Path) -> None:
        """Write the record in one step."""
        write(path, dumps(msgspec.to_builtins(self, order="deterministic")))

    @property
    def counted(self) -> list[Tried]:
        """Return the mutants that are not equivalent and that some canary executes."""
        return [one for one in self.mutants if one.outcome in ("noticed", "missed")]

    def toothless(self, claims: Iterable[str]) -> list[str]:
        """Return the claims whose verdict was computed for mutants and that none of them changed."""
        judged = {claim for one in self.mutants for claim in one.judged}
        changed = {claim for one in self.mutants for claim in one.verdicts}
        return [claim for claim in claims if claim in judged - changed]


def load(path: Path) -> Teeth | None:
    """Return the trials on record; None where there are none.

    Raises:
        LedgerError: the file is damaged.
    """
    if not path.exists():
        return None
    text = path.read_text(encoding="utf-8")
    return decode(text, str(path), Teeth, version=VERSION, noun="record of mutants")


def assessed(
    mutant: Mutant,
    trial: Trial,
    baseline: Canary,
    reaches: Collection[str],
    asked: Collection[str],
    judged: Collection[str],
) -> Tried:
    """Say what became of a mutant, beside the project as it is.

    Args:
        reaches: the claims whose code the definition belongs to, matrix cells apart.
        asked: those whose canary ran.
        judged: those whose verdict was computed.
    """
    noticed: list[str] = []
    if trial.canary:
        noticed = [claim for claim, state in trial.canary.states.items() if state != "equal"]
    return Tried(
        name=mutant.name,
        definition=mutant.definition,
        line=mutant.line,
        operator=mutant.operator,
        before=mutant.before,
        after=mutant.after,
        reaches=tuple(sorted(reaches)),
        outcome=_outcome(mutant, trial, baseline, noticed, everybody=set(reaches) <= set(asked)),
        asked=tuple(sorted(asked)),
        canary=tuple(sorted(noticed)),
        verdicts=trial.verdicts,
        judged=tuple(sorted(judged)),
        tests=trial.tests,
        ended=trial.ended,
        seconds=round(trial.seconds, 1),
    )


def _outcome(
    mutant: Mutant, trial: Trial, baseline: Canary, noticed: Collection[str], *, everybody: bool
) -> Outcome:
    if not baseline.executes(mutant):
        return "not executed"
    if trial.canary is None or noticed:
        return "noticed"
    if not everybody:
        return "open"
    changed = range(mutant.line, mutant.last + 1)
    before = baseline.arcs[mutant.path]
    same = all(
        values == baseline.values.get(claim) for claim, values in trial.canary.values.items()
    )
    if same and _around(before, trial.canary.arcs[mutant.path], changed):
        return "equivalent"
    return "missed"


def _around(before: Arcs, after: Arcs, changed: range) -> bool:
    """Tell whether the changed lines lead to the same lines, and are reached from the same."""
    near = {arc for arc in before if arc[0] in changed or arc[1] in changed}
    return near == {arc for arc in after if arc[0] in changed or arc[1] in changed}
