"""Edits of research code: those that change a stage's value must change its key, and those that
change nothing should not; and what the fingerprint costs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.bench.edits.cases import Case, benign, changing
from tests.bench.edits.cost import costs
from tests.bench.edits.trial import Outcome, tried
from tests.bench.report import Row, publish

RERUN = 0.1  # the share of benign edits that may run a stage again


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Yield what becomes of every edit, or of those whose names hold one of these words."""
    cases = _chosen(changing(), arguments)
    outcomes = _all_tried(cases)
    changed = [name for name, outcome in outcomes.items() if outcome.value]
    missed = [name for name in changed if not outcomes[name].key]
    yield Row(
        "edits that change a stage's value and not its key",
        f"{len(missed)} of {len(changed)}{_list(missed)}",
        "0 of at least 250",
        not missed and (len(changed) >= 250 or bool(arguments)),
    )
    idle = [name for name, outcome in outcomes.items() if not outcome.value]
    yield Row("of these edits, without effect", f"{len(idle)}{_list(idle)}", "0", not idle)
    outcomes = _all_tried(_chosen(benign(), arguments))
    moved = [name for name, outcome in outcomes.items() if outcome.value]
    rerun = [name for name, outcome in outcomes.items() if outcome.key]
    yield Row(
        "edits that change no value and run a stage again",
        f"{len(rerun)} of {len(outcomes)}{_list(rerun)}",
        f"at most {RERUN:.0%}",
        len(rerun) <= RERUN * len(outcomes) and not moved,
    )
    if not arguments:
        yield from costs()


def _chosen(cases: Iterable[Case], words: Sequence[str]) -> list[Case]:
    return [case for case in cases if not words or any(word in case.name for word in words)]


def _all_tried(cases: Iterable[Case]) -> dict[str, Outcome]:
    cases = list(cases)
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        outcomes = list(pool.map(tried, cases))
    return {case.name: outcome for case, outcome in zip(cases, outcomes, strict=True)}


def _list(names: Sequence[str]) -> str:
    return f": {'; '.join(names)}" if names else ""


if __name__ == "__main__":
    sys.exit(publish("edits", main(sys.argv[1:])))
