"""The cost of measuring what a vector field is fitted to."""

from __future__ import annotations

from cbspec.stage import Call
from engine.costs.estimator import pass_flops
from engine.costs.network import network_of, parameters_of
from engine.parameters import TargetQuality


def target_quality_flops(call: Call) -> float:
    """Return the cost of all batches; the tails of the finite differences dominate."""
    parameters, network = parameters_of(call, TargetQuality), network_of(call)
    rows = parameters.batches * parameters.batch_size
    passes = rows * (6.0 * network.embed + 8.0 * network.depth * network.block)
    return passes + pass_flops(call.inputs["estimator"], rows)
