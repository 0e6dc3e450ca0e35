"""Ranges and meanings that parameters of several stages share."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

Width = Annotated[
    int,
    Meta(
        ge=16,
        multiple_of=16,
        description="hidden width d; whole vector lanes keep replicas bit for bit alike",
    ),
]
Depth = Annotated[int, Meta(ge=1, le=64, description="residual blocks L")]
Rate = Annotated[
    float,
    Meta(
        gt=0, description="AdamW learning rate at the start of the cosine schedule (phase 4, fit)"
    ),
]
Decay = Annotated[float, Meta(ge=0, description="AdamW weight decay (phase 4, fit)")]
Batch = Annotated[int, Meta(ge=8, multiple_of=8, description="samples per step (memo: 128)")]
Rule = Annotated[
    Literal["inner_product", "target_shift", "cosine"],
    Meta(description="what a block minimises given its credit (definitions, section 6)"),
]
Credit = Annotated[
    Literal["normalised", "raw"],
    Meta(
        description="normalised: a / (RMS(a) + 1e-6) per sample over features (fit); raw: as it is"
    ),
]
Eta = Annotated[
    float, Meta(gt=0, description="step of the target-shift rule, {.01, .1, .3, 1} in phase 6C")
]
Clamp = Annotated[
    bool,
    Meta(
        description="clamp every local parameter gradient to [-1, 1], as the legacy protocol of "
        "phase 6A"
    ),
]
FitEpochs = Annotated[
    int, Meta(ge=0, description="epochs of offline fitting; 0 is the random initial network")
]
Hidden = Annotated[
    int, Meta(ge=16, multiple_of=16, description="width of the estimator's two hidden layers (fit)")
]
AdamRate = Annotated[float, Meta(gt=0, description="Adam learning rate, constant (fit)")]
Condition = Annotated[
    Literal["eT", "deltaL", "eT_hL", "deltaL_hL"],
    Meta(description="conditioning s: e_T or dCE/dh_L per sample, h_L appended (phase 3)"),
]
