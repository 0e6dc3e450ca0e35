"""The baseline of a project, kept with its stored results for the next call: it takes a minute, and
a campaign is called many times.
"""

from __future__ import annotations

import hashlib
import pickle
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import cbspec
from cbspec.config import Config
from cbspec.execution.numerics import torch_build
from cbspec.trials.baseline import Baseline


class KeptBaseline:
    """The cached baseline of a project in its present state. Keeping one removes any older one.

    Args:
        asked: the claims and files that the baseline covers.
    """

    def __init__(self, config: Config, asked: Iterable[str]) -> None:
        self._folder = config.runs.parent / "teeth"
        digest = hashlib.sha256("\n".join(asked).encode())
        digest.update(repr(torch_build()).encode())
        for path in _sources(config):
            digest.update(f"{path}\n".encode() + path.read_bytes())
        self._place = self._folder / digest.hexdigest()[:16]

    def load(self, store: Path) -> Baseline | None:
        """Return the cached baseline, and copy its results into a folder; None if there is none."""
        if not self._place.is_dir():
            return None
        shutil.copytree(self._place / "store", store)
        baseline: Baseline = pickle.loads((self._place / "baseline").read_bytes())
        return baseline

    def keep(self, baseline: Baseline, store: Path) -> None:
        """Cache a baseline, with the results that it left in a folder."""
        shutil.rmtree(self._folder, ignore_errors=True)
        being_made = self._folder / "new"
        shutil.copytree(store, being_made / "store")
        (being_made / "baseline").write_bytes(pickle.dumps(baseline))
        being_made.rename(self._place)


def _sources(config: Config) -> Iterator[Path]:
    """Yield every file that a canary may depend on."""
    source = config.source
    folders = [source / package for package in config.packages]
    for folder in [*folders, config.claims, Path(cbspec.__file__).parent]:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    for path in (config.root / "pyproject.toml", config.canary_record):
        if path.is_file():
            yield path
