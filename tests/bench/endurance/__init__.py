"""What a run does when its processes are killed, its code is edited and its stages misbehave.

``python -m tests.bench endurance [kills [N [SEED]]] [operations [N [SEED]]]
[upheavals [N [SEED]]] [deeds [NAME...]]``;
all by default: 600 kills of processes of every kind, 400 kills at a file operation, 100 runs with
kills, edits and branch switches, 143 deeds. On labs without torch, whose stages take a moment. An
hour on two cores; Ctrl-C ends a part early, and its rows say how far it came.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from tests.bench.endurance.killing import kills, operations
from tests.bench.endurance.misbehaving import deeds
from tests.bench.endurance.upheaval import upheavals
from tests.bench.report import Row

PARTS = {"kills": kills, "operations": operations, "upheavals": upheavals}


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """The named parts; numbers behind one are how often and the seed, names
    behind `deeds` which."""
    words = list(arguments) or [*PARTS, "deeds"]
    while words:
        word = words.pop(0)
        if word == "deeds":
            yield from deeds(words)
            return
        if word not in PARTS:
            sys.exit(f"endurance has no part {word!r}; one of {', '.join(PARTS)}, deeds")
        numbers = []
        while words and words[0].isdigit():
            numbers.append(int(words.pop(0)))
        yield from PARTS[word](*numbers)
