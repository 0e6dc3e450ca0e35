"""A table of results, and a claim on it, for a project without an engine."""

from __future__ import annotations

DEFAULTS = """\
alpha: 0.05
stages:
  runs: {stage: table, file: runs.csv, run: run, measures: {loss: {unit: nats}}}
"""
CLAIM = """\
id: 1.a
title: Adam gets below 3.3
phase: 1
status: active
source: {memo: own study}
experiment: runs
arms:
  adam: {where: {optimizer: adam}}
assert:
  - {kind: threshold, measure: loss, arms: [adam], below: 3.3}
"""
ADAM = (3.21, 3.19, 3.22, 3.18, 3.2)
SGD = (3.31, 3.29, 3.32, 3.3, 3.28, 3.33, 3.27)


def table(**arms: tuple[float, ...]) -> str:
    """A table of runs: adam-1, adam-2, ..."""
    lines = ["run,optimizer,loss"]
    for arm, values in arms.items():
        for number, value in enumerate(values, start=1):
            lines.append(f"{arm}-{number},{arm},{value}")
    return "\n".join(lines) + "\n"
