"""What is settled before a process joins a Ray cluster: whether anyone answers, and how Ray works."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from cbspec.errors import BackendError

ANSWER_SECONDS = 10.0  # that a cluster has to answer


def settle(address: str) -> None:
    """Settle how Ray works, which it reads from the environment, unless the user has."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # Ray would report runs to its makers
    # Ray may else hide the GPUs of whoever asks for none, which here is for the device to say
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    # A cluster that starts here is for this run, which would otherwise wait for all else
    os.environ.setdefault("RAY_worker_niceness", "0")
    # Workers that it starts before it has the code cannot be used: one for each core
    os.environ.setdefault("RAY_prestart_worker_first_driver", "0")
    # What needs more memory than its node has would be tried for ever: the run itself tries again
    os.environ.setdefault("RAY_task_oom_retries", "0")
    # Ray does not use the user's token where it was told the address; and where it uses it although
    # nobody asks for one, this process lets no worker in
    if address != "local" and "RAY_AUTH_MODE" not in os.environ and _has_token():
        os.environ["RAY_AUTH_MODE"] = "disabled" if _lets_anyone_in(address) else "token"


def _has_token() -> bool:
    """Tell whether this user has a token for Ray, without which some clusters let nobody in."""
    named = {"RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"} & os.environ.keys()
    return bool(named) or (Path.home() / ".ray" / "auth_token").is_file()


def _lets_anyone_in(address: str) -> bool:
    """Tell whether a cluster answers who has no token; in a process that has not imported Ray."""
    command = [sys.executable, "-m", "ray.scripts.scripts", "health-check", "--address", address]
    asked = subprocess.run(
        command, env={**os.environ, "RAY_AUTH_MODE": "disabled"}, capture_output=True, check=False
    )
    return asked.returncode == 0


def require_answer(address: str) -> None:
    """Check that somebody answers at an address that has a port: Ray itself would ask for ever.

    Raises:
        BackendError: nobody answers.
    """
    host, _, port = address.rpartition("/")[2].rpartition(":")
    if not port.isdigit():
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()
    except OSError as error:
        raise BackendError(
            f"Ray on {address}: nobody answers ({error.strerror or error})"
        ) from None
