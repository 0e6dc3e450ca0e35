"""What can be chosen of an estimator that has a network of its own."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from cbspec.stage import Parameters
from engine.parameters.ranges import AdamRate, Batch, Condition, FitEpochs, Hidden


class FittedParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of the parameters of an estimator that has a network of its own.

    It has no fields: each such estimator declares these with its own range and meaning.
    """

    @property
    def epochs(self) -> int:
        raise NotImplementedError

    @property
    def s_type(self) -> str:
        raise NotImplementedError

    @property
    def hidden(self) -> int:
        raise NotImplementedError

    @property
    def learning_rate(self) -> float:
        raise NotImplementedError

    @property
    def batch_size(self) -> int:
        raise NotImplementedError


class VectorField(FittedParameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Vector credit field Vec_M, fitted to directional derivatives of a frozen snapshot."""

    directions: Annotated[
        int, Meta(ge=1, description="M, fresh directions per sample and level at every step")
    ] = 4
    epochs: FitEpochs = 100
    targets: Annotated[
        Literal["true", "shuffled", "zero", "fresh_random"],
        Meta(
            description="what stands for the measured derivative g: itself, g permuted within the "
            "batch, 0, or N(0, 1) drawn "
            "anew each step; the terminal match is not touched (open)"
        ),
    ] = "true"
    inputs: Annotated[
        Literal["full", "time", "constant"],
        Meta(
            description="time: h_l is hidden from the field; constant: h_l and t are (phase 10A.6)"
        ),
    ] = "full"
    s_type: Condition = "eT"
    difference: Annotated[
        Literal["central", "one_sided"],
        Meta(description="how the derivative is measured (phase 5A)"),
    ] = "central"
    eps: Annotated[
        float, Meta(gt=0, description="length of the perturbation per unit of v (fit)")
    ] = 1e-2
    sampling: Annotated[
        Literal["isotropic", "importance"],
        Meta(
            description="v ~ N(0, I), or N(0, D) with D halfway between I and the batch variance "
            "of the credit, scaled to mean 1 "
            "(open question N.d)"
        ),
    ] = "isotropic"
    terminal_weight: Annotated[
        float, Meta(ge=0, description="weight of |A(h_L, 1, s) - dCE/dh_L|^2")
    ] = 1.0
    hidden: Hidden = 256
    learning_rate: AdamRate = 1e-3
    batch_size: Batch = 128


class StateBridge(FittedParameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """State bridge SB: predicts h_L from (h_l, t_l, s).

    Credit is the terminal gradient pulled back through the prediction.
    """

    epochs: FitEpochs = 100
    s_type: Annotated[
        Literal["eT", "deltaL"],
        Meta(
            description="conditioning s: e_T (phase 4) or dCE/dh_L per sample; h_L is what it "
            "predicts"
        ),
    ] = "eT"
    gradient_at: Annotated[
        Literal["predicted", "actual"],
        Meta(
            description="the state at which the terminal loss has its gradient taken: the "
            "predicted h_L, or h_L itself (open)"
        ),
    ] = "predicted"
    hidden: Hidden = 256
    learning_rate: AdamRate = 1e-3
    batch_size: Batch = 128


class ScalarBridge(FittedParameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Scalar credit bridge CB: a value network V(h, t, s).

    It is taught by a soft-min over its noisy next states.
    """

    epochs: FitEpochs = 100
    s_type: Condition = "eT"
    tgw: Annotated[
        float,
        Meta(ge=0, description="weight of |grad_h V(h_L, 1, s) - dCE/dh_L|^2 (phase 3: 0 to 4)"),
    ] = 1.0
    sigma: Annotated[
        float, Meta(ge=0, description="standard deviation of the noise on the next state (fit)")
    ] = 0.1
    softness: Annotated[float, Meta(gt=0, description="lam of the soft-min, in nats (fit)")] = 0.1
    samples: Annotated[
        int, Meta(ge=1, description="K, noisy next states per sample and level (fit)")
    ] = 8
    ema: Annotated[
        float,
        Meta(ge=0, lt=1, description="what the average of V keeps of itself at every step (fit)"),
    ] = 0.995
    hidden: Hidden = 256
    learning_rate: AdamRate = 1e-3
    batch_size: Batch = 128
