"""The weights of the network inside an estimator."""

from __future__ import annotations

from typing import NamedTuple

from engine.parameters import FittedParameters

CLASSES = 10
TIME_EMBEDDING = 32


class PerceptronShape(NamedTuple):
    """Weights of the layers of an estimator's network."""

    first: float
    second: float
    last: float


def perceptron(parameters: FittedParameters, width: int, *, vector: bool = True) -> PerceptronShape:
    """Return the weights of an estimator's network.

    Args:
        width: of the hidden states.
        vector: whether it yields one value per feature; else its last layer costs next to nothing.
    """
    s_type, hidden = parameters.s_type, parameters.hidden
    condition = CLASSES if s_type.startswith("eT") else width
    appended = width if s_type.endswith("hL") else 0
    inputs = width + TIME_EMBEDDING + condition + appended
    return PerceptronShape(float(inputs * hidden), float(hidden**2), float(hidden * width * vector))
