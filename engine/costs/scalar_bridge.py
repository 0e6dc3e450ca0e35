"""The cost of the scalar credit bridge."""

from __future__ import annotations

from cbspec.stage import Call
from engine.costs.network import network_of, parameters_of
from engine.costs.perceptron import perceptron
from engine.parameters import ScalarBridge


def credit_flops(call: Call, rows: int) -> float:
    """Return the cost of the credit, a gradient of V."""
    network = network_of(call)
    weights = perceptron(parameters_of(call, ScalarBridge), network.width, vector=False)
    return rows * network.depth * sum(weights) * 4.0


def pass_flops(call: Call, rows: int) -> float:
    """Return the cost of one pass of training.

    The soft-min, then V at levels 0..L, its slope at L and that slope's gradient.
    """
    parameters, network = parameters_of(call, ScalarBridge), network_of(call)
    first, second, _ = perceptron(parameters, network.width, vector=False)
    once = network.width * parameters.hidden + second  # t and s run once for all noisy states
    noisy = 2.0 * parameters.samples * network.depth * once
    values = (network.depth + 1) * (4.0 * first + 6.0 * second)
    return rows * (noisy + values + 8.0 * first + 10.0 * second)
