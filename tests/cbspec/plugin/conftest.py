import os
import re
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from cbspec.report import Run, decode
from tests.cbspec.specimen import put_on_record
from tests.patience import PATIENCE

DEFAULTS = """\
alpha: 0.05
seeds: [1, 2, 3]
scales:
  quick: {days: 3}
  memo: {days: 30}
stages:
  plant: {stage: grow, day: $days}
"""

LIGHT = """\
id: 1.a
title: More light makes taller plants
phase: 1A
status: active
source: {memo: gardening log, figures: {height: {dark: 6.0, bright: 24.0}}}
experiment: plant
arms:
  dark: {light: 2.0}
  bright: {light: 8.0}
assert:
  - {kind: order, measure: height, arms: [dark, bright], direction: ascending}
scales: [quick, memo]
"""

WRONG = LIGHT.replace("arms: [dark, bright]", "arms: [bright, dark]").replace("id: 1.a", "id: 1.b")
BROKEN = LIGHT.replace("id: 1.a", "id: 2.a").replace("phase: 1A", "phase: 2A")
BROKEN = BROKEN.replace("experiment: plant", "experiment: {stage: weigh, plant: plant}").replace(
    "figures: {height", "figures: {weight"
)
BROKEN = BROKEN.replace("dark: {light: 2.0}", "dark: {}").replace(
    "bright: {light: 8.0}", "bright: {broken: true}"
)
BROKEN = BROKEN.replace("measure: height", "measure: weight")


def outcomes(output):
    """The words of pytest's last line, without the time."""
    return output.strip().splitlines()[-1].strip("= ").rsplit(" in ", 1)[0]


@dataclass
class Project:
    """A project in a folder of its own, with a small engine without torch."""

    root: Path
    started: list[subprocess.Popen] = field(default_factory=list)

    def claim(self, name, text=LIGHT, **replaced):
        """Write a claim file; keywords replace the values of top-level keys."""
        for key, value in replaced.items():
            text = re.sub(rf"^{key}: .*$", f"{key}: {value}", text, flags=re.MULTILINE)
        path = self.root / "claims" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def start(self, *arguments, **environment):
        # The lab and the harness assert nothing that pytest would have to rewrite: a fifth of a start.
        plain = ["-p", "no:cacheprovider", "--assert=plain"]
        command = [sys.executable, "-m", "pytest", "claims", *plain, *arguments]
        if "--lf" in arguments or "--cache" in arguments:
            command = [
                word for word in command if word not in ("-p", "no:cacheprovider", "--cache")
            ]
        # What the test run itself was started with, and that byte code is not kept: it is, installed.
        hidden = ("GITHUB_", "PYTEST_", "CBSPEC_", "PYTHONDONTWRITEBYTECODE")
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith(hidden)
        }
        process = subprocess.Popen(
            command,
            cwd=self.root,
            env=inherited | environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # A background shell has it ignored
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        self.started.append(process)
        return process

    def pytest(self, *arguments, **environment):
        """Run the claims; exit status and output."""
        return self.end(self.start(*arguments, **environment))

    def cbspec(self, *words):
        """Call the command line in a process of its own."""
        command = [sys.executable, "-m", "cbspec.cli", *words]
        return subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=False)

    def end(self, process):
        """Wait for a run; exit status and output."""
        output, _ = process.communicate(timeout=PATIENCE)
        return process.returncode, output

    @property
    def report(self):
        return decode((self.root / "reports" / "latest.json").read_text(), Run)

    def verdicts(self):
        """Claim -> verdict of the last run."""
        return {record.claim: record.judgement.verdict for record in self.report.records}

    def record_last_run(self, **changed):
        """Put the last run's verdicts on record, entries changed as the keywords say."""
        put_on_record(self.root / "reports", self.report.records, **changed)

    def stored(self):
        # Not its neighbours, where folders come and go
        entries = self.root / ".cbspec" / "store" / "entries"
        return {path.parent.name: path.stat().st_ino for path in entries.glob("*/*/record.json")}


def furnish(root):
    """Write a project without claims into an empty folder."""
    (root / "lab").mkdir()
    (root / "lab" / "__init__.py").touch()
    (root / "lab" / "catalog.py").write_text(Path(__file__).with_name("laboratory.py").read_text())
    (root / "claims").mkdir()
    (root / "claims" / "defaults.yaml").write_text(DEFAULTS)
    (root / "pyproject.toml").write_text(
        '[tool.cbspec]\nengine = "lab.catalog"\n\n[tool.pytest.ini_options]\n'
    )
    return Project(root)


@pytest.fixture
def project(tmp_path):
    made = furnish(tmp_path)
    yield made
    for process in made.started:
        process.kill()
        process.wait()
