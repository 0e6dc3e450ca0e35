"""Finding the project's modules without importing anything."""

from __future__ import annotations

import importlib
import sys
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from cbspec.layout import SRC

HARNESS = "cbspec"  # never counts as project code, even if it lies beside the engine
OUTSIDE = frozenset({HARNESS, *sys.stdlib_module_names})


class Finder:
    """Finds modules as Python's import does: a package goes before a module of its name, and a
    folder without ``__init__.py`` is one, too.

    Args:
        root: the project's folder.
        source: the folder that its packages are imported from.
    """

    def __init__(self, root: Path, source: Path) -> None:
        self._root = root
        folders = dict.fromkeys((source, root, root / SRC))
        # Python keeps in mind that a folder is missing, which threads may not forget at one time
        self._top = list(map(str, filter(Path.is_dir, folders)))
        self._specs: dict[tuple[str, ...], ModuleSpec | None] = {}
        importlib.invalidate_caches()

    def spec(self, name: str, folder: str = "") -> ModuleSpec | None:
        """Return the import spec of a module; None if it is not in the project.

        Args:
            name: the full name of the module.
            folder: the folder of its importer. This one and those above it are searched after the
                project's own folder, because code may add them to ``sys.path``.
        """
        top, _, below = name.partition(".")
        if top == HARNESS or top in sys.builtin_module_names:
            return None
        spec = self._find(top, self._top, "")  # a project's module may hide one of Python
        if spec is None and top not in OUTSIDE:
            spec = self._find(top, self._beside(folder), "")
        for part in filter(None, below.split(".")):
            if spec is None or spec.submodule_search_locations is None:
                return None
            spec = self._find(part, list(spec.submodule_search_locations), spec.name)
        return spec

    def names(self) -> list[str]:
        """Return the name of each module in the folder that packages are imported from."""
        source = Path(self._top[0])
        names = []
        for path in source.rglob("*.py"):
            parts = path.relative_to(source).with_suffix("").parts
            names.append(".".join(parts).removesuffix(".__init__"))
        return names

    def _beside(self, folder: str) -> list[str]:
        """Return a folder and those above it, up to the project's own."""
        path = Path(folder)
        if not folder or self._root not in path.parents:
            return []
        return [folder, *map(str, path.parents[: path.parents.index(self._root)])]

    def _find(self, name: str, folders: list[str], package: str) -> ModuleSpec | None:
        key = (name, *folders)
        if key not in self._specs:
            # By its last name alone: a package's own folders are known, and not imported
            spec = PathFinder.find_spec(name, folders)
            if spec is not None and package:
                spec.name = f"{package}.{name}"
            self._specs[key] = spec
        return self._specs[key]
