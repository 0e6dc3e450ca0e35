"""What --slurm takes, and what it refuses."""

from __future__ import annotations

import pytest

from cbspec.errors import ConfigError
from cbspec.execution.backends.slurm.request import SlurmRequest, request


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", SlurmRequest(16, 60, {})),
        (
            "partition=gpu,gpus=1,time=4:00:00",
            SlurmRequest(16, 240, {"partition": "gpu", "gpus": "1"}),
        ),
        ("helpers=3, mem-per-cpu=2G", SlurmRequest(3, 60, {"mem-per-cpu": "2G"})),
        ("gpus=1,ntasks=4", SlurmRequest(16, 60, {"gpus": "1", "ntasks": "4"}, tasks=4)),
        ("time=90", SlurmRequest(16, 90, {})),
        ("time=2:30", SlurmRequest(16, 3, {})),
        ("time=1-2", SlurmRequest(16, 1560, {})),
        ("time=1-2:30", SlurmRequest(16, 1590, {})),
        ("time=0:00:10", SlurmRequest(16, 1, {})),
        ("time=0", SlurmRequest(16, 0, {})),
        ("partition=a,exclusive, b", SlurmRequest(16, 60, {"partition": "a,b", "exclusive": True})),
        ("requeue,exclusive=user", SlurmRequest(16, 60, {"requeue": True, "exclusive": "user"})),
        ("nodelist=n1,n2, n4,gpus=1", SlurmRequest(16, 60, {"nodelist": "n1,n2,n4", "gpus": "1"})),
    ],
)
def test_a_request_is_read_as_sbatch_reads_it(text: str, wanted: SlurmRequest) -> None:
    """Times have sbatch's own forms; what is not ours is passed on."""
    assert request(text) == wanted


@pytest.mark.parametrize(
    "text",
    ["gpu", "partition=", "Exclusive", "Gpus=1", "helpers=no", "helpers=0", "ntasks=0", "time=x"],
)
def test_what_is_no_request_is_refused(text: str) -> None:
    """The message has the part that is wrong."""
    with pytest.raises(ConfigError, match=f"--slurm: .*{text.partition('=')[0]}"):
        request(text)
