"""The vector credit field against autograd, least squares and its own controls."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from engine.architecture import Architecture, initialise
from engine.credit import features
from engine.credit.vector_field import VectorFieldEstimator
from engine.forward import ForwardPass
from engine.nets import ResidualMLP, cross_entropy
from engine.parameters import VectorField as Parameters

SEEDS = (42, 123, 456)
SHAPE = Architecture(inputs=32, width=16, depth=2)


def forward_pass(
    dtype: torch.dtype = torch.float64, size: int = 8, seeds: tuple[int, ...] = SEEDS
) -> ForwardPass:
    streams = [torch.Generator().manual_seed(seed) for seed in seeds]
    x = torch.stack([torch.randn(size, SHAPE.inputs, generator=own) for own in streams]).to(dtype)
    y = torch.stack([torch.randint(10, (size,), generator=own) for own in streams])
    return ForwardPass(ResidualMLP(SHAPE, initialise(SHAPE, seeds, "cpu").to(dtype)), x, y)


def field(
    dtype: torch.dtype = torch.float64,
    seeds: tuple[int, ...] = SEEDS,
    each: Any = None,
    **chosen: Any,
) -> VectorFieldEstimator:
    own = [
        Parameters(**{"hidden": 32, **chosen, **(each[k] if each else {})})
        for k in range(len(seeds))
    ]
    estimator = VectorFieldEstimator(own, seeds, SHAPE, "cpu", dtype)
    estimator.begin("test", 0)
    return estimator


def perceptron(w: dict[str, torch.Tensor], x: torch.Tensor) -> torch.Tensor:
    x = F.silu(x @ w["w1"] + w["b1"])
    return F.silu(x @ w["w2"] + w["b2"]) @ w["w3"] + w["b3"]


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"s_type": "deltaL_hL", "terminal_weight": 0.0},
        {"difference": "one_sided", "directions": 2},
    ],
)
def test_gradient_and_objective_of_a_step_are_autograds(chosen: dict[str, Any]) -> None:
    """The written-out gradient of sum_l mean (<a_l, v> - g)^2 + w |A - deltaL|^2 is autograd's,
    replica by replica.
    """
    forward, estimator, twin = forward_pass(), field(**chosen), field(**chosen)
    weights = {name: view.clone() for name, view in estimator.network.weights.items()}
    v = twin._directions(twin.credit(forward, range(2)))
    g = twin._targets(forward, v)

    objective = estimator.fit(forward)

    for replica in range(3):
        own = {name: view[replica].requires_grad_() for name, view in weights.items()}
        s = features.condition(forward, estimator.shared.s_type)[replica]
        loss = torch.zeros((), dtype=torch.float64)
        for level in range(3):
            h = forward.trace.hidden[level][replica]
            t = features.time_embedding(torch.tensor(level / 2, dtype=h.dtype)).expand(len(h), -1)
            a = perceptron(own, torch.cat([F.layer_norm(h, (16,)), t, s], -1))
            if level < 2:
                loss = loss + ((a * v[replica, level]).sum(-1) - g[replica, level]).square().mean()
            else:
                loss = (
                    loss
                    + estimator.shared.terminal_weight
                    * (a - forward.terminal[replica]).square().sum(-1).mean()
                )
        torch.testing.assert_close(objective[replica], loss.detach())
        for name, expected in zip(own, torch.autograd.grad(loss, list(own.values())), strict=True):
            torch.testing.assert_close(
                estimator.optimiser.gradient[name][replica], expected, msg=name
            )


@pytest.mark.parametrize("sampling", ["isotropic", "importance"])
@pytest.mark.parametrize(("difference", "tolerance"), [("central", 1e-4), ("one_sided", 2e-2)])
def test_many_directions_recover_the_gradient_by_least_squares(
    difference: str, tolerance: float, sampling: str
) -> None:
    """The a that best explains the measured derivatives along many directions is the true
    per-sample gradient.
    """
    forward, estimator = (
        forward_pass(),
        field(directions=64, difference=difference, eps=1e-3, sampling=sampling),
    )
    v = estimator._directions(forward.states[:, :2])

    g = estimator._targets(forward, v)

    found = torch.linalg.lstsq(v.transpose(2, 3), g.transpose(2, 3).unsqueeze(-1)).solution.squeeze(
        -1
    )
    expected = forward.gradients()[:, :2]
    assert ((found - expected).norm(dim=-1) < tolerance * expected.norm(dim=-1)).all()


@pytest.mark.parametrize("directions", [4, 8, 16, 32])
def test_directions_are_fresh_standard_normals(directions: int) -> None:
    """M independent v ~ N(0, I) for every sample, level and step, drawn from the seed's own stream
    of the epoch.
    """
    forward, estimator, twin = (
        forward_pass(size=64),
        field(directions=directions),
        field(directions=directions),
    )

    first, second = (estimator._directions(forward.states[:, :2]) for _ in range(2))

    assert first.shape == (3, 2, directions, 64, 16)
    covariance = torch.einsum("rlmbi,rlmbj->ij", first, first) / first[..., 0].numel()
    assert (covariance - torch.eye(16)).abs().max() < 5 / first[..., 0].numel() ** 0.5
    assert not (first == second).any()
    assert torch.equal(twin._directions(forward.states[:, :2]), first)
    estimator.begin("test", 1)
    assert not (estimator._directions(forward.states[:, :2]) == first).any()


def test_central_differences_err_by_the_square_of_eps_and_one_sided_by_eps() -> None:
    """Ten times the perturbation makes the central error a hundred times and the one-sided error
    ten times as large.
    """
    forward = forward_pass()
    errors = {}
    for difference in ("central", "one_sided"):
        for eps in (1e-3, 1e-2):
            estimator = field(difference=difference, eps=eps)
            v = estimator._directions(forward.states[:, :2])
            exact = (forward.gradients()[:, :2].unsqueeze(2) * v).sum(-1)
            errors[difference, eps] = (
                (estimator._targets(forward, v) - exact).square().mean().sqrt()
            )

    assert errors["central", 1e-2] / errors["central", 1e-3] == pytest.approx(100, rel=0.1)
    assert errors["one_sided", 1e-2] / errors["one_sided", 1e-3] == pytest.approx(10, rel=0.1)


def test_measured_targets_are_the_networks_own_losses() -> None:
    """g is the difference of the losses of h_l + eps v and h_l - eps v, each run through the rest
    of the network alone.
    """
    forward, estimator = forward_pass(), field()
    v = estimator._directions(forward.states[:, :2])

    g = estimator._targets(forward, v)

    for level in range(2):
        for m in range(4):
            move = 1e-2 * v[:, level, m]
            up, down = (
                cross_entropy(
                    forward.network.logits(forward.trace.hidden[level] + sign * move, level),
                    forward.y,
                )
                for sign in (1, -1)
            )
            torch.testing.assert_close(g[:, level, m], (up - down) / 2e-2)


def test_controls_alter_the_targets_of_their_replica_alone() -> None:
    """Shuffled permutes the measured g within the batch, zero is 0, fresh random is new each time,
    true is untouched.
    """
    forward = forward_pass(seeds=(42, 42, 42, 42))
    kinds = ["true", "shuffled", "zero", "fresh_random"]
    estimator = field(seeds=(42, 42, 42, 42), each=[{"targets": kind} for kind in kinds])
    v = estimator._directions(forward.states[:, :2])

    true, shuffled, zero, fresh = estimator._targets(forward, v)
    again = estimator._targets(forward, v)

    torch.testing.assert_close(true, again[0])
    assert not torch.equal(shuffled, true)
    torch.testing.assert_close(shuffled.sort(-1).values, true.sort(-1).values)
    assert zero.count_nonzero() == 0
    assert not torch.equal(fresh, again[3])
    assert abs(fresh.std() - 1) < 0.3


def test_blind_fields_do_not_see_what_they_are_blind_to() -> None:
    """A time-only field ignores h_l but not the level; a constant one gives every level the same
    credit; both still see s.
    """
    forward = forward_pass(seeds=(42, 42, 42))
    estimator = field(
        seeds=(42, 42, 42), each=[{"inputs": kind} for kind in ("full", "time", "constant")]
    )
    other = forward_pass(seeds=(42, 42, 42))
    for h in other.trace.hidden:  # logits, and so s, stay as they are
        h += torch.randn(h.shape, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    full, time, constant = range(3)

    before, after = estimator.credit(forward, [0, 1]), estimator.credit(other, [0, 1])

    assert not torch.allclose(before[full], after[full])
    torch.testing.assert_close(before[[time, constant]], after[[time, constant]])
    assert not torch.allclose(before[time, 0], before[time, 1])
    torch.testing.assert_close(before[constant, 0], before[constant, 1])
    assert not torch.allclose(before[constant, 0, 0], before[constant, 0, 1])


def test_importance_directions_follow_the_credits_variance() -> None:
    """Features where credit varies more are perturbed more, with half of the variance left
    isotropic.
    """
    estimator = field(sampling="importance", directions=512)
    credit = torch.randn(
        3, 2, 8, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64
    )
    credit[..., 0] *= 10
    variance = credit.var(2)

    spread = estimator._directions(credit).square().mean((2, 3))

    expected = 0.5 + 0.5 * variance / variance.mean(-1, keepdim=True)
    torch.testing.assert_close(spread, expected, rtol=0.12, atol=0)


@pytest.mark.parametrize("samples", [1, 8])
def test_credit_that_does_not_vary_leaves_directions_isotropic(samples: int) -> None:
    """One sample, or equal credit for all, has no variance to follow: the draws are the normals."""
    credit = torch.ones(3, 2, samples, 16)
    fields = [field(sampling=sampling, directions=4) for sampling in ("importance", "isotropic")]

    importance, isotropic = (estimator._directions(credit) for estimator in fields)

    assert torch.equal(importance, isotropic)


def test_fitting_finds_the_gradient_and_spares_the_inactive() -> None:
    """After 300 steps on one batch the active fields' credit points along the gradient; the
    inactive one has not moved.
    """
    forward = forward_pass(torch.float32, size=16)
    estimator = field(torch.float32, directions=16, learning_rate=3e-3)
    before = estimator.network.weights.flat.clone()

    for _ in range(300):
        estimator.fit(forward, torch.tensor([True, False, True]))

    alike = F.cosine_similarity(
        estimator.credit(forward, [0, 1]), forward.gradients()[:, :2], dim=-1
    ).mean((1, 2))
    assert (alike[[0, 2]] > 0.8).all()
    assert alike[1] < 0.3
    assert torch.equal(estimator.network.weights.flat[1], before[1])


def test_a_replica_fits_alike_in_any_company() -> None:
    """In float32 twenty steps leave a seed's field bit for bit the same alone and among others."""
    fields = {}
    for seeds in [(123,), (42, 123), SEEDS]:
        forward, estimator = (
            forward_pass(torch.float32, seeds=seeds),
            field(torch.float32, seeds=seeds),
        )
        for _ in range(20):
            estimator.fit(forward)
        fields[len(seeds)] = estimator.network.weights.flat[seeds.index(123)]

    assert torch.equal(fields[1], fields[2])
    assert torch.equal(fields[1], fields[3])
