"""State bridge (SB): predict the last hidden state, pull the terminal gradient back through it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cbspec.stage import Job
from engine.credit import features
from engine.credit.fitted import FittedEstimator
from engine.credit.fitting import fit_offline
from engine.credit.perceptron import Activity
from engine.forward import ForwardPass
from engine.nets import output_error
from engine.parameters import StateBridge as Parameters


class StateBridgeEstimator(FittedEstimator[Parameters]):
    """Minimises ``mean_l mean_batch |P(h_l, t_l, s) - h_L|^2 / mean_batch |h_L|^2``, l = 0..L-1.

    P has no skip from h_l. Credit is the gradient at h_l of the terminal loss of the prediction,
    ``CE(head(LN_out(P(h_l, t_l, s))), y)``: the Jacobian transpose of P, the features' LayerNorm
    included, times the terminal gradient (definitions, section 4). s counts as given. At h_L there
    is nothing to predict and credit is the terminal gradient itself.
    """

    stage = "state_bridge"

    @property
    def teaches(self) -> int:
        return self.architecture.depth

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        depth = self.architecture.depth
        below = [level for level in levels if level < depth]
        credit = {depth: forward.terminal} if depth in levels else {}
        if below:
            pulled_back = self._pulled_back(forward, below).unbind(1)
            credit |= dict(zip(below, pulled_back, strict=True))
        return torch.stack([credit[level] for level in levels], 1)

    def fit(self, forward: ForwardPass, active: Tensor | None = None) -> Tensor:
        activity, miss = self._miss(forward)
        errors = self._relative(miss, forward)
        samples = self.architecture.depth * forward.size
        at_output = miss * (2 / (samples * self._scale(forward))).view(-1, 1, 1, 1)
        self.network.backward(activity, at_output.flatten(1, 2), self.optimiser.gradient)
        self._step(active)
        return errors.mean(1)

    def state_error(self, forward: ForwardPass) -> Tensor:
        return self._relative(self._miss(forward)[1], forward)

    def _relative(self, miss: Tensor, forward: ForwardPass) -> Tensor:
        """Return the mean squared miss over the batch mean of |h_L|^2, `[replica, level]`."""
        return miss.square().sum(-1).mean(2) / self._scale(forward).unsqueeze(1)

    def _scale(self, forward: ForwardPass) -> Tensor:
        return forward.trace.hidden[-1].square().sum(-1).mean(1)  # [replica]

    def _miss(self, forward: ForwardPass) -> tuple[Activity, Tensor]:
        """Return the prediction and by how much it misses h_L, `[replica, level, batch, d]`."""
        activity = self._activity(forward, range(self.architecture.depth))
        predicted = activity.output.unflatten(1, (self.architecture.depth, -1))
        return activity, predicted - forward.trace.hidden[-1].unsqueeze(1)

    def _pulled_back(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        """Return the terminal gradient at h_l, `[replica, level, batch, d]`, for levels below L."""
        activity = self._activity(forward, levels)
        gradient = self._terminal_gradient(forward, activity.output, len(levels))
        at_features = self.network.at_input(self.network.backward(activity, gradient, None))
        return features.pull_back(at_features, forward.at(levels))

    def _terminal_gradient(self, forward: ForwardPass, predicted: Tensor, levels: int) -> Tensor:
        """Return the gradient that enters the predictor, `[replica, level * batch, d]`."""
        if self.shared.gradient_at == "actual":
            return forward.terminal.repeat(1, levels, 1)
        ending = forward.network.forward(predicted, self.architecture.depth)
        error = output_error(ending.logits, forward.y.repeat(1, levels))
        return forward.network.head_backward(ending, error)


def fit(job: Job[Parameters]) -> None:
    """Fit offline on a frozen snapshot; see `engine.parameters.StateBridge`."""
    fit_offline(job, StateBridgeEstimator)
