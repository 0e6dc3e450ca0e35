"""The cost of the state bridge: one run of its perceptron at every level."""

from __future__ import annotations

from cbspec.stage import Call
from engine.costs.network import network_of, parameters_of
from engine.costs.perceptron import perceptron
from engine.parameters import StateBridge


def credit_flops(call: Call, rows: int) -> float:
    """Return the cost of the credit, a gradient of what the perceptron predicts."""
    network = network_of(call)
    weights = perceptron(parameters_of(call, StateBridge), network.width)
    return rows * network.depth * sum(weights) * 4.0


def pass_flops(call: Call, rows: int) -> float:
    """Return the cost of one pass of training."""
    network = network_of(call)
    first, second, last = perceptron(parameters_of(call, StateBridge), network.width)
    return rows * network.depth * (4.0 * first + 6.0 * (second + last))
