"""Floating-point operations of one replica of a stage, counting only the matrix products the algorithm needs.

A product of `rows` samples with `weights` parameters costs 2 * rows * weights forward, the same for the weights' gradient and
the same for the input's gradient; the first layer of a network needs no input gradient. Imports no torch.
"""

from __future__ import annotations

from cbspec.stage import Call

CLASSES = 10
CIFAR_INPUTS = 3 * 32 * 32
CIFAR_TEST_IMAGES = 10_000
TIME_EMBEDDING = 32


def task(call: Call) -> Call:
    """The task at the root of a call's inputs."""
    while call.stage.kind != "task":
        call = call.inputs.get("task") or call.inputs["snapshot"]
    return call


def network(call: Call) -> Call:
    """The stage call that declared the network's shape: the trained-from-scratch snapshot at the root."""
    while "task" not in call.inputs:
        call = call.inputs["snapshot"]
    return call


def _shape(call: Call) -> tuple[int, int, int, int]:
    """Training images, embedding weights, weights of one block, blocks."""
    root = network(call).parameters
    data = task(call).parameters
    images = data.train_samples if hasattr(data, "train_samples") else data.train_images
    return images, getattr(data, "inputs", CIFAR_INPUTS) * root.width, 2 * root.width**2, root.depth


def _tested(call: Call) -> int:
    """Images of a test pass."""
    return int(getattr(task(call).parameters, "test_samples", CIFAR_TEST_IMAGES))


def bp_step(rows: int, embed: int, block: int, depth: int) -> float:
    """Forward, weight gradients and, below the embedding, input gradients of one back-propagation step."""
    return rows * (4.0 * embed + 6.0 * depth * block)


def local_step(rows: int, embed: int, block: int, depth: int) -> float:
    """As `bp_step`, but a block needs the input gradient of its second layer only."""
    return rows * (4.0 * embed + 5.0 * depth * block)


def tails(rows: int, width: int, depth: int) -> float:
    """The rest of the network behind every level 0..L-1."""
    return 2.0 * rows * (2 * width**2) * depth * (depth + 1) / 2


def train_bp(call: Call) -> float:
    """Training to the wanted epoch and one test pass."""
    images, embed, block, depth = _shape(call)
    return call.point * bp_step(images, embed, block, depth) + 2.0 * _tested(call) * (
        embed + depth * block
    )


def train_local(call: Call) -> float:
    """Training from the snapshot's epoch to the wanted one: the local steps, the credit, and the estimator's own training."""
    images, embed, block, depth = _shape(call)
    p, estimator = call.parameters, _fitted(call.inputs["estimator"])
    epoch = local_step(images, embed, block, depth) + credit(estimator, images)
    if p.trainable and p.source != "gaussian":
        learning = estimator_step(estimator, images)
        epoch += learning
        if learning and p.recalibrate_every:
            epoch += (
                (2.0 * images * (embed + depth * block) + learning)
                * p.recalibrate_epochs
                / p.recalibrate_every
            )
    return max(call.point - call.inputs["snapshot"].point, 0) * epoch + 2.0 * _tested(call) * (
        embed + depth * block
    )


def _fitted(call: Call) -> Call:
    """The stage call that declared an estimator, however many runs carried it since."""
    while call.stage.name == "online_estimator":
        call = call.inputs["snapshot"].inputs["estimator"]
    return call


def _perceptron(call: Call) -> tuple[float, float, float]:
    """Weights of a fitted estimator's first and second layer, and of its last one where that yields a vector."""
    p, width = call.parameters, network(call).parameters.width
    own = (CLASSES if p.s_type.startswith("eT") else width) + (
        width if p.s_type.endswith("hL") else 0
    )
    last = 0.0 if call.stage.name == "scalar_bridge" else float(p.hidden * width)
    return float((width + TIME_EMBEDDING + own) * p.hidden), float(p.hidden**2), last


def credit(call: Call, rows: int) -> float:
    """The credit of `rows` samples at every block; 0 for an estimator that has no network of its own."""
    if not hasattr(call.parameters, "s_type"):
        return 0.0
    pulled_back = call.stage.name in (
        "state_bridge",
        "scalar_bridge",
    )  # their credit is a gradient of what they predict
    return (
        rows
        * network(call).parameters.depth
        * sum(_perceptron(call))
        * (4.0 if pulled_back else 2.0)
    )


def estimator_step(call: Call, rows: int) -> float:
    """One pass of an estimator's own training over `rows` samples; 0 for one that has nothing to fit."""
    p, root = call.parameters, network(call).parameters
    if not hasattr(p, "s_type"):
        return 0.0
    width, depth = root.width, root.depth
    first, second, last = _perceptron(call)
    if call.stage.name == "state_bridge":
        return rows * depth * (4.0 * first + 6.0 * (second + last))
    if (
        call.stage.name == "scalar_bridge"
    ):  # soft-min, then V at levels 0..L, its slope at L and that slope's gradient
        noisy = 2.0 * p.samples * depth * (width * p.hidden + second)
        return rows * (
            noisy + (depth + 1) * (4.0 * first + 6.0 * second) + 8.0 * first + 10.0 * second
        )
    perturbed = p.directions * (2 if p.difference == "central" else 1)
    return tails(rows * perturbed, width, depth) + rows * (depth + 1) * (
        4.0 * first + 6.0 * (second + last)
    )


def fit(call: Call) -> float:
    """Offline fitting on a frozen snapshot: its forward pass and the estimator's training."""
    images, embed, block, depth = _shape(call)
    return call.point * (2.0 * images * (embed + depth * block) + estimator_step(call, images))


def credit_quality(call: Call) -> float:
    """The tails of rho dominate."""
    _, embed, block, depth = _shape(call)
    p = call.parameters
    rows = p.batches * p.batch_size
    return rows * (6.0 * embed + 6.0 * depth * block) + tails(
        rows * (p.directions + 2), network(call).parameters.width, depth
    )


def target_quality(call: Call) -> float:
    """The tails of the finite differences dominate."""
    _, embed, block, depth = _shape(call)
    rows = call.parameters.batches * call.parameters.batch_size
    return rows * (6.0 * embed + 8.0 * depth * block) + estimator_step(
        _fitted(call.inputs["estimator"]), rows
    )


def local_descent(call: Call) -> float:
    """Both batches run once; then for each step size k steps, the first shared, and both losses, of the blocks that move."""
    _, embed, block, depth = _shape(call)
    p = call.parameters
    rows, moving = p.batches * p.batch_size, 1 if p.blocks == "last1" else depth
    further = len(p.step_sizes) * (p.steps - 1)
    steps = (3.0 + 5.0 * further + 4.0 * len(p.step_sizes)) * moving * block
    taught = (1 + further) * credit(_fitted(call.inputs["estimator"]), rows) * moving / depth
    return rows * (4.0 * embed + 4.0 * depth * block + steps) + taught
