"""Speed, memory and sturdiness of the claim language.

Run from the repository root as ``python -m tests.bench.language [speed] [broken [FILES]]``.
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

from cbspec.catalog import Catalog
from cbspec.errors import ClaimError
from cbspec.language import load_file
from tests.bench.report import Row, publish
from tests.labs.training import STAGES
from tests.support.broken_text import CLAIM, DEFAULTS, altered_claims, broken_claims

ROOT = Path(__file__).parents[2]
# Claims, seconds, MB: a whole process, imports included
SIZES = (
    (1_000, 1.5, None),
    (10_000, 10.0, 500),
)
BROKEN = 5_000
SLOWEST = 1.0  # seconds for one broken file

_PROCESS = """
import resource, sys
from pathlib import Path
from cbspec import catalog, config, language
claims = language.load([Path(sys.argv[1])], catalog=catalog.load(config.load()), scale="quick")
used = resource.getrusage(resource.RUSAGE_SELF)
print(len(claims), used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, "torch" in sys.modules)
"""


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Speed and memory on many claims, then two kinds of damaged files."""
    wanted = {word for word in arguments if not word.isdigit()} or {"speed", "broken"}
    if "speed" in wanted:
        # All before the first is shown, for that imports torch here, and a process begins with the
        # peak memory of who started it.
        yield from [row for size in SIZES for row in _speed(*size)]
    if "broken" in wanted:
        count = next((int(word) for word in arguments if word.isdigit()), BROKEN)
        yield from _broken("edited lines and bytes", broken_claims(), count)
        yield from _broken("other values and keys", altered_claims(), count)


def _speed(count: int, seconds: float, memory: int | None) -> Iterator[Row]:
    """Validation of generated claims in one process, the fastest of three: the project's own
    claims, again under new ids.
    """
    with tempfile.TemporaryDirectory() as folder:
        _generate(Path(folder), count)
        took, processor, found, peak = min(_validate(Path(folder)) for _ in range(3))
    assert found == count, f"{count} claims were written, {found} read"
    measured = f"validating {count} claims in a process of its own"
    yield Row(
        measured,
        f"{took:.2f} s ({processor:.2f} s of CPU)",
        f"at most {seconds:g} s",
        took <= seconds,
    )
    aim = () if memory is None else (f"at most {memory} MB", peak <= memory)
    yield Row(f"{measured}: peak memory", f"{peak:.0f} MB", *aim)


def _generate(folder: Path, count: int) -> None:
    claims = ROOT / "claims"
    (folder / "pyproject.toml").touch()
    for path in claims.rglob("defaults.yaml"):
        (folder / path.relative_to(claims)).parent.mkdir(exist_ok=True)
        (folder / path.relative_to(claims)).write_bytes(path.read_bytes())
    for index, (phase, text) in zip(range(count), _texts(claims), strict=False):
        (folder / phase).mkdir(exist_ok=True)
        (folder / phase / f"{index}.yaml").write_text(f"id: c{index}\n{text}", encoding="utf-8")


def _texts(claims: Path) -> Iterator[tuple[str, str]]:
    """Folder and text of the committed claims without matrix, in turn, without what names other
    claims.
    """
    dropped = ("id:", "revises:", "retracted_by:", "#")
    paths = [path for path in sorted(claims.rglob("*.yaml")) if path.name != "defaults.yaml"]
    texts = [(path.parent.name, path.read_text(encoding="utf-8")) for path in paths]
    kept = [
        (phase, text)
        for phase, text in texts
        if "\nmatrix:" not in text and "status: retracted" not in text
    ]
    while True:
        for phase, text in kept:
            yield (
                phase,
                "".join(
                    line for line in text.splitlines(keepends=True) if not line.startswith(dropped)
                ),
            )


def _validate(folder: Path) -> tuple[float, float, int, float]:
    """Seconds of a whole process by the clock and of the processor, claims found, peak memory in
    MB.
    """
    begun = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _PROCESS, str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    took = time.perf_counter() - begun
    count, peak, processor, torch = done.stdout.split()
    assert torch == "False", "validation imported torch"
    return took, float(processor), int(count), float(peak)


def _broken(title: str, contents: SearchStrategy[bytes], count: int) -> Iterator[Row]:
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
            located = error.mistakes and all(
                m.origin.line >= 1 and m.origin.column >= 1 for m in error.mistakes
            )
            kinds["located" if located else "unlocated"] += 1
        slowest = max(slowest, time.perf_counter() - begun)

    _each(contents, count, read)
    wrong, measured = kinds["nothing"] + kinds["unlocated"], f"{count} claim files with {title}"
    figure = f"{wrong} ({kinds['claims']} claims, {kinds['located']} located)"
    yield Row(f"{measured}: neither a claim nor located mistakes", figure, "0", wrong == 0)
    yield Row(
        f"{measured}: the slowest", f"{slowest:.2f} s", f"at most {SLOWEST:g} s", slowest <= SLOWEST
    )


def _each(
    contents: SearchStrategy[bytes], count: int, read: Callable[[Path, Catalog, bytes], None]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "pyproject.toml").touch()
        (root / "defaults.yaml").write_text(DEFAULTS)
        catalog = Catalog(STAGES)
        read(root / "claim.yaml", catalog, CLAIM.encode())

        @seed(6)
        @settings(
            max_examples=count,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(contents)
        def run(content: bytes) -> None:
            read(root / "claim.yaml", catalog, content)

        run()


if __name__ == "__main__":
    sys.exit(publish("language", main(sys.argv[1:])))
