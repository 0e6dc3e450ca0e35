"""The check that this machine computes the same as the one that planned a task.

Code, packages, declared files and arithmetic have to be equal.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from cbspec import catalog
from cbspec.config import Config
from cbspec.errors import ConfigError, StageError
from cbspec.execution import devices
from cbspec.execution.numerics import LAYOUT, Numerics, resolve
from cbspec.execution.surroundings import Surroundings
from cbspec.execution.task import StageTask
from cbspec.execution.wire import unpacked
from cbspec.fingerprint import Code, Parsed
from cbspec.fingerprint.signature import signatures
from cbspec.store import Locks


class MachineDiffers(StageError):
    """This machine would compute something else than the machine that planned the task."""


class Matching:
    """Receives tasks that another machine has planned, and checks them against this one.

    Args:
        config: the settings of the project's copy on this machine.
        loaded: implementation -> files of the project that its runs were seen to load.
        memory: a folder on this machine that caches parsed source files.

    Raises:
        ConfigError: the engine cannot be loaded here.
    """

    def __init__(self, config: Config, loaded: Mapping[str, Sequence[str]], memory: Path) -> None:
        devices.load(config)
        before = signatures(config.root, config.packages)
        self._stages = catalog.load(config)
        self._sources = Parsed(memory / "sources.msgpack", partial(Locks(memory).take, "sources"))
        self._code = Code(
            config.root,
            config.packages,
            before,
            catalog=config.engine,
            stages=self._stages.values(),
            loaded=partial(_listed, loaded),
            sources=self._sources,
        )

    def received(self, content: bytes, surroundings: Surroundings, layout: int) -> StageTask:
        """Return a task, ready to be computed on this machine.

        Args:
            content: the task as `cbspec.execution.wire.packed` returns it.
            surroundings: the declared dependencies on this machine.
            layout: `LAYOUT` on the machine that planned the task.

        Raises:
            MachineDiffers: this machine differs; the message names every difference.
        """
        if layout != LAYOUT:
            raise MachineDiffers(f"the layout of results is {LAYOUT} here, planned with {layout}")
        task = unpacked(content, self._stages)
        with self._sources.shared():
            differences = list(self._differences(task, surroundings))
        if differences:
            raise MachineDiffers("; ".join(differences))
        watch = None
        if task.watch:
            watch = self._code.watch(task.stage.implementation, *task.code)
        return dataclasses.replace(task, surroundings=surroundings, watch=watch)

    def _differences(self, task: StageTask, surroundings: Surroundings) -> Iterator[str]:
        for implementation, digest in task.code.items():
            if self._code.fingerprint(implementation).digest != digest:
                yield f"the code of {implementation} is other code here than where it was planned"
        yield from _numerics(task.numerics)
        call = task.cells[-1].call  # all cells have the same stage, and so the same dependencies
        planned, here = task.surroundings.of(call), surroundings.of(call)
        for noun in ("files", "versions", "environment"):
            if getattr(planned, noun) != getattr(here, noun):
                yield f"{noun}: {getattr(here, noun)} here, planned with {getattr(planned, noun)}"


def _listed(loaded: Mapping[str, Sequence[str]], implementation: str) -> Sequence[str]:
    return loaded.get(implementation, ())


def _numerics(planned: Numerics) -> Iterator[str]:
    """Yield a sentence for each difference between the planned arithmetic and this machine's."""
    try:
        here = resolve(planned.device, planned.threads, planned.tf32)
    except ConfigError as error:
        yield str(error)
        return
    for name, value in planned.as_dict().items():
        if here.as_dict()[name] != value:
            yield f"{name} is {here.as_dict()[name]} here, planned with {value}"
