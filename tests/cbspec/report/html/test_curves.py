"""Curves: the seeds thin, the mean thick."""

from cbspec.report import Curve
from cbspec.report.html.curves import curve_plots


def curve(arms=("dfa",), values=((3.0, 2.0, 1.0), (5.0, 4.0, None)), **changes):
    known = {
        "stage": "train",
        "series": "loss",
        "call": "ab",
        "unit": "epoch",
        "points": (1, 2, 3),
        "seeds": (42, 123),
    }
    return Curve(arms=arms, values=values, **{**known, **changes})


def test_one_plot_for_each_series():
    """Arms share the plot of a series, each with its colour, a path for each seed and one for the
    mean, over which a missing value has no weight.
    """
    loss, other = curve_plots([curve(), curve(arms=("vec",)), curve(series="accuracy")])

    assert (loss.series, other.series) == ("loss", "accuracy")
    assert [(line.name, line.colour, len(line.seeds)) for line in loss.lines] == [
        ("dfa", 0, 2),
        ("vec", 1, 2),
    ]
    assert loss.lines[0].last == "1"
    assert loss.lines[0].mean.count("L") == 2
    assert "dfa 1, vec 1" in loss.summary


def test_a_gap_breaks_the_path():
    """A value that is missing is not drawn over."""
    [plot] = curve_plots([curve(values=((1.0, None, 3.0),), seeds=(42,))])

    assert plot.lines[0].seeds[0].count("M") == 2
