"""What can be chosen of a measurement on a frozen snapshot."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from cbspec.stage import Parameters
from engine.parameters.ranges import Batch, Clamp, Credit, Eta, Rule


class CreditQuality(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Credit against the true gradient and the true loss, on batches of the test set in float64."""

    batches: Annotated[int, Meta(ge=1, description="test batches averaged over")] = 8
    batch_size: Batch = 128
    directions: Annotated[int, Meta(ge=2, description="random unit directions of rho")] = 32
    eps: Annotated[float, Meta(gt=0, description="step along a direction for rho")] = 1e-3
    eta: Annotated[float, Meta(gt=0, description="step of the nudge")] = 3e-3


class TargetQuality(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a vector field is fitted to on a snapshot, against the true directional derivative."""

    batches: Annotated[int, Meta(ge=1, description="training batches, without augmentation")] = 8
    batch_size: Batch = 128


class LocalDescent(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What k local steps do to the loss of a frozen snapshot."""

    credit: Credit = "normalised"
    blocks: Annotated[Literal["all", "last1"], Meta(description="which blocks move")] = "all"
    steps: Annotated[
        int, Meta(ge=1, description="k plain SGD steps, credit estimated anew at each")
    ] = 1
    rule: Rule = "inner_product"
    eta: Eta = 0.1
    clamp: Clamp = False
    step_sizes: Annotated[
        tuple[Annotated[float, Meta(gt=0)], ...],
        Meta(
            min_length=1,
            description="grid from which each estimator and seed takes the step size with the "
            "lowest mean dL_same",
        ),
    ] = (1e-3, 3e-3, 1e-2, 3e-2)
    batches: Annotated[
        int,
        Meta(ge=2, description="update batches averaged over, each from the unchanged snapshot"),
    ] = 8
    batch_size: Batch = 128
    update_from: Annotated[
        Literal["train", "test"],
        Meta(
            description="where the update batch comes from, never augmented; the held one is a "
            "test batch (open)"
        ),
    ] = "train"
