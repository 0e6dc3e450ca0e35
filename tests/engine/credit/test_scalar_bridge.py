"""The scalar bridge against autograd, finite differences, and the limits of its soft-min."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.architecture import Architecture, initialise
from engine.credit import features
from engine.credit.scalar_bridge import ScalarBridgeEstimator, softmin
from engine.forward import ForwardPass
from engine.nets import ResidualMLP
from engine.parameters import ScalarBridge as Parameters

SEEDS = (42, 123, 456)
ARCHITECTURE = Architecture(inputs=32, width=16, depth=2)


def batch(seeds=SEEDS, dtype=torch.float32, size=8):
    """A forward pass of random data through initialised networks; each replica's part follows from
    its seed.
    """
    streams = [torch.Generator().manual_seed(seed) for seed in seeds]
    x = torch.stack([torch.randn(size, ARCHITECTURE.inputs, generator=own) for own in streams]).to(
        dtype
    )
    y = torch.stack([torch.randint(10, (size,), generator=own) for own in streams])
    return ForwardPass(
        ResidualMLP(ARCHITECTURE, initialise(ARCHITECTURE, seeds, "cpu").to(dtype)), x, y
    )


def bridge(seeds=SEEDS, dtype=torch.float32, **chosen):
    """A bridge with its random initial weights."""
    own = Parameters(hidden=32, **chosen)
    estimator = ScalarBridgeEstimator([own] * len(seeds), seeds, ARCHITECTURE, "cpu", dtype)
    estimator.begin("test", 0)
    return estimator


def value(weights, replica, x):
    """V by the formula, one replica, for autograd."""
    w = {name: view[replica] for name, view in weights.items()}
    x = F.silu(x @ w["w1"] + w["b1"])
    return (F.silu(x @ w["w2"] + w["b2"]) @ w["w3"] + w["b3"]).squeeze(-1)


def seen(h, level, s):
    """concat[LN(h), embedding of t, s] of one level."""
    t = features.time_embedding(torch.tensor(level / ARCHITECTURE.depth, dtype=h.dtype)).expand(
        len(h), -1
    )
    return torch.cat([F.layer_norm(h, h.shape[-1:]), t, s], -1)


@pytest.mark.parametrize("s_type", ["eT", "deltaL", "eT_hL", "deltaL_hL"])
def test_credit_is_the_partial_slope_of_the_value(s_type):
    """Credit is autograd's gradient of V in h_l with t and s fixed, also where s contains h_L."""
    forward, estimator = batch(dtype=torch.float64), bridge(dtype=torch.float64, s_type=s_type)
    s = features.condition(forward, s_type)

    credit = estimator.credit(forward, [2, 0])

    for at, level in enumerate([2, 0]):
        for replica in range(len(SEEDS)):
            h = forward.trace.hidden[level][replica].clone().requires_grad_()
            expected = torch.autograd.grad(
                value(estimator.network.weights, replica, seen(h, level, s[replica])).sum(), h
            )[0]
            torch.testing.assert_close(credit[replica, at], expected, rtol=1e-10, atol=1e-14)


def test_credit_agrees_with_finite_differences():
    """<a_l, v> is the central difference of V along v in float64."""
    forward, estimator = batch(dtype=torch.float64), bridge(dtype=torch.float64)
    v = torch.randn(
        forward.trace.hidden[1][0].shape,
        generator=torch.Generator().manual_seed(1),
        dtype=torch.float64,
    )

    def along(step):
        return value(
            estimator.network.weights,
            0,
            seen(forward.trace.hidden[1][0] + step * v, 1, forward.error[0]),
        )

    slope = (along(1e-5) - along(-1e-5)) / 2e-5

    torch.testing.assert_close(
        (estimator.credit(forward, [1])[0, 0] * v).sum(-1), slope, rtol=1e-7, atol=1e-9
    )


@pytest.mark.parametrize(("tgw", "s_type"), [(0.0, "eT"), (1.0, "eT"), (4.0, "deltaL_hL")])
def test_gradient_of_the_objective_agrees_with_double_backward(tgw, s_type):
    """The written-out gradient of consistency, terminal value and terminal slope is autograd's, and
    so is the objective.
    """
    forward, estimator = (
        batch(dtype=torch.float64),
        bridge(dtype=torch.float64, tgw=tgw, s_type=s_type, sigma=0.0, samples=1),
    )
    s = features.condition(forward, s_type)
    weights = {
        name: view.clone().requires_grad_() for name, view in estimator.network.weights.items()
    }
    objectives = []
    for replica in range(len(SEEDS)):
        hidden = [h[replica].clone().requires_grad_() for h in forward.trace.hidden]
        values = [
            value(weights, replica, seen(h, level, s[replica])) for level, h in enumerate(hidden)
        ]
        # One sample without noise: the next value.
        targets = [*(v.detach() for v in values[1:]), forward.losses[replica]]
        slope = torch.autograd.grad(values[-1].sum(), hidden[-1], create_graph=True)[0]
        consistency = sum(
            (v - target).square().mean() for v, target in zip(values, targets, strict=True)
        )
        objectives.append(
            consistency + tgw * (slope - forward.terminal[replica]).square().sum(-1).mean()
        )
    sum(objectives).backward()

    found = estimator.fit(forward)

    torch.testing.assert_close(found, torch.stack(objectives).detach(), rtol=1e-10, atol=0)
    for name, leaf in weights.items():
        torch.testing.assert_close(
            estimator.optimiser.gradient[name], leaf.grad, rtol=1e-8, atol=1e-13
        )


