"""What a result depends on, and the keys that follow."""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any
from unittest.mock import Mock

import msgspec
import pytest
import torch
from threadpoolctl import threadpool_info, threadpool_limits

from cbspec.errors import ConfigError
from cbspec.execution import numerics
from cbspec.execution.devices import Cuda
from cbspec.execution.numerics import Numerics, keys_of, resolve
from cbspec.stage import Call, Parameters, Stage

CPU = Numerics(device="cpu", torch="2.15")


class Width(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    width: Annotated[int, msgspec.Meta(ge=1)] = 8
    rate: float = 0.1
    epoch: int = 3
    layers: frozenset[str] = frozenset({"first", "second", "third"})


TRAIN = Stage("train", "", "m:f", Width, progress="epoch")
ALIGN = Stage("align", "", "m:g", Width)


def keys(
    stage: Stage = TRAIN,
    seed: int = 0,
    inputs: Mapping[str, str] | None = None,
    code: str = "c0de",
    arithmetic: Numerics = CPU,
    **parameters: Any,
) -> tuple[str, str]:
    call = Call(stage, Width(**parameters))
    given = {"data": "d1"} if inputs is None else inputs
    return keys_of(call, seed, given, code, arithmetic)


OTHERS = {
    "stage": {"stage": ALIGN},
    "seed": {"seed": 1},
    "width": {"width": 9},
    "rate": {"rate": 0.1 + 2**-56},
    "input": {"inputs": {"data": "d2"}},
    "input name": {"inputs": {"images": "d1"}},
    "no input": {"inputs": {}},
    "code": {"code": "c0df"},
    "device": {"arithmetic": replace(CPU, device="cuda")},
    "torch": {"arithmetic": replace(CPU, torch="2.16")},
    "dtype": {"arithmetic": replace(CPU, dtype="float64")},
    "tf32": {"arithmetic": replace(CPU, tf32=True)},
    "threads": {"arithmetic": replace(CPU, threads=2)},
}


@pytest.mark.parametrize("what", OTHERS)
def test_key_depends_on(what: str) -> None:
    """Key and lane change with everything that a result depends on."""
    key, lane = keys(**OTHERS[what])

    assert key != keys()[0]
    assert lane != keys()[1]


def test_keys_are_all_different() -> None:
    """No two dependencies are confused with one another, nor a key with a lane."""
    found = [key for other in OTHERS.values() for key in keys(**other)] + list(keys())

    assert len(found) == len(set(found)) == 2 * len(OTHERS) + 2
    assert {64} == {len(key) for key in found}


def test_points_share_a_lane() -> None:
    """Points of one trajectory have keys of their own and one lane; without progress the parameter
    is one like others.
    """
    (third, lane), (fourth, same) = keys(epoch=3), keys(epoch=4)

    assert third != fourth
    assert lane == same
    assert keys(stage=ALIGN, epoch=3)[1] != keys(stage=ALIGN, epoch=4)[1]


def test_key_ignores_how_a_call_is_written() -> None:
    """A default that is written out, the order of inputs, and what is no dependency leave the key
    as it is.
    """
    documented = replace(TRAIN, doc="another text", implementation="elsewhere:f")

    assert keys(inputs={"a": "1", "b": "2"}) == keys(inputs={"b": "2", "a": "1"})
    assert (
        keys()
        == keys(width=8, rate=0.1, layers=frozenset(("third", "second", "first")))
        == keys(stage=documented)
    )


def test_key_is_the_same_in_every_process() -> None:
    """Keys do not depend on the process, whatever its hash seed."""
    code = (
        "from cbspec.execution.numerics import *; from cbspec.stage import *\n"
        "class P(Parameters, frozen=True, kw_only=True): layers: frozenset[str]\n"
        "call = Call(Stage('s', '', 'm:f', P), P(layers=frozenset('abcdefgh')))\n"
        "print(keys_of(call, 1, {'x': 'y'}, 'c', Numerics(device='cpu', torch='2.15')).result)"
    )
    seeds = [{**os.environ, "PYTHONHASHSEED": seed} for seed in ("1", "2", "3")]
    run = [
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
        )
        for env in seeds
    ]

    assert len({process.stdout for process in run}) == 1
    assert len(run[0].stdout) == 65


