"""A child that a stage forks does not go on with the harness' work."""

import os

import pytest

from cbspec.execution.forks import only_here


@pytest.mark.parametrize(
    ("error", "told"),
    [(ValueError("in the child"), "ValueError: in the child\n"), (SystemExit(0), ""), (None, "")],
)
def test_a_forked_child_ends_where_the_stage_ends(capfd, error, told):
    """However it leaves the stage's function, it ends there, and says why; its parent goes on."""
    with only_here():
        child = os.fork()
        if child == 0 and error:
            raise error
    if child == 0:
        os._exit(0)  # what it must not come to

    _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 1
    assert capfd.readouterr().err.endswith(told)
