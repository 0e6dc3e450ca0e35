"""What can be chosen of a training run."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from cbspec.stage import Parameters
from engine.parameters.ranges import Batch, Clamp, Credit, Decay, Depth, Eta, Rate, Rule, Width


class TrainBP(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Back-propagation of the cross-entropy through a ResidualMLP."""

    width: Width = 256
    depth: Depth = 4
    epochs: Annotated[int, Meta(ge=1, description="length of the cosine schedule")] = 100
    epoch: Annotated[
        int, Meta(ge=0, description="the checkpoint wanted; 0 is the initialised network")
    ]
    learning_rate: Rate = 1e-3
    weight_decay: Decay = 0.01
    batch_size: Batch = 128


class TrainLocal(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Blockwise training by a local rule, from a snapshot.

    Its optimiser, schedule and data order are continued.
    """

    epochs: Annotated[
        int,
        Meta(ge=1, description="length of the cosine schedule, counted from epoch 0 of the run"),
    ] = 100
    epoch: Annotated[
        int, Meta(ge=0, description="the checkpoint wanted, as absolute epoch of the schedule")
    ]
    rule: Rule = "inner_product"
    eta: Eta = 0.1
    credit: Credit = "normalised"
    clamp: Clamp = False
    blend: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="weight w of the estimator's credit: w * norm(a_est) + (1-w) * "
            "norm(a_dfa) (phase 9A)",
        ),
    ] = 1.0
    source: Annotated[
        Literal["estimator", "gaussian", "dfa_rescaled"],
        Meta(
            description="estimator: the blend as it is; gaussian: noise in place of a_est; "
            "dfa_rescaled: DFA's direction with the blend's norm per sample (controls of phase "
            "10A.5)"
        ),
    ] = "estimator"
    trainable: Annotated[
        bool,
        Meta(
            description="train the estimator on every batch, after its credit was used; else it "
            "stays frozen"
        ),
    ] = True
    warmup: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="share of the schedule during which DFA alone teaches while the estimator "
            "trains along (phase 4B)",
        ),
    ] = 0.0
    recalibrate_every: Annotated[
        int,
        Meta(
            ge=0,
            description="pause the network every so many epochs and refit the estimator; 0: never "
            "(open question N.c)",
        ),
    ] = 0
    recalibrate_epochs: Annotated[int, Meta(ge=1, description="epochs of each refit")] = 1
    learning_rate: Rate = 1e-3
    weight_decay: Decay = 0.01
    batch_size: Batch = 128
