"""The Python files of commits, one commit after the other."""

from cbspec.explain.commits import Commits

GROWTH = "replica.parameters.light * (day + 1)"
FASTER = "3 * replica.parameters.light * (day + 1)"


def files(commits, commit):
    """The contents of every file that a commit has, and the empty folders."""
    folder = commits.folder(commit)
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_file():
            found[name] = path.read_text()
        elif not any(path.iterdir()):
            found[name] = None
    return found


def test_the_folder_has_the_python_of_the_project_only(laboratory):
    """The commit's Python files below the project are laid out, as they were committed."""
    commit = laboratory.commit()
    catalog = (laboratory.root / "lab/catalog.py").read_text()
    laboratory.edit("lab/catalog.py", GROWTH, FASTER)

    found = files(Commits(laboratory.root), commit)

    assert found == {"lab/__init__.py": "", "lab/catalog.py": catalog}


def test_commits_follow_each_other_in_any_order(laboratory):
    """Of another commit every file is as it was, with none of what the one before had besides."""
    soil = laboratory.root / "lab" / "deep" / "soil.py"
    first = laboratory.commit()
    laboratory.edit("lab/catalog.py", GROWTH, FASTER)
    soil.parent.mkdir()
    soil.write_text("COUNT = 1\n")
    second = laboratory.commit()
    commits = Commits(laboratory.root)
    expected = [files(Commits(laboratory.root), commit) for commit in (first, second)]

    found = [files(commits, commit) for commit in (first, second, first, second)]

    assert found == expected * 2
    assert expected[1]["lab/deep/soil.py"] == "COUNT = 1\n"
    assert FASTER in expected[1]["lab/catalog.py"]
    assert sorted(expected[0]) == ["lab/__init__.py", "lab/catalog.py"]


def test_only_what_differs_is_written(laboratory):
    """A file that two commits have alike stays as it is."""
    first = laboratory.commit()
    laboratory.edit("lab/catalog.py", GROWTH, FASTER)
    second = laboratory.commit()
    commits = Commits(laboratory.root)

    def written():
        folder = commits.folder(first)
        times = {path.name: path.stat().st_ctime_ns for path in (folder / "lab").iterdir()}
        commits.folder(second)
        after = {path.name: path.stat().st_ctime_ns for path in (folder / "lab").iterdir()}
        return {name for name in times if times[name] != after[name]}

    assert written() == {"catalog.py"}


def test_what_git_does_not_know_has_no_folder(laboratory):
    """A commit that does not exist has no files."""
    laboratory.commit()

    assert Commits(laboratory.root).folder("0" * 40) is None


def test_the_folder_goes_with_its_reader(laboratory):
    """Nothing is left of the files once nobody asks for them any more."""
    commits = Commits(laboratory.root)
    folder = commits.folder(laboratory.commit())
    assert folder.exists()

    del commits

    assert not folder.exists()
