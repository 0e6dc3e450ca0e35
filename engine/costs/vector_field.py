"""The cost of the vector credit field."""

from __future__ import annotations

from cbspec.stage import Call
from engine.costs.network import network_of, parameters_of
from engine.costs.perceptron import perceptron
from engine.parameters import VectorField


def credit_flops(call: Call, rows: int) -> float:
    """Return the cost of the credit, one run of the perceptron at every block."""
    network = network_of(call)
    weights = perceptron(parameters_of(call, VectorField), network.width)
    return rows * network.depth * sum(weights) * 2.0


def pass_flops(call: Call, rows: int) -> float:
    """Return the cost of one pass of training.

    The tails behind the perturbed states, then the perceptron at levels 0..L.
    """
    parameters, network = parameters_of(call, VectorField), network_of(call)
    first, second, last = perceptron(parameters, network.width)
    perturbed = parameters.directions * (2 if parameters.difference == "central" else 1)
    fitted = rows * (network.depth + 1) * (4.0 * first + 6.0 * (second + last))
    return network.tails(rows * perturbed) + fitted
