"""The estimator that an online run carried along, as an estimator of its own."""

from __future__ import annotations

from cbspec.stage import Job
from engine.credit.estimator import PREFIX


def take(job: Job) -> None:
    """Take the estimator out of each replica's train_local checkpoint."""
    for replica, own in enumerate(job.replicas):
        tensors = own.inputs["snapshot"].tensors
        job.emit(replica, tensors={name.removeprefix(PREFIX): tensors[name] for name in tensors if name.startswith(PREFIX)})
