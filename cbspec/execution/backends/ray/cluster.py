"""The connection of one process to a Ray cluster, which it joins or starts."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cbspec import catalog
from cbspec.config import Config
from cbspec.errors import BackendError, printable
from cbspec.execution.backends.ray.baggage import pack
from cbspec.execution.backends.ray.joining import require_answer, settle
from cbspec.execution.backends.ray.parcel import Parcel, RunOrigin
from cbspec.execution.backends.ray.worksite import tidy, work
from cbspec.execution.devices import FAMILIES
from cbspec.execution.hashes import HASH_SEED, hash_seed
from cbspec.execution.numerics import LAYOUT
from cbspec.execution.task import StageTask

RETRIES = 3  # of tasks whose node is lost; a stage that raises is an outcome, and not retried
AHEAD = 2  # tasks for each core: the next one is there when one ends
LOOK_SECONDS = 5.0  # a node may have come or gone
FAREWELL_SECONDS = 5.0
INHERITED = ("CBSPEC_DATA", "CBSPEC_CACHE")  # where data lies, which every node has there


class RayCluster:
    """Joins the cluster at the project's address, or starts one on this machine.

    Args:
        config: the project's settings.
        run: the name of the run.

    Raises:
        BackendError: the cluster cannot be joined, or the project's code is too large to be sent.
    """

    def __init__(self, config: Config, run: str) -> None:
        # Ray itself would join whichever cluster was started last on this machine
        address = config.address or os.environ.get("RAY_ADDRESS") or "local"
        self._own = address == "local"
        require_answer(address)
        settle(address)
        import ray

        self._ray, self._run = ray, run
        if ray.is_initialized():
            raise BackendError("this process is connected to Ray already: ray.shutdown() first")
        with tempfile.TemporaryDirectory(prefix="cbspec-code-") as folder:
            pack(config, Path(folder))
            environment = {"working_dir": folder, "env_vars": _environment(config)}
            try:
                with _sigterm_kept():
                    ray.init(
                        address=address,
                        runtime_env=environment,
                        include_dashboard=False,
                        logging_level="warning",
                    )
            except Exception as error:  # Ray raises plain ones
                cause = f": {error.__cause__}" if error.__cause__ else ""
                raise BackendError(f"Ray on {address}: {printable(f'{error}{cause}')}") from None
        self._head = ray.get_runtime_context().gcs_address
        self._work = ray.remote(work)
        self._origin = ray.put(RunOrigin(run, LAYOUT, config))
        self._room = 1
        self._looked = 0.0

    @property
    def room(self) -> int:
        """Return the number of tasks that may be running at a time.

        Raises:
            BackendError: the cluster is gone. Ray itself would end this process after a minute.
        """
        now = time.monotonic()
        if now - self._looked > LOOK_SECONDS:
            self._looked = now
            require_answer(self._head)
            self._room = max(AHEAD * int(self._ray.cluster_resources().get("CPU", 0)), 1)
        return self._room

    def submit(self, parcels: Sequence[Parcel], task: StageTask, memory: int, share: float) -> Any:
        """Hand out tasks of one stage, of which this is one; the stream of what their worker tells.

        It is not repeated by Ray, which would begin with the reports again.

        Args:
            memory: the bytes that they will hold, as far as anyone knows; 0 where nobody does.
            share: the share of a device that they need; 0 where its family cannot tell.
        """
        wanted: dict[str, Any] = {"num_cpus": task.numerics.threads}
        if FAMILIES[task.numerics.device].wide:
            wanted["num_gpus"] = share or 1
        if memory:
            wanted["memory"] = memory
        options = self._work.options(
            num_returns="streaming", max_retries=0, name=task.stage.name, **wanted
        )
        return options.remote(parcels, self._origin)

    def ready(self, streams: Sequence[Any], seconds: float) -> Sequence[Any]:
        """Return the streams that have something to tell.

        Args:
            streams: the streams to wait for.
            seconds: how long to wait for the first of them.
        """
        ready, _ = self._ray.wait(streams, num_returns=1, timeout=seconds)
        if ready:
            ready, _ = self._ray.wait(streams, num_returns=len(streams), timeout=0)
        return list(ready)

    def told(self, stream: Any) -> Any:
        """Return what a stream has to tell next: a report, or the answers with which it ends.

        Raises:
            Exception: an error of Ray's; the tasks were lost.
        """
        return self._ray.get(next(stream))

    def close(self, streams: Sequence[Any]) -> None:
        """Cancel running tasks, and leave the cluster."""
        for stream in streams:
            self._ray.cancel(stream, force=True)
        if streams:
            self._ray.wait(streams, num_returns=len(streams), timeout=FAREWELL_SECONDS)
        if not self._own:
            with suppress(Exception):  # if the cluster is gone, the next run's workers do it
                self._tidy()
        self._ray.shutdown()
        if self._own:  # its workers are gone by now
            tidy(self._run)

    def _tidy(self) -> None:
        """Have every node remove what the workers of this run have left there."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        require_answer(self._head)
        leave = self._ray.remote(tidy)
        left = []
        for node in self._ray.nodes():
            if node["Alive"]:
                way = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                options = leave.options(num_cpus=0, max_retries=0, scheduling_strategy=way)
                left.append(options.remote(self._run))
        self._ray.wait(left, num_returns=len(left), timeout=FAREWELL_SECONDS)


def node_was_lost(error: Exception) -> bool:
    """Tell whether an error means that a node or a worker was lost, and not what it was at."""
    from ray import exceptions

    return isinstance(
        error,
        exceptions.WorkerCrashedError
        | exceptions.NodeDiedError
        | exceptions.LocalRayletDiedError
        | exceptions.ObjectLostError,
    )


def explained_loss(error: Exception) -> str:
    """Return why Ray has lost a task, as one line."""
    from ray.exceptions import OutOfMemoryError, RayTaskError, WorkerCrashedError

    first = printable(str(error)).strip().partition("\n")[0]
    if isinstance(error, OutOfMemoryError):
        return f"its node ran out of memory: {first}"
    if isinstance(error, WorkerCrashedError):
        return f"its worker was lost {RETRIES + 1} times"
    if isinstance(error, RayTaskError):
        return f"its worker could not begin: {printable(repr(error.cause))}"
    return f"Ray lost it ({type(error).__name__}): {first}"


@contextmanager
def _sigterm_kept() -> Iterator[None]:
    """Keep what SIGTERM does to this process, which is to end it.

    Ray's handler raises `SystemExit`, which pytest takes for the failure of the claim it is at.
    """
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        with suppress(ValueError):  # only the main thread may set it, and Ray sets it only there
            signal.signal(signal.SIGTERM, before)


def _environment(config: Config) -> Mapping[str, str]:
    """Return the environment variables that stages read and that are set here; and the hash seed."""
    names = {*INHERITED, *config.environment}
    for stage in catalog.load(config).values():
        names.update(stage.environment)
    variables = {name: os.environ[name] for name in sorted(names) if name in os.environ}
    return {**variables, HASH_SEED: hash_seed()}
