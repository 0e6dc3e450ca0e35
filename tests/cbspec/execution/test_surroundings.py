"""Declared files, versions and environment variables: what they are, and when they are read."""

import os
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec import field

from cbspec import layout
from cbspec.errors import StageError
from cbspec.execution import surroundings
from cbspec.execution.numerics import Numerics, keys_of
from cbspec.execution.surroundings import Surroundings, installed, version_of
from cbspec.files import ProjectFiles, sha256_of, visible_files
from cbspec.model.dependencies import Dependencies, same_torch
from cbspec.stage import Call, File, NoParameters, Parameters, Stage

LONG_AGO = 1_000_000_000_000_000_000  # ns since 1970


class Table(Parameters, frozen=True, kw_only=True):
    """Files alone, in a list, in a mapping, or none."""

    table: File
    more: tuple[File, ...] = ()
    named: dict[str, File] = field(default_factory=dict)
    other: File | None = None


READ = Stage("read", "reads tables", "lab.read:read", Table, versions=("numpy", "torch"))


def call(**parameters):
    return Call(READ, Table(**parameters))


def digest(text):
    return sha256(text.encode()).hexdigest()


@pytest.fixture
def project(tmp_path):
    """A project with a table, and a data folder elsewhere with another one."""
    root = tmp_path / "project"
    for name, text in (("project/a.csv", "1,2"), ("data/b.csv", "3,4")):
        path = tmp_path / name
        path.parent.mkdir()
        path.write_text(text)
        os.utime(path, ns=(LONG_AGO, LONG_AGO))
    return root


@pytest.fixture
def files(project):
    return ProjectFiles(project, project.parent / "data")


@pytest.fixture
def settled(monkeypatch):
    """Have files count as written long ago: nobody can set the kernel's time of a change back."""
    monkeypatch.setattr(surroundings, "TICK_SECONDS", 0.0)


def test_every_file_of_a_call_counts(files):
    """Files in lists, mappings and options count by their content, as do those of the data folder."""
    reading = call(table="a.csv", more=("b.csv",), named={"x": "a.csv"}, other="b.csv")

    assert Surroundings(files).of(reading).files == {
        "a.csv": digest("1,2"),
        "b.csv": digest("3,4"),
    }


def test_an_edited_file_is_another_key(files, project):
    """Another content of a file makes another result and another lane; a touched file does not."""
    numerics = Numerics(device="cpu", torch="none")

    def keys():
        dependencies = Surroundings(files).of(call(table="a.csv"))
        return keys_of(call(table="a.csv"), 1, {}, "c0de", numerics, dependencies)

    before = keys()
    (project / "a.csv").touch()
    assert before == keys()
    (project / "a.csv").write_text("1,3")
    assert not {*before} & {*keys()}


def test_without_dependencies_the_key_is_as_before():
    """A stage that declares nothing has the key that it had before anything could be declared."""
    stage = Stage("plain", "none", "lab.read:plain")
    numerics = Numerics(device="cpu", torch="2.15")

    declared = Surroundings().of(Call(stage, NoParameters()))

    assert keys_of(Call(stage, NoParameters()), 1, {}, "c", numerics, declared) == keys_of(
        Call(stage, NoParameters()), 1, {}, "c", numerics
    )


def test_a_file_is_read_once_for_all_seeds(files, monkeypatch):
    """A file of many seeds and calls is hashed once."""
    read = []
    monkeypatch.setattr(surroundings, "sha256_of", lambda path: read.append(path) or "d1")
    around = Surroundings(files)

    for more in ((), ("b.csv",)):
        for _seed in range(3):
            around.of(call(table="a.csv", more=more))

    assert [path.name for path in read] == ["a.csv", "b.csv"]


