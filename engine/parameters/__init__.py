"""What can be chosen in each stage: types, ranges, defaults and where they come from. No torch.

Choices that no memo states say *open* in their description; one value serves every claim.
"""

from engine.parameters.estimators import FittedParameters, ScalarBridge, StateBridge, VectorField
from engine.parameters.measuring import CreditQuality, LocalDescent, TargetQuality
from engine.parameters.tasks import Cifar10, TaskParameters, TeacherStudent
from engine.parameters.training import TrainBP, TrainLocal

__all__ = [
    "Cifar10",
    "CreditQuality",
    "FittedParameters",
    "LocalDescent",
    "ScalarBridge",
    "StateBridge",
    "TargetQuality",
    "TaskParameters",
    "TeacherStudent",
    "TrainBP",
    "TrainLocal",
    "VectorField",
]
