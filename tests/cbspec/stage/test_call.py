"""A call is told by the values of all its parameters, under the names that claims have for them."""

import msgspec

from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.fingerprint import Fingerprint
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import Document
from cbspec.language.parse import parse
from cbspec.language.points import check_end
from cbspec.stage import Call, Parameters, Stage, plain


class Renamed(Parameters, frozen=True, kw_only=True, rename="kebab"):
    last_step: int = 3
    run_length: int = 5


RENAMED = Stage("walk", "", "lab:walk", Renamed, progress="last-step", length="run-length")


class Rate(msgspec.Struct, frozen=True, omit_defaults=True):
    light: float = 1.0


class Tagged(msgspec.Struct, frozen=True, omit_defaults=True, tag="tagged", array_like=True):
    width: int = 2


class Omitting(Parameters, frozen=True, kw_only=True, omit_defaults=True):
    step: int = 3
    rate: float = 1.0
    nested: Rate = Rate()
    listed: Tagged = Tagged()
    unset: int | msgspec.UnsetType = msgspec.UNSET


def walk(**parameters):
    return Call(Stage("walk", "", "lab:walk", Omitting, progress="step"), Omitting(**parameters))


def test_a_default_that_msgspec_omits_is_told_as_any_other_value():
    """Parameters with `omit_defaults`, also nested ones, are as plain as without it."""
    assert plain(Omitting()) == {
        "listed": ["tagged", 2],
        "nested": {"light": 1.0},
        "rate": 1.0,
        "step": 3,
    }


def test_a_default_that_changes_changes_the_call():
    """Two values of the parameter are two calls, whichever is the default at the time."""

    class Before(Parameters, frozen=True, omit_defaults=True):
        gain: float = 1.0

    class After(Parameters, frozen=True, omit_defaults=True):
        gain: float = 7.0

    before, after, written = (
        Call(Stage("walk", "", "lab:walk", type(parameters)), parameters).digest
        for parameters in (Before(), After(), After(gain=1.0))
    )

    assert before != after
    assert before == written


def test_a_progress_at_its_omitted_default_leaves_a_trajectory():
    """The points of one run share a trajectory, also where one of them is the default."""
    call, later = walk(), walk(step=4)

    assert call.trajectory == later.trajectory != walk(rate=2.0).trajectory
    assert call.shape == later.shape
    assert (call.point, later.point) == (3, 4)


def test_a_progress_with_another_name_in_claims_is_found():
    """The point of a call is that of the field which `rename` gives the name of the progress."""
    planner = Planner(lambda _: Fingerprint.of({}), Numerics(device="cpu", torch="none"))
    cell = planner.cell(Call(RENAMED, Renamed(last_step=4)), 1)

    assert cell.call.point == 4
    assert planner.at(cell, 2).call.parameters == Renamed(last_step=2)


def test_a_length_with_another_name_in_claims_is_found(tmp_path):
    """Where a run ends is that of the field which `rename` gives the name of the length."""
    mistakes = Diagnostics()
    document = parse(Document(tmp_path / "a.yaml", "last-step: 6"), mistakes)

    check_end(document.root, RENAMED, Renamed(last_step=5), mistakes)
    assert len(mistakes) == 0

    check_end(document.root, RENAMED, Renamed(last_step=6), mistakes)
    assert len(mistakes) == 1
