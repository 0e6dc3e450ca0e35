"""The state bridge against the explicit Jacobian of its predictor, and its objective against
autograd.
"""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.architecture import Architecture, initialise
from engine.credit import features
from engine.credit.state_bridge import StateBridgeEstimator
from engine.forward import ForwardPass
from engine.nets import ResidualMLP
from engine.parameters import StateBridge as Parameters

SEEDS = (42, 123, 456)
ARCHITECTURE = Architecture(inputs=32, width=16, depth=2)
PLAIN = Architecture(inputs=32, width=16, depth=2, terminal_norm=False)


def batch(seeds=SEEDS, dtype=torch.float32, size=8, architecture=ARCHITECTURE):
    """A forward pass of random data through initialised networks; each replica's part follows from
    its seed.
    """
    streams = [torch.Generator().manual_seed(seed) for seed in seeds]
    x = torch.stack([torch.randn(size, architecture.inputs, generator=own) for own in streams]).to(
        dtype
    )
    y = torch.stack([torch.randint(10, (size,), generator=own) for own in streams])
    return ForwardPass(
        ResidualMLP(architecture, initialise(architecture, seeds, "cpu").to(dtype)), x, y
    )


def bridge(seeds=SEEDS, dtype=torch.float32, **chosen):
    """A bridge with its random initial weights."""
    return StateBridgeEstimator(
        [Parameters(hidden=32, **chosen)] * len(seeds), seeds, ARCHITECTURE, "cpu", dtype
    )


def predicted(weights, replica, h, level, s):
    """P(h_l, t_l, s) by the formula, one replica, for autograd."""
    w = {name: view[replica] for name, view in weights.items()}
    t = features.time_embedding(torch.tensor(level / 2, dtype=h.dtype)).expand(*h.shape[:-1], -1)
    x = torch.cat([F.layer_norm(h, h.shape[-1:]), t, s], -1)
    return F.silu(F.silu(x @ w["w1"] + w["b1"]) @ w["w2"] + w["b2"]) @ w["w3"] + w["b3"]


def terminal_gradient(network, replica, h, y):
    """dCE/dh at terminal states of one replica, by autograd."""
    w = {name: view[replica] for name, view in network.weights.items()}
    h = h.detach().requires_grad_()
    final = (
        F.layer_norm(h, h.shape[-1:], w["norm.weight"], w["norm.bias"])
        if network.architecture.terminal_norm
        else h
    )
    return torch.autograd.grad(
        F.cross_entropy(final @ w["head.weight"] + w["head.bias"], y, reduction="sum"), h
    )[0]


@pytest.mark.parametrize(
    "architecture", [ARCHITECTURE, PLAIN], ids=["terminal norm", "no terminal norm"]
)
@pytest.mark.parametrize("gradient_at", ["predicted", "actual"])
def test_credit_is_the_jacobian_transpose_product(architecture, gradient_at):
    """a_l is J^T times the terminal gradient, J the predictor's explicit Jacobian in h_l, sample by
    sample.
    """
    forward = batch(dtype=torch.float64, architecture=architecture)
    estimator = bridge(dtype=torch.float64, gradient_at=gradient_at)

    credit = estimator.credit(forward, [1, 0])

    for at, level in enumerate([1, 0]):
        h, h_L, s = forward.trace.hidden[level][1], forward.trace.hidden[-1][1], forward.error[1]
        guess = predicted(estimator.network.weights, 1, h, level, s)
        delta = terminal_gradient(
            forward.network, 1, guess if gradient_at == "predicted" else h_L, forward.y[1]
        )
        for n in range(forward.size):
            jacobian = torch.autograd.functional.jacobian(
                lambda v, level=level, n=n, s=s: predicted(
                    estimator.network.weights, 1, v, level, s[n]
                ),
                h[n],
            )
            torch.testing.assert_close(
                credit[1, at, n], jacobian.T @ delta[n], rtol=1e-9, atol=1e-14
            )


def test_credit_at_the_last_state_is_the_terminal_gradient():
    """At h_L nothing is left to predict, so credit is dCE/dh_L itself."""
    forward = batch()

    credit = bridge().credit(forward, [0, 2])

    assert torch.equal(credit[:, 1], forward.terminal)
    assert torch.equal(credit[:, :1], bridge().credit(forward, [0]))


def test_objective_and_its_gradient_agree_with_autograd():
    """The objective is the squared error over the batch mean of |h_L|^2, mean over levels, with
    autograd's gradient.
    """
    forward, estimator = batch(dtype=torch.float64), bridge(dtype=torch.float64, s_type="deltaL")
    weights = {
        name: view.clone().requires_grad_() for name, view in estimator.network.weights.items()
    }
    expected = []
    for replica in range(3):
        h_L, s = forward.trace.hidden[-1][replica], forward.terminal[replica]
        errors = [
            (predicted(weights, replica, forward.trace.hidden[level][replica], level, s) - h_L)
            .square()
            .sum(-1)
            .mean()
            for level in range(2)
        ]
        expected.append(sum(errors) / 2 / h_L.square().sum(-1).mean())
    sum(expected).backward()

    before = estimator.state_error(forward)
    found = estimator.fit(forward)

    torch.testing.assert_close(found, torch.stack(expected).detach(), rtol=1e-10, atol=0)
    torch.testing.assert_close(before.mean(1), found, rtol=0, atol=0)
    for name, leaf in weights.items():
        torch.testing.assert_close(
            estimator.optimiser.gradient[name], leaf.grad, rtol=1e-8, atol=1e-13
        )


def test_fit_learns_to_predict_the_last_state():
    """Fitted on one batch, the relative squared error falls from about 1 to below .05."""
    forward, estimator = batch(), bridge(learning_rate=3e-3)
    errors = [estimator.fit(forward) for _ in range(200)]

    assert errors[0].min() > 0.5
    assert errors[-1].max() < 0.05


@pytest.mark.parametrize("seeds", [(42,), (456, 42), (42, 123, 456)])
def test_replicas_do_not_depend_on_their_company(seeds):
    """Thirty steps and the credit after them are bit for bit those of the replica alone."""

    def fitted(chosen):
        estimator, forward = bridge(chosen), batch(chosen, size=24)
        for _ in range(30):
            estimator.fit(forward)
        return estimator.credit(forward, [0, 1, 2])

    assert torch.equal(fitted(seeds)[seeds.index(42)], fitted((42,))[0])


def test_stored_estimator_continues_to_the_bit():
    """What `of` gives is all that `load` needs to go on; an inactive replica stays as it was."""
    forward, original, restored = batch(), bridge(), bridge()
    original.fit(forward)
    stored = [original.of(replica, "here.") for replica in range(3)]

    restored.load(stored, "here.", optimiser=True)
    for estimator in (original, restored):
        estimator.fit(forward)
    frozen = bridge()
    frozen.load(stored, "here.")
    frozen.fit(forward, torch.tensor([True, False, True]))

    assert torch.equal(original.network.weights.flat, restored.network.weights.flat)
    assert torch.equal(frozen.network.weights["w1"][1], stored[1]["here.w1"])
    assert not torch.equal(frozen.network.weights["w1"][0], stored[0]["here.w1"])
