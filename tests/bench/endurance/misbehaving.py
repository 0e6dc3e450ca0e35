"""Stages that misbehave, each in a claim of its own, beside claims that do not need them."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence

from tests.bench.endurance.deeds import FATAL, HARMLESS
from tests.bench.endurance.lab import HOLD, Lab, Toll, laboratory
from tests.bench.report import Row

TOGETHER = 24  # deeds in a run


def deeds(names: Sequence[str] = ()) -> Iterator[Row]:
    """Have stages misbehave, each in a claim of its own, beside claims that do not need them."""
    wrong: list[str] = []
    names = names or [*FATAL, *HARMLESS]
    with laboratory() as lab:
        (lab.folder / "lab" / "deeds.json").write_text(json.dumps(FATAL | HARMLESS))
        toll = Toll(lab)
        for first in range(0, len(names), TOGETHER):
            batch = dict(enumerate(names[first : first + TOGETHER]))
            for number, name in batch.items():
                arms = json.dumps({"a": {}, "b": {"deed": name}})
                lab.claim(f"2.d{number}", "act", arms, "value", "seeds: [1, 2]")
            if lab.ended(lab.begin(first // TOGETHER % 3)):
                wrong += mistakes(lab, batch)
            else:
                toll.late += 1
                wrong.append(f"one of {', '.join(batch.values())} did not end")
            for number in batch:
                (lab.folder / "claims" / f"2.d{number}.yaml").unlink()
            toll.check()
        print("\n".join(wrong), file=sys.stderr)
        measured = (
            f"of {len(names)} ways to misbehave, those that fail other claims or are not told"
        )
        yield Row(measured, str(len(wrong)), "0", not wrong)
        yield from toll.rows("them")


def mistakes(lab: Lab, deeds: Mapping[int, str]) -> Iterator[str]:
    """Yield what is wrong with the report of a run in which claims have these deeds done."""
    output = (lab.folder / "output.txt").read_text(errors="surrogateescape")
    if "INTERNALERROR" in output:
        yield f"one of {', '.join(deeds.values())}: an internal error"
    if control := re.search(r"[\x00-\x08\x0b-\x1f\u202e\ud800-\udfff]", output):
        yield f"one of {', '.join(deeds.values())}: {control[0]!a} on the terminal"
    found = lab.verdicts()
    for claim in HOLD:
        if (verdict := found.get(claim, {}).get("verdict")) != "holds":
            yield f"beside {', '.join(deeds.values())} claim {claim} is {verdict}"
    for number, deed in deeds.items():
        judgement = found.get(f"2.d{number}", {"verdict": "lost", "reason": ""})
        verdict, reason = judgement["verdict"], judgement["reason"]
        if deed in HARMLESS and verdict in ("error", "lost"):
            yield f"{deed}: no error was expected, but {verdict}: {reason}"
        if deed in FATAL and not (verdict == "error" and reason.startswith("act seed ")):
            yield f"{deed}: {verdict}: {reason}"
