"""Ledgers of earlier versions become ledgers of today's, one step at a time.

Version 1 grew while it was in use: the spread of an effect, withdrawn verdicts, the digest of the
evidence, adopted results and verdicts in doubt came to it later, each as a key that may be absent.
A cbspec from before takes such a key for a mistake. From version 2 on, each new key or meaning is a
new version, with one step here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Step = Callable[[Mapping[str, Any]], Mapping[str, Any]]

VERSION = 3


def _from_1(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content as it is: what version 1 got later may be absent in version 2, too."""
    return content


def _from_2(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the content as it is: an entry of version 2 has no declared dependencies, and of torch
    the minor version alone.
    """
    return content


# Version -> the step that makes its content that of the next version. A step gets content that no
# one has checked: it leaves what it does not understand, and the check that follows tells of it.
STEPS: Mapping[int, Step] = {1: _from_1, 2: _from_2}
