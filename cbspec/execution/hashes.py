"""The seed of Python's hashes, which decides the order of sets of text in a whole process."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

HASH_SEED = "PYTHONHASHSEED"
PROBE = "cbspec"  # a text whose hash shows the seed


def hash_seed() -> str:
    """Return the seed of Python's hashes for all stages of a run: 0 unless the user sets it."""
    return os.environ.get(HASH_SEED) or "0"


def is_fixed() -> bool:
    """Tell whether the user has started this process with a fixed seed."""
    return os.environ.get(HASH_SEED, "") not in ("", "random")


def like_stages() -> bool:
    """Tell whether sets of text have the same order in this process as in those of stages."""
    return hash(PROBE) == _hash_of_stages(hash_seed())


@cache
def _hash_of_stages(seed: str) -> int:
    # Asked of Python itself: the variable may have been set since this process was started
    command = [sys.executable, "-S", "-c", f"print(hash({PROBE!r}))"]
    return int(subprocess.check_output(command, env={**os.environ, HASH_SEED: seed}))
