"""Every seed as a dot."""

from cbspec.model.values import Values
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
