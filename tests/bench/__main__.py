"""Every measurement that the project promises something about: ``make bench``, or ``python -m tests.bench engine suite``.

Tables are printed; the figures of `engine` and `suite` are kept in ``reports/bench.json`` with the machine they were taken on.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from importlib import import_module
from pathlib import Path

REPORT = Path(__file__).parents[2] / "reports" / "bench.json"
KEPT = ("engine", "suite")
PRINTED = ("language", "statistics")


def main(names: list[str]) -> int:
    """Run the named benchmarks, each in a process of its own; all when none is named."""
    if names[:1] == ["--rows"]:
        print("\n" + json.dumps(import_module(f"tests.bench.{names[1]}").main()))
        return 0
    broken = 0
    for name in names or [*KEPT, *PRINTED]:
        print(f"\n{name}", flush=True)
        if name in KEPT:
            keep(name)
        else:
            broken += subprocess.run([sys.executable, "-m", f"tests.bench.{name}"], check=False).returncode
    return int(broken > 0)


def keep(name: str) -> None:
    """Run a benchmark that returns rows and put them into the report."""
    run = subprocess.run([sys.executable, "-m", "tests.bench", "--rows", name], check=True, text=True, stdout=subprocess.PIPE)
    printed, _, rows = run.stdout.rstrip().rpartition("\n")
    print(printed, flush=True)
    known = json.loads(REPORT.read_text()) if REPORT.exists() else {}
    known[name] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "rows": [dict(zip(("measured", "figure", "wanted"), row, strict=True)) for row in json.loads(rows)],
    }
    REPORT.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