def test_digest_covers_every_field() -> None:
    """The digest of numerics changes with each field."""
    changed = [
        replace(CPU, **{name: value})
        for name, value in replace(CPU, device="cuda", torch="3.0").as_dict().items()
    ]

    assert CPU.as_dict() == {
        "device": "cpu",
        "torch": "2.15",
        "dtype": "float32",
        "tf32": False,
        "threads": 1,
    }
    others = [
        replace(CPU, dtype="float64"),
        replace(CPU, tf32=True),
        replace(CPU, threads=2),
        *changed,
    ]
    assert len({numerics.digest for numerics in others}) == 6


def test_resolve_agrees_with_torch() -> None:
    """Version, CUDA build and presence of a device are what torch itself says."""
    version, cuda = numerics.torch_build()

    assert (torch.__version__, torch.version.cuda) == (version, cuda)
    assert torch.cuda.is_available() == (not numerics.absent("cuda"))
    expected = "cuda" if torch.cuda.is_available() else "cpu"
    assert Numerics(device=expected, torch=torch.__version__) == resolve()


def test_resolve_does_not_import_torch() -> None:
    """Nothing of torch is imported to know its version and devices."""
    code = "import sys; from cbspec.execution.numerics import resolve; resolve(); print('torch' in sys.modules)"

    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
        == "False\n"
    )


class Driver:
    """A CUDA driver that answers what a test says."""

    def __init__(self, status: int, count: int) -> None:
        self.status, self.count = status, count

    def cuInit(self, flags: int) -> int:  # noqa: N802 - the driver's name
        assert flags == 0
        return self.status

    def cuDeviceGetCount(self, count: Any) -> int:  # noqa: N802
        count._obj.value = self.count
        return 0


def no_driver(name: str) -> Driver:
    raise OSError(f"{name}: cannot open shared object file")


HIDDEN = "the driver sees none; CUDA_VISIBLE_DEVICES may hide it"
ABSENCES = [
    (None, lambda _: Driver(0, 1), r"torch 2\.15\.1\+cpu is built without CUDA"),
    ("13.2", no_driver, r"the NVIDIA driver, \S+, is not installed"),
    ("13.2", lambda _: Driver(100, 0), HIDDEN),
    ("13.2", lambda _: Driver(0, 0), HIDDEN),
    ("13.2", lambda _: Driver(999, 0), "cuInit of the driver answers with error 999"),
]


@pytest.mark.parametrize(("cuda", "driver", "reason"), ABSENCES)
def test_no_cuda_device(
    monkeypatch: pytest.MonkeyPatch, cuda: str | None, driver: Any, reason: str
) -> None:
    """Where there is no device auto means the CPU, and asking for CUDA is a clear error with the
    reason.
    """
    monkeypatch.setattr(numerics, "torch_build", lambda: ("2.15.1+cpu", cuda))
    monkeypatch.setattr(ctypes, "CDLL", driver)

    assert Numerics(device="cpu", torch="2.15.1+cpu") == resolve("auto", tf32=True)
    with pytest.raises(
        ConfigError,
        match=rf"^--device cuda: no CUDA device is visible \({reason}\); use --device auto or",
    ):
        resolve("cuda")
    # To look at another machine's results
    assert resolve("cuda", computing=False) == Numerics(device="cuda", torch="2.15.1+cpu")


