"""The project's Python files as a commit has them."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
import weakref
import zipfile
from functools import cached_property
from pathlib import Path


class Commits:
    """Lays out the Python files of one commit after another, in one temporary folder.

    Commits differ in few of their files, and only these are written. The folder goes with this object.

    Args:
        root: the project's folder.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._written: dict[str, bytes] = {}

    def folder(self, commit: str) -> Path | None:
        """Return the folder with the files that a commit has below the root, until the next call.

        None if git is missing or does not know the commit.
        """
        archived = ["archive", "--format=zip", "-0", commit, "--", ":(glob)**/*.py"]
        command = ["git", "-C", str(self._root), *archived]
        try:
            done = subprocess.run(command, capture_output=True, check=False)
        except FileNotFoundError:
            return None
        if done.returncode:
            return None
        with zipfile.ZipFile(io.BytesIO(done.stdout)) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            self._lay_out({name: archive.read(name) for name in names})
        return self._folder

    def _lay_out(self, contents: dict[str, bytes]) -> None:
        for name in self._written.keys() - contents.keys():
            self._remove(name)
        for name, content in contents.items():
            if self._written.get(name) != content:
                path = self._folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                self._written[name] = content

    def _remove(self, name: str) -> None:
        """Remove a file, and the folders that it leaves empty: Python takes these for packages."""
        path = self._folder / name
        path.unlink()
        del self._written[name]
        for folder in path.parents:
            if folder == self._folder or any(folder.iterdir()):
                return
            folder.rmdir()

    @cached_property
    def _folder(self) -> Path:
        folder = tempfile.mkdtemp(prefix="cbspec-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return Path(folder)
