"""Packing jobs onto a device by the memory that jobs of the same shape held."""

from __future__ import annotations

from cbspec.execution.devices import FAMILIES
from cbspec.execution.task import StageTask, TaskOutcome
from cbspec.store import Shares, Store


def share_of(task: StageTask, store: Store) -> float:
    """Return the share of a device that a task needs.

    It is 1/k, where k such tasks fit into its memory; 1 if no task of this shape was measured yet;
    0 if the device family cannot measure.
    """
    measured = _shares(store).greatest(task.numerics.device, _shape(task))
    if measured is None:
        return 1.0
    return 1 / max(int(1 / measured), 1) if measured else 0.0


def keep_share(task: StageTask, outcome: TaskOutcome, store: Store) -> None:
    """Keep the share that a task held, for the next ones of its shape."""
    if not FAMILIES[task.numerics.device].wide:
        return
    # One that ran out of memory may have held more than was known; one that failed early, nothing
    if outcome.share or outcome.ending == "done":
        _shares(store).add(task.numerics.device, _shape(task), outcome.share)


def _shares(store: Store) -> Shares:
    return Shares(store.root / "shares")


def _shape(task: StageTask) -> str:
    """Return what tasks have in common whose tensors have the same shapes."""
    return f"{task.cells[0].call.shape} {len(task.lanes)}"
