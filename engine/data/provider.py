"""The one provider of CIFAR-10: stored once per user, memory-mapped, shared by all processes."""

from __future__ import annotations

import functools
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

import numpy as np
from filelock import FileLock, Timeout
from platformdirs import user_cache_dir

from cbspec.stage import vouch
from engine.data.cifar10 import CIFAR10, Cifar10Images, Identity
from engine.data.progress import Progress, shown
from engine.data.sources import SOURCES, Source, SourceFailed

IDENTITY: Identity = CIFAR10
STAGING = ".obtaining-"


class DataUnavailable(Exception):
    """No source yielded CIFAR-10; the message says what was tried, why it failed, what to do."""


def cache() -> Path:
    """Return the folder that holds the data: ``CBSPEC_CACHE``, else the user's cache folder."""
    return Path(os.environ.get("CBSPEC_CACHE") or user_cache_dir("cbspec")).expanduser()


def place() -> Path:
    """Return the folder of the stored set; it exists only when complete."""
    return cache() / f"cifar10-{IDENTITY.sha256[:12]}"


def load(*, verify: bool = False) -> Cifar10Images:
    """Open the stored set, obtaining it first where there is none.

    Shapes, types and file sizes are checked on every load (a few milliseconds), and the SHA-256 of
    the whole set once per process, in the background: no result is stored before it is known. The
    arrays are private copy-on-write mappings: all processes share the pages they read, and none can
    alter the file.

    Args:
        verify: compare all that `Identity` knows before the set is returned.

    Raises:
        DataUnavailable: it is not stored and no source yields it.
    """
    data = _stored(verify)
    if data is None:
        obtain(verify=verify)
        data = _stored(verify=False)
    if data is None:
        raise DataUnavailable(
            f"{place()} cannot be read back after writing it; is the disk full or failing?"
        )
    vouch(_check())
    return data


@functools.cache
def _checker() -> ThreadPoolExecutor:
    """Return one thread: hashing leaves the interpreter to others."""
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="cifar10")


def _check() -> Future[None]:
    """Return the check of the stored set, begun unless these very files were checked before."""
    status = [path.stat() for path in _files(place())]
    files = tuple((file.st_ino, file.st_size, file.st_mtime_ns) for file in status)
    return _begun(place(), files)


# Its content outlives the stage; that of a dictionary is set back with the module's globals
@functools.cache
def _begun(folder: Path, _status: tuple[tuple[int, ...], ...]) -> Future[None]:
    return _checker().submit(_compare, folder, IDENTITY.sha256)


def _compare(folder: Path, sha256: str) -> None:
    """Compare the files' SHA-256, mapped once more: what a stage does to its arrays stays its own.

    Raises:
        DataUnavailable: it is another one.
    """
    stored = Cifar10Images(*(np.load(path, mmap_mode="r") for path in _files(folder))).sha256
    if stored != sha256:
        raise DataUnavailable(
            f"CIFAR-10 in {folder} is damaged: its SHA-256 is {stored}, not {sha256}; "
            "`python -m engine.data` obtains it anew"
        )


def _files(folder: Path) -> list[Path]:
    return [folder / f"{field.name}.npy" for field in fields(Cifar10Images)]


def obtain(progress: Progress | None = None, *, verify: bool = False) -> Path:
    """Store CIFAR-10, from the first source that yields it, unless it is stored already.

    One process obtains, others wait for it. Nothing incomplete is ever seen or kept, also when
    interrupted.

    Args:
        progress: called with (done, total, what); shown on stderr when None.
        verify: check a set that is already stored in full, and replace it if it is damaged.

    Returns:
        The folder with ``train_images.npy``, ``train_labels.npy``, ``test_images.npy`` and
        ``test_labels.npy``.

    Raises:
        DataUnavailable: no source yields it, or the cache folder cannot be written.
    """
    if _stored(verify) is not None:
        return place()
    try:
        cache().mkdir(parents=True, exist_ok=True)
        with shown(progress) as tell, _sole_process(tell):
            if _stored(verify) is None:
                _fetch(tell)
    except OSError as error:
        raise DataUnavailable(
            f"CIFAR-10 cannot be stored in {cache()} ({error}); CBSPEC_CACHE names another folder"
        ) from error
    return place()


def _stored(verify: bool) -> Cifar10Images | None:
    """Return the set on disk, None where it is missing or not what it should be."""
    try:
        # "c": torch wants writable memory; a write would touch a private copy of the page, never
        # the file.
        data = Cifar10Images(*(np.load(path, mmap_mode="c") for path in _files(place())))
    except (OSError, ValueError):
        return None
    wrong = IDENTITY.mismatches(data) if verify else IDENTITY.misshapen(data)
    return None if wrong else data


@contextmanager
def _sole_process(progress: Progress) -> Iterator[None]:
    lock = FileLock(cache() / "cifar10.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress(0, 0, "wait for another process that is obtaining it")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _fetch(progress: Progress) -> None:
    """Try the sources in order and store what the first yields."""
    # What is left over is of a killed process: the lock says that none is at work.
    for leftover in cache().glob(f"{STAGING}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    failures = []
    for name, source in SOURCES.items():
        with tempfile.TemporaryDirectory(
            dir=cache(), prefix=STAGING, ignore_cleanup_errors=True
        ) as staging:
            try:
                _keep(_verified(source, Path(staging), progress), Path(staging), progress)
                return
            except SourceFailed as failure:
                failures.append(f"  {name}: {failure}")
                progress(0, 0, f"{name}: {failure}")
    raise DataUnavailable(
        "CIFAR-10 is not stored here and no source yields it. Tried:\n"
        + "\n".join(failures)
        + "\nPoint CBSPEC_DATA to a folder that holds cifar-10-batches-py (a torchvision CIFAR10 "
        "root), or run\n`python -m engine.data` where the network reaches a source, and copy the "
        f"folder that it prints to {place()}."
    )


def _verified(source: Source, staging: Path, progress: Progress) -> Cifar10Images:
    data = source(staging, progress)
    progress(0, 0, "verify")
    wrong = IDENTITY.mismatches(data)
    if wrong:
        raise SourceFailed("what it yields is not CIFAR-10: " + "; ".join(wrong))
    return data


def _keep(data: Cifar10Images, staging: Path, progress: Progress) -> None:
    """Write the arrays aside, then rename: the place appears complete or not at all."""
    progress(0, 0, "store")
    complete = staging / "complete"
    complete.mkdir()
    for field in fields(Cifar10Images):
        with (complete / f"{field.name}.npy").open("wb") as file:
            np.save(file, getattr(data, field.name))
            file.flush()
            os.fsync(file.fileno())
    shutil.rmtree(place(), ignore_errors=True)  # a damaged one
    complete.rename(place())
