"""The stages that claims can ask for. Imports neither torch nor any implementation."""

from __future__ import annotations

from cbspec.stage import Input, Stage
from engine.costs.credit_quality import credit_quality_flops
from engine.costs.estimator import fit_flops
from engine.costs.local_descent import local_descent_flops
from engine.costs.target_quality import target_quality_flops
from engine.costs.train_bp import train_bp_flops
from engine.costs.train_local import train_local_flops
from engine.outcomes import CREDIT, DESCENT, FIT_LOSS, LEARNING, STATE_LOSS, TARGETS
from engine.parameters import (
    Cifar10,
    CreditQuality,
    LocalDescent,
    ScalarBridge,
    StateBridge,
    TargetQuality,
    TeacherStudent,
    TrainBP,
    TrainLocal,
    VectorField,
)

TASK = Input("task", "the data that the network learns")
SNAPSHOT = Input("snapshot", "the network: parameters and optimiser state of one run at one epoch")
ESTIMATOR = Input("estimator", "what gives the credit")

STAGES = (
    Stage(
        name="cifar10",
        doc="CIFAR-10: obtained, verified, ready for later stages (definitions, section 2)",
        implementation="engine.tasks.cifar10:prepare",
        opens="engine.tasks.cifar10:Cifar10Task",
        parameters=Cifar10,
        kind="task",
    ),
    Stage(
        name="teacher_student",
        doc="synthetic ladder: a random teacher labels Gaussian inputs; activation from linear to "
        "tanh (definitions, section 2)",
        implementation="engine.tasks.teacher_student:prepare",
        opens="engine.tasks.teacher_student:TeacherStudentTask",
        parameters=TeacherStudent,
        kind="task",
    ),
    Stage(
        name="train_bp",
        doc="back-propagation through a ResidualMLP, AdamW, cosine schedule (definitions, section "
        "3)",
        implementation="engine.training:train_bp",
        parameters=TrainBP,
        inputs={"task": TASK},
        kind="snapshot",
        measures=LEARNING,
        progress="epoch",
        length="epochs",
        cost=train_bp_flops,
    ),
    Stage(
        name="train_local",
        doc="blockwise training by local credit, branching from a snapshot (definitions, sections "
        "5, 6 and 8)",
        implementation="engine.local_training:train_local",
        parameters=TrainLocal,
        inputs={"snapshot": SNAPSHOT, "estimator": ESTIMATOR},
        kind="snapshot",
        measures=LEARNING,
        progress="epoch",
        length="epochs",
        continues="snapshot",
        varying=frozenset({"trainable", "blend", "source"}),
        cost=train_local_flops,
    ),
    Stage(
        name="dfa",
        doc="direct feedback alignment: a_l = B_l e_T with one fixed Gaussian matrix per level "
        "and seed",
        implementation="engine.credit.dfa:prepare",
        opens="engine.credit.dfa:DFA",
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
    ),
    Stage(
        name="oracle",
        doc="the exact gradient of the batch-mean loss at every level",
        implementation="engine.credit.oracle:prepare",
        opens="engine.credit.oracle:Oracle",
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
    ),
    Stage(
        name="state_bridge",
        doc="state bridge SB, fitted to predict h_L of a frozen snapshot (memo of phase 4, A)",
        implementation="engine.credit.state_bridge:fit",
        opens="engine.credit.state_bridge:StateBridgeEstimator",
        parameters=StateBridge,
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
        measures=STATE_LOSS,
        progress="epochs",
        cost=fit_flops,
    ),
    Stage(
        name="scalar_bridge",
        doc="scalar credit bridge CB, a value network fitted by bridge consistency to a frozen "
        "snapshot (memo of phase 4, A)",
        implementation="engine.credit.scalar_bridge:fit",
        opens="engine.credit.scalar_bridge:ScalarBridgeEstimator",
        parameters=ScalarBridge,
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
        measures=FIT_LOSS,
        progress="epochs",
        cost=fit_flops,
    ),
    Stage(
        name="vector_field",
        doc="vector credit field Vec_M, fitted by perturbation to a frozen snapshot (memo of "
        "phase 4, C)",
        implementation="engine.credit.vector_field:fit",
        opens="engine.credit.vector_field:VectorFieldEstimator",
        parameters=VectorField,
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
        measures=FIT_LOSS,
        progress="epochs",
        varying=frozenset({"targets", "inputs"}),
        cost=fit_flops,
    ),
    Stage(
        name="online_estimator",
        doc="the estimator that a train_local run carried along, as it stands at the snapshot "
        "(phase 10A.5)",
        implementation="engine.credit.online:take",
        inputs={"snapshot": SNAPSHOT},
        kind="estimator",
    ),
    Stage(
        name="credit_quality",
        doc="credit against the true gradient and the true loss change (definitions, section 7)",
        implementation="engine.measures:credit_quality",
        parameters=CreditQuality,
        inputs={"snapshot": SNAPSHOT, "estimator": ESTIMATOR},
        measures=CREDIT,
        cost=credit_quality_flops,
    ),
    Stage(
        name="target_quality",
        doc="what a vector field is fitted to on a snapshot, against the true derivative "
        "(definitions, section 7, Validity)",
        implementation="engine.targets:target_quality",
        parameters=TargetQuality,
        inputs={
            "snapshot": SNAPSHOT,
            "estimator": Input(
                "estimator", "the vector field: its directions and differences count"
            ),
        },
        measures=TARGETS,
        cost=target_quality_flops,
    ),
    Stage(
        name="local_descent",
        doc="loss change after k local SGD steps from a frozen snapshot (phases 6A, 6C, 6.5A, 7A)",
        implementation="engine.descent:local_descent",
        parameters=LocalDescent,
        inputs={"snapshot": SNAPSHOT, "estimator": ESTIMATOR},
        measures=DESCENT,
        cost=local_descent_flops,
    ),
)
