"""DFA and the oracle against back-propagation."""

from __future__ import annotations

import torch
from torch import Tensor

from engine.architecture import Architecture, initialise
from engine.credit.dfa import DFA
from engine.credit.estimator import normalise
from engine.credit.oracle import Oracle
from engine.forward import ForwardPass
from engine.nets import ResidualMLP, cross_entropy
from engine.rules import RULES, block_gradients
from engine.training import bp_gradient

SEEDS = (42, 123)


class Identity:
    """No nonlinearity."""

    def forward(self, z: Tensor) -> Tensor:
        return z

    def backward(self, gradient: Tensor, z: Tensor) -> Tensor:  # noqa: ARG002
        return gradient


def forward_pass(shape: Architecture, size: int = 8) -> ForwardPass:
    stream = torch.Generator().manual_seed(5)
    x = torch.randn(2, size, shape.inputs, generator=stream, dtype=torch.float64)
    y = torch.randint(10, (2, size), generator=stream)
    return ForwardPass(ResidualMLP(shape, initialise(shape, SEEDS, "cpu").to(torch.float64)), x, y)


def test_dfa_with_the_transposed_chain_is_back_propagation() -> None:
    """On a linear network with one block, feedback W_head^T makes DFA's block gradient that of
    back-propagation.
    """
    shape = Architecture(32, 16, 1, activation=Identity(), terminal_norm=False)
    forward = forward_pass(shape)
    dfa = DFA([None] * 2, SEEDS, shape, "cpu", torch.float64)
    dfa.feedback[:, 0] = forward.network.weights["head.weight"].transpose(1, 2)
    local, exact = forward.network.weights.like(), forward.network.weights.like()

    block_gradients(
        forward, [0], dfa.credit(forward, [0]).unbind(1), RULES["inner_product"], 0.1, local
    )
    bp_gradient(forward, exact)

    for name in (name for name in local if name.startswith("blocks.")):
        torch.testing.assert_close(local[name], exact[name], msg=name)


def test_feedback_is_fixed_by_seed_and_level() -> None:
    """B_l has standard deviation 1/sqrt(10), is the same in any company and at any depth, and
    differs between levels.
    """
    wide = DFA([None] * 2, SEEDS, Architecture(32, 512, 3), "cpu")
    alone = DFA([None], (123,), Architecture(32, 512, 2), "cpu")

    assert torch.equal(wide.feedback[1, :3], alone.feedback[0])
    assert not torch.equal(wide.feedback[0, 0], wide.feedback[0, 1])
    torch.testing.assert_close(wide.feedback.std(), torch.tensor(10**-0.5), rtol=0.01, atol=0)


def test_dfa_credit_by_hand() -> None:
    """a_l is e_T times B_l, levels in the order asked for."""
    shape = Architecture(32, 16, 2)
    forward, dfa = forward_pass(shape), DFA([None] * 2, SEEDS, shape, "cpu", torch.float64)

    credit = dfa.credit(forward, [2, 0])

    expected = torch.einsum("rbc,rlcd->rlbd", forward.error, dfa.feedback[:, [2, 0]])
    torch.testing.assert_close(credit, expected)


def test_oracle_credit_is_the_gradient_of_the_batch_mean() -> None:
    """The oracle's a_l is the per-sample gradient over the batch size, at any choice of levels."""
    shape = Architecture(32, 16, 3)
    forward = forward_pass(shape)

    credit = Oracle([None] * 2, SEEDS, shape, "cpu").credit(forward, [1, 3])

    torch.testing.assert_close(credit, forward.gradients()[:, [1, 3]] / 8)


def test_oracle_credit_is_the_slope_of_the_batch_mean_loss() -> None:
    """<a_l, v> is the central difference of the mean loss, in float64, when one sample's h_l moves
    along v, at every level.
    """
    shape, eps = Architecture(32, 16, 3), 1e-5
    forward = forward_pass(shape)
    v = torch.randn(16, generator=torch.Generator().manual_seed(1), dtype=torch.float64)

    credit = Oracle([None] * 2, SEEDS, shape, "cpu").credit(forward, range(4))

    for level, h in enumerate(forward.trace.hidden):
        for n in (0, 5):
            move = torch.zeros_like(h)
            move[:, n] = eps * v
            up, down = (
                cross_entropy(forward.network.logits(h + way * move, level), forward.y).mean(1)
                for way in (1, -1)
            )
            torch.testing.assert_close(
                credit[:, level, n] @ v, (up - down) / (2 * eps), rtol=1e-6, atol=1e-10
            )


def test_normalised_credit_has_unit_rms_per_sample() -> None:
    """Each sample's credit is divided by its own RMS plus 1e-6."""
    credit = torch.tensor([[3.0, -4.0], [3e-6, 4e-6], [0.0, 0.0]], dtype=torch.float64)

    rms = torch.tensor([12.5**0.5, 12.5**0.5 * 1e-6, 0.0], dtype=torch.float64)
    torch.testing.assert_close(normalise(credit.clone()), credit / (rms + 1e-6)[:, None])
