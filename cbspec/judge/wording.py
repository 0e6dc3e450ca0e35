"""Writing the sentence that says why a finding was decided as it was."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial
from itertools import pairwise

from cbspec.model.finding import Effect, p_value
from cbspec.model.interval import interval_text
from cbspec.model.replicates import counted
from cbspec.statistics.evidence import Inference, Level, StatisticalEvidence
from cbspec.statistics.result import NO_TEST, Result
from cbspec.statistics.sample import Array

SHOWN = 12  # values of single seeds that the sentence lists
FAR = 0.75  # the share of the range that a gap between two clusters has at least
FEWEST = 4  # values, below which two clusters may be chance
USUAL = 6  # significant digits that figures are recorded with
EXACT = 15  # that a double has


def sentence(
    evidence: StatisticalEvidence,
    effects: tuple[Effect, ...],
    level: Level,
    verb: str,
    replicates: str,
    *,
    against: bool = False,
) -> str:
    """Return the deciding effect with its test, its level and the value of each seed."""
    inference, factor = evidence.decisive(against=against)
    place = next(i for i, one in enumerate(evidence.inferences) if one is inference)
    effect = effects[place]
    if inference.test == NO_TEST:
        basis = (
            "numbers as they are printed, without a test; the interval is what rounding leaves open"
        )
    else:
        p, alpha = float(inference.p), level.shown / factor
        if against:
            p, alpha = float(inference.against), level.refuted / factor
        basis = (
            f"{inference.test}, {p_value(p)} at alpha {alpha:.2g}; "
            f"{100 * effect.confidence:.3g} % interval; "
            f"{_runs(effect, inference, evidence, replicates)}{_among(evidence)}"
        )
    digits = legible(effect.estimate, effect.low, effect.high, bounds=inference.bounds)
    estimated = interval_text(effect, partial(number, digits=digits))
    return (
        f"{effect.measure}: {inference.label} = {estimated} {verb} {inference.asserted} ({basis})"
    )


def legible(*numbers: float, bounds: Iterable[float] = ()) -> int:
    """Return the significant digits, three at least, at which no two different numbers look alike,
    or six; and as many as it takes to tell each of them from the bounds.
    """
    known = {value for value in numbers if math.isfinite(value)}
    bounds = tuple(bounds)
    for digits in range(3, EXACT):
        if _distinct(known, digits) and _apart(known, bounds, digits):
            return digits
    return EXACT


def _distinct(values: set[float], digits: int) -> bool:
    """Tell whether no two different values look alike at these digits, or no more are recorded."""
    return digits >= USUAL or len({number(value, digits) for value in values}) == len(values)


def _apart(values: set[float], bounds: tuple[float, ...], digits: int) -> bool:
    """Tell whether no value looks like a bound that it differs from."""
    for bound in bounds:
        for value in values:
            if value != bound and number(value, digits) == number(bound, digits):
                return False
    return True


def number(value: float, digits: int = 3) -> str:
    """Return a number without its sign where it is zero."""
    return f"{value + 0.0:.{digits}g}"


def clustered(values: Array) -> str:
    """Describe two clusters of the seeds' values; return an empty text if there is only one."""
    ordered = sorted(float(value) for value in values)
    if len(ordered) < FEWEST or not math.isfinite(ordered[-1] - ordered[0]):
        return ""
    if number(ordered[0], USUAL) == number(ordered[-1], USUAL):  # rounding alone
        return ""
    gaps = [after - before for before, after in pairwise(ordered)]
    widest = max(gaps)
    if widest <= FAR * (ordered[-1] - ordered[0]):
        return ""
    low = gaps.index(widest) + 1
    digits = legible(ordered[low - 1], ordered[low])
    return (
        f"; in two clusters: {low} up to {number(ordered[low - 1], digits)}, "
        f"{len(ordered) - low} from {number(ordered[low], digits)}"
    )


def _runs(
    effect: Effect, inference: Inference, evidence: StatisticalEvidence, replicates: str
) -> str:
    """Return the number of seeds and the value of each, or what is reported of unknown runs."""
    values = inference.values()
    sizes = inference.sizes if isinstance(inference, Result) else ()
    if evidence.reported and not values.size and not sizes:
        return f"n = {effect.n}{evidence.reported}"
    if len(set(sizes)) > 1 or (sizes and evidence.reported):
        counts = " and ".join(map(str, sizes))  # in the order of the effect's label
        return f"{counted(counts, replicates)}{evidence.reported}"
    return f"{counted(effect.n, replicates)}{_listed(values)}{evidence.reported}"


def _listed(values: Array) -> str:
    if not values.size:
        return ""
    digits = legible(*values.tolist())
    shown = ", ".join(number(value, digits) for value in values[:SHOWN].tolist())
    if values.size > SHOWN:
        shown += ", ..."
    return f": {shown}{clustered(values)}"


def _among(evidence: StatisticalEvidence) -> str:
    """Describe which of several tests decided."""
    count = len(evidence.inferences)
    if count < 2:
        return ""
    which = "one"
    if len(evidence.parts) == count:
        which = {count: "the weakest", 1: "the strongest"}.get(evidence.least, "one")
    return f"; {which} of {count}"
