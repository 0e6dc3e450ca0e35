"""The verdicts on the claims of this folder at scale quick, by NumPy and SciPy: ``python oracle.py``."""

import numpy as np
from lab.training import accuracy, clouds, initial, loss, step
from scipy import stats

ALPHA = 0.05
SEEDS = range(1, 9)
EPOCHS, POINTS = 20, 100


def trained(seed, rate, epochs=EPOCHS):
    x, y = clouds(seed, "training", POINTS)
    weights = initial(seed)
    for _ in range(epochs):
        weights = step(weights, x, y, rate)
    return weights


def lost(rate, epochs):
    """Return the loss of each seed."""
    values = []
    for seed in SEEDS:
        x, y = clouds(seed, "training", POINTS)
        values.append(loss(trained(seed, rate, epochs), x, y))
    return np.array(values)


def right(noise):
    """Return the accuracy of each seed."""
    return np.array([accuracy(trained(seed, 0.1), seed, noise) for seed in SEEDS])


def paired(one, other, side):
    """Student's test of the differences above or below 0, and its two-sided interval."""
    opposite = {"greater": "less", "less": "greater"}[side]
    p = stats.ttest_rel(one, other, alternative=side).pvalue
    against = stats.ttest_rel(one, other, alternative=opposite).pvalue
    verdict = "inconclusive"
    if p <= ALPHA:
        verdict = "holds"
    elif against <= ALPHA:
        verdict = "refuted"
    interval = stats.ttest_rel(one, other).confidence_interval(1 - ALPHA)
    return verdict, float(np.mean(one - other)), interval.low, interval.high, p


def verdicts():
    """Claim -> verdict, estimate, low, high, p."""
    return {
        "p.a[rate=0.1]": paired(lost(0.1, EPOCHS), lost(0.1, 0), "less"),
        "p.a[rate=1.0]": paired(lost(1.0, EPOCHS), lost(1.0, 0), "less"),
        "p.b": paired(right(0.0), right(1.0), "greater"),
    }


if __name__ == "__main__":
    for claim, (word, estimate, low, high, p) in verdicts().items():
        print(f"{claim:15}  {word}  {estimate:.4f} [{low:.4f}, {high:.4f}]  p = {p:.2g}")
