"""Computing one task in this process. Every back end calls `compute`, wherever it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

import msgspec

from cbspec.errors import CbspecError, StageError, Stopped, StoreError, trace_of
from cbspec.execution import settings
from cbspec.execution.artifact import MissingInput
from cbspec.execution.cell import Cell, closure
from cbspec.execution.emission import Emitted
from cbspec.execution.failure import reason_of
from cbspec.execution.forks import only_here
from cbspec.execution.job import DIVERGED, RunningJob
from cbspec.execution.plan import Planner
from cbspec.execution.replica import seed_of
from cbspec.execution.rundir import RunDirectory
from cbspec.execution.task import Ending, StageTask, TaskOutcome
from cbspec.fingerprint import Loaded
from cbspec.store import LostEntry, Store


def do_nothing() -> None:
    """Do nothing; the default for `begun` of `compute`."""


def compute(
    task: StageTask, store: Store, run: RunDirectory, begun: Callable[[], None] = do_nothing
) -> TaskOutcome:
    """Compute a task into a store, and return how it ended.

    An exception of the stage becomes part of the outcome. Only `KeyboardInterrupt` is raised, since
    Ctrl-C is meant for the run.

    Args:
        task: the cells to compute.
        store: holds the inputs and takes the results.
        run: takes the progress, and says whether to stop.
        begun: called after the stage's implementation was imported, just before it runs.
    """
    loaded = _loaded_by(task, store, run)
    if loaded and task.watch and not loaded.prepare(task.watch):
        reason = "another stage changed its process, and a fresh one is needed"
        return TaskOutcome(ending="unsuited", reason=reason)
    outcome = _ended(task, run, lambda: _run(task, store, run, loaded, begun))
    if loaded is None or task.watch is None or not _any_stored(task, store, outcome.ending):
        return outcome
    used = loaded.unlisted(task.watch, task.files)
    return msgspec.structs.replace(outcome, loaded=used)


def _ended(task: StageTask, run: RunDirectory, computing: Callable[[], None]) -> TaskOutcome:
    """Compute a task, and return how it ended."""
    try:
        computing()
    except (MissingInput, LostEntry) as error:
        return TaskOutcome(ending="lost input", reason=str(error), key=error.key)
    except StoreError as error:
        return TaskOutcome(ending="store", reason=str(error))
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if isinstance(error, Stopped) and run.stopped:
            return TaskOutcome(ending="stopped", reason=str(error))
        return raised(error, task)
    return TaskOutcome(ending="done")


def _any_stored(task: StageTask, store: Store, ending: Ending) -> bool:
    """Tell whether a task has left results, which what it used then counts for."""
    if ending in ("done", "store"):
        return ending == "done"
    return any(store.has(cell.key) for cell in task.cells)


def _loaded_by(task: StageTask, store: Store, run: RunDirectory) -> Loaded | None:
    """Return the record of the files that this process loads; None if the task watches nothing.

    It leaves out the data folder, of which only declared files count, and the harness' own files.
    """
    if task.watch is None:
        return None
    data = task.surroundings.data
    loaded = observed(task.watch.root)
    loaded.leave_out([store.root, run.path.parent, *([data] if data else [])])
    return loaded


@cache
def observed(root: Path) -> Loaded:
    """Return the one record of what this process loads of a project, begun when first asked for."""
    return Loaded(root)


def stored_inputs(task: StageTask, store: Store) -> list[str]:
    """Return the keys of the stored results that a task may read: inputs, and where it resumes.

    Raises:
        MissingInput: an input of the task is not stored any more.
        StoreError: the store cannot be read.
    """
    healthy, _ = _split_by_inputs(task, store)
    planner = task.planner()
    start = _resumable(healthy, task.points[0], planner, store)
    before = [planner.at(cell, start) for cell in healthy] if start else []
    wanted = {cell.key for cell in task.cells}
    return [cell.key for cell in closure([*task.cells, *before]) if cell.key not in wanted]


def resume_point(task: StageTask, store: Store) -> int:
    """Return the latest stored point from which a task can go on; 0 if it has to begin anew."""
    lanes = {cell.lane: cell for cell in task.cells}
    return _resumable(list(lanes.values()), task.points[0], task.planner(), store)


def raised(error: BaseException, task: StageTask) -> TaskOutcome:
    """Return the outcome of a task whose stage raised."""
    # A check of the harness fails the same way every time; an error of the stage may not
    ending: Ending = "refused" if isinstance(error, CbspecError) else "failed"
    return TaskOutcome(
        ending=ending, reason=reason_of(error, task.stage), traceback=trace_of(error)
    )


def _run(
    task: StageTask,
    store: Store,
    run: RunDirectory,
    loaded: Loaded | None,
    begun: Callable[[], None],
) -> None:
    healthy, invalid = _split_by_inputs(task, store)
    points = task.points
    start = _resumable(healthy, points[0], task.planner(), store)
    job = RunningJob(task, healthy, start, store, run)
    for cell, reason in invalid.items():
        job.invalidate(cell, reason)
    if healthy:
        job.advance(start, max(points[-1], 1), task.stage.progress or "step")
        _execute(job, task, loaded, begun)
    absent = []
    for cell in task.cells:
        if not store.has(cell.key):
            absent.append(cell)
    if absent:
        points_missing = _missing_points(absent, job.emitted.values())
        raise StageError(f"its implementation returned without a result{points_missing}")


def _split_by_inputs(task: StageTask, store: Store) -> tuple[list[Cell], dict[Cell, str]]:
    """Split the cells of a task by whether an input has diverged.

    Returns:
        The last cell of every lane with sound inputs; and cell -> reason for every cell that is
        invalid without computing it.

    Raises:
        MissingInput: an input is not stored any more.
    """
    last: dict[str, Cell] = {}
    invalid: dict[Cell, str] = {}
    for cell in sorted(task.cells, key=lambda cell: cell.call.point):
        if reason := _diverged_input(cell, store):
            invalid[cell] = reason
        else:
            last[cell.lane] = cell
    healthy = []
    for lane in task.lanes:
        if lane in last:
            healthy.append(last[lane])
    return healthy, invalid


def _diverged_input(cell: Cell, store: Store) -> str | None:
    """Return why an input of a cell diverged; None if none did."""
    for input_cell in cell.inputs.values():
        entry = store.get(input_cell.key)
        if entry is None:
            raise MissingInput(input_cell)
        if reason := entry.provenance.get(DIVERGED):
            return str(reason)
    return None


def _execute(
    job: RunningJob, task: StageTask, loaded: Loaded | None, begun: Callable[[], None]
) -> None:
    """Import a stage's implementation and run it on a job.

    Raises:
        SourceChanged: the code of the stage was edited since it was planned.
    """
    try:
        implementation = task.stage.implemented
        job.check_code()
        begun()
        seed = seed_of(job.lanes, job.start)
        with settings.seeded(seed), settings.restored(loaded), only_here():
            implementation(job)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        if not isinstance(error, Stopped):
            # If the code was edited meanwhile, that is the reason for the error, whatever it says
            job.check_code()
        raise


def _resumable(lanes: Sequence[Cell], before: int, planner: Planner, store: Store) -> int:
    """Return the latest stored point that all lanes share, from which a job can resume.

    Args:
        lanes: one cell of each lane.
        before: the first wanted point; only earlier ones count.
        planner: names the cells of a lane at other points.
        store: where the points are looked for.

    Returns:
        The point; 0 if there is none.
    """
    if not lanes or not lanes[0].call.stage.progress:
        return 0
    for point in range(before - 1, 0, -1):
        if all(_resumes(planner.at(cell, point), store) for cell in lanes):
            return point
    return 0


def _resumes(cell: Cell, store: Store) -> bool:
    if not store.has(cell.key):
        return False
    entry = store.get(cell.key)
    return entry is not None and DIVERGED not in entry.provenance


def _missing_points(absent: Sequence[Cell], emitted: Iterable[Emitted]) -> str:
    """Describe which points of a trajectory are missing, and which were emitted instead."""
    progress = absent[0].call.stage.progress
    if not progress:
        return ""
    wanted = ", ".join(map(str, sorted({cell.call.point for cell in absent})))
    points = ", ".join(map(str, sorted({emission.point for emission in emitted})))
    return f" at {progress} {wanted}; it emitted at {points or 'no point'}"
