"""The estimator that an online run carried along, as an estimator of its own."""

from __future__ import annotations

from cbspec.stage import Job, NoParameters
from engine.credit.estimator import PREFIX


def take(job: Job[NoParameters]) -> None:
    """Take the estimator out of each replica's train_local checkpoint."""
    for lane, replica in enumerate(job.replicas):
        carried = {
            name.removeprefix(PREFIX): tensor
            for name, tensor in replica.inputs["snapshot"].tensors.items()
            if name.startswith(PREFIX)
        }
        job.emit(lane, tensors=carried)
