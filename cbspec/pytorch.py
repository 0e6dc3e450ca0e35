"""Everything that the harness knows about torch and its files. Only this module imports torch."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def build(origin: str) -> tuple[str, str | None]:
    """Return the version of torch, and the CUDA version that it was built for.

    The latter is None for a CPU build. Torch's ``version.py`` is read, since to import torch takes
    seconds.

    Args:
        origin: the file of the package ``torch``.
    """
    constants = _constants(Path(origin).with_name("version.py"))
    return str(constants["__version__"]), constants.get("cuda")


def limit_threads(threads: int) -> None:
    """Set how many threads torch uses, if this process has imported it."""
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(threads)


def saves(code: object) -> bool:
    """Tell whether this is the code of torch's module that saves files, as an import is to run it."""
    file = getattr(code, "co_filename", "")
    return bool(file == getattr(sys.modules.get("torch.serialization"), "__file__", None))


def report_files(report: Callable[[str], None]) -> None:
    """Have torch report the name of each file that it saves, as its compiled code opens them."""
    binding = sys.modules["torch._C"]
    writer: Any = binding.PyTorchFileWriter

    class Reporting(writer):  # type: ignore[misc]  # known only when it runs
        def __init__(self, file: object, *arguments: Any, **options: Any) -> None:
            if isinstance(file, str):
                report(file)
            super().__init__(file, *arguments, **options)

    binding.PyTorchFileWriter = Reporting  # type: ignore[attr-defined]


CONTEXT_BYTES = 2**29  # about what CUDA holds for a process besides its tensors


def device_share() -> float:
    """Return the share of the GPU's memory that this process held since the last call, at most.

    What torch keeps for later tensors counts, and is given back. 0 if torch has not used the GPU.
    """
    cuda = sys.modules["torch"].cuda
    if not cuda.is_initialized():
        return 0.0
    try:
        held: int = cuda.max_memory_reserved() + CONTEXT_BYTES
        total: int = cuda.get_device_properties(0).total_memory
        cuda.empty_cache()
        cuda.reset_peak_memory_stats()
    except RuntimeError:  # a kernel that failed has broken the context
        return 0.0
    return min(held / total, 1.0)


# Setting -> its value just after torch is imported
DEFAULTS: Mapping[str, Any] = {
    "default_dtype": "float32",
    "default_device": "cpu",
    "grad": True,
    "deterministic": False,
    "float32_matmul_precision": "highest",
}


def settings() -> Mapping[str, Any]:
    """Return the settings of torch in this process, which has imported it."""
    torch = sys.modules["torch"]
    return {
        "default_dtype": str(torch.get_default_dtype()).removeprefix("torch."),
        "default_device": str(torch.get_default_device()),
        "grad": torch.is_grad_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "float32_matmul_precision": torch.get_float32_matmul_precision(),
    }


def set_settings(values: Mapping[str, Any]) -> None:
    """Set the settings of torch; see `settings`."""
    torch = sys.modules["torch"]
    device = values["default_device"]
    setters: Mapping[str, Callable[[], object]] = {
        "default_dtype": lambda: torch.set_default_dtype(getattr(torch, values["default_dtype"])),
        # "cpu" would slow each call
        "default_device": lambda: torch.set_default_device(None if device == "cpu" else device),
        "grad": lambda: torch.set_grad_enabled(values["grad"]),
        "deterministic": lambda: torch.use_deterministic_algorithms(values["deterministic"]),
        "float32_matmul_precision": lambda: torch.set_float32_matmul_precision(
            values["float32_matmul_precision"]
        ),
    }
    now = settings()
    for name, write in setters.items():
        if now[name] != values[name]:  # some import half of torch
            write()


def seed(number: int) -> None:
    """Begin a new stream of the CPU's default generator."""
    sys.modules["torch"].default_generator.manual_seed(number)


def generator_state() -> Any:
    """Return the state of the CPU's default generator."""
    return sys.modules["torch"].get_rng_state()


def set_generator_state(state: Any) -> None:
    """Set the state of the CPU's default generator."""
    sys.modules["torch"].set_rng_state(state)


def is_generator(kind: type) -> bool:
    """Tell whether objects of a type are torch's random number generators."""
    generator = getattr(sys.modules.get("torch"), "Generator", None)
    return generator is not None and issubclass(kind, generator)


def load(path: Path) -> Mapping[str, Any]:
    """Load a file, and return name -> CPU tensor."""
    from safetensors.torch import load_file  # imports torch

    loaded: Mapping[str, Any] = load_file(path)
    return loaded


def names(path: Path) -> set[str]:
    """Return the names of the tensors in a file. Only its header is read, without torch.

    Raises:
        ValueError: the file is no safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np") as file:
            return set(file.keys())
    except SafetensorError as error:
        raise ValueError(str(error)) from None


def dump(tensors: Mapping[str, Any]) -> bytes:
    """Return the bytes of a safetensors file with these tensors.

    Raises:
        TypeError: a value is not a torch tensor; the message names it.
    """
    others = {name: value for name, value in tensors.items() if not hasattr(value, "detach")}
    if others:
        wrong = (f"{name} is a {type(value).__name__}" for name, value in others.items())
        raise TypeError(", ".join(wrong))
    from safetensors.torch import save  # imports torch

    # Cloned, because safetensors refuses tensors that share memory, as the replicas of a job do
    stored = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    data: bytes = save(stored)
    return data


def _constants(module: Path) -> dict[str, str | None]:
    """Return name -> value of the constants that a module assigns, without running it."""
    constants: dict[str, str | None] = {}
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if isinstance(node, ast.AnnAssign):
            targets = [node.target]
        value = getattr(node, "value", None)
        if targets and isinstance(targets[0], ast.Name) and isinstance(value, ast.Constant):
            constants[targets[0].id] = ast.literal_eval(value)
    return constants
