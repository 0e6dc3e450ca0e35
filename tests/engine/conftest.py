"""One thread, and the stages of the catalog without store or harness."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from threadpoolctl import threadpool_limits

from tests.support.stage_runner import StageRunner


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """One thread, as every worker has: sums do not depend on how they are split."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    with threadpool_limits(1, "blas"):  # NumPy's
        yield
    torch.set_num_threads(before)


@pytest.fixture
def runner() -> StageRunner:
    """A runner whose tasks are blobs."""
    return StageRunner()
