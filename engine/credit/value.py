"""The value network V(h, t, s): its slope in h, and the weights' gradient of both."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from engine.credit import features
from engine.credit.perceptron import Activity, Perceptron
from engine.nets import EPSILON
from engine.products import affine, product
from engine.weights import Weights


def of_many(network: Perceptron, states: Tensor, context: Tensor) -> Tensor:
    """Return V `[replica, K, batch]` of K states per sample, nothing kept.

    Args:
        states: `[replica, K, batch, d]`.
        context: the other features `[replica, batch, features]`, the same for all K: their part of
            the first layer runs once.
    """
    d, per_sample, weights = states.shape[-1], states.shape[1:3], network.weights
    shared = affine(weights["b1"].unsqueeze(1), context, weights["w1"][:, d:]).unsqueeze(1)
    h = torch.native_layer_norm(states, [d], None, None, EPSILON)[0].flatten(1, 2)
    inner: Tensor = product(h, weights["w1"][:, :d]).unflatten(1, per_sample)
    inner = inner.add_(shared).flatten(1, 2)
    inner = affine(weights["b2"].unsqueeze(1), F.silu(inner, inplace=True), weights["w2"])
    values: Tensor = network.last(F.silu(inner, inplace=True)).unflatten(1, per_sample)
    return values.squeeze(-1)


def slope(network: Perceptron, activity: Activity, states: Tensor) -> Tensor:
    """Return grad_h V at `states`, t and s held fixed.

    Args:
        activity: what ran the features of the states.
        states: `[replica, level, batch, d]`, as is the result.
    """
    ones = activity.output.new_ones(()).expand(activity.output.shape)
    return features.pull_back(network.at_input(network.backward(activity, ones, None)), states)


def backward(
    network: Perceptron,
    activity: Activity,
    at_value: Tensor,
    tail: int,
    direction: Tensor,
    into: Weights,
) -> None:
    """Write the weights' gradient of ``sum at_value * V + sum_tail <grad_features V, direction>``.

    The second sum is the derivative of V along `direction`, so it is differentiated as a
    forward-mode tangent that is carried through the layers and then back (Pearlmutter, 1994). With
    z the inner values, dz their tangent and f = SiLU, a layer's adjoints are ``f'(z) back`` for the
    tangent and ``f'(z) back_value + f''(z) dz back`` for the value.

    Args:
        at_value: `[replica, rows, 1]`.
        tail: how many of the last rows have a direction.
        direction: `[replica, tail, d]`, in the LayerNorm of h, the first d features.
    """
    inner = [z[:, -tail:] for z in activity.inner]
    first, second = zip(*map(_derivatives, inner), strict=True)
    tangents, moved = _tangent(network, direction, first)
    adjoint = at_value.new_ones(()).expand(len(at_value), tail, 1)
    at_value = at_value.contiguous()
    for layer in range(Perceptron.LAYERS, 0, -1):
        weight, gradient = network.weights[f"w{layer}"], into[f"w{layer}"]
        product(activity.inputs[layer - 1].transpose(1, 2), at_value, out=gradient)
        seen = gradient[:, : tangents[layer - 1].shape[-1]]  # the direction has no part in t and s
        seen += product(tangents[layer - 1].transpose(1, 2), adjoint)
        torch.sum(at_value, 1, out=into[f"b{layer}"])
        if layer > 1:
            back = product(adjoint, weight.transpose(1, 2))
            at_active = product(at_value, weight.transpose(1, 2))
            at_value = torch.ops.aten.silu_backward(at_active, activity.inner[layer - 2])
            at_value[:, -tail:] += back * second[layer - 2] * moved[layer - 2]
            adjoint = back * first[layer - 2]


def _tangent(
    network: Perceptron, direction: Tensor, first: tuple[Tensor, ...]
) -> tuple[list[Tensor], list[Tensor]]:
    """Return tangents of every layer's input, and of the inner values before each SiLU."""
    tangents, moved = [direction], []
    for layer in range(1, Perceptron.LAYERS):
        weight = network.weights[f"w{layer}"][:, : tangents[-1].shape[-1]]
        moved.append(product(tangents[-1], weight))
        tangents.append(moved[-1] * first[layer - 1])
    return tangents, moved


def _derivatives(z: Tensor) -> tuple[Tensor, Tensor]:
    """Return the first and second derivative of SiLU."""
    gate = torch.sigmoid(z)
    return gate * (1 + z * (1 - gate)), gate * (1 - gate) * (2 + z * (1 - 2 * gate))