@pytest.mark.usefixtures("settled")
def test_another_process_reads_no_unchanged_file(files, project, tmp_path, monkeypatch):
    """What is known of a file is kept for the next process, until the file changes."""
    Surroundings(files, memory=tmp_path / "memory").of(call(table="a.csv"))
    read = []
    monkeypatch.setattr(
        surroundings, "sha256_of", lambda path: read.append(path) or sha256_of(path)
    )

    def again():
        return Surroundings(files, memory=tmp_path / "memory").of(call(table="a.csv")).files

    assert again() == {"a.csv": digest("1,2")}
    assert read == []
    (project / "a.csv").write_text("5,6")
    os.utime(project / "a.csv", ns=(LONG_AGO + 1, LONG_AGO + 1))
    assert again() == {"a.csv": digest("5,6")}
    assert len(read) == 1


def test_a_file_that_was_just_written_is_read_again(files, project, tmp_path):
    """A second edit within the clock's tick, of the same length, is seen."""
    path, memory = project / "a.csv", tmp_path / "memory"
    path.write_text("7,8")
    status = path.stat()
    Surroundings(files, memory=memory).of(call(table="a.csv"))

    path.write_text("9,0")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    now = Surroundings(files, memory=memory).of(call(table="a.csv"))
    assert now.files == {"a.csv": digest("9,0")}


@pytest.mark.usefixtures("settled")
def test_damaged_memory_is_no_memory(files, tmp_path):
    """A note that is no JSON is overwritten, and a folder that cannot be made is done without."""
    memory = tmp_path / "memory"
    Surroundings(files, memory=memory).of(call(table="a.csv"))
    [note] = memory.iterdir()
    note.write_text("{")

    assert Surroundings(files, memory=memory).of(call(table="a.csv")).files
    assert note.read_text() != "{"
    assert Surroundings(files, memory=note / "no_folder").of(call(table="a.csv")).files


def test_a_change_since_is_told(files, project):
    """A file that was edited, replaced or removed since it was read is named as the claim has it."""
    around, reading = Surroundings(files), call(table="b.csv", more=("a.csv",))
    around.of(reading)
    assert around.changed(reading) is None

    (project / "a.csv").unlink()

    assert str(around.changed(reading)) == "a.csv"


def of_a_null():
    """What this Python says of a path with a null in it."""
    with pytest.raises(ValueError, match="embedded null") as caught:
        Path("\0").stat()
    return str(caught.value).removeprefix("stat: ")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("/etc/passwd", "must be relative to the project or its data folder"),
        ("../secret.csv", "leaves the project and its data folder"),
        ("link.csv", "leaves the project and its data folder"),
        ("sub", "is a folder; name its files one by one"),
        ("missing.csv", "is not there"),
        ("nul\0.csv", of_a_null()),
        ("x" * 300, "too long"),
    ],
)
def test_a_file_out_of_reach_is_refused(files, project, name, problem):
    """What is not there, is no file or lies elsewhere, also through a link, is refused."""
    (project.parent / "secret.csv").write_text("0")
    (project / "link.csv").symlink_to(project.parent / "secret.csv")
    (project / "sub").mkdir()

    with pytest.raises((ValueError, OSError), match=problem):
        files.locate(name)
    with pytest.raises(StageError, match=problem):
        Surroundings(files).of(call(table=name))


def test_a_link_into_the_data_folder_is_followed(files, project):
    """A link from the project to its data folder stays within both."""
    (project / "linked").symlink_to(project.parent / "data")

    assert files.locate("linked/b.csv") == project.parent / "data" / "b.csv"
    assert files.locate("../data/b.csv") == project.parent / "data" / "b.csv"


def test_a_folder_that_is_a_link_counts_with_its_files(tmp_path):
    """A folder has the files of folders that it links to, each once, and no link goes round for ever."""
    (tmp_path / "runs").mkdir()
    (tmp_path / "others" / "deep").mkdir(parents=True)
    (tmp_path / "others" / "deep" / "b").write_text("1")
    (tmp_path / "runs" / "a").write_text("1")
    (tmp_path / "runs" / "linked").symlink_to("../others")
    (tmp_path / "others" / "back").symlink_to("../runs")
    before = sha256_of(tmp_path / "runs")

    names = [path.relative_to(tmp_path).as_posix() for path in visible_files(tmp_path / "runs")]
    (tmp_path / "others" / "deep" / "b").write_text("2")

    assert names == ["runs/a", "runs/linked/deep/b"]
    assert sha256_of(tmp_path / "runs") != before


