"""What each stage measures: the unit, to what it is resolved, and how its noise is distributed."""

from __future__ import annotations

from cbspec.stage import Measure

# Cosines and correlations are read to what float32 resolves, so values nearer than this are equal.
COSINE = 1e-6
WITHIN_ONE = "it cannot leave [-1, 1]"

LEARNING = {
    "test_accuracy": Measure(
        "accuracy",
        "share of the test set classified correctly, no augmentation",
        resolution=1e-4,
        noise="bounded",
        why="a share of 10 000 test images; a run that fails stays at chance",
    ),
    "train_loss": Measure(
        "nats",
        "mean cross-entropy over the augmented training batches of the epoch, before each step",
    ),
}

FIT_LOSS = {
    "fit_loss": Measure(
        "squared nats", "mean training objective of the estimator over the last epoch of its fit"
    )
}


STATE_LOSS = {
    "fit_loss": Measure(
        "relative squared error",
        "of the predicted h_L over the batches of the last epoch of the fit",
    )
}

CREDIT = {
    "gamma": Measure(
        "cosine",
        "Gamma: cosine of credit and gradient per sample, mean over batch and levels "
        "0..L-1; S1 is its gain over DFA's",
        resolution=COSINE,
        noise="bounded",
        why=WITHIN_ONE,
    ),
    "rho": Measure(
        "correlation",
        "rho: Pearson correlation of <a, eps v> with the real loss change, mean over "
        "levels; S2 is its gain over DFA's",
        resolution=COSINE,
        noise="bounded",
        why=WITHIN_ONE,
    ),
    "nudge": Measure(
        "nats",
        "mean loss change when h_l moves by -eta * normalised credit; negative is good",
    ),
    "reference_norm": Measure(
        "nats", "norm of the per-sample gradient at h_l, mean over batch and levels"
    ),
    "hidden_norm": Measure("activation", "norm of h_l per sample, mean over batch and levels 0..L"),
    "float32_agreement": Measure(
        "cosine",
        "gradient in float32 against float64: near 1 where a float32 reading of Gamma can "
        "be trusted",
        resolution=COSINE,
        noise="bounded",
        why=WITHIN_ONE,
    ),
    "state_error": Measure(
        "relative squared error",
        "SB: of the h_L predicted from h_l, over the batch mean of |h_L|^2, mean over "
        "levels 0..L-1",
    ),
}

TARGETS = {
    "target_correlation": Measure(
        "correlation",
        "Pearson correlation of g, measured as in training, with <dL/dh_l, v> in float64; "
        "lowest of the levels",
        resolution=COSINE,
        noise="bounded",
        why=WITHIN_ONE,
    ),
    "silent_targets": Measure(
        "share",
        "of g that is exactly 0, for no state moved; highest of the levels",
        resolution=1e-6,
        noise="bounded",
        why="a share",
    ),
}

DESCENT = {
    "dL_same": Measure("nats", "loss change on the update batch"),
    "dL_held": Measure("nats", "loss change on a batch of the test set"),
    "pur": Measure(
        "ratio",
        "dL_held / dL_same, both averaged over batches first",
        noise="heavy",
        why="a quotient of two noisy means, of either sign",
    ),
    "update_variance": Measure(
        "ratio",
        "trace of the update's covariance across batches over the squared norm of its "
        "mean, both unbiased",
        noise="lognormal",
        why="a variance over a squared norm: positive, its noise is a factor",
    ),
}
