"""What estimators with a perceptron share: its Adam, what is stored, its features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

import torch
from torch import Tensor

from engine.architecture import Architecture
from engine.credit import features
from engine.credit.estimator import Estimator
from engine.credit.perceptron import Activity, Perceptron
from engine.forward import ForwardPass
from engine.parameters import FittedParameters
from engine.weights import OPTIMISER, AdamW, Weights

P = TypeVar("P", bound=FittedParameters)


class FittedEstimator(Estimator, Generic[P]):
    """An estimator whose perceptron sees (h_l, t_l, s) and is trained by Adam.

    Attributes:
        stage: the name of its stage, which names its random streams too.
        shared: the parameters that do not vary between replicas.
    """

    stage: ClassVar[str]

    def __init__(
        self,
        parameters: Sequence[P],
        seeds: Sequence[int],
        architecture: Architecture,
        device: str,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        super().__init__(parameters, seeds, architecture, device, dtype)
        self.parameters, self.shared = parameters, parameters[0]
        self._seen: tuple[ForwardPass, Activity] | None = None
        inputs = features.width(architecture, self.shared.s_type)
        layout = Perceptron.layout(inputs, self.shared.hidden, self._outputs)
        self._use(Perceptron.initialised(layout, self.seeds, self.stage, device).weights)

    @property
    def teaches(self) -> int:
        """How many levels, from 0 on, the fit takes in."""
        return self.architecture.depth + 1

    @property
    def _outputs(self) -> int:
        """Width of the perceptron's output."""
        return self.architecture.width

    @property
    def fits(self) -> bool:
        return True

    def of(self, replica: int, prefix: str = "") -> dict[str, Tensor]:
        state = self.optimiser.of(replica, prefix + OPTIMISER)
        return self.network.weights.of(replica, prefix) | state

    def load(
        self,
        replicas: Sequence[Mapping[str, Tensor]],
        prefix: str = "",
        *,
        optimiser: bool = False,
    ) -> None:
        self._use(Weights.stack(self.network.weights.layout, replicas, self.device, prefix))
        if optimiser:
            self.optimiser.load(replicas, prefix + OPTIMISER)

    def _use(self, weights: Weights) -> None:
        """Work with these weights, float32, and an Adam that has taken no step."""
        self._seen = None
        self.network = Perceptron(
            weights if self.dtype == torch.float32 else weights.to(self.dtype)
        )
        self.optimiser = AdamW(self.network.weights, weight_decay=0.0)

    def see(self, forward: ForwardPass) -> None:
        inputs = self._features(forward, range(self.teaches))
        self._seen = forward, self.network.forward(inputs)

    def _activity(self, forward: ForwardPass, levels: Sequence[int]) -> Activity:
        """Return the perceptron's run on the features of levels.

        It is part of what `see` ran where the levels are the first of those.
        """
        first = range(min(len(levels), self.teaches))
        if self._seen and self._seen[0] is forward and list(levels) == list(first):
            return self._seen[1].head(len(levels) * forward.size)
        return self.network.forward(self._features(forward, levels))

    def _features(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        """Return what the perceptron sees, `[replica, level * batch, width]`."""
        s = features.condition(forward, self.shared.s_type)
        return features.features(forward.at(levels), levels, self.architecture.depth, s)

    def _step(self, active: Tensor | None) -> None:
        """Follow the gradient; without gradient and moments a replica stays exactly as it is."""
        if active is not None:
            self.optimiser.gradient.flat.masked_fill_(~active.unsqueeze(1), 0.0)
        self.optimiser.step(self.shared.learning_rate)
        self._seen = None  # it was seen by weights that have moved since
