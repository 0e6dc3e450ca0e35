"""The arithmetic that results are computed with, and the keys of results and lanes.

This module does not import torch, which takes longer than a whole run with nothing to compute.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib.util import find_spec
from typing import NamedTuple

import msgspec

from cbspec.errors import ConfigError
from cbspec.execution.devices import FAMILIES, suited
from cbspec.model.dependencies import ABSENT, Dependencies
from cbspec.stage import Call, plain

LAYOUT = 1  # raise it when stored entries change their meaning; every result is computed again then

NO_DEPENDENCIES = Dependencies()


@dataclass(frozen=True, slots=True, kw_only=True)
class Numerics:
    """The arithmetic that a result was computed with. It is part of the result's key.

    Attributes:
        device: the device family. Results of two families agree within a tolerance only.
        torch: torch's version and build, such as ``"2.11.0+cpu"``; `ABSENT` without torch.
        dtype: the type of parameters and activations.
        tf32: whether matrix products on a GPU round their factors to 10 bits.
        threads: the threads of one process. The order of summation depends on them.
    """

    device: str
    torch: str
    dtype: str = "float32"
    tf32: bool = False
    threads: int = 1

    def as_dict(self) -> dict[str, str | bool | int]:
        """Return name -> value, for provenance and keys."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of all fields."""
        return _digest(self.as_dict())


def limit_threads(threads: int) -> None:
    """Set how many threads the numerical libraries use. Results depend on this number."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    if "numpy" in sys.modules:  # its library has read them, perhaps as a catalog was imported
        from threadpoolctl import threadpool_limits

        threadpool_limits(threads)
    if "torch" in sys.modules:
        from cbspec import pytorch

        pytorch.limit_threads(threads)


def resolve(
    device: str = "auto", threads: int = 1, tf32: bool = False, *, computing: bool = True
) -> Numerics:
    """Return the numerics of this machine.

    Args:
        device: the name of a device family (`cbspec.execution.devices`), or ``"auto"`` for an
            accelerator if this machine has one, and ``"cpu"`` otherwise.
        threads: the threads of one process.
        tf32: allow TF32 on a GPU; ignored on a CPU, which has no TF32.
        computing: require that this machine has the device. False for what another machine
            computes or has stored.

    Raises:
        ConfigError: the device is unknown or not there, or `threads` is below 1.
    """
    if device != "auto" and device not in FAMILIES:
        known = ", ".join(["auto", *sorted(FAMILIES)])
        raise ConfigError(f"--device {device}: no such device; one of {known}")
    if threads < 1:
        raise ConfigError(f"--stage-threads {threads}: a process has at least 1 thread")
    family = suited(torch_build()) if device == "auto" else FAMILIES[device]
    if computing and (reason := family.absent(torch_build())):
        raise ConfigError(
            f"--device {device}: no {device.upper()} device is visible ({reason}); "
            "use --device auto or --device cpu"
        )
    build = torch_build()
    return Numerics(
        device=family.name,
        torch=build[0] if build else ABSENT,
        tf32=tf32 and family.tf32,
        threads=threads,
    )


class Keys(NamedTuple):
    """The keys of a cell.

    Attributes:
        result: the key of its result, the hex SHA-256 of everything that the result depends on.
        lane: the key of its lane, which all points of the trajectory share.
    """

    result: str
    lane: str


def keys_of(
    call: Call,
    seed: int,
    inputs: Mapping[str, str],
    code: str,
    numerics: Numerics,
    dependencies: Dependencies = NO_DEPENDENCIES,
) -> Keys:
    """Return the keys of a stage call for a seed.

    Args:
        call: the stage and its parameters.
        seed: the training seed.
        inputs: input name -> key of the input's result.
        code: digest of the code of the stage's implementation.
        numerics: the arithmetic.
        dependencies: the declared files, versions and environment variables.
    """
    identity: dict[str, dict[str, object]] = {
        "stage": {"name": call.stage.name, "layout": LAYOUT, "seed": seed, "code": code},
        "parameters": plain(call.parameters),
        "inputs": dict(inputs),
        "numerics": dict(numerics.as_dict()),
    }
    # Left out if there are none, so that stages without any keep the keys of before
    if dependencies != NO_DEPENDENCIES:
        identity["dependencies"] = msgspec.to_builtins(dependencies, order="deterministic")
    result = _digest(identity)
    if call.stage.progress:
        del identity["parameters"][call.stage.progress]
    return Keys(result, _digest({"lane": identity}))


@cache
def torch_build() -> tuple[str, str | None] | None:
    """Return the version and the CUDA version of the installed torch; None without torch."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:  # no origin: an empty folder, left by an uninstallation
        return None
    from cbspec import pytorch

    return pytorch.build(spec.origin)


def absent(device: str) -> str:
    """Return why this machine has no device of a family; empty if it has one."""
    return FAMILIES[device].absent(torch_build())


def _digest(content: object) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
