"""The cost of local training."""

from __future__ import annotations

from cbspec.stage import Call
from engine.costs.estimator import credit_flops, pass_flops
from engine.costs.network import network_of, parameters_of
from engine.parameters import TrainLocal


def train_local_flops(call: Call) -> float:
    """Return the cost of training from the snapshot's epoch to the wanted one.

    The local steps, the credit, the estimator's own training, and one test pass.
    """
    parameters, network = parameters_of(call, TrainLocal), network_of(call)
    images, credited = network.images, call.inputs["estimator"]
    epoch = network.local_step(images) + credit_flops(credited, images)
    if parameters.trainable and parameters.source != "gaussian":
        learning = pass_flops(credited, images)
        epoch += learning
        if learning and parameters.recalibrate_every:
            refit = (network.forward(images) + learning) * parameters.recalibrate_epochs
            epoch += refit / parameters.recalibrate_every
    epochs = max(call.point - call.inputs["snapshot"].point, 0)
    return epochs * epoch + network.forward(network.tested)