def test_softmin_lies_between_its_limits():
    """lam to 0 gives the minimum, lam to infinity the mean, and the closed form for two values
    holds between.
    """
    values = torch.tensor([[0.3, 1.7]], dtype=torch.float64)

    assert softmin(values, 1e-4, 1).item() == pytest.approx(0.3 + 1e-4 * math.log(2), abs=1e-12)
    assert softmin(values, 1e5, 1).item() == pytest.approx(1.0, abs=1e-5)
    assert softmin(values, 0.5, 1).item() == pytest.approx(
        -0.5 * math.log((math.exp(-0.6) + math.exp(-3.4)) / 2), abs=1e-12
    )


@given(
    values=st.lists(st.floats(-5, 5), min_size=1, max_size=8),
    softness=st.floats(1e-3, 1e3),
    factor=st.floats(1.0, 100.0),
    shift=st.floats(-10, 10),
)
@settings(max_examples=100, deadline=None)
def test_softmin_grows_with_lam_from_the_minimum_to_the_mean(values, softness, factor, shift):
    """It lies between minimum and mean, never falls as lam grows, moves with its values, and knows
    no order among them.
    """
    given_values = torch.tensor(values, dtype=torch.float64)

    found = softmin(given_values, softness, 0)

    slack = 1e-9 * (1 + softness)
    assert given_values.min() - slack <= found <= given_values.mean() + slack
    assert softmin(given_values, softness * factor, 0) >= found - slack * factor
    torch.testing.assert_close(
        softmin(given_values + shift, softness, 0), found + shift, rtol=1e-9, atol=slack
    )
    torch.testing.assert_close(
        softmin(given_values.flip(0), softness, 0), found, rtol=1e-9, atol=slack
    )


def test_target_is_the_softmin_of_the_average_over_noisy_next_states():
    """The regression target follows the formula with the average's weights and the seed's own
    noise.
    """
    forward, estimator = (
        batch(dtype=torch.float64),
        bridge(dtype=torch.float64, samples=3, sigma=0.2),
    )
    estimator.average.weights.flat.mul_(0.5)
    estimator.begin("test", 3)
    targets = estimator._softmin(forward)
    estimator.begin("test", 3)

    for level in range(2):
        xi = torch.empty(3, 8, 16, dtype=torch.float64).normal_(generator=estimator._streams[1])
        next_states = forward.trace.hidden[level + 1][1] + 0.2 * xi
        values = [
            value(estimator.average.weights, 1, seen(h, level + 1, forward.error[1]))
            for h in next_states
        ]
        expected = -0.1 * torch.log(torch.stack([torch.exp(v / -0.1) for v in values]).mean(0))
        torch.testing.assert_close(targets[1, level], expected, rtol=1e-10, atol=1e-12)


def test_average_follows_the_weights():
    """After a step the average is .995 of itself and .005 of the new weights."""
    estimator = bridge()
    before = estimator.average.weights.flat.clone()

    estimator.fit(batch())

    torch.testing.assert_close(
        estimator.average.weights.flat,
        0.995 * before + 0.005 * estimator.network.weights.flat,
        rtol=1e-6,
        atol=1e-8,
    )


def test_inactive_replica_stays_exactly_as_it_is():
    """A replica that does not learn keeps weights and average to the bit while the others move."""
    estimator = bridge()
    before = [estimator.of(replica) for replica in range(3)]

    estimator.fit(batch(), torch.tensor([True, False, True]))

    after = [estimator.of(replica) for replica in range(3)]
    for replica, moves in enumerate([True, False, True]):
        weights = [name for name in before[replica] if not name.startswith("optimiser.")]
        stays = [torch.equal(before[replica][name], after[replica][name]) for name in weights]
        assert all(stays) != moves


@pytest.mark.parametrize("seeds", [(42,), (456, 42), (42, 123, 456)])
def test_replicas_do_not_depend_on_their_company(seeds):
    """Thirty steps and the credit after them are bit for bit those of the replica alone."""

    def fitted(chosen):
        estimator, forward = bridge(chosen), batch(chosen, size=24)
        for epoch in range(30):
            estimator.begin("test", epoch)
            estimator.fit(forward)
        return estimator.credit(forward, [0, 1])

    assert torch.equal(fitted(seeds)[seeds.index(42)], fitted((42,))[0])


def test_stored_estimator_continues_to_the_bit():
    """What `of` gives is all that `load` needs to go on: weights, average and moments."""
    forward, original, restored = batch(), bridge(), bridge()
    original.fit(forward)

    restored.load([original.of(replica) for replica in range(3)], optimiser=True)
    losses = [
        estimator.begin("test", 1) or estimator.fit(forward) for estimator in (original, restored)
    ]

    assert torch.equal(*losses)
    assert torch.equal(original.credit(forward, [0]), restored.credit(forward, [0]))
    assert torch.equal(original.average.weights.flat, restored.average.weights.flat)


def test_terminal_gradient_matching_aligns_the_slope():
    """With the weight on, fitting one batch turns the slope at h_L into the terminal gradient;
    without it, it does not.
    """
    forward = batch(size=16)

    def alignment(tgw):
        estimator = bridge(tgw=tgw, learning_rate=1e-2)
        for epoch in range(150):
            estimator.begin("test", epoch)
            estimator.fit(forward)
        return (
            F.cosine_similarity(estimator.credit(forward, [2])[:, 0], forward.terminal, dim=-1)
            .mean()
            .item()
        )

    assert alignment(1.0) > 0.9
    assert alignment(0.0) < 0.6
