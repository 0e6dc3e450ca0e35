"""Which files are told to have changed since a fingerprint was taken."""

import os
from pathlib import Path

import pytest

from cbspec.fingerprint import Code
from cbspec.fingerprint.signature import signatures

FILES = {
    "lab/__init__.py": "",
    "lab/stages.py": "from lab.nets import WIDTH\n\n\ndef run(job):\n    return WIDTH\n",
    "lab/nets.py": "WIDTH = 3\n",
    "lab/spare.py": "DEPTH = 2\n",
}
RUN = "lab.stages:run"


@pytest.fixture
def root(tmp_path):
    (tmp_path / "lab").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def rewritten(path, text):
    """Write a file as an editor does: a new one in its place."""
    scratch = path.with_suffix(".new")
    scratch.write_text(text)
    scratch.replace(path)


def test_untouched_files_have_not_changed(root):
    """Reading, importing or editing what is not reached changes nothing."""
    code = Code(root, ["lab"])
    code.fingerprint(RUN)
    rewritten(root / "lab/spare.py", "DEPTH = 5\n")

    assert code.changed(RUN) is None


@pytest.mark.parametrize("text", ["WIDTH = 4\n", "WIDTH = 3\n", "WIDTH = 3  # wide\n"])
def test_a_reached_file_that_is_written_again_has_changed(root, text):
    """Also with the content it had, and for good: it may have been imported in between."""
    code = Code(root, ["lab"])
    code.fingerprint(RUN)
    rewritten(root / "lab/nets.py", text)

    assert code.changed(RUN) == Path("lab/nets.py")
    rewritten(root / "lab/nets.py", FILES["lab/nets.py"])
    assert code.changed(RUN) == Path("lab/nets.py")


def test_a_file_that_bears_its_old_time_has_changed(root):
    """A copy may keep the time of what it is a copy of; size and inode are the same, too."""
    code = Code(root, ["lab"])
    code.fingerprint(RUN)
    path = root / "lab/nets.py"
    status = path.stat()
    path.write_text("WIDTH = 4\n")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))

    assert code.changed(RUN) == Path("lab/nets.py")


def test_a_file_that_is_gone_has_changed(root):
    """A deleted file is named like an edited one."""
    code = Code(root, ["lab"])
    code.fingerprint(RUN)
    (root / "lab/stages.py").unlink()

    assert code.changed(RUN) == Path("lab/stages.py")


def test_an_edit_before_the_fingerprint_is_seen(root):
    """An edit between a file's signature and the fingerprint counts: it may have been imported
    before.
    """
    seen = signatures(root, ["lab"])
    rewritten(root / "lab/nets.py", "WIDTH = 4\n")

    assert Code(root, ["lab"], seen).changed(RUN) == Path("lab/nets.py")
    assert Code(root, ["lab"]).changed(RUN) is None
