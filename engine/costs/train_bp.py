"""The cost of back-propagation."""

from __future__ import annotations

from cbspec.stage import Call
from engine.costs.network import network_of


def train_bp_flops(call: Call) -> float:
    """Return the cost of training to the wanted epoch and of one test pass."""
    network = network_of(call)
    return call.point * network.bp_step(network.images) + network.forward(network.tested)