def test_cuda_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the driver sees a device auto means CUDA, and the CPU only when asked for."""
    monkeypatch.setattr(numerics, "torch_build", lambda: ("2.15.1+cu132", "13.2"))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Driver(0, 2))

    expected = Numerics(device="cuda", torch="2.15.1+cu132", tf32=True, threads=3)
    assert [expected, expected] == [
        resolve(device, threads=3, tf32=True) for device in ("auto", "cuda")
    ]
    assert Numerics(device="cpu", torch="2.15.1+cu132", threads=3) == resolve(
        "cpu", threads=3, tf32=True
    )


@pytest.mark.parametrize(
    ("visible", "expected"),
    [
        (None, ["0", "1", "2"]),
        ("", ["0", "1", "2"]),
        ("7, GPU-5f, 2, 9", ["7", "GPU-5f", "2"]),
    ],
)
def test_cuda_devices(
    monkeypatch: pytest.MonkeyPatch, visible: str | None, expected: list[str]
) -> None:
    """A process is confined to one of those that the user lets it see, or that the driver counts."""
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Driver(0, 3))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)

    assert Cuda().places() == [{"CUDA_VISIBLE_DEVICES": name} for name in expected]


@pytest.mark.parametrize(
    ("initialized", "error", "expected", "calls"),
    [
        (True, None, 0.75, ["empty_cache", "reset_peak_memory_stats"]),
        (False, None, 0.0, []),
        (True, RuntimeError("device-side assert"), 0.0, ["empty_cache"]),
    ],
)
def test_the_share_of_a_gpu(
    monkeypatch: pytest.MonkeyPatch,
    initialized: bool,
    error: Exception | None,
    expected: float,
    calls: list[str],
) -> None:
    """What torch held at most and CUDA's own half gigabyte count, and are given back; a process that
    has not used the GPU, or has broken its context, tells nothing.
    """
    cuda = Mock()
    cuda.is_initialized.return_value = initialized
    cuda.max_memory_reserved.return_value = 2**30
    cuda.get_device_properties.return_value.total_memory = 2**31
    cuda.empty_cache.side_effect = error
    monkeypatch.setitem(sys.modules, "torch", Mock(cuda=cuda))

    share = Cuda().share()

    called = [name for name, *_ in cuda.method_calls]
    assert share == expected
    assert [name for name in called if name in ("empty_cache", "reset_peak_memory_stats")] == calls


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "gpu"}, "--device gpu: no such device; one of auto, cpu, cuda"),
        ({"threads": 0}, "--stage-threads 0: .* at least 1"),
    ],
)
def test_wrong_options(options: dict[str, Any], message: str) -> None:
    """An unknown device or an impossible number of threads is a clear error."""
    with pytest.raises(ConfigError, match=message):
        resolve(**options)


def test_no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without torch claims run on the CPU, and results say that they were computed without it."""
    monkeypatch.setattr(numerics, "torch_build", numerics.torch_build.__wrapped__)  # uncached
    monkeypatch.setattr(numerics, "find_spec", lambda _: None)

    assert [Numerics(device="cpu", torch="none")] * 2 == [resolve("auto"), resolve("cpu")]
    with pytest.raises(ConfigError, match=r"no CUDA device is visible \(torch is not installed\)"):
        resolve("cuda")


SETS = """
from typing import Annotated
from cbspec.stage import Call, Parameters, Stage


class Chosen(Parameters, frozen=True, kw_only=True):
    names: frozenset[str]


stage = Stage("choose", "", "lab:choose", Chosen)
call = Call(stage, Chosen(names=frozenset(["dfa", "cb", "sb", "vec", "oracle"])), {})
print(call.digest, call.trajectory, call.shape)
"""


def test_a_set_has_the_same_digest_in_every_process():
    """Python orders a set of text otherwise in each process; a stage call's digests do not."""
    printed = set()
    for seed in ("1", "2", "3", "4"):
        done = subprocess.run(
            [sys.executable, "-c", SETS],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        )
        printed.add(done.stdout)

    assert len(printed) == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_loaded_libraries_take_the_number_of_threads(threads: int, monkeypatch: Any) -> None:
    """NumPy's library takes the number that is set after it was loaded, as torch does."""
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        monkeypatch.setenv(variable, "3")
    before = torch.get_num_threads()
    with threadpool_limits(3):
        numerics.limit_threads(threads)
        found = [library["num_threads"] for library in threadpool_info()]
        found.append(torch.get_num_threads())
    torch.set_num_threads(before)

    assert len(found) > 1
    assert set(found) == {threads}
    assert os.environ["OPENBLAS_NUM_THREADS"] == str(threads)
