"""Speed, memory and sturdiness of the claim language.

Run from the repository root as ``python -m tests.bench.language [speed] [broken [N]]``; exits with 1 where a bound is broken.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import jsonschema  # noqa: F401 - its import is no part of the time that a broken file takes
from hypothesis import HealthCheck, given, seed, settings
from hypothesis.strategies import SearchStrategy
from tabulate import tabulate

from cbspec.catalog import Catalog
from cbspec.errors import ClaimError
from cbspec.language import load_file
from tests.cbspec.language.broken_text import CLAIM, DEFAULTS, altered_claims, broken_claims
from tests.cbspec.language.sample_engine import STAGES

ROOT = Path(__file__).parents[2]
SIZES = ((1_000, 1.5, None), (10_000, 10.0, 500))  # claims, seconds, MB: a whole process, imports included
BROKEN = 5_000
SLOWEST = 1.0  # seconds for one broken file
FOLDERS = 20

_PROCESS = """
import resource, sys
from pathlib import Path
from cbspec import catalog, config, language
claims = language.load([Path(sys.argv[1])], catalog=catalog.load(config.load()), scale="quick")
used = resource.getrusage(resource.RUSAGE_SELF)
print(len(claims), used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, "torch" in sys.modules)
"""


def main(arguments: Sequence[str] = ()) -> int:
    """Prints the tables; the number of bounds broken, at most 1."""
    wanted = list(arguments) or ["speed", "broken"]
    broken = 0
    if "speed" in wanted:
        broken += _speed()
    if "broken" in wanted:
        count = next((int(word) for word in wanted if word.isdigit()), BROKEN)
        broken += _broken("edited lines and bytes", broken_claims(), count)
        broken += _broken("other values and keys", altered_claims(), count)
    return int(broken > 0)


def _speed() -> int:
    """Validation of generated claims in one process: the project's own claims, again and again under new ids."""
    rows = []
    for count, seconds, memory in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            _generate(Path(folder), count)
            took, processor, found, peak = min(_validate(Path(folder)) for _ in range(3))
        within = found == count and took <= seconds and (memory is None or peak <= memory)
        rows.append((count, f"{took:.2f}", seconds, f"{processor:.2f}", f"{peak:.0f}", memory or "", "yes" if within else "NO"))
    print(tabulate(rows, headers=("claims", "s", "at most", "CPU s", "MB", "at most", "within")))
    return sum(row[-1] == "NO" for row in rows)


def _generate(folder: Path, count: int) -> None:
    (folder / "pyproject.toml").touch()
    (folder / "defaults.yaml").write_bytes((ROOT / "claims" / "defaults.yaml").read_bytes())
    for index, text in zip(range(count), _texts(), strict=False):
        inside = folder / f"phase{index % FOLDERS}"
        inside.mkdir(exist_ok=True)
        (inside / f"{index}.yaml").write_text(f"id: c{index}\n{text}", encoding="utf-8")


def _texts() -> Iterator[str]:
    """The committed claims without matrix, in turn, without what names other claims."""
    dropped = ("id:", "revises:", "retracted_by:", "#")
    texts = [
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "claims").rglob("*.yaml")) if path.name != "defaults.yaml"
    ]
    kept = [text for text in texts if "\nmatrix:" not in text and "status: retracted" not in text]
    while True:
        for text in kept:
            yield "".join(line for line in text.splitlines(keepends=True) if not line.startswith(dropped))


def _validate(folder: Path) -> tuple[float, float, int, float]:
    """Seconds of a whole process by the clock and of the processor, claims found, peak memory in MB."""
    begun = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _PROCESS, str(folder)], cwd=ROOT, capture_output=True, text=True, check=True)
    took = time.perf_counter() - begun
    count, peak, processor, torch = done.stdout.split()
    assert torch == "False", "validation imported torch"
    return took, float(processor), int(count), float(peak)


def _broken(title: str, contents: SearchStrategy[bytes], count: int) -> int:
    """Damaged claim files: each is a claim or has mistakes, soon."""
    slowest = 0.0
    kinds: Counter[str] = Counter()

    def read(path: Path, catalog: Catalog, content: bytes) -> None:
        nonlocal slowest
        path.write_bytes(content)
        begun = time.perf_counter()
        try:
            kinds["claims" if load_file(path, catalog=catalog, scale="quick") else "nothing"] += 1
        except ClaimError as error:
            located = error.mistakes and all(m.origin.line >= 1 and m.origin.column >= 1 for m in error.mistakes)
            kinds["located mistakes" if located else "unlocated"] += 1
        slowest = max(slowest, time.perf_counter() - begun)

    _each(contents, count, read)
    wrong = kinds["nothing"] + kinds["unlocated"] + (slowest > SLOWEST)
    print(f"\n{title}: {dict(kinds)}, slowest {slowest:.2f} s (at most {SLOWEST:g}){', BROKEN' if wrong else ''}")
    return int(wrong > 0)


def _each(contents: SearchStrategy[bytes], count: int, read: Callable[[Path, Catalog, bytes], None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pyproject.toml").touch()
        (root / "defaults.yaml").write_text(DEFAULTS)
        catalog = Catalog(STAGES)
        read(root / "claim.yaml", catalog, CLAIM.encode())

        @seed(6)
        @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(contents)
        def run(content: bytes) -> None:
            read(root / "claim.yaml", catalog, content)

        run()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
