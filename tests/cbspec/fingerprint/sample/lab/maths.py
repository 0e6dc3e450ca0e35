# ruff: noqa: E731
"""Plain functions and constants."""

import math
from functools import partial

WIDTH = 4  # how wide
DEPTH = 2
UNUSED = 17
OFFSETS = [1, 2, 3]
SCALES = {"small": 1.5, "large": 2.5}
Number = int | float
cube = partial(pow, exp=3)
double = lambda x: 2 * x


def _factor(x):
    """Two calls away from the stage."""
    return x * 1.25 + WIDTH


def scale(x: Number, by: float = 0.5, *, shift=DEPTH) -> float:
    # a comment
    return _factor(x) * by + shift


def halve(x):
    return x / 2


def quarter(x):
    return halve(halve(x))


def unreached(x):
    return math.floor(x)


def spread(xs):
    return [x + offset for x in xs for offset in OFFSETS if offset > 1]


def label(x):
    return f"{x:.3f} units"


def kind(x):
    match x:
        case 0 | 1:
            return "few"
        case [first, *_]:
            return first
        case _:
            return "many"
