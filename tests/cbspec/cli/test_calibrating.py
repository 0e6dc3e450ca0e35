"""`cbspec canary --calibrate`: the tolerances of the canary's figures."""

import sys


def test_an_interpreter_without_the_project_is_told_first(laboratory):
    """It is tried before the other platforms, whose minutes would be lost, and nothing is recorded."""
    laboratory.edit("pyproject.toml", "[tool.cbspec]", '[tool.cbspec]\ncanary = "quick"')
    other = laboratory.root / "python"
    other.write_text(f"#!{sys.executable}\nprint('no module named pytest')\nraise SystemExit(4)\n")
    other.chmod(0o755)

    result = laboratory.cbspec("canary", "--calibrate", "--python", str(other))

    assert result.exit_code != 0
    assert result.stderr.splitlines()[0] == "1 of 8: another torch"
    assert "2 of 8" not in result.stderr
    assert "'another torch' ended with status 4:\nno module named pytest" in result.stderr
    assert not (laboratory.root / "reports" / "canary.json").exists()
