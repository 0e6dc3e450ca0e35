"""What a stage prints reaches the streams of the process that waits for it, and nothing else does."""

import io

import pytest

from tests.cbspec.execution.backends.unruly import acting
from tests.cbspec.execution.conftest import values


def computed(one):
    cell = one.planner.cell(acting("speak"), 1)
    one.plan_cells([cell])
    return values(one.ensure([cell]))


def test_what_a_stage_prints_is_plain_text(computing_with, capsys):
    """Controls are shown as escapes, a bar that returns to the start of its line becomes lines, and
    a workflow command is none; more than a pipe holds does not keep the stage from going on.
    """
    assert computed(computing_with()) == [1.0]

    out, err = capsys.readouterr()
    assert out == "\\u001b[31mred\\u009b2J\\u202e é\n\\xff\n" + "x" * 200_000 + "\n"
    assert err == "\n: :error::x\n 50 %\n100 %\n"


def test_what_a_stage_prints_without_end_is_cut(computing_with, capsys, monkeypatch):
    """It goes on, and the next job is heard again."""
    monkeypatch.setattr("cbspec.execution.output.MOST", 1000)
    one = computing_with()
    cells = [one.planner.cell(acting("speak"), seed) for seed in (1, 2)]
    for cell in cells:
        one.plan_cells([cell])
        one.ensure([cell])

    out, _ = capsys.readouterr()
    assert out.count("\n... (the rest of what it prints is left out)\n") == 2
    assert 2000 <= len(out) < 2500


@pytest.mark.parametrize("ascii_only", [True, False], ids=["ascii", "closed"])
def test_a_stage_goes_on_where_nobody_can_listen(computing_with, monkeypatch, ascii_only):
    """A stream that has no letter for something shows its escape; one that is closed is left alone."""
    content = io.BytesIO()
    stream = io.TextIOWrapper(content, encoding="ascii", write_through=True)
    monkeypatch.setattr("sys.stdout", stream)
    monkeypatch.setattr("sys.stderr", None)
    if not ascii_only:
        stream.close()

    assert computed(computing_with()) == [1.0]

    assert not ascii_only or b"\\u202e \\xe9\n\\xff\n" in content.getvalue()
