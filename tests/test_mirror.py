"""Tests lie where the code lies that they test."""

from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
TESTS = REPOSITORY / "tests"


@pytest.mark.parametrize("package", ["cbspec", "engine"])
def test_each_folder_of_tests_is_that_of_a_package(package):
    """A folder below tests/cbspec or tests/engine that has test files has a package's name."""
    folders = {path.parent.relative_to(TESTS) for path in (TESTS / package).rglob("test_*.py")}

    assert len(folders) > 1
    assert [
        folder for folder in folders if not (REPOSITORY / folder / "__init__.py").exists()
    ] == []


def test_a_test_file_outside_these_folders_is_that_of_a_module():
    """Directly below tests/cbspec each test file has the name of a module of the harness."""
    modules = {path.stem for path in (REPOSITORY / "cbspec").glob("*.py")}
    tested = {path.stem.removeprefix("test_") for path in (TESTS / "cbspec").glob("test_*.py")}

    assert tested
    assert tested - modules == set()


def test_no_test_file_is_imported():
    """What several test files need lies in tests/support, and not in one of them."""
    imports = [
        (str(path), line)
        for path in TESTS.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("from tests.")
    ]

    assert imports
    assert [(path, line) for path, line in imports if ".test_" in line] == []
