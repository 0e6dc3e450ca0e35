"""Every seed as a dot."""

import re

import msgspec
import pytest

from cbspec.model.values import Values
from cbspec.report.html import page
from cbspec.report.html.contents import Contents
from cbspec.report.html.seeds import seed_plots
from tests.support.specimen import make_effect, make_entry, make_finding, make_judgement


def test_each_seed_is_a_dot(subject, values):
    """A measure has a row for each arm in the claim's order, and a dot for each seed that has a
    value; the script draws them from name, dots, mean and the memo's value.
    """
    made = subject()
    gamma, rho = seed_plots(made.record.entry, values, {"gamma": {"vec": 0.378}}, ("vec", "dfa"))

    assert [row.arm for row in gamma.rows] == ["vec", "dfa"]
    assert [len(set(row.dots)) for row in gamma.rows] == [3, 3]
    assert (gamma.rows[0].mean_text, gamma.rows[0].memo_text) == ("0.6", "0.378")
    assert gamma.rows[0].dots[0] < gamma.rows[0].mean < gamma.rows[0].dots[2]
    assert rho.rows[1].texts == ("0.3", "", "0.1")
    assert [dot is None for dot in rho.rows[1].dots] == [False, True, False]
    assert gamma.shapes[0] == ("vec", gamma.rows[0].dots, gamma.rows[0].mean, gamma.rows[0].memo)
    assert gamma.shapes[1][3] is None
    assert rho.gaps == ("dfa, seed 123: no variance",)
    assert "vec 0.6, dfa 0.1" in gamma.summary


def test_no_values_no_plot():
    """A verdict from before values were kept has no plot, and neither has a measure of no arm."""
    other = Values(seeds=(1,), arms={"dfa": {"accuracy": (0.5,)}})

    assert seed_plots(make_entry(), None, {}) == []
    assert seed_plots(make_entry(), other, {}) == []


def test_a_ratio_of_arms_does_not_name_the_unit(values):
    """The values of a measure have its own unit, also where the effect that comes first is a ratio
    of arms; none where only such effects are recorded.
    """
    ratio = make_effect(label="vec / dfa", unit="ratio")
    both = make_finding(effects=(ratio, make_effect()))
    entries = []
    for finding in (both, make_finding(effects=(ratio,))):
        entries.append(make_entry(judgement=make_judgement(findings=(finding,))))

    assert [seed_plots(entry, values, {})[0].unit for entry in entries] == ["cosine", ""]


def test_two_sides_share_an_axis(values):
    """The dots of values that are compared lie on one axis."""
    other = Values(seeds=(1,), arms={"dfa": {"gamma": (10.0,)}})
    [alone] = seed_plots(make_entry(), values, {})
    [beside] = seed_plots(make_entry(), values, {}, beside=other)
    [opposite] = seed_plots(make_entry(), other, {}, beside=values)

    assert beside.ticks == opposite.ticks != alone.ticks
    assert beside.rows[0].dots[0] < opposite.rows[0].dots[0]


def test_runs_of_their_own_are_not_joined():
    """Arms that share no runs have their own number of dots and no line across them, an arm that
    lacks a value is told by its own count, and nothing is missing of runs that it never had.
    """
    columns = {
        "svm": {"gamma": (0.1, 0.2, 0.3, 0.4)},
        "knn": {"gamma": (0.5, None, None, None)},
        "net": {"gamma": (0.1, 0.1, 0.1, 0.1)},
    }
    apart = Values(seeds=(1, 2, 3, 4), arms=columns, own={"svm": 4, "knn": 2})
    alone = Values(seeds=(1, 2, 3, 4), arms=columns, own={"svm": 4, "knn": 2, "net": 4})
    [mixed] = seed_plots(make_entry(), apart, {}, replicates="runs")
    [plot] = seed_plots(make_entry(), alone, {}, replicates="runs")

    assert (mixed.apart, mixed.shared, mixed.joined) == ([0, 1], 1, False)
    assert (plot.apart, plot.shared) == ([0, 1, 2], 0)
    assert [len(row.dots) for row in plot.rows] == [4, 2, 4]
    assert plot.gaps == ("knn, run 2: no value",)
    assert plot.summary.startswith("gamma of 4 or 2 runs by arm")


def test_seeds_that_arms_share_are_joined(values):
    """Two arms of the same seeds have lines across them."""
    [plot] = seed_plots(make_entry(), values, {})

    assert (plot.apart, plot.joined) == ([], True)


@pytest.mark.parametrize(
    ("own", "columns"),
    [
        ({}, ["arm", "1", "2", "3", "mean", "memo"]),
        ({"vec": 3}, ["arm", "1", "2", "3", "mean", "memo"]),
        ({"dfa": 2, "vec": 3}, ["arm", "runs of its own", "mean", "memo"]),
    ],
)
def test_values_of_runs_that_are_not_shared_share_no_column(subject, own, columns):
    """An arm over runs of its own lists its values in one cell, and no line is said to join them."""
    arms = {"vec": {"gamma": (0.5, None, 0.7)}, "dfa": {"gamma": (0.1, 0.2, None)}}
    record = subject().record
    values = {record.entry.key: Values(seeds=(1, 2, 3), arms=arms, own=own)}
    about = msgspec.structs.replace(record.about, replicates="runs")
    text = page(Contents(run=None, subjects=(subject(values=values, about=about),)))
    [table] = re.findall("gamma by arm and run</caption>(.*?)</table>", text, re.DOTALL)
    rows = [re.findall("<t[hd][^>]*>([^<]*)", row) for row in table.split("<tr>")[1:]]

    assert [cell.strip() for cell in rows[0]] == columns
    assert ("0.5, –, 0.7" in table) == ("vec" in own)
    assert ("0.1, 0.2" in table) == ("dfa" in own)
    assert ("joined across arms" in text) == (not own)
    assert ("data-apart" in text) == bool(own)
    assert len(columns) == 4 or "vec" not in own or "<td class=own colspan=3>" in table
