"""The settings of a project: ``[tool.cbspec]`` of the nearest pyproject.toml."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cbspec.errors import ConfigError, suggestion
from cbspec.files import ProjectFiles
from cbspec.layout import holds, installed, source_folder

FILE = "pyproject.toml"


@dataclass(frozen=True, slots=True)
class Config:
    """The project's settings. Each, except the root, is a key of ``[tool.cbspec]``.

    Attributes:
        root: the folder of pyproject.toml. Relative paths start there, and the engine is imported
            from there or from its ``src``.
        engine: the module that declares the stages, or several. By default ``engine.catalog`` if
            there is a package ``engine``, otherwise none.
        scale: the scale of a run that names none.
        claims: the folder of the claims.
        store: the folder of the results. The environment variable CBSPEC_STORE overrides it.
        reports: the folder of record and pages. The variable CBSPEC_REPORTS overrides it.
        canary: the scale of the canaries; empty for a project without canaries.
        kinds: the project's own modules of assertion kinds.
        formats: the project's own modules of report formats.
        data: the folder of data besides the project itself, if any. CBSPEC_DATA overrides it.
        versions: installed packages whose version is part of every result's key.
        environment: environment variables whose value is part of every result's key.
        backends: the project's own modules of back ends.
        devices: the project's own modules of device families.
        backend: the back end of a run that names none.
        remote: the shared store that runs take results from. CBSPEC_REMOTE overrides it; empty
            turns it off.
        adopt: `identical` to adopt results of earlier code whose canary is identical, or `never`.
        address: the address of the Ray cluster that the back end `ray` joins. If it is empty, that
            is the one of the environment variable RAY_ADDRESS, or else a new one of the run's own.
        slurm: what the back end `slurm` asks of each helper: ``"partition=gpu,gpus=1,time=4:00:00"``.
        declared: whether pyproject.toml has a ``[tool.cbspec]``.
    """

    root: Path
    engine: str | tuple[str, ...] = ""
    scale: str = "quick"
    claims: Path = Path("claims")
    store: Path = Path(".cbspec/store")
    reports: Path = Path("reports")
    canary: str = ""
    data: Path | None = None
    adopt: str = "identical"
    versions: tuple[str, ...] = ()
    environment: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    backend: str = "local"
    remote: str = ""
    address: str = ""
    slurm: str = ""
    declared: bool = False

    def __post_init__(self) -> None:
        if not self.engine and holds(source_folder(self.root, ["engine"]), "engine"):
            object.__setattr__(self, "engine", "engine.catalog")
        for folder in _FOLDERS:
            place = os.environ.get(f"CBSPEC_{folder.upper()}") if folder in _MOVABLE else None
            place = place or getattr(self, folder)
            if place is not None:
                object.__setattr__(self, folder, self.root / Path(place).expanduser())
        remote = os.environ.get("CBSPEC_REMOTE", self.remote)
        if remote and "://" not in remote:
            remote = str(self.root / Path(remote).expanduser())
        object.__setattr__(self, "remote", remote)

    @property
    def packages(self) -> tuple[str, ...]:
        """Return the engine's top-level packages, whose code decides whether results are stale."""
        return tuple(dict.fromkeys(name.partition(".")[0] for name in self.own_engines))

    @property
    def engines(self) -> tuple[str, ...]:
        """Return the modules that declare stages."""
        if isinstance(self.engine, tuple):
            return self.engine
        return (self.engine,) if self.engine else ()

    @property
    def own_engines(self) -> tuple[str, ...]:
        """Return the engines that are not in an installed package outside the project."""
        outside = self.installed
        return tuple(name for name in self.engines if name.partition(".")[0] not in outside)

    @property
    def installed(self) -> tuple[str, ...]:
        """Return the top-level packages of engines that are installed outside the project."""
        packages = []
        for name in self.engines:
            top = name.partition(".")[0]
            if not holds(source_folder(self.root, [top]), top) and installed(top):
                packages.append(top)
        return tuple(dict.fromkeys(packages))

    @property
    def source(self) -> Path:
        """Return the folder that the engine is imported from: the root, or ``src`` in it."""
        return source_folder(self.root, self.packages)

    @property
    def files(self) -> ProjectFiles:
        """Return the finder of files that claims name."""
        return ProjectFiles(self.root, self.data)

    @property
    def digests(self) -> Path:
        """Return the folder of the digests of files that stages read."""
        return self.root / ".cbspec" / "files"

    @property
    def ledger(self) -> Path:
        """Return the path of the ledger."""
        return self.reports / "ledger.json"

    @property
    def evidence(self) -> Path:
        """Return the folder of the evidence."""
        return self.reports / "evidence"

    @property
    def canary_record(self) -> Path:
        """Return the path of the recorded canaries."""
        return self.reports / "canary.json"

    @property
    def noise_record(self) -> Path:
        """Return the path of the measured noise."""
        return self.reports / "noise.json"

    @property
    def teeth_record(self) -> Path:
        """Return the path of the mutants that were tried."""
        return self.reports / "teeth.json"

    @property
    def runs(self) -> Path:
        """Return the folder of the run directories."""
        return self.root / ".cbspec" / "runs"