def test_versions_of_stage_and_project(monkeypatch):
    """The version of each declared package counts, with its build; torch's is in the numerics."""
    versions = {"numpy": "2.1.0", "scikit-learn": "1.7+mkl"}
    monkeypatch.setattr(surroundings, "_version", versions.__getitem__)

    around = Surroundings(versions=["scikit-learn"])

    assert around.of(Call(READ, NoParameters())).versions == versions


def test_a_package_is_found_by_what_is_imported_of_it(monkeypatch):
    """`yaml` has the version of PyYAML; what several packages bring has the versions of all."""
    assert version_of("yaml") == version_of("yaml.nodes") == version_of("PyYAML") != "none"
    brought = {"bundle": ["torch", "numpy", "torch"]}
    monkeypatch.setattr(layout, "distributions", lambda: brought)

    versions = f"numpy {version_of('numpy')}, torch {version_of('torch')}"
    assert version_of("bundle") == versions


def test_a_package_that_is_not_installed():
    """The version of a package that is not there is "none"."""
    assert version_of("no-such-package-anywhere") == "none"
    assert version_of("numpy") == installed()["numpy"]


def test_what_is_left_of_a_removed_package_is_none(tmp_path, monkeypatch):
    """An installed package is listed with its version, an old one too, and one without a name is
    passed over.
    """
    described = "Metadata-Version: 2.1\nName: {}\nVersion: {}\n\nName: no\nVersion: 0\n"
    for place, name, version in (
        ("new-2.0.dist-info/METADATA", "new", "2.0"),
        ("old-1.0.egg-info/PKG-INFO", "old", "1.0+cpu"),
    ):
        file = tmp_path / place
        file.parent.mkdir()
        file.write_text(described.format(name, version))
    (tmp_path / "~one-3.0.dist-info").mkdir()
    monkeypatch.setattr("sys.path", [str(tmp_path)])

    assert installed.__wrapped__() == {"new": "2.0", "old": "1.0+cpu"}


def test_environment_variables_are_read_once(monkeypatch):
    """A variable has the value that it had at first, whatever a stage sets."""
    monkeypatch.setenv("LAB_MODE", "fast")
    monkeypatch.delenv("LAB_SITE", raising=False)
    stage = Stage("s", "none", "lab.read:plain", environment=("LAB_MODE",))
    around = Surroundings(environment=["LAB_SITE"])

    monkeypatch.setenv("LAB_MODE", "slow")

    assert around.of(Call(stage, NoParameters())).environment == {
        "LAB_MODE": "fast",
        "LAB_SITE": None,
    }


def test_changes_are_told_with_both_values():
    """Each difference is one line: what it was, and what it is."""
    before = Dependencies(
        files={"a.csv": "1", "old.csv": "1"},
        versions={"scikit-learn": "1.9"},
        environment={"MODE": "fast", "SITE": None},
    )
    after = Dependencies(
        files={"a.csv": "2", "new.csv": "1"},
        versions={"scikit-learn": "1.7", "numpy": "2.1"},
        environment={"MODE": None, "SITE": "x"},
    )

    assert list(before.changes(after)) == [
        "a.csv changed",
        "new.csv counts now",
        "old.csv counts no more",
        "numpy any -> 2.1",
        "scikit-learn 1.9 -> 1.7",
        "MODE 'fast' -> unset",
        "SITE unset -> 'x'",
    ]
    assert list(before.changes(before)) == []


@pytest.mark.parametrize(
    ("recorded", "now", "same"),
    [
        ("2.11.0+cpu", "2.11.0+cpu", True),
        ("2.11.0+cpu", "2.11.0+cu126", False),
        ("2.11.0+cpu", "2.11.1+cpu", False),
        ("2.11", "2.11.1+cu126", True),
        ("2.1", "2.11.0", False),
        ("none", "none", True),
        ("none", "2.11.0", False),
    ],
)
def test_torch_is_the_recorded_one(recorded, now, same):
    """Version and build count; a record of the minor version alone is of every build of it."""
    assert same_torch(recorded, now) == same
