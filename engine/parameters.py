"""What can be chosen in each stage: types, ranges, defaults and where they come from. Imports no torch.

Choices that no memo states say *open* in their description; one value serves every claim.
"""

from __future__ import annotations

from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from cbspec.stage import Parameters

Count = Annotated[int, Meta(ge=1)]
Epochs = Annotated[int, Meta(ge=0)]
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
        description="clamp every local parameter gradient to [-1, 1], as the legacy protocol of phase 6A"
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


class Sizes(NamedTuple):
    """How much data a task has.

    Attributes:
        train, test: samples of an epoch and of a test pass.
        inputs: numbers per sample.
    """

    train: int
    test: int
    inputs: int


class TaskParameters(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of every task's parameters."""

    @property
    def sizes(self) -> Sizes:
        """How much data the task has."""
        raise NotImplementedError


class Cifar10(TaskParameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """CIFAR-10 as every stage sees it."""

    train_images: Annotated[
        int, Meta(ge=8, le=50000, description="the first n images of the training set")
    ] = 50000

    @property
    def sizes(self) -> Sizes:
        return Sizes(self.train_images, test=10_000, inputs=3 * 32 * 32)


class TeacherStudent(TaskParameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Gaussian inputs labelled by a random teacher; the activation of teacher and student goes from linear to tanh."""

    alpha: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="phi_alpha(z) = (1-alpha) z + alpha tanh(z), in teacher and student (memo)",
        ),
    ] = 1.0
    train_samples: Annotated[int, Meta(ge=8, description="training inputs per seed (open)")] = 10000
    test_samples: Annotated[
        int, Meta(ge=8, multiple_of=8, description="test inputs per seed (open)")
    ] = 2000
    inputs: Annotated[
        int, Meta(ge=16, multiple_of=16, description="input dimension, standard normal (open)")
    ] = 128
    teacher_depth: Annotated[int, Meta(ge=1, description="the teacher's hidden layers (open)")] = 2
    teacher_width: Annotated[
        int, Meta(ge=1, description="width of the teacher's hidden layers (open)")
    ] = 128
    teacher_gain: Annotated[
        float,
        Meta(
            gt=0,
            description="teacher weights are N(0, gain^2 / fan-in): how far tanh is driven into saturation (open)",
        ),
    ] = 2.0

    @property
    def sizes(self) -> Sizes:
        return Sizes(self.train_samples, self.test_samples, self.inputs)


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
    """Blockwise training by a local rule, from a snapshot whose optimiser, schedule and data order are continued."""

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
            description="weight w of the estimator's credit: w * norm(a_est) + (1-w) * norm(a_dfa) (phase 9A)",
        ),
    ] = 1.0
    source: Annotated[
        Literal["estimator", "gaussian", "dfa_rescaled"],
        Meta(
            description="estimator: the blend as it is; gaussian: noise in place of a_est; dfa_rescaled: DFA's direction "
            "with the blend's norm per sample (controls of phase 10A.5)"
        ),
    ] = "estimator"
    trainable: Annotated[
        bool,
        Meta(
            description="train the estimator on every batch, after its credit was used; else it stays frozen"
        ),
    ] = True
    warmup: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="share of the schedule during which DFA alone teaches while the estimator trains along (phase 4B)",
        ),
    ] = 0.0
    recalibrate_every: Annotated[
        int,
        Meta(
            ge=0,
            description="pause the network every so many epochs and refit the estimator; 0: never (open question N.c)",
        ),
    ] = 0
    recalibrate_epochs: Annotated[int, Meta(ge=1, description="epochs of each refit")] = 1
    learning_rate: Rate = 1e-3
    weight_decay: Decay = 0.01
    batch_size: Batch = 128


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
    """Vector credit field Vec_M, fitted to measured directional derivatives of a frozen snapshot."""

    directions: Annotated[
        int, Meta(ge=1, description="M, fresh directions per sample and level at every step")
    ] = 4
    epochs: FitEpochs = 100
    targets: Annotated[
        Literal["true", "shuffled", "zero", "fresh_random"],
        Meta(
            description="what stands for the measured derivative g: itself, g permuted within the batch, 0, or N(0, 1) drawn "
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
            description="v ~ N(0, I), or N(0, D) with D halfway between I and the batch variance of the credit, scaled to mean 1 "
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
    """State bridge SB: predicts h_L from (h_l, t_l, s); credit is the terminal gradient pulled back through the prediction."""

    epochs: FitEpochs = 100
    s_type: Annotated[
        Literal["eT", "deltaL"],
        Meta(
            description="conditioning s: e_T (phase 4) or dCE/dh_L per sample; h_L is what it predicts"
        ),
    ] = "eT"
    gradient_at: Annotated[
        Literal["predicted", "actual"],
        Meta(
            description="the state at which the terminal loss has its gradient taken: the predicted h_L, or h_L itself (open)"
        ),
    ] = "predicted"
    hidden: Hidden = 256
    learning_rate: AdamRate = 1e-3
    batch_size: Batch = 128


class ScalarBridge(FittedParameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Scalar credit bridge CB: a value network V(h, t, s) taught by a soft-min over its noisy next states."""

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
        int, Meta(ge=1, description="K, noisy next states per sample and level (memo)")
    ] = 8
    ema: Annotated[
        float,
        Meta(ge=0, lt=1, description="what the average of V keeps of itself at every step (fit)"),
    ] = 0.995
    hidden: Hidden = 256
    learning_rate: AdamRate = 1e-3
    batch_size: Batch = 128


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
            description="grid from which each estimator and seed takes the step size with the lowest mean dL_same",
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
            description="where the update batch comes from, never augmented; the held one is a test batch (open)"
        ),
    ] = "train"
