"""A project in a folder of its own whose engine needs no torch: plants that grow in pots."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cbspec import kinds
from cbspec.claim import Claim
from cbspec.cli import main
from cbspec.config import Config
from cbspec.evaluation import Evaluation
from cbspec.execution.numerics import Numerics, resolve
from cbspec.execution.rundir import RunDirectory
from cbspec.language import load
from cbspec.ledger import Ledger, provenance
from cbspec.project import Project
from cbspec.report import Check, Run, decode, write_pages
from tests.support.claim_text import DEFAULTS, LIGHT
from tests.support.process import PytestProcess
from tests.support.specimen import put_on_record

ENGINE = Path(__file__).parents[1] / "labs" / "garden.py"
NUMERICS = Numerics(device="cpu", torch="2.11.0")
# Plugins that no claim needs, and each run would look through
UNNEEDED = ("-p", "no:hypothesispytest", "-p", "no:pytest_cov")
CACHED = ("--cache", "--lf")  # what needs pytest's cache, which other runs do without
# What the test run itself was started with
HIDDEN = ("GITHUB_", "PYTEST_", "CBSPEC_", "PYTHONDONTWRITEBYTECODE")


@dataclass
class Laboratory:
    """A project at `root`, which is the working directory of the test.

    `cbspec` and `run` work in this process, `pytest` and `start` in one of their own. There stages
    are computed in processes of theirs, or by the back end that the test names.
    """

    root: Path
    backend: str = "local"
    started: list[PytestProcess] = field(default_factory=list)

    def furnish(self) -> None:
        """Lay out engine, defaults and configuration; no claim."""
        self.write("lab/__init__.py", "")
        self.write("lab/catalog.py", ENGINE.read_text())
        self.write("claims/defaults.yaml", DEFAULTS)
        self.write(
            "pyproject.toml",
            '[tool.cbspec]\nengine = "lab.catalog"\n\n[tool.pytest.ini_options]\n',
        )

    def write(self, name: str, text: str) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if name.startswith("lab/"):
            forget_engine()
        return path

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace words of a file, which must be there once."""
        text = (self.root / name).read_text()
        assert text.count(old) == 1, f"{name} has {text.count(old)} times, not once: {old!r}"
        self.write(name, text.replace(old, new))

    def claim(self, name: str, text: str = LIGHT, **replaced: str) -> Path:
        """Write a claim file; keywords replace the values of top-level keys."""
        for key, value in replaced.items():
            text = re.sub(rf"^{key}: .*$", f"{key}: {value}", text, flags=re.MULTILINE)
        return self.write(f"claims/{name}", text)

    def draw_more(self) -> None:
        """From now on claims may draw two seeds more."""
        self.edit(
            "claims/defaults.yaml", "seeds: [1, 2, 3]", "seeds: {pool: [1, 2, 3, 4, 5], start: 3}"
        )

    def start(self, *arguments: str, **environment: str) -> PytestProcess:
        """Begin a run of pytest; the environment is the test's, without what pytest was told."""
        # The lab and the harness assert nothing that pytest would have to rewrite: a fifth of a start.
        command = ["claims", "--assert=plain", *UNNEEDED]
        if "-pno:terminal" not in arguments:
            command.append("--no-header")
        if self.backend != "local":
            command += ["--backend", self.backend]
        if not set(CACHED) & set(arguments):
            command += ["-p", "no:cacheprovider"]
        command += [word for word in arguments if word != "--cache"]
        self.started.append(PytestProcess(command, self.root, inherited(command) | environment))
        return self.started[-1]

    def pytest(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Run the claims; exit status and output."""
        return self.start(*arguments, **environment).end()

    def cbspec(self, *arguments: str, **options: Any) -> Result:
        """Call the command line in this process."""
        return CliRunner().invoke(main, arguments, prog_name="cbspec", **options)

    def json(self, *arguments: str) -> Any:
        """The JSON that a command prints."""
        return json.loads(self.cbspec(*arguments, "--json").stdout)

    def evaluation(self, numerics: Numerics = NUMERICS) -> Evaluation:
        run = RunDirectory(self.root / ".cbspec" / "runs" / "test", "main")
        return Project(self.root).evaluation(run, numerics, backend="inline")

    def claims(self, scale: str = "quick") -> list[Claim]:
        return load([Path("claims")], catalog=Project(self.root).catalog, scale=scale)

    def run(self, scale: str = "quick") -> Run:
        """Evaluate every claim in this process and write the report of the run."""
        numerics = resolve("cpu")
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

    def checks(self, scale: str = "quick") -> list[Check]:
        """Run all claims in this process and write the report: the checks of recorded verdicts."""
        run = Project(self.root).run(scale=scale, backend="inline")
        write_pages(run, self.root / "reports")
        return [check for checks in run.checks.values() for check in checks]

    @property
    def report(self) -> Run:
        """The last run."""
        return decode((self.root / "reports" / "latest.json").read_text(), Run)

    def verdicts(self) -> dict[str, str]:
        """Claim -> verdict of the last run."""
        return {record.claim: record.judgement.verdict for record in self.report.records}

    def record(self, run: Run, reason: str = "as found", **changed: Any) -> Ledger:
        """Put a run's verdicts on record, entries changed as the keywords say."""
        return put_on_record(self.root / "reports", run.records, reason, **changed)

    @property
    def ledger(self) -> Ledger:
        """The verdicts on record."""
        return Ledger.load(self.root / "reports" / "ledger.json")

    def stored(self) -> dict[str, int]:
        """Key -> file of each stored result."""
        # Not its neighbours, where folders come and go
        entries = self.root / ".cbspec" / "store" / "entries"
        return {path.parent.name: path.stat().st_ino for path in entries.glob("*/*/record.json")}

    def git(self, *arguments: str) -> str:
        settings = ("user.name=Test", "user.email=test@example.org", "commit.gpgsign=false")
        command = ["git"]
        for setting in settings:
            command += ["-c", setting]
        done = subprocess.run(
            [*command, *arguments], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def commit(self) -> str:
        """Commit everything but the results; the commit's name."""
        if not (self.root / ".git").exists():
            self.git("init", "--quiet")
            self.write(".gitignore", ".cbspec/\n__pycache__/\n")
        self.git("add", ".")
        self.git("commit", "--quiet", "--message", "state")
        return self.git("rev-parse", "HEAD")


@contextmanager
def working_in(root: Path) -> Iterator[Laboratory]:
    """Give a laboratory at a folder that becomes the working directory, and leave no trace of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        patch.delenv("CBSPEC_STORE", raising=False)
        patch.setattr(sys, "path", [*sys.path])
        forget_engine()
        laboratory = Laboratory(root)
        try:
            yield laboratory
        finally:
            for process in laboratory.started:
                process.discard()
            forget_engine()
            kinds.load(Config(root))


def forget_engine() -> None:
    """Have the next project import its own engine."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "lab"]:
        del sys.modules[name]


def inherited(command: list[str]) -> dict[str, str]:
    """The environment of a run of pytest, which has to order sets as stages do to run them."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith(HIDDEN)}
    if "inline" in command:
        variables.setdefault("PYTHONHASHSEED", "0")
    return variables


def outcomes(output: str) -> str:
    """The words of pytest's last line, without the time."""
    return output.strip().splitlines()[-1].strip("= ").rsplit(" in ", 1)[0]


def pytest_in(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest in any folder, on what the arguments name; exit status and output."""
    command = [*arguments, "--assert=plain", "-p", "no:cacheprovider"]
    process = PytestProcess(command, folder, inherited(command))
    try:
        return process.end()
    finally:
        process.discard()
