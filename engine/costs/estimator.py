"""The cost of an estimator: of its credit, of its own training, and of its offline fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cbspec.stage import Call, Parameters
from engine.costs import scalar_bridge, state_bridge, vector_field
from engine.costs.network import network_of
from engine.parameters import ScalarBridge, StateBridge, VectorField


class Products(NamedTuple):
    """What an estimator with a network of its own costs, given its call and a number of samples.

    Attributes:
        credit: the credit of the samples at every block.
        step: one pass of the estimator's own training over the samples.
    """

    credit: Callable[[Call, int], float]
    step: Callable[[Call, int], float]


ESTIMATORS: dict[type[Parameters], Products] = {
    StateBridge: Products(state_bridge.credit_flops, state_bridge.pass_flops),
    ScalarBridge: Products(scalar_bridge.credit_flops, scalar_bridge.pass_flops),
    VectorField: Products(vector_field.credit_flops, vector_field.pass_flops),
}


def credit_flops(call: Call, rows: int) -> float:
    """Return the cost of an estimator's credit of `rows` samples at every block.

    It is 0 for an estimator that has no network of its own.
    """
    call = _declared(call)
    products = ESTIMATORS.get(type(call.parameters))
    return products.credit(call, rows) if products else 0.0


def pass_flops(call: Call, rows: int) -> float:
    """Return the cost of one pass of an estimator's training; 0 for one with nothing to fit."""
    call = _declared(call)
    products = ESTIMATORS.get(type(call.parameters))
    return products.step(call, rows) if products else 0.0


def fit_flops(call: Call) -> float:
    """Return the cost of the fit on a frozen snapshot: its forward passes and the training."""
    network = network_of(call)
    return call.point * (network.forward(network.images) + pass_flops(call, network.images))


def _declared(call: Call) -> Call:
    """Return the stage call that declared an estimator, however many runs carried it since."""
    while call.stage.name == "online_estimator":
        call = call.inputs["snapshot"].inputs["estimator"]
    return call
