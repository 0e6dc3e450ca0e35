"""A project whose jobs can be held up while something is killed, and what it computes locally."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from cbspec.model.finding import Judgement
from cbspec.store import Store
from tests.support.laboratory import Laboratory
from tests.support.process import PytestProcess

ENGINE = Path(__file__).parents[1] / "labs" / "ferry.py"

DEFAULTS = """\
alpha: 0.05
seeds: [1, 2, 3]
scales:
  quick: {hours: 3}
stages:
  boat: {stage: sail, hour: $hours}
"""

DRIFT = """\
id: 1.a
title: A stronger stream carries boats further
phase: 1A
status: active
source: {memo: logbook, figures: {}}
experiment: {stage: land, boat: boat}
arms:
  still: {boat: {stream: 2.0}}
  strong: {boat: {stream: 20.0}}
assert:
  - {kind: order, measure: distance, arms: [still, strong], direction: ascending}
scales: [quick]
"""
# The arms are two points of one trajectory
LONGER = """\
id: 2.a
title: A boat that is longer under way gets further
phase: 2A
status: active
source: {memo: logbook, figures: {}}
experiment: boat
arms:
  early: {hour: 1, stream: 5.0}
  late: {hour: 4, stream: 5.0}
assert:
  - {kind: order, measure: place, arms: [early, late], direction: ascending}
scales: [quick]
"""
SUNK = """\
id: 3.a
title: A sunk boat gets nowhere
phase: 3A
status: active
source: {memo: logbook, figures: {}}
experiment: boat
arms:
  afloat: {stream: 2.0}
  sunk: {stream: 2.0, sunk: true}
assert:
  - {kind: order, measure: place, arms: [sunk, afloat], direction: ascending}
scales: [quick]
"""


@dataclass
class Ferry(Laboratory):
    """A laboratory with the engine ferry.py, whose journal lies on the shore."""

    shore: Path = Path()

    def furnish(self) -> None:
        """Lay out engine, defaults, configuration and two claims."""
        super().furnish()
        self.write("lab/catalog.py", ENGINE.read_text())
        self.write("claims/defaults.yaml", DEFAULTS)
        self.claim("drift.yaml", DRIFT)
        self.claim("longer.yaml", LONGER)
        for path in self.shore.iterdir():
            path.unlink()

    def begin(self, *arguments: str) -> PytestProcess:
        """Start a run in a process of its own."""
        return self.start(*arguments)

    def finish(self, *arguments: str) -> str:
        """Run the claims; the output."""
        return self.begin(*arguments).end()[1]

    def hold(self) -> None:
        """Let no boat get beyond its first hour."""
        (self.shore / "hold").touch()

    def let_go(self) -> None:
        (self.shore / "hold").unlink()

    def journal(self) -> Counter[str]:
        """How often each hour of each boat was computed."""
        path = self.shore / "journal"
        return Counter(path.read_text().splitlines() if path.exists() else [])

    def judgements(self) -> dict[str, Judgement]:
        """Claim -> judgement of the last run."""
        return {record.claim: record.judgement for record in self.report.records}

    def contents(self) -> dict[str, str]:
        """Key -> digest of all that is stored under it."""
        store = Store(self.root / ".cbspec" / "store")
        entries = {key: store.get(key) for key in store.stored_keys()}
        return {key: entry.content for key, entry in entries.items() if entry}

    def forget(self) -> None:
        """Leave no result and no journal."""
        shutil.rmtree(self.root / ".cbspec", ignore_errors=True)
        (self.shore / "journal").unlink(missing_ok=True)
