"""``reports/teeth.json``: the mutants that were tried, and the claims that noticed them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from cbspec.claim import base
from cbspec.committed import decode, text_of
from cbspec.committed.writing import dumps, write
from cbspec.ledger import Provenance

VERSION = 1

Outcome = Literal["noticed", "missed", "equivalent", "open", "not executed"]


class Tried(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mutant and who noticed it.

    Attributes:
        reaches: the claims whose code the definition belongs to.
        outcome: `noticed` where a canary is not as recorded or the run broke; `missed` where the
            changed lines run, their values or their path are others, and all stay within
            tolerance; `equivalent` where every canary value is the same to the last bit and the
            definition takes the same path; `open` where the cheapest of these claims noticed
            nothing, and the others were not asked yet; `not executed` where no canary runs the
            changed lines.
        asked: the claims whose canary ran with the change: the cheapest first of those that execute
            the changed lines, until one noticed.
        canary: the claims whose canary noticed.
        verdicts: claim -> its changed verdict, of those that were computed; `invalid` is a
            control's.
        judged: the claims whose verdict was computed.
        tests: whether the unit tests noticed; None where they were not run.
        ended: why the canaries did not get to their end.
        seconds: of the processor, that the trial took.
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
    def by_name(self) -> dict[str, Tried]:
        """Return name -> mutant."""
        return {mutant.name: mutant for mutant in self.mutants}

    @property
    def counted(self) -> list[Tried]:
        """Return the mutants that are not equivalent and that some canary executes."""
        return [one for one in self.mutants if one.outcome in ("noticed", "missed")]

    @property
    def judged(self) -> list[Tried]:
        """Return those of them for which a verdict was computed."""
        return [one for one in self.counted if one.judged]

    @property
    def toothless(self) -> list[str]:
        """Return the claims whose verdict was computed for mutants and that none of them changed."""
        asked: set[str] = set()
        changed: set[str] = set()
        for mutant in self.judged:
            asked.update(mutant.judged)
            changed.update(map(base, mutant.verdicts))
        return sorted(asked - changed)


def teeth_on_record(path: Path) -> Teeth | None:
    """Return the trials on record; None where there are none.

    Raises:
        LedgerError: the file cannot be read or is damaged.
    """
    text = text_of(path)
    if text is None:
        return None
    return decode(text, str(path), Teeth, version=VERSION, noun="record of mutants")
