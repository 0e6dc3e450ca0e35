"""The order of sets of text is that of a seed, which stages and other processes may share."""

import os
import subprocess
import sys

import pytest

SAYS = "from cbspec.execution import hashes; print(hashes.like_stages(), hashes.is_fixed())"


@pytest.mark.parametrize(
    ("started", "later", "told"),
    [
        ({"PYTHONHASHSEED": "0"}, "", "True True"),
        ({"PYTHONHASHSEED": "5"}, "", "True True"),
        ({}, "", "False False"),
        ({}, "import os; os.environ['PYTHONHASHSEED'] = '0'; ", "False True"),
    ],
)
def test_a_process_knows_whether_its_order_is_that_of_stages(started, later, told):
    """A variable that was set after the start does not change the order, and so is no proof of it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONHASHSEED"}

    done = subprocess.run(
        [sys.executable, "-c", later + SAYS],
        env={**environment, **started},
        check=True,
        capture_output=True,
        text=True,
    )

    assert done.stdout.strip() == told
