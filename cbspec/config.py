"""Where the project is and what it says about itself: ``[tool.cbspec]`` of the nearest
pyproject.toml.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cbspec.errors import ConfigError, suggestion
from cbspec.layout import source_folder

FILE = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """The project's settings; each but the root is a key of ``[tool.cbspec]``.

    Attributes:
        root: the folder of pyproject.toml; relative paths start there, and the engine is importable
            from there or from its ``src``.
        engine: the module that declares the stages.
        scale: the scale of a run that asks for none.
        claims: the folder of the claims.
        store: the folder of the results; the environment variable CBSPEC_STORE comes first.
        reports: the folder of the record and of the pages that each run writes; the environment
            variable CBSPEC_REPORTS comes first.
        canary: the scale of the canaries; empty for a project without.
        kinds: the project's own modules of assertion kinds.
        formats: the project's own modules of report formats.
        backends: the project's own modules of back ends.
        devices: the project's own modules of device families.
        backend: the back end that computes where none is asked for.
        adopt: whether results of other code are adopted where its canary is identical: `identical`,
            or `never`.
        declared: whether there is a ``[tool.cbspec]``: a project that means to have claims.
    """

    root: Path
    engine: str = "engine.catalog"
    scale: str = "quick"
    claims: Path = Path("claims")
    store: Path = Path(".cbspec/store")
    reports: Path = Path("reports")
    canary: str = ""
    adopt: str = "identical"
    kinds: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    backend: str = "local"
    declared: bool = False

    def __post_init__(self) -> None:
        if place := os.environ.get("CBSPEC_STORE"):
            object.__setattr__(self, "store", Path(place))
        if place := os.environ.get("CBSPEC_REPORTS"):
            object.__setattr__(self, "reports", Path(place))
        for folder in ("claims", "store", "reports"):
            object.__setattr__(self, folder, self.root / getattr(self, folder).expanduser())

    @property
    def packages(self) -> tuple[str, ...]:
        """Return the engine's top-level packages: the code whose change makes results stale, with
        what it imports from beside them.
        """
        return (self.engine.partition(".")[0],)

    @property
    def source(self) -> Path:
        """Return the folder that the engine is imported from: the root, or ``src`` in it."""
        return source_folder(self.root, self.packages)

    @property
    def ledger(self) -> Path:
        """Return the path of the verdicts on record."""
        return self.reports / "ledger.json"

    @property
    def evidence(self) -> Path:
        """Return the folder of the values that the verdicts on record were judged on."""
        return self.reports / "evidence"

    @property
    def canary_record(self) -> Path:
        """Return the path of the recorded canary figures."""
        return self.reports / "canary.json"

    @property
    def runs(self) -> Path:
        """Return the folder in which the processes of a run talk to each other while it lasts."""
        return self.root / ".cbspec" / "runs"


ADOPT = ("identical", "never")

_KEYS: Mapping[str, Callable[[Any], Any]] = {
    "engine": str,
    "scale": str,
    "claims": Path,
    "store": Path,
    "reports": Path,
    "canary": str,
    "adopt": str,
    "kinds": tuple,
    "formats": tuple,
    "backends": tuple,
    "devices": tuple,
    "backend": str,
}
_LISTS = ("kinds", "formats", "backends", "devices")


def load(start: Path | None = None) -> Config:
    """Load the settings that hold in a folder (the working directory if left out).

    The nearest pyproject.toml with ``[tool.cbspec]`` is the project's; without one the nearest
    pyproject.toml or, without that too, the folder itself, with the default settings of `Config`.

    Raises:
        ConfigError: the file is no TOML, or a key is unknown, empty or not text.
    """
    folder = (start or Path.cwd()).resolve()
    nearest: Path | None = None
    for place in (folder, *folder.parents):
        if (place / FILE).is_file():
            nearest = nearest or place
            table = _table(place / FILE)
            if table is not None:
                return _config(place, table)
    return Config(nearest or folder)


def _table(file: Path) -> Mapping[str, Any] | None:
    """Return ``[tool.cbspec]``, or None if the file has no such table."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    tool = content.get("tool", {})
    table = tool.get("cbspec") if isinstance(tool, dict) else None
    if table is not None and not isinstance(table, dict):
        raise ConfigError(f"{file}: tool.cbspec: expected a table, got {table!r}")
    return table


def _config(root: Path, table: Mapping[str, Any]) -> Config:
    mistakes = []
    for key, value in table.items():
        if key not in _KEYS:
            mistakes.append(
                f"{root / FILE}: tool.cbspec: unknown key {key!r}{suggestion(key, list(_KEYS))}"
            )
        elif key in _LISTS:
            if not isinstance(value, list) or not all(
                isinstance(name, str) and name.strip() for name in value
            ):
                mistakes.append(
                    f"{root / FILE}: tool.cbspec.{key}: expected a list of modules, got {value!r}"
                )
        elif not isinstance(value, str) or not value.strip():
            mistakes.append(f"{root / FILE}: tool.cbspec.{key}: expected text, got {value!r}")
        elif key == "adopt" and value not in ADOPT:
            mistakes.append(
                f"{root / FILE}: tool.cbspec.adopt: unknown value {value!r}{suggestion(value, ADOPT)}"
            )
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    return Config(root, **{key: _KEYS[key](value) for key, value in table.items()}, declared=True)
