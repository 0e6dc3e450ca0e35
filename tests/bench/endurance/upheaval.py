"""Runs during which processes are killed, files edited and branches switched: no result may be
stored under a key that names other code or data than it was computed with.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cbspec.store import Store
from tests.bench.endurance.lab import LIMIT, SETTINGS, Lab, LabRun, kill_one
from tests.bench.report import Row

DEFAULTS = """\
alpha: 0.05
seeds: [1, 2, 3]
scales:
  quick: {steps: 12}
stages:
  walk: {stage: walk, step: $steps}
  again: {stage: again, walk: walk}
"""
RULES = "def stride(drift, seed, step):\n    return drift + {} * (seed * step % 7)\n"
NOISE = "SCALE = {}\n\n\ndef noise(seed):\n    return SCALE * seed\n"
# File -> what it may say: of one length, so that neither size nor second tells them apart
VERSIONS: dict[str, tuple[str, ...]] = {
    "lab/rules.py": tuple(RULES.format(factor) for factor in (1, 2, 3)),
    "lab/noise.py": tuple(NOISE.format(scale) for scale in (5, 8)),
    "start.csv": ("100.0", "200.0"),
}
BRANCHES = {"first": (0, 0, 0), "second": (1, 1, 0), "third": (2, 0, 1)}
Results = Mapping[str, tuple[Any, ...]]
"""Key -> measures, reasons and series."""


class EditedLab(Lab):
    """A project in git, whose branches differ in code and data."""

    def furnish(self) -> None:
        """Write the project, its first branch checked out."""
        (self.folder / "claims").mkdir()
        (self.folder / "lab").mkdir()
        (self.folder / "lab" / "__init__.py").touch()
        source = Path(__file__).with_name("edited_laboratory.py")
        shutil.copy(source, self.folder / "lab" / "catalog.py")
        (self.folder / "pyproject.toml").write_text(SETTINGS)
        (self.folder / "claims" / "defaults.yaml").write_text(DEFAULTS)
        (self.folder / ".gitignore").write_text("__pycache__/\nreports/\noutput.txt\n")
        arms = {"a": {}, "b": {"walk": {"drift": 90.0}}}
        self.claim("1.a", "again", json.dumps(arms), "value")
        self.take((0, 0, 0))

    def take(self, versions: tuple[int, ...]) -> None:
        """Write one version of each file."""
        for (name, texts), version in zip(VERSIONS.items(), versions, strict=True):
            (self.folder / name).write_text(texts[version])

    def git(self, *arguments: str) -> None:
        """Run git; a checkout that another one has locked out does nothing."""
        command = ["git", "-c", "user.name=bench", "-c", "user.email=bench@localhost", *arguments]
        subprocess.run(command, cwd=self.folder, check=False, capture_output=True)

    def branch_out(self) -> None:
        """Make the branches, and check the first one out."""
        self.git("init", "--quiet", "--initial-branch", "base")
        for name, versions in BRANCHES.items():
            self.git("checkout", "--quiet", "-B", name)
            self.take(versions)
            self.git("add", ".")
            self.git("commit", "--quiet", "--message", name)
        self.git("checkout", "--quiet", "first")

    def results(self) -> Results:
        """Return every stored result."""
        store = Store(self.folder / ".cbspec" / "store")
        results = {}
        for holding in store.ls():
            if entry := store.get(holding.key):
                results[holding.key] = (entry.measures, entry.undefined, entry.series)
        return results


@contextmanager
def edited_lab() -> Iterator[EditedLab]:
    """A project in a folder of its own, removed at the end."""
    with tempfile.TemporaryDirectory() as folder:
        lab = EditedLab(Path(folder).resolve())
        lab.furnish()
        yield lab


def edit(lab: EditedLab, draw: random.Random) -> None:
    """Write another version of a file, in one of the ways in which programs write."""
    name = draw.choice(list(VERSIONS))
    path, text = lab.folder / name, draw.choice(VERSIONS[name])
    before = path.stat()
    way = draw.choice(["in place", "replaced", "with the old time", "there and back"])
    if way == "replaced":
        scratch = path.with_suffix(".scratch")
        scratch.write_text(text)
        scratch.replace(path)
        return
    old = path.read_text()
    path.write_text(text)
    if way == "with the old time":
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    if way == "there and back":
        time.sleep(draw.uniform(0.0, 0.3))
        path.write_text(old)


def upheavals(count: int = 100, seed: int = 2029) -> Iterator[Row]:
    """Kill, edit and switch branches at random moments of runs that share a store; then compare
    each stored result with a clean recomputation of the same key.
    """
    draw = random.Random(seed)
    done = dict.fromkeys(("kills", "edits", "switches"), 0)
    late = 0
    with edited_lab() as lab:
        lab.branch_out()
        late += not lab.ended(lab.begin(1))
        lab.forget_all()
        began = time.monotonic()
        late += not lab.ended(lab.begin(1))
        usual = time.monotonic() - began
        runs = 0
        with suppress(KeyboardInterrupt):
            while runs < count:
                run = lab.begin(draw.choice([0, 1, 2]))
                deadline = time.monotonic() + LIMIT
                while run.poll() is None and time.monotonic() < deadline:
                    time.sleep(draw.uniform(0.0, 0.5) * usual)
                    disturb(lab, run, draw, done)
                late += not lab.ended(run)
                runs += 1
        stored = lab.results()
    clean = recomputed()
    wrong = [key for key, result in stored.items() if result != clean.get(key, result)]
    unknown = [key for key in stored if key not in clean]
    events = ", ".join(f"{number} {what}" for what, number in done.items())
    what = f"after {runs} runs with {events}, seed {seed}"
    yield Row(f"runs that did not end {what}", str(late), "0", not late)
    figure = f"{len(wrong)} of {len(stored)}"
    yield Row(f"stored results that a clean run does not give {what}", figure, "0", not wrong)
    yield Row(
        f"stored results whose key no version has {what}", str(len(unknown)), "0", not unknown
    )


def disturb(lab: EditedLab, run: LabRun, draw: random.Random, done: dict[str, int]) -> None:
    """Do one thing to a run or to its files."""
    kind = draw.choice(list(done))
    if kind == "kills":
        done[kind] += kill_one(run, draw)
        return
    if kind == "edits":
        edit(lab, draw)
    else:
        lab.git("checkout", "--quiet", "--force", draw.choice(list(BRANCHES)))
    done[kind] += 1


def recomputed() -> Results:
    """Return what clean runs give, of every version of every file beside every other."""
    results: dict[str, tuple[Any, ...]] = {}
    with edited_lab() as lab:
        for versions in itertools.product(*(range(len(texts)) for texts in VERSIONS.values())):
            lab.take(versions)
            lab.forget_all()
            if not lab.ended(lab.begin(0)):
                raise RuntimeError(f"the clean run of the versions {versions} did not end")
            for key, result in lab.results().items():
                if results.setdefault(key, result) != result:
                    raise RuntimeError(f"two clean runs give {key} another result")
    return results
