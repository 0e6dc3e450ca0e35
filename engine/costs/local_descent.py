"""The cost of local descent."""

from __future__ import annotations

from cbspec.stage import Call
from engine.costs.estimator import credit_flops
from engine.costs.network import network_of, parameters_of
from engine.parameters import LocalDescent


def local_descent_flops(call: Call) -> float:
    """Return the cost of all batches.

    Both batches run once; then for each step size k steps, the first shared, and both losses, of
    the blocks that move.
    """
    parameters, network = parameters_of(call, LocalDescent), network_of(call)
    rows, sizes = parameters.batches * parameters.batch_size, len(parameters.step_sizes)
    moving = 1 if parameters.blocks == "last1" else network.depth
    further = sizes * (parameters.steps - 1)
    steps = (3.0 + 5.0 * further + 4.0 * sizes) * moving * network.block
    taught = (1 + further) * credit_flops(call.inputs["estimator"], rows)
    once = 4.0 * network.embed + 4.0 * network.depth * network.block
    return rows * (once + steps) + taught * moving / network.depth
