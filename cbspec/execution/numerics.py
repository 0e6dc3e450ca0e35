"""What a result depends on besides its parameters, its code and its seed; and the keys that follow
from all of these.

Nothing here imports torch: a run with nothing to compute ends before that would have finished.
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

from cbspec.errors import ConfigError
from cbspec.execution.devices import FAMILIES, suited
from cbspec.model.dependencies import ABSENT, Dependencies
from cbspec.stage import Call, plain

LAYOUT = 1  # raise it when what an entry means changes: every stored result is then computed again

NO_DEPENDENCIES = Dependencies()


@dataclass(frozen=True, slots=True, kw_only=True)
class Numerics:
    """The arithmetic that a result was computed with.

    Attributes:
        device: device family; results of two families agree to tolerance only.
        torch: its version with the build, as in ``"2.11.0+cpu"``; `ABSENT` without it.
        dtype: of parameters and activations.
        tf32: whether matrix products on a GPU round their factors to 10 bits.
        threads: of one process; the order of summation depends on it.
    """

    device: str
    torch: str
    dtype: str = "float32"
    tf32: bool = False
    threads: int = 1

    def as_dict(self) -> dict[str, str | bool | int]:
        """Name -> value, for provenance and keys."""
        return asdict(self)

    @property
    def digest(self) -> str:
        """Return the hex SHA-256 of all of it."""
        return _digest(self.as_dict())


def limit_threads(threads: int) -> None:
    """Set how many threads the numerical libraries use.

    Results depend on it, and workers share the cores.
    """
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[variable] = str(threads)
    if "torch" in sys.modules:
        from cbspec import pytorch

        pytorch.limit_threads(threads)


def resolve(
    device: str = "auto", threads: int = 1, tf32: bool = False, *, computing: bool = True
) -> Numerics:
    """Return the numerics of this machine.

    Args:
        device: the name of a device family (`cbspec.execution.devices`), or ``"auto"`` for the
            first one that is there: an accelerator if there is one, else ``"cpu"``.
        threads: threads of one process.
        tf32: allow it on a GPU; no CPU has it, so it is dropped there.
        computing: require that the device is there. Without it, ``"cuda"`` may stand for what
            another machine computes or has stored.

    Raises:
        ConfigError: no such device, or no such number of threads.
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


def result_key(
    call: Call,
    seed: int,
    inputs: Mapping[str, str],
    code: str,
    numerics: Numerics,
    dependencies: Dependencies = NO_DEPENDENCIES,
) -> str:
    """Return the store key of a call's result for a seed: the hex SHA-256 of all that it depends
    on.

    Args:
        inputs: name -> result key of the input.
        code: digest of the code fingerprint of the stage's implementation.
        dependencies: those that the stage and the project declare.
    """
    return _digest(_identity(call, seed, inputs, code, numerics, dependencies))


def lane_key(
    call: Call,
    seed: int,
    inputs: Mapping[str, str],
    code: str,
    numerics: Numerics,
    dependencies: Dependencies = NO_DEPENDENCIES,
) -> str:
    """Return `result_key` without the point.

    The points of one trajectory share it, so that one process computes them all.
    """
    identity = _identity(call, seed, inputs, code, numerics, dependencies)
    if call.stage.progress:
        del identity["parameters"][call.stage.progress]
    return _digest({"lane": identity})


@cache
def torch_build() -> tuple[str, str | None] | None:
    """Return what `cbspec.pytorch.build` does, or None where torch is not installed."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:  # the latter is a folder that an uninstallation left
        return None
    from cbspec import pytorch

    return pytorch.build(spec.origin)


def absent(device: str) -> str:
    """Return why no device of a family can be used here; empty if one can."""
    return FAMILIES[device].absent(torch_build())


def _identity(
    call: Call,
    seed: int,
    inputs: Mapping[str, str],
    code: str,
    numerics: Numerics,
    dependencies: Dependencies,
) -> dict[str, dict[str, object]]:
    identity: dict[str, dict[str, object]] = {
        "stage": {"name": call.stage.name, "layout": LAYOUT, "seed": seed, "code": code},
        "parameters": plain(call.parameters),
        "inputs": dict(inputs),
        "numerics": dict(numerics.as_dict()),
    }
    if dependencies != NO_DEPENDENCIES:
        identity["dependencies"] = plain(dependencies)
    return identity


def _digest(content: object) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()
