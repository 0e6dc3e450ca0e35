"""Where the figures of every benchmark are kept: ``reports/bench.json``, one entry for each thing
that is measured.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from cbspec.committed import writing
from cbspec.execution import numerics

REPORT = Path(__file__).parents[2] / "reports" / "bench.json"
NO_AIM = "-"
LINE = "{:<38} {:<24} {:<4} {}"

Kept = Mapping[str, Mapping[str, Mapping[str, str]]]
"""Suite -> what is measured -> figure, aim and circumstances."""


class Row(NamedTuple):
    """One measurement in words.

    Attributes:
        measured: what was measured, settings included: a row of the same name is replaced, any
            other stays.
        figure: what was found, with its unit.
        wanted: the aim.
        met: whether the figure meets it.
    """

    measured: str
    figure: str
    wanted: str = NO_AIM
    met: bool = True


def publish(suite: str, rows: Iterable[Row], report: Path = REPORT) -> int:
    """Print and keep each row as soon as it is measured; 1 where one misses its aim, else 0."""
    print(f"\n{suite}\n" + LINE.format("figure", "wanted", "met", "measured"), flush=True)
    missed = 0
    for row in rows:
        missed += not row.met
        met = "" if row.wanted == NO_AIM else "yes" if row.met else "NO"
        print(LINE.format(row.figure, row.wanted, met, row.measured), flush=True)
        known = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        writing.write(report, text(merged(known, suite, [row], circumstances())))
    return int(missed > 0)


def merged(
    known: Kept, suite: str, rows: Iterable[Row], taken: Mapping[str, str]
) -> dict[str, Any]:
    """`known` with these rows of a suite, taken under the given circumstances, in place of those of
    the same name.
    """
    fresh = {row.measured: {"figure": row.figure, "wanted": row.wanted, **taken} for row in rows}
    return {**known, suite: {**known.get(suite, {}), **fresh}}


def text(kept: Kept) -> str:
    """The report as a file: every key in its place and on a line of its own, so that a new figure
    is one line of a diff.
    """
    return json.dumps(kept, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def circumstances() -> dict[str, str]:
    """Date (UTC), torch and machine of a figure taken now, with vector instructions and GPU that
    torch found; names no host.
    """
    import torch  # measured by other processes, some of which must not have it

    gpu = f", {torch.cuda.get_device_name()}" if torch.cuda.is_available() else ""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "torch": numerics.resolve("cpu").torch,
        "machine": f"{platform.machine()} with {torch.backends.cpu.get_cpu_capability()}, {os.cpu_count()} cores{gpu}",
    }
