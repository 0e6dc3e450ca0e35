"""Errors of the operating system as one sentence: where, why, and what to do."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cbspec.errors import StoreError

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
FORBIDDEN = frozenset({errno.EROFS, errno.EACCES, errno.EPERM})


@contextmanager
def explained(root: Path, doing: str) -> Iterator[None]:
    """Turn an `OSError` in the block into a `StoreError` with advice.

    Args:
        root: the root of the store.
        doing: what the block does, such as ``"storing 0123abcd"``.
    """
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise StoreError(
            f"store {root}: {doing} failed: {reason}; {_remedy(error.errno)}"
        ) from error


def _remedy(number: int | None) -> str:
    if number in FULL:
        return (
            "free some space, shrink the store with `cbspec store gc`, "
            "or set CBSPEC_STORE to a folder on a larger disk"
        )
    if number in FORBIDDEN:
        return "make the folder writable, or set CBSPEC_STORE to one that is"
    return "check the disk, or set CBSPEC_STORE to another folder"
