"""The children that a stage forks: none of them outlives the stage's function."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def only_here() -> Iterator[None]:
    """End every process at the end of a block that was forked in it.

    A child that leaves the stage would go on as the harness does, beside its parent: on the same
    connection, it would answer for the next task.
    """
    own = os.getpid()
    try:
        yield
    except BaseException:
        if os.getpid() != own:
            traceback.print_exc()
        raise
    finally:
        if os.getpid() != own:
            os._exit(1)
