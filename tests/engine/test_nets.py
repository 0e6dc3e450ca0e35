"""The residual MLP against a plain one and against autograd."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F

from engine.architecture import Architecture, Gelu, initialise
from engine.forward import ForwardPass
from engine.nets import ResidualMLP, cross_entropy
from engine.tasks.teacher_student import PhiAlpha
from engine.training import bp_gradient
from engine.weights import Weights

SEEDS = (42, 123, 456)
SHAPE = Architecture(inputs=32, width=16, depth=3)


def random_network(dtype: torch.dtype = torch.float64, shape: Architecture = SHAPE) -> ResidualMLP:
    """Networks whose every parameter is random, so that no term of a gradient vanishes."""
    weights = initialise(shape, SEEDS, "cpu").to(dtype)
    for view in weights.values():
        view += 0.3 * torch.randn(
            view.shape, generator=torch.Generator().manual_seed(view[0].numel()), dtype=dtype
        )
    return ResidualMLP(shape, weights)


def batch(dtype: torch.dtype = torch.float64, size: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    stream = torch.Generator().manual_seed(7)
    return torch.randn(3, size, 32, generator=stream, dtype=dtype), torch.randint(
        10, (3, size), generator=stream
    )


def plain(
    p: dict[str, torch.Tensor], x: torch.Tensor, depth: int, phi: Callable = F.gelu
) -> list[torch.Tensor]:
    """h_0..h_L and the logits of one replica, as anyone would write it."""
    h = [x @ p["embed.weight"] + p["embed.bias"]]
    for level in range(depth):
        b = f"blocks.{level}."
        u = F.layer_norm(h[-1], h[-1].shape[-1:], p[b + "norm.weight"], p[b + "norm.bias"])
        h.append(h[-1] + phi(u @ p[b + "w1"] + p[b + "b1"]) @ p[b + "w2"] + p[b + "b2"])
    final = (
        F.layer_norm(h[-1], h[-1].shape[-1:], p["norm.weight"], p["norm.bias"])
        if "norm.weight" in p
        else h[-1]
    )
    return [*h, final @ p["head.weight"] + p["head.bias"]]


SHAPES = {
    "terminal norm": SHAPE,
    "no terminal norm": Architecture(32, 16, 3, terminal_norm=False),
    "student, alpha 1": Architecture(32, 16, 2, activation=PhiAlpha(1.0), terminal_norm=False),
    "student, alpha .25, deepest": Architecture(
        32, 16, 12, activation=PhiAlpha(0.25), terminal_norm=False
    ),
    "narrow and deep": Architecture(32, 64, 12),
    "wide and shallow": Architecture(32, 512, 2),
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_forward_backward_and_reference_gradients_are_autograds(shape: Architecture) -> None:
    """Logits, every parameter's gradient and dL/dh_l of each replica agree with autograd on a plain
    network.
    """
    network = random_network(shape=shape)
    x, y = batch()
    forward = ForwardPass(network, x, y)
    gradient = network.weights.like()
    phi = (
        F.gelu
        if isinstance(shape.activation, Gelu)
        else lambda z: torch.lerp(z, z.tanh(), shape.activation.alpha)
    )

    bp_gradient(forward, gradient)

    for replica in range(3):
        own = {
            name: view[replica].clone().requires_grad_() for name, view in network.weights.items()
        }
        states = plain(own, x[replica], shape.depth, phi)
        loss = F.cross_entropy(states[-1], y[replica])
        slopes = torch.autograd.grad(loss, [*states[:-1], *own.values()])
        torch.testing.assert_close(forward.trace.logits[replica], states[-1].detach())
        torch.testing.assert_close(
            forward.gradients()[replica] / forward.size, torch.stack(slopes[: shape.depth + 1])
        )
        for name, expected in zip(own, slopes[shape.depth + 1 :], strict=True):
            torch.testing.assert_close(gradient[name][replica], expected, msg=name)


def test_reference_gradient_is_the_slope_of_the_loss() -> None:
    """<dL/dh_l, v> equals the central finite difference of each sample's loss in float64, at every
    level.
    """
    network, (x, y) = random_network(), batch()
    forward, eps = ForwardPass(network, x, y), 1e-5

    for level, h in enumerate(forward.trace.hidden):
        v = torch.randn(h.shape, generator=torch.Generator().manual_seed(level), dtype=h.dtype)
        up, down = (cross_entropy(network.logits(h + sign * eps * v, level), y) for sign in (1, -1))
        torch.testing.assert_close(
            (forward.gradients(level)[:, 0] * v).sum(-1),
            (up - down) / (2 * eps),
            rtol=1e-6,
            atol=1e-9,
        )


def test_initialisation_is_torchs_but_for_the_second_layer() -> None:
    """Weights are uniform within 1/sqrt(fan in), W2 has standard deviation .01, b2 is 0, LayerNorms
    are the identity.
    """
    weights = initialise(Architecture(inputs=128, width=64, depth=1), SEEDS, "cpu")

    for name, fan_in in {
        "embed.weight": 128,
        "embed.bias": 128,
        "blocks.0.w1": 64,
        "head.weight": 64,
        "head.bias": 64,
    }.items():
        assert weights[name].abs().max() <= 1 / math.sqrt(fan_in)
    torch.testing.assert_close(
        weights["embed.weight"].std(), torch.tensor(1 / math.sqrt(3 * 128)), rtol=0.02, atol=0
    )
    torch.testing.assert_close(weights["blocks.0.w2"].std(), torch.tensor(0.01), rtol=0.02, atol=0)
    assert weights["blocks.0.b2"].count_nonzero() == 0
    assert torch.equal(weights["norm.weight"], torch.ones(3, 64))
    assert torch.equal(weights["norm.bias"], torch.zeros(3, 64))


def test_a_seeds_network_is_its_own() -> None:
    """A seed's initial weights are the same in any company, and a deeper network begins with the
    same blocks.
    """
    alone, company = initialise(SHAPE, [123], "cpu"), initialise(SHAPE, SEEDS, "cpu")
    deeper = initialise(Architecture(32, 16, 5), [123], "cpu")

    assert torch.equal(alone.flat[0], company.flat[1])
    assert not torch.equal(company.flat[0], company.flat[1])
    assert all(torch.equal(deeper[name], alone[name]) for name in alone)


def test_gradients_do_not_depend_on_the_company() -> None:
    """In float32 a replica's gradient is bit for bit the same in any batch of replicas."""
    network, (x, y) = random_network(torch.float32), batch(torch.float32)
    together = network.weights.like()
    bp_gradient(ForwardPass(network, x, y), together)

    for replica in range(3):
        part = slice(replica, replica + 1)
        alone = ResidualMLP(
            SHAPE, Weights(network.weights.layout, network.weights.flat[part].clone())
        )
        gradient = alone.weights.like()
        bp_gradient(ForwardPass(alone, x[part], y[part]), gradient)
        assert torch.equal(gradient.flat[0], together.flat[replica])
