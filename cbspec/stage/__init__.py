"""Stages: how an engine declares what it can compute. An engine imports nothing else of cbspec.

An engine is a module with a tuple ``STAGES`` of `Stage` objects. A stage names its implementation
as ``"module:function"``, and the harness imports it only when the stage runs. So declarations load
fast.

The harness calls the implementation with a `Job`: several replicas of one stage call, to be
computed together as one tensor program. Replicas differ in their seed; on a GPU they may also be
different arms. The implementation hands back the result of each replica with `Job.emit`.
"""

from cbspec.stage.call import Call, calls_of, canonical, declared_by, plain, stages_of
from cbspec.stage.declaration import (
    Input,
    Measure,
    Noise,
    NoParameters,
    Parameters,
    Stage,
)
from cbspec.stage.file import File, files_of
from cbspec.stage.job import Artifact, Job, Replica
from cbspec.stage.summary import Summary
from cbspec.stage.vouching import vouch

__all__ = [
    "Artifact",
    "Call",
    "File",
    "Input",
    "Job",
    "Measure",
    "NoParameters",
    "Noise",
    "Parameters",
    "Replica",
    "Stage",
    "Summary",
    "calls_of",
    "canonical",
    "declared_by",
    "files_of",
    "plain",
    "stages_of",
    "vouch",
]
