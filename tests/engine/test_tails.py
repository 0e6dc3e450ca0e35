"""Losses behind moved hidden states, against the network's own rest of each level run alone."""

from __future__ import annotations

import pytest
import torch

from engine import tails
from engine.architecture import Architecture, initialise
from engine.forward import ForwardPass
from engine.nets import ResidualMLP, cross_entropy
from engine.tails import Tails
from engine.tasks.teacher_student import PhiAlpha
from engine.weights import Weights

SEEDS = (42, 123, 456)
SHAPES = {
    "terminal norm": Architecture(32, 16, 3),
    "student, alpha 1": Architecture(32, 16, 2, activation=PhiAlpha(1.0), terminal_norm=False),
    "deepest": Architecture(32, 16, 12),
}


def forward_pass(shape: Architecture, dtype: torch.dtype = torch.float64) -> ForwardPass:
    """Networks whose every parameter is random, and a batch of eight."""
    weights = initialise(shape, SEEDS, "cpu").to(dtype)
    stream = torch.Generator().manual_seed(7)
    weights.flat += 0.3 * torch.randn(weights.flat.shape, generator=stream, dtype=dtype)
    x = torch.randn(3, 8, 32, generator=stream, dtype=dtype)
    return ForwardPass(ResidualMLP(shape, weights), x, torch.randint(10, (3, 8), generator=stream))


def moves(forward: ForwardPass, count: int, each: bool = True) -> torch.Tensor:
    """`[replica, level, count, 8 or 1, d]`."""
    h = forward.states[:, :-1].unsqueeze(2)
    return torch.randn_like(h[:, :, :, : 8 if each else 1].expand(-1, -1, count, -1, -1))


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
@pytest.mark.parametrize("each", [True, False], ids=["own moves", "shared moves"])
def test_losses_are_those_of_each_level_run_alone(shape: Architecture, each: bool) -> None:
    """The loss of h_l plus size times a move is what the network's rest makes of it, and the states
    stay as they were.
    """
    forward = forward_pass(shape)
    v, before = moves(forward, 5, each), forward.states.clone()

    found = Tails(forward.network).losses(forward.states[:, :-1], forward.y, v, -0.3)

    assert found.shape == (3, shape.depth, 5, 8)
    assert torch.equal(forward.states, before)
    for level in range(shape.depth):
        for move in range(5):
            h = forward.trace.hidden[level] - 0.3 * v[:, level, move]
            torch.testing.assert_close(
                found[:, level, move], cross_entropy(forward.network.logits(h, level), forward.y)
            )


def test_losses_do_not_depend_on_what_runs_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moves by threes with a last one alone, one by one and all together have the same losses."""
    forward = forward_pass(SHAPES["terminal norm"])
    v, found = moves(forward, 7), []

    for rows in (24, 1, 10_000):
        monkeypatch.setattr(tails, "ROWS", rows)
        found.append(Tails(forward.network).losses(forward.states[:, :-1], forward.y, v))

    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(found[0], found[2])


def test_a_replicas_losses_are_its_own() -> None:
    """In float32 they are bit for bit the same alone and in company."""
    forward = forward_pass(SHAPES["terminal norm"], torch.float32)
    v, weights = moves(forward, 4), forward.network.weights
    together = Tails(forward.network).losses(forward.states[:, :-1], forward.y, v)

    for replica in range(3):
        part = slice(replica, replica + 1)
        alone = ResidualMLP(
            forward.network.architecture, Weights(weights.layout, weights.flat[part].clone())
        )
        assert torch.equal(
            Tails(alone).losses(forward.states[part, :-1], forward.y[part], v[part])[0],
            together[replica],
        )


@pytest.mark.parametrize("elements", [2**22, 1])
def test_all_replicas_together_have_the_same_losses(
    elements: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The way of a GPU, all replicas at once and as many moves as fit, gives what one replica after
    the other gives.
    """
    forward = forward_pass(SHAPES["terminal norm"])
    v, states = moves(forward, 5), forward.states[:, :-1]
    expected = Tails(forward.network).losses(states, forward.y, v)

    monkeypatch.setattr(tails, "ELEMENTS", elements)
    with monkeypatch.context() as pretended:
        pretended.setattr(torch.Tensor, "is_cuda", True)
        wide = Tails(forward.network)

    assert len(wide._rests) == 1
    torch.testing.assert_close(wide.losses(states, forward.y, v), expected)