ADOPT = ("identical", "never")
PACKAGE = re.compile(r"[\w.-]+")  # what a package may be called, or imported by

_FOLDERS = ("claims", "store", "reports", "data")
_MOVABLE = ("store", "reports", "data")  # by an environment variable
_TEXTS = ("scale", "canary", "adopt", "backend", "address", "slurm", "remote", *_FOLDERS)
_LISTS = {
    "kinds": "modules",
    "formats": "modules",
    "backends": "modules",
    "devices": "modules",
    "versions": "packages",
    "environment": "variables",
}


def load(start: Path | None = None) -> Config:
    """Load the settings of the project around a folder.

    The nearest pyproject.toml with ``[tool.cbspec]`` counts. If there is none, the project is the
    folder of the nearest pyproject.toml, or else the folder itself, with default settings.

    Args:
        start: the folder; by default the working directory.

    Raises:
        ConfigError: the file is no TOML, or a key is unknown, empty or of a wrong type.
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
    """Return ``[tool.cbspec]`` of a file; None if it has no such table."""
    try:
        content = tomllib.loads(file.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:  # of an integer of 5 000 digits, too
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
        if mistake := _mistake(key, value):
            mistakes.append(f"{root / FILE}: tool.cbspec{mistake}")
    if mistakes:
        raise ConfigError("\n".join(mistakes))
    settings: dict[str, Any] = {}
    for key, value in table.items():
        settings[key] = tuple(value) if isinstance(value, list) else value
    return Config(root, **settings, declared=True)


def _mistake(key: str, value: object) -> str:
    """Return what is wrong with a setting; empty if nothing is."""
    if key in _LISTS:
        if not isinstance(value, list) or not all(map(_is_text, value)):
            return f".{key}: expected a list of {_LISTS[key]}, got {value!r}"
        if key == "environment" and (wrong := [name for name in value if "=" in name]):
            return f".{key}: {wrong[0]!r} is the name of no variable"
        if key == "versions" and (wrong := [name for name in value if not PACKAGE.fullmatch(name)]):
            return f".{key}: {wrong[0]!r} is the name of no package"
    elif key == "engine":
        if not _is_text(value) and not (
            isinstance(value, list) and value and all(map(_is_text, value))
        ):
            return f".engine: expected a module or a list of modules, got {value!r}"
    elif key not in _TEXTS:
        return f": unknown key {key!r}{suggestion(key, ['engine', *_TEXTS, *_LISTS])}"
    elif not _is_text(value):
        return f".{key}: expected text, got {value!r}"
    elif key == "adopt" and value not in ADOPT:
        return f".adopt: unknown value {value!r}{suggestion(value, ADOPT)}"
    return ""


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip())
