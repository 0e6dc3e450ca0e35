"""What counts as the recorded figure, and what does not."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cbspec.canary import CanaryRecord, Tolerance, Unheld, compared
from tests.support.specimen import UNDEFINED, make_calibration, make_figures, make_provenance


def record(known, atol=0.0, rtol=0.0, unheld=()):
    """A record of these figures, gamma held to a tolerance."""
    tolerance = Tolerance(claim="6A.a", measure="gamma", atol=atol, rtol=rtol, spread=0.0)
    return CanaryRecord([known], make_calibration(*unheld, tolerances=(tolerance,)))


@given(
    before=st.floats(-1e6, 1e6),
    moved=st.floats(-1e6, 1e6),
    atol=st.floats(0, 1e3),
    rtol=st.floats(0, 0.5),
)
def test_a_value_is_as_recorded_within_its_tolerance(before, moved, atol, rtol):
    """Equal means |x - r| <= atol + rtol |r| with the recorded value r, and nothing else."""
    check = compared(
        record(make_figures((before, 0.0)), atol, rtol), make_figures((before + moved, 0.0))
    )

    within = abs((before + moved) - before) <= atol + rtol * abs(before)
    assert check.state == ("equal" if within else "differs")


def test_every_figure_that_differs_is_told():
    """Each value beyond tolerance is named with its arm, measure, seed, both values and what would
    be allowed.
    """
    check = compared(record(make_figures(), atol=0.001), make_figures((0.502, 0.26)))

    assert [each.text for each in check.differences] == [
        "gamma of vec, seed 1: 0.5 -> 0.502 (tolerance 0.001)",
        "gamma of vec, seed 2: 0.25 -> 0.26 (tolerance 0.001)",
    ]
    assert check.text == f"2 canary figures changed; {check.differences[0].text}"


def test_without_a_calibration_figures_are_held_to_the_last_bit():
    """A record that was never calibrated calls the smallest change a difference."""
    known = CanaryRecord([make_figures()])

    assert compared(known, make_figures()).state == "equal"
    assert compared(known, make_figures((0.5 + 2**-53, 0.25))).state == "differs"


def test_a_claim_that_got_a_measure_since_the_calibration_is_held_to_what_is_usual():
    """Its tolerance is the one that three quarters of the other claims do not exceed; of a measure
    that none had, the arithmetic's alone.
    """
    held = record(make_figures(), atol=0.001, rtol=1e-6)
    others = []
    for atol in (0.002, 0.004, 0.5):
        others.append(Tolerance(claim=f"{atol}", measure="gamma", atol=atol, rtol=1e-6, spread=0.0))
    known = held.calibration.tolerances
    held = held.calibrated(msgspec.structs.replace(held.calibration, tolerances=(*known, *others)))

    gamma = held.tolerance("new.a", "vec", "gamma")
    other = held.tolerance("new.a", "vec", "rho")

    assert (gamma.atol, gamma.rtol) == (0.004, 1e-6)
    assert (other.atol, other.rtol) == (0.0, 1e-6)


def test_values_that_look_alike_are_told_in_full():
    """Two values that differ beyond the sixth digit are shown with all of theirs."""
    check = compared(record(make_figures()), make_figures((0.5 + 2**-40, 0.25)))

    assert check.text == (
        "1 canary figure changed; gamma of vec, seed 1: 0.5 -> 0.5000000000009095 (tolerance 0)"
    )


@pytest.mark.parametrize(
    ("now", "state"),
    [
        ({"undefined": {"vec": {"gamma": {"2": "reference norm 2.9e-09 below 1e-07"}}}}, "equal"),
        ({"undefined": {"vec": {"gamma": {"2": "no state moved"}}}}, "differs"),
        ({"diverged": {"vec": {"2": "loss not finite in epoch 3"}}}, "differs"),
    ],
)
def test_undefined_stays_undefined_for_the_same_reason(now, state):
    """A value that is undefined is as recorded for the same reason, whose numbers are a platform's
    own, and for no other.
    """
    check = compared(
        record(make_figures((0.5, None), values=UNDEFINED)), make_figures((0.5, None), values=now)
    )

    assert check.state == state


def test_a_number_in_place_of_none_differs():
    """A value that is defined and was not, or the other way round, is no figure within any
    tolerance.
    """
    undefined = make_figures((0.5, None), values=UNDEFINED)

    appeared = compared(record(undefined, atol=1e9), make_figures())
    vanished = compared(record(make_figures(), atol=1e9), undefined)

    assert (appeared.state, vanished.state) == ("differs", "differs")
    assert (
        appeared.differences[0].text
        == "gamma of vec, seed 2: reference norm 3.1e-09 below 1e-07 -> 0.25"
    )


def test_a_measure_that_is_not_held_is_passed_over():
    """Arithmetic alone moves it too far: it is listed, and no change of it is a difference."""
    unheld = (Unheld(claim="6A.a", arm="vec", measure="gamma", reason="moves by 0.4"),)

    assert (
        compared(record(make_figures(), unheld=unheld), make_figures((0.9, 0.1))).state == "equal"
    )


@pytest.mark.parametrize(
    "now", [{"code": {"fit": "cd34"}}, {"provenance": make_provenance(torch="2.14.0+cpu")}]
)
def test_a_canary_of_which_nothing_is_held_vouches_for_no_other_code(now):
    """Where no figure is held, nothing is compared: of other code or another torch it is not equal,
    and says so.
    """
    unheld = (Unheld(claim="6A.a", arm="vec", measure="gamma", reason="moves by 0.4"),)

    check = compared(record(make_figures(), unheld=unheld), make_figures((0.9, 0.1), **now))

    assert (check.state, check.failed) == ("unheld", False)
    assert check.text == "canary compares nothing: none of its figures is held"


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        ({"calls": {"vec": "beef"}}, "another stage call than recorded: vec"),
        ({"claim": "7A.a"}, "no figures of this claim"),
        ({"values": {"seeds": (1, 3)}}, "its seeds were (1, 2), now (1, 3)"),
        (
            {"values": {"arms": {"vec": {"gamma": (0.5, 0.25), "rho": (0.0, 0.0)}}}},
            "no figures of rho of vec",
        ),
    ],
)
def test_what_cannot_be_compared_is_new(now, reason):
    """Figures of another call, claim, seed or measure have nothing on record that they could be
    held to.
    """
    check = compared(record(make_figures()), make_figures(**now))

    assert (check.state, check.reason) == ("new", reason)
    assert check.figures is not None
