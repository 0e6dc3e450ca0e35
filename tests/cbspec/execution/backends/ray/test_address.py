"""The address of a Ray cluster is asked before Ray is, which would wait for ever."""

from __future__ import annotations

import socket

import pytest

from cbspec.errors import BackendError
from cbspec.execution.backends.ray.cluster import _require_answer


def test_a_cluster_has_to_answer() -> None:
    """Whoever listens at the port answers; words like local have none."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        for answering in (address, f"ray://{address}", "local", "auto", "nonsense"):
            _require_answer(answering)

    with pytest.raises(BackendError, match=rf"^Ray on {address}: nobody answers \(Connection"):
        _require_answer(address)
