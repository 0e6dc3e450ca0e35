"""Every seed as a dot."""

from cbspec.model.values import Values
from cbspec.report.html.seeds import seed_plots
from tests.support.specimen import make_entry


def test_each_seed_is_a_dot_joined_across_arms(subject, values):
    """A measure has a row for each arm in the claim's order, a dot for each seed, and a line for
    each seed that has a value in both arms.
    """
    made = subject()
    gamma, rho = seed_plots(made.record.entry, values, {"gamma": {"vec": 0.378}}, ("vec", "dfa"))

    assert [row.arm for row in gamma.rows] == ["vec", "dfa"]
    assert [len(set(row.dots)) for row in gamma.rows] == [3, 3]
    assert (gamma.rows[0].mean_text, gamma.rows[0].memo_text) == ("0.6", "0.378")
    assert gamma.rows[0].dots[0] < gamma.rows[0].mean < gamma.rows[0].dots[2]
    assert len(gamma.joins) == 3
    assert [line.count(" ") for line in gamma.joins] == [1, 1, 1]
    assert (rho.rows[1].texts, len(rho.joins)) == (("0.3", "", "0.1"), 2)
    assert rho.gaps == ("dfa, seed 123: no variance",)
    assert "vec 0.6, dfa 0.1" in gamma.summary


def test_no_values_no_plot():
    """A verdict from before values were kept has no plot, and neither has a measure of no arm."""
    other = Values(seeds=(1,), arms={"dfa": {"accuracy": (0.5,)}})

    assert seed_plots(make_entry(), None, {}) == []
    assert seed_plots(make_entry(), other, {}) == []
