"""What estimators with a perceptron share: its Adam, what is stored, its features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from engine.credit import features
from engine.credit.estimator import Estimator
from engine.credit.perceptron import Activity, Perceptron
from engine.forward import ForwardPass
from engine.weights import AdamW, Weights

OPTIMISER = "optimiser."


class FittedEstimator(Estimator):
    """An estimator whose perceptron sees (h_l, t_l, s) and is trained by Adam.

    Attributes:
        stage: the name of its stage, which names its random streams too.
        own: the parameters that do not vary between replicas.
        teaches: how many levels, from 0 on, the fit takes in.
    """

    stage: ClassVar[str]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.own = self.parameters[0]
        self.teaches = self.architecture.depth + 1
        self._seen: tuple[ForwardPass, Activity] | None = None
        layout = Perceptron.layout(features.width(self.architecture, self.own.s_type), self.own.hidden, self._outputs)
        self._use(Perceptron.initialised(layout, self.seeds, self.stage, self.device).weights)

    @property
    def _outputs(self) -> int:
        """Width of the perceptron's output."""
        return self.architecture.width

    @property
    def fits(self) -> bool:
        return True

    def of(self, replica: int, prefix: str = "") -> dict[str, Tensor]:
        return self.network.weights.of(replica, prefix) | self.optimiser.of(replica, prefix + OPTIMISER)

    def load(self, replicas: Sequence[Mapping[str, Tensor]], prefix: str = "", *, optimiser: bool = False) -> None:
        self._use(Weights.stack(self.network.weights.layout, replicas, self.device, prefix))
        if optimiser:
            self.optimiser.load(replicas, prefix + OPTIMISER)

    def _use(self, weights: Weights) -> None:
        self._seen = None
        self.network = Perceptron(weights if self.dtype == torch.float32 else weights.to(self.dtype))
        self.optimiser = AdamW(self.network.weights, self.own.learning_rate, weight_decay=0.0)

    def see(self, forward: ForwardPass) -> None:
        self._seen = forward, self.network.forward(self._features(forward, range(self.teaches)))

    def _activity(self, forward: ForwardPass, levels: Sequence[int]) -> Activity:
        """The perceptron's run on the features of levels, of what was seen already where these are among its first."""
        if self._seen and self._seen[0] is forward and [*levels] == [*range(min(len(levels), self.teaches))]:
            return self._seen[1].head(len(levels) * forward.size)
        return self.network.forward(self._features(forward, levels))

    def _features(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        """`[replica, level * batch, width]`."""
        s = features.condition(forward, self.own.s_type)
        return features.features(forward.at(levels), levels, self.architecture.depth, s)

    def _step(self, active: Tensor | None) -> None:
        """Follow the gradient; a replica without gradient and without moments stays exactly as it is."""
        if active is not None:
            self.optimiser.gradient.flat.masked_fill_(~active.unsqueeze(1), 0.0)
        self.optimiser.step()
        self._seen = None  # by weights that have moved since
