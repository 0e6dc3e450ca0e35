"""Functions as values, in tables and lists."""

from functools import partial

from lab import maths

RULES = {"half": maths.halve, "quarter": maths.quarter}
STEPS = [maths.label]
STEPS += [maths.kind]
EXTRA = {}
EXTRA["spread"] = maths.spread
FILLED = {}
for power in (1, 2):
    FILLED[power] = partial(pow, exp=power)

COUNT = 0


def measure(job):
    return [rule(job) for rule in RULES.values()]


def steps(job):
    return [step(job) for step in STEPS]


def extra(job):
    return EXTRA["spread"]([job]) if (first := EXTRA) else first


def filled(job):
    return sum(power(job) for power in FILLED.values())


def counting(job):
    global COUNT
    COUNT += job
    return COUNT


def picked(job):
    return max([job, 2], key=maths.double) * maths.SCALES["small"]
