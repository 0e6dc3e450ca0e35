"""A project in a folder of its own, with a small engine without torch, worked on in this process:
plants that grow in pots.
"""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner, Result

from cbspec import catalog, config
from cbspec.cli import main
from cbspec.evaluation import Evaluation
from cbspec.execution.numerics import Numerics
from cbspec.execution.rundir import RunDirectory
from cbspec.language import load
from cbspec.ledger import Ledger, provenance
from cbspec.project import Project
from cbspec.report import Run, write_pages
from tests.cbspec.plugin.conftest import DEFAULTS
from tests.cbspec.specimen import put_on_record

ENGINE = Path(__file__).parents[1] / "plugin" / "laboratory.py"
NUMERICS = Numerics(device="cpu", torch="2.11")

WEIGHT = """\
id: 2.a
title: Taller plants weigh more
phase: 2A
status: active
revises: [1.a]
source: {memo: gardening log, figures: {}}
experiment: {stage: weigh, plant: plant}
arms:
  dark: {plant: {light: 2.0}}
  bright: {plant: {light: 8.0}}
assert:
  - {kind: order, measure: weight, arms: [dark, bright], direction: ascending}
scales: [quick]
"""


@dataclass
class Laboratory:
    """A project at `root`, which is the working directory of the test."""

    root: Path

    def found(self) -> None:
        """Lay out engine, defaults and configuration."""
        self.write("lab/__init__.py", "")
        self.write("lab/catalog.py", ENGINE.read_text())
        self.write("claims/defaults.yaml", DEFAULTS)
        self.write("pyproject.toml", '[tool.cbspec]\nengine = "lab.catalog"\n')

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace words of a file, which must be there."""
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def draw_more(self) -> None:
        """From now on claims may draw two seeds more."""
        self.edit(
            "claims/defaults.yaml", "seeds: [1, 2, 3]", "seeds: {pool: [1, 2, 3, 4, 5], start: 3}"
        )

    def cbspec(self, *arguments: str, **options: object) -> Result:
        """Call the command line in this process."""
        return CliRunner().invoke(main, arguments, prog_name="cbspec", **options)

    def json(self, *arguments: str):
        """The JSON that a command prints."""
        return json.loads(self.cbspec(*arguments, "--json").stdout)

    def evaluation(self, numerics: Numerics = NUMERICS) -> Evaluation:
        run = RunDirectory(self.root / ".cbspec" / "runs" / "test", "main")
        return Project(self.root).evaluation(run, numerics)

    def claims(self, scale: str = "quick"):
        return load([Path("claims")], catalog=catalog.load(config.load(self.root)), scale=scale)

    def run(self, numerics: Numerics = NUMERICS, scale: str = "quick") -> Run:
        """Evaluate every claim and write the report of the run."""
        evaluation = self.evaluation(numerics)
        records = tuple(
            evaluation.evaluate(claim) for claim in self.claims(scale) if scale in claim.decidable
        )
        made = provenance(self.root, numerics.torch, exclude=self.root / "reports")
        run = Run(
            scale=scale, device="cpu", provenance=made, seconds=1.0, workers=1, records=records
        )
        write_pages(run, self.root / "reports")
        return run

    def record(self, run: Run, reason: str = "as found") -> Ledger:
        """Put a run's verdicts on record."""
        return put_on_record(self.root / "reports", run.records, reason)

    def git(self, *arguments: str) -> str:
        identity = [
            "-c",
            "user.name=Test",
            "-c",
            "user.email=test@example.org",
            "-c",
            "commit.gpgsign=false",
        ]
        command = ["git", *identity, *arguments]
        return subprocess.run(
            command, cwd=self.root, check=True, capture_output=True, text=True
        ).stdout.strip()

    def commit(self) -> str:
        """Commit everything but the results; the commit's name."""
        if not (self.root / ".git").exists():
            self.git("init", "--quiet")
            self.write(".gitignore", ".cbspec/\n__pycache__/\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "state")
        return self.git("rev-parse", "HEAD")


def forget_engine() -> None:
    """Have the next project import its own engine."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "lab"]:
        del sys.modules[name]
