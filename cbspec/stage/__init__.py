"""The declaration of stages: all of the harness that an engine imports.

An engine is a module with a tuple ``STAGES`` of `Stage` objects. Declaring costs nothing heavy: a
stage names its implementation as ``"module:function"`` and the harness imports it only when the
stage runs.

The harness calls the implementation with a `Job`: several replicas (seeds, and on wide devices also
compatible arms) of one stage call, to be computed together as one tensor program. Results are
handed back per replica with `Job.emit`.
"""

from cbspec.stage.call import Call, calls_of, canonical, plain, stages_of
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
    "files_of",
    "plain",
    "stages_of",
    "vouch",
]
