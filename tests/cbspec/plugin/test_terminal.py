"""What claims and stages say has no control of the terminal or of a CI log."""

import pytest

from tests.support.claim_text import BROKEN, LIGHT, WRONG

CONTROL = "\\x1b[31mbroken\\n::error::x\\r\\x9b2J\\u202e"
# A stage that speaks in every way there is before it raises
SAYS = f"""import logging, sys, warnings
            print("{CONTROL}")
            print("{CONTROL}", file=sys.stderr)
            logging.getLogger("lab").warning("{CONTROL}")
            warnings.warn("{CONTROL}")
            raise RuntimeError("{CONTROL}")"""
HOSTILE = 'title: "Shade\\n::error::x\\n##[error]y \\u202ez"'


@pytest.fixture
def hostile(project):
    """A claim that holds, one that does not and one that breaks, each with a hostile text."""
    catalog = project.root / "lab" / "catalog.py"
    text = catalog.read_text()
    raised = 'raise RuntimeError("the scales are broken")'
    assert raised in text
    catalog.write_text(text.replace(raised, SAYS))
    for name, text in {"light": LIGHT, "wrong": WRONG, "broken": BROKEN}.items():
        lines = text.splitlines(keepends=True)
        lines[1] = HOSTILE + "\n"
        project.claim(f"{name}.yaml", "".join(lines))
    return project


@pytest.mark.parametrize(("workers", "backend"), [("0", "inline"), ("2", "local")])
def test_no_text_is_a_control(hostile, workers, backend):
    """Neither claims nor what stages raise, print, log or warn of put a control or a workflow
    command into the output of pytest, whichever process the stages run in.
    """
    arguments = ("-n", workers, "--backend", backend, "--color=no", "-rA")
    status, output = hostile.pytest(*arguments, GITHUB_ACTIONS="true")

    assert status == 1
    assert "1 passed" in output
    assert output.count("\\u001b[31mbroken") >= 4
    lines = [line for line in output.splitlines() if line.lstrip().startswith("::")]
    assert [line.partition(" ")[0] for line in lines] == ["::error", "::error"]
    assert all("file=claims/" in line for line in lines)
    assert "##[" not in "".join(line for line in output.splitlines() if line not in lines)
    for line in set(output.splitlines()) - set(lines):
        assert not set(line) & set("\x1b\x9b\r\u202e"), line


def test_a_mistake_is_no_control(project):
    """A mistake in a claim, whatever it quotes, is told without control of the terminal."""
    project.claim("light.yaml", LIGHT + '"\\e[31m\\n::error::x": 1\n')

    status, output = project.pytest("--color=no")

    assert status == 2
    assert "\x1b" not in output
    assert not [line for line in output.splitlines() if line.lstrip().startswith("::error")]
