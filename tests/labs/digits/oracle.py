"""The verdicts on the claims of this folder, by SciPy alone: ``python oracle.py``."""

import csv
from pathlib import Path

import numpy as np
from scipy import stats

ALPHA = 0.05
FOLDER = Path(__file__).parent


def accuracies():
    """Method -> the accuracies of the runs that have one."""
    by_method = {}
    with (FOLDER / "runs.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["accuracy"]:
                by_method.setdefault(row["method"], []).append(float(row["accuracy"]))
    return {method: np.array(values) for method, values in by_method.items()}


def verdict(p, against):
    if p <= ALPHA:
        return "holds"
    return "refuted" if against <= ALPHA else "inconclusive"


def unpaired(one, other, bound):
    """Welch's test of a difference above a bound, and its two-sided interval."""
    p, against = (
        stats.ttest_ind(one - bound, other, equal_var=False, alternative=side).pvalue
        for side in ("greater", "less")
    )
    interval = stats.ttest_ind(one, other, equal_var=False).confidence_interval(1 - ALPHA)
    return verdict(p, against), one.mean() - other.mean(), interval.low, interval.high, p


def above(values, bound):
    """Student's test of a mean above a bound."""
    p, against = (
        stats.ttest_1samp(values, bound, alternative=side).pvalue for side in ("greater", "less")
    )
    interval = stats.ttest_1samp(values, bound).confidence_interval(1 - ALPHA)
    return verdict(p, against), values.mean(), interval.low, interval.high, p


def share(hits, share):
    """The exact binomial test of a share above another, with Clopper and Pearson's interval."""
    count, n = int(hits.sum()), len(hits)
    test = stats.binomtest(count, n, share, alternative="greater")
    against = stats.binomtest(count, n, share, alternative="less").pvalue
    interval = stats.binomtest(count, n, share).proportion_ci(1 - ALPHA, "exact")
    return verdict(test.pvalue, against), count / n, interval.low, interval.high, test.pvalue


def verdicts():
    """Claim -> verdict, estimate, low, high, p."""
    of = accuracies()
    return {
        "d.a": unpaired(of["neighbours"], of["logistic"], 0.01),
        "d.b": unpaired(of["svm"], of["neighbours"], 0),
        "d.c": unpaired(of["svm"], of["neighbours"], 0.02),
        "d.d": above(of["svm"], 0.974),
        "d.e": share(of["logistic"] < 0.96, 0.5),
    }


if __name__ == "__main__":
    for claim, (word, estimate, low, high, p) in verdicts().items():
        print(f"{claim}  {word:12}  {estimate:.4f} [{low:.4f}, {high:.4f}]  p = {p:.2g}")
