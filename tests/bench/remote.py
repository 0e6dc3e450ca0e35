"""A shared store: results brought there and back, in a folder and on an S3 server on loopback.

``python -m tests.bench.remote [COUNT]``; 1000 results of 12 kB by default. The server is moto's, in
a process of its own: it is written in Python, and takes most of the time that S3 takes here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch

from cbspec.store import Expected, Pull, Push, Remote, Store
from tests.bench.report import Row, publish

MEASURES = {"accuracy": 0.5}
SERVER = """
import sys
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""


@contextmanager
def s3_server() -> Iterator[str]:
    """Yield the URL of an empty bucket; the environment leads there."""
    command = [sys.executable, "-c", SERVER]
    server = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert server.stdout is not None
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.stdout.readline().strip()}",
        "AWS_ACCESS_KEY_ID": "anybody",
        "AWS_SECRET_ACCESS_KEY": "anything",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    import s3fs

    s3fs.S3FileSystem().mkdir("lab")
    try:
        yield "s3://lab/results"
    finally:
        server.kill()
        server.wait()


def filled(folder: Path, count: int) -> tuple[Store, list[Expected]]:
    """Return a store with so many results, and what is known of each beforehand."""
    store, results = Store(folder), []
    for number in range(count):
        key = f"{number:064x}"[::-1]
        about = {"stage": "train", "seed": number, "lane": key, "code": "c0de"}
        unknown = {"inputs": {}, "parameters": {}, "numerics": {"device": "cpu"}}
        tensors = {"w": torch.randn(50, 60)}
        store.put(key, tensors=tensors, measures=MEASURES, provenance=about | unknown)
        results.append(Expected(key, about, tuple(MEASURES)))
    return store, results


def moved(name: str, mover: Push | Pull, results: Sequence[Expected], state: str) -> Row:
    """Move all results, and say how long it took."""
    began = time.perf_counter()
    told = list(mover.move(results))
    seconds = time.perf_counter() - began
    right = all(result.state == state for result in told)
    size = sum(result.bytes for result in told) / 1e6
    speed = f"{seconds:.1f} s"
    if size:
        speed += f", {size:.1f} MB, {size / seconds:.1f} MB/s"
    return Row(f"{name}, {len(results)} results", speed, f"each {state}", right)


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Push, push again, pull and pull again, in both places."""
    count = int(arguments[0]) if arguments else 1000
    with tempfile.TemporaryDirectory() as folder, s3_server() as bucket:
        store, results = filled(Path(folder, "store"), count)
        shared = Path(folder, "shared")
        shared.mkdir()
        for place, url in (("a folder", str(shared)), ("moto's S3 on loopback", bucket)):
            remote, other = Remote(url), Store(Path(folder, place))
            yield moved(f"push to {place}", Push(store, remote), results, "moved")
            yield moved(f"push to {place} once more", Push(store, remote), results, "there")
            yield moved(f"pull from {place}", Pull(other, remote), results, "moved")
            yield moved(f"pull from {place} once more", Pull(other, remote), results, "there")


if __name__ == "__main__":
    sys.exit(publish("remote", main(sys.argv[1:])))
