"""Claim text as it goes wrong: hypothesis strategies that damage a valid claim the way editors,
merges and hands do.
"""

from __future__ import annotations

import copy
from typing import Any

import yaml
from hypothesis import strategies as st

CLAIM = """\
id: 6.5A.a
title: Same-batch loss decrease is monotone in credit quality
phase: 6.5A
status: active
source:
  memo: "commit log: phase 6.5A"
  figures:
    dL_same: {dfa: -0.003, vec: -0.135, oracle: -0.406}
experiment: &call
  stage: local_descent
  snapshot: {use: bp, epoch: $late}
  credit: normalised
  step_sizes: [1e-3, 3e-3]
arms:
  dfa: {estimator: {stage: dfa}}
  vec: {estimator: {use: vec, directions: $m}}
  oracle: {estimator: {stage: oracle}}
matrix: {m: [4, 8]}
assert:
  - kind: trend
    measure: dL_same
    arms: [dfa, vec, oracle]
    direction: decreasing
  - kind: all
    of:
      - {kind: sign, measure: dL_held, arms: [vec], sign: negative}
      - {kind: threshold, measure: dL_same, arms: [oracle], below: -1e-2}
controls:
  - {kind: range, measure: dL_same, arms: [dfa], low: -1, high: 1}
seeds: {start: 3, max: 6}
scales: {quick: {late: 10}, memo: {}}
"""
DEFAULTS = """\
alpha: 0.05
seeds: {pool: [42, 123, 456, 789, 1011, 1213], start: 3}
scales:
  quick: {late: 20, width: 64}
  memo: {late: 100, width: 256}
stages:
  bp: {stage: train_bp, task: {stage: cifar10}, width: $width}
  vec: {stage: vector_field}
"""

_SENSIBLE = [
    "null", "yes", "true", "0", "-1", "4", "1e-3", "[]", "{}", "{a: 1}", "[a, a]", "$late", "$m", "$none", "stage", "use", "bp",
    "vec", "dfa", "trend", "order", "all", "dL_same", "test_accuracy", "quick", "memo", "retracted", "use: bp", "{use: bp}",
    "{use: loop}", "{stage: dfa}", "{stage: train_bp, task: {stage: cifar10}}", "[dfa, vec, oracle]",
    "[[dfa, vec], [vec, oracle]]",
]  # fmt: skip
_WORDS = [
    "", "~", "1e999", ".nan", "9" * 30, "2024-01-01", "é" * 50, "[[]]", "[" * 60, "*call", "*none", "&call x", "&a [*a]",
    "<<: *call", "$", "'", '"', "\t", ": ", "- ", "? ", "!tag x", "!!int x", "|", ">", "%", "@", "`", "#", "\x00", "\x85",
    "\ufeff",
]  # fmt: skip
_LINES = CLAIM.splitlines(keepends=True)


@st.composite
def _line_edits(draw: st.DrawFn, lines: list[str]) -> list[str]:
    """One edit of whole lines or of what stands on one."""
    at = draw(st.integers(0, max(0, len(lines) - 1)))
    other = draw(st.integers(0, max(0, len(lines) - 1)))
    edit = draw(
        st.sampled_from(["delete", "twice", "swap", "indent", "value", "key", "insert", "move"])
    )
    lines = list(lines) or ["\n"]
    line = lines[at]
    key, colon, value = line.partition(":")
    word = draw(st.sampled_from(_SENSIBLE) | st.sampled_from(_WORDS))
    match edit:
        case "delete":
            del lines[at]
        case "twice":
            lines.insert(at, line)
        case "swap":
            lines[at], lines[other] = lines[other], lines[at]
        case "indent":
            lines[at] = " " * draw(st.integers(0, 6)) + line.lstrip()
        case "value":
            lines[at] = f"{key}{colon} {word}\n"
        case "key":
            lines[at] = f"{line[: len(line) - len(line.lstrip())]}{word}{colon}{value}"
        case "insert":
            cut = draw(st.integers(0, len(line)))
            lines[at] = line[:cut] + word + line[cut:]
        case "move":
            lines[at] = f"{key}:{lines[other].partition(':')[2]}"
    return lines


@st.composite
def broken_claims(draw: st.DrawFn) -> bytes:
    """A valid claim file after up to four edits of lines and, one time in four, up to three of
    bytes.
    """
    lines = _LINES
    for _ in range(draw(st.integers(0, 4))):
        lines = draw(_line_edits(lines))
    content = bytearray("".join(lines).encode())
    for _ in range(draw(st.integers(0, 3)) if draw(st.integers(0, 3)) == 3 else 0):
        at = draw(st.integers(0, len(content)))
        content[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(content)


_NUMBERS = st.integers() | st.floats() | st.sampled_from([0, 1, -1, 10**18, 10**30, 1e-300])
_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | _NUMBERS
    | st.text(max_size=8)
    | st.sampled_from(_SENSIBLE).map(yaml.safe_load),
    lambda part: (
        st.lists(part, max_size=4)
        | st.dictionaries(st.sampled_from(_SENSIBLE) | st.text(max_size=8), part, max_size=4)
    ),
    max_leaves=8,
)
_TREE = yaml.safe_load(CLAIM.replace("1e-3", "0.001").replace("*call", "call"))


@st.composite
def altered_claims(draw: st.DrawFn) -> bytes:
    """A valid claim of which up to four values or keys are others: YAML without a flaw, so that
    only its meaning can be wrong.
    """
    tree = copy.deepcopy(_TREE)
    for _ in range(draw(st.integers(1, 4))):
        container = draw(st.sampled_from(_containers(tree)))
        key = draw(
            st.sampled_from(
                list(container) if isinstance(container, dict) else range(len(container))
            )
        )
        match draw(st.sampled_from(["value", "value", "delete", "name"])):
            case "delete":
                del container[key]
            case "name" if isinstance(container, dict):
                container[draw(st.sampled_from(_SENSIBLE) | st.text(max_size=8))] = container.pop(
                    key
                )
            case _:
                container[key] = draw(_VALUES)
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False).encode(
        "utf-8", "surrogatepass"
    )


def _containers(value: Any) -> list[Any]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return ([value] if parts else []) + [found for part in parts for found in _containers(part)]
