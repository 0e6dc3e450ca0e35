"""The cost of measuring credit."""

from __future__ import annotations

from cbspec.stage import Call
from engine.costs.network import network_of, parameters_of
from engine.parameters import CreditQuality


def credit_quality_flops(call: Call) -> float:
    """Return the cost of all batches; the tails of rho dominate."""
    parameters, network = parameters_of(call, CreditQuality), network_of(call)
    rows = parameters.batches * parameters.batch_size
    passes = rows * (6.0 * network.embed + 6.0 * network.depth * network.block)
    return passes + network.tails(rows * (parameters.directions + 2))
