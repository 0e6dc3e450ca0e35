"""Plain SGD steps of a local rule: which blocks move, and how far."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.architecture import Architecture, initialise
from engine.credit.oracle import Oracle
from engine.forward import ForwardPass
from engine.local_sgd import LocalSGD, Rerun
from engine.nets import ResidualMLP
from engine.parameters import LocalDescent
from engine.training import bp_gradient
from engine.weights import Weights

SEEDS = (42, 123)


SHAPE = Architecture(32, 16, 2)


def steps(**chosen: Any) -> tuple[LocalSGD, ForwardPass]:
    """Oracle credit on random networks, and one batch's forward pass."""
    network = ResidualMLP(SHAPE, initialise(SHAPE, SEEDS, "cpu").to(torch.float64))
    stream = torch.Generator().manual_seed(1)
    h = network.embed(torch.randn(2, 16, 32, generator=stream, dtype=torch.float64))
    forward = ForwardPass(
        network,
        torch.zeros(2, 16, 32, dtype=torch.float64),
        torch.randint(10, (2, 16), generator=stream),
        h,
    )
    return LocalSGD(
        network, Oracle([None] * 2, SEEDS, SHAPE, "cpu"), LocalDescent(**chosen)
    ), forward


def first_change(sgd: LocalSGD, forward: ForwardPass) -> torch.Tensor:
    """By how much the weights have moved after the steps of the first size."""
    next(sgd.runs(forward))
    return sgd.change()


def change_of_weights(sgd: LocalSGD, change: torch.Tensor) -> Weights:
    """A change of what moves, as one of all weights by name."""
    before = sgd.network.weights.to(torch.float64)
    sgd.moving.copy_(sgd.frozen)
    frozen = sgd.network.weights.to(torch.float64)
    sgd.moving.add_(change)
    moved = sgd.network.weights.to(torch.float64)
    sgd.network.weights.flat.copy_(before.flat)
    moved.flat.sub_(frozen.flat)
    return moved


def test_one_raw_oracle_step_on_the_last_block_is_back_propagation_there() -> None:
    """With the credit dL/dh_L at its output, the last block moves as under back-propagation, up to
    the credit's own 1/batch.
    """
    sgd, forward = steps(
        credit="raw", blocks="last1", rule="target_shift", eta=1.0, step_sizes=(0.5,)
    )

    exact = sgd.network.weights.like()
    bp_gradient(forward, exact)
    moved = change_of_weights(sgd, first_change(sgd, forward))

    for name in moved:
        expected = (
            -0.5 * exact[name] / 16
            if name.startswith("blocks.1.")
            else torch.zeros_like(exact[name])
        )
        torch.testing.assert_close(moved[name], expected, msg=name)


@pytest.mark.parametrize(("blocks", "moving"), [("all", "blocks."), ("last1", "blocks.1.")])
def test_only_the_blocks_in_range_move(blocks: str, moving: str) -> None:
    """Every parameter of the blocks in range changes; embedding, LN_out, head and the other blocks
    keep theirs to the bit.
    """
    sgd, forward = steps(blocks=blocks)

    untouched = sgd.network.weights.to(torch.float64)
    *_, _ = sgd.runs(forward)
    moved = sgd.network.weights.to(torch.float64)
    moved.flat.sub_(untouched.flat)

    assert change_of_weights(sgd, sgd.change()).flat.equal(moved.flat)

    assert {name for name, view in moved.items() if view.count_nonzero()} == {
        name for name in moved if name.startswith(moving)
    }


@pytest.mark.parametrize("blocks", ["all", "last1"])
def test_a_batch_rerun_from_the_lowest_moved_block_is_a_whole_forward_pass(blocks: str) -> None:
    """After the blocks in range moved, states, logits and true gradients are those of a new forward
    pass, bit for bit.
    """
    sgd, forward = steps(blocks=blocks)
    *_, _ = sgd.runs(forward)

    again, whole = (
        Rerun(forward, sgd.lowest),
        ForwardPass(sgd.network, None, forward.y, forward.trace.hidden[0]),
    )

    assert not whole.trace.logits.equal(forward.trace.logits)
    assert again.trace.logits.equal(whole.trace.logits)
    assert again.states.equal(whole.states)
    assert again.gradients().equal(whole.gradients())


def test_raw_credit_keeps_its_scale_and_normalised_does_not() -> None:
    """Ten times the credit makes the raw update ten times as large and leaves the normalised one as
    it is, but for the floor.
    """

    class Tenfold(Oracle):
        def credit(self, forward: Any, levels: Any) -> torch.Tensor:
            return 10 * super().credit(forward, levels)

    changes = {}
    for credit in ("raw", "normalised"):
        sgd, forward = steps(credit=credit, step_sizes=(1e-3,))
        once = first_change(sgd, forward).clone()
        sgd.estimator = Tenfold([None] * 2, SEEDS, SHAPE, "cpu")
        changes[credit] = once, first_change(sgd, forward)

    torch.testing.assert_close(changes["raw"][1], 10 * changes["raw"][0])
    torch.testing.assert_close(
        changes["normalised"][1], changes["normalised"][0], rtol=1e-2, atol=1e-6
    )


def test_k_steps_are_k_single_steps_with_credit_estimated_anew() -> None:
    """Three steps equal three runs of one step, each from where the last ended."""
    sgd, forward = steps(credit="raw", steps=3, step_sizes=(1.0,))
    expected = first_change(sgd, forward)

    single, forward = steps(credit="raw", steps=1, step_sizes=(1.0,))
    total = torch.zeros_like(expected)
    for _ in range(3):
        forward = ForwardPass(single.network, None, forward.y, forward.trace.hidden[0])
        change = first_change(single, forward)
        total += change
        single.frozen += change

    torch.testing.assert_close(total, expected)


def test_clamped_gradients_stay_within_one() -> None:
    """With a clamp no weight moves by more than step size times 1; without, some do."""
    free, forward = steps(rule="target_shift", eta=50.0, step_sizes=(0.01,))
    bound, again = steps(rule="target_shift", eta=50.0, step_sizes=(0.01,), clamp=True)

    assert first_change(free, forward).abs().max() > 0.01
    assert first_change(bound, again).abs().max() <= 0.01 + 1e-15
