"""Running the canaries on several platforms, to measure their tolerances.

A platform here is one machine with other instruction sets, thread counts or torch versions.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cbspec.canary import Figures
from cbspec.canary.platforms import PlatformRun
from cbspec.errors import CbspecError
from cbspec.report import Run, decode

WORKERS = "4"


@dataclass(frozen=True)
class PlatformSetting:
    """The command of a canary run on one platform.

    Attributes:
        name: the name of the platform.
        variables: environment variables that the numerical libraries read when they are loaded.
        options: options of pytest.
        python: the interpreter of an environment that has this project installed.
    """

    name: str
    variables: Mapping[str, str]
    options: tuple[str, ...] = ()
    python: str = sys.executable


# The number of threads changes the order of additions. The instruction set changes the widths of
# vectors and whether products are fused; torch's own kernels have one switch, the libraries that
# multiply for it and for NumPy one each
WITH_AVX2 = {"MKL_CBWR": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell"}
WITH_SSE4 = {"MKL_CBWR": "SSE4_2", "ONEDNN_MAX_CPU_ISA": "SSE41", "OPENBLAS_CORETYPE": "Nehalem"}
SETTINGS = (
    PlatformSetting("as it is", {}),
    PlatformSetting("two threads", {}, ("--stage-threads", "2")),
    PlatformSetting("torch's kernels without AVX", {"ATEN_CPU_CAPABILITY": "default"}),
    PlatformSetting("torch's kernels with AVX2", {"ATEN_CPU_CAPABILITY": "avx2"}),
    PlatformSetting("products with AVX2", WITH_AVX2),
    PlatformSetting("products with SSE4", WITH_SSE4),
    PlatformSetting(
        "everything without AVX",
        WITH_SSE4 | {"ATEN_CPU_CAPABILITY": "default", "MKL_CBWR": "COMPATIBLE"},
    ),
)


def with_python(python: str) -> PlatformSetting:
    """Return the setting for another interpreter, which has another torch."""
    return PlatformSetting("another torch", {}, python=python)


def measured(setting: PlatformSetting, *, root: Path, claims: Path, scale: str) -> PlatformRun:
    """Run the canaries of all claims on a platform, with an empty store and reports of their own.

    Args:
        setting: the platform.
        root: the project's folder.
        claims: the folder of the claims.
        scale: the canary scale.

    Raises:
        CbspecError: the run did not finish, or a canary broke.
    """
    command = [setting.python, "-m", "pytest", str(claims), "--scale", scale, "--device", "cpu"]
    command += ["-n", WORKERS, "-q", "-p", "no:cacheprovider", *setting.options]
    with tempfile.TemporaryDirectory(prefix="cbspec-") as folder:
        reports = Path(folder) / "reports"
        done = subprocess.run(
            command,
            cwd=root,
            env=_environment(setting, Path(folder) / "store", reports),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
        report = reports / "latest.json"
        if done.returncode != 0 or not report.exists():
            output = done.stdout.decode(errors="replace")[-2000:]
            raise CbspecError(
                f"the canary on the platform '{setting.name}' ended with status {done.returncode}:\n{output}"
            )
        run = decode(report.read_text(encoding="utf-8"), Run)
    figures: dict[str, Figures] = {}
    for check in run.canaries:
        if check.figures:
            figures[check.claim] = check.figures
    return PlatformRun(setting.name, run.provenance.torch, figures)


def _environment(setting: PlatformSetting, store: Path, reports: Path) -> dict[str, str]:
    # Variables of the run that starts this one
    hidden = (
        "PYTEST_",
        "GITHUB_",
        "CBSPEC_STORE",
        "CBSPEC_REPORTS",
    )
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    return {
        **inherited,
        **setting.variables,
        "CBSPEC_STORE": str(store),
        "CBSPEC_REPORTS": str(reports),
    }


def names(settings: Sequence[PlatformSetting]) -> str:
    """Return the names of the platforms, separated by commas."""
    return ", ".join(setting.name for setting in settings)
