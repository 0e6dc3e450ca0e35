"""The interface of credit estimators, and how a stage opens the one that it is given."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from cbspec.stage import Artifact, Parameters
from engine.architecture import Architecture
from engine.forward import ForwardPass
from engine.nets import ResidualMLP
from engine.weights import tensors_of

FLOOR = 1e-6  # added to the RMS (definitions, section 5)

PREFIX = "estimator."  # of the tensors with which a training run stores the estimator it carries


class Estimator:
    """Gives the credit of R replicas; this base has nothing to fit and nothing to store.

    Args:
        parameters: of the estimator's stage, one per replica; they may differ where the catalog
            says `varying`.
        seeds: one per replica.
        architecture: of the network that is to be credited.
        device, dtype: where and in which precision it works.
    """

    def __init__(
        self,
        parameters: Sequence[Parameters],  # noqa: ARG002 - for those that have any
        seeds: Sequence[int],
        architecture: Architecture,
        device: str,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.seeds, self.architecture = tuple(seeds), architecture
        self.device, self.dtype = device, dtype

    @property
    def fits(self) -> bool:
        """Whether there is anything to train."""
        return False

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        """Return credit a_l, a multiple of the per-sample gradient at h_l, not normalised.

        Args:
            levels: which l, from 0..L.

        Returns:
            `[replica, level, batch, d]`.
        """
        raise NotImplementedError

    def state_error(self, forward: ForwardPass) -> Tensor | None:  # noqa: ARG002
        """Return the relative squared error of the h_L predicted from each level 0..L-1.

        Returns:
            `[replica, level]`; None: it predicts no state.
        """
        return None

    def see(self, forward: ForwardPass) -> None:
        """Run once what the credit of a batch and the fit on it share, where both follow."""

    def begin(self, purpose: str, epoch: int) -> None:
        """Start the random streams of an epoch of fitting; `purpose` tells offline from online."""

    def fit(self, forward: ForwardPass, active: Tensor | None = None) -> Tensor:
        """Take one training step on a batch; never waits for the host.

        Args:
            active: bool `[replica]`; the others stay exactly as they are. None: all learn.

        Returns:
            The objective before the step, `[replica]`.
        """
        raise NotImplementedError

    def of(self, replica: int, prefix: str = "") -> dict[str, Tensor]:  # noqa: ARG002
        """Return what to store of one replica, optimiser included."""
        return {}

    def load(
        self,
        replicas: Sequence[Mapping[str, Tensor]],
        prefix: str = "",
        *,
        optimiser: bool = False,
    ) -> None:
        """Take over what `of` gave for each replica, with or without its optimiser's state."""


def normalise(credit: Tensor) -> Tensor:
    """Return ``a / (RMS(a) + 1e-6)`` per sample over features (definitions, section 5).

    The floor is absolute. Credit of RMS 1e-8, such as a bridge's on what DFA made of a network at
    the memo's size, comes out at .01, which AdamW makes up for only as the second moments that it
    has of DFA's fade (beta2 .999: e-fold in a thousand steps).
    """
    length: Tensor = torch.linalg.vector_norm(credit, dim=-1, keepdim=True)
    return credit / length.div_(math.sqrt(credit.shape[-1])).add_(FLOOR)


def open_estimator(artifacts: Sequence[Artifact], network: ResidualMLP) -> Estimator:
    """Return the estimators that a job's replicas are given, on the device of their networks.

    Args:
        artifacts: one per replica.
        network: what they are to credit, and in which precision.
    """
    parameters: list[Parameters] = []
    seeds: list[int] = []
    for artifact in artifacts:
        parameters.append(declared(artifact).call.parameters)
        seeds.append(artifact.seed)
    flat = network.weights.flat
    estimator: Estimator = declared(artifacts[0]).call.stage.opener(
        parameters,
        seeds,
        network.architecture,
        flat.device.type,
        flat.dtype,
    )
    estimator.load(tensors_of(artifacts))
    return estimator


def declared(artifact: Artifact) -> Artifact:
    """Return the estimator whose stage declares the parameters.

    Behind `online_estimator` it is the one that the online run was given.
    """
    while artifact.call.stage.name == "online_estimator":
        artifact = artifact.inputs["snapshot"].inputs["estimator"]
    return artifact
