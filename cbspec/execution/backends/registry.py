"""The registry of back ends: built-in ones, and those of modules under ``[tool.cbspec]``."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from cbspec.config import Config
from cbspec.errors import ConfigError, suggestion
from cbspec.execution.backends.backend import Backend
from cbspec.execution.backends.inline import Inline
from cbspec.execution.backends.local import Local
from cbspec.execution.backends.ray import Ray
from cbspec.execution.backends.slurm import Slurm
from cbspec.project_code import declarations

BUILT_IN: tuple[Backend, ...] = (Local(), Inline(), Ray(), Slurm())
# Back end -> the package that it needs, which `pip install "cbspec[NAME]"` installs
EXTRAS = {"ray": "ray", "slurm": "submitit"}


def load(config: Config) -> dict[str, Backend]:
    """Return name -> back end, for every back end of a project.

    Raises:
        ConfigError: a module cannot be imported, declares no BACKENDS, or uses a name twice.
    """
    backends = {backend.name: backend for backend in BUILT_IN}
    for module in config.backends:
        wanted = "a tuple of objects with name and open(workplace)"
        for backend in declarations(
            config, module, "backends", "BACKENDS", accepts=_is_backend, wanted=wanted
        ):
            if backend.name in backends:
                raise ConfigError(f"backends {module}: the back end {backend.name!r} is taken")
            backends[backend.name] = backend
    return backends


def named(config: Config, name: str | None = None) -> Backend:
    """Return a back end, whether its package is installed or not.

    Args:
        config: the project's settings.
        name: the back end's name; by default the one that the project names.

    Raises:
        ConfigError: the name is unknown, or a module of back ends is wrong.
    """
    backends = load(config)
    wanted = name or config.backend
    if wanted not in backends:
        where = "--backend" if name else f"tool.cbspec.backend of {config.root}"
        raise ConfigError(f"{where}: unknown back end {wanted!r}{suggestion(wanted, [*backends])}")
    return backends[wanted]


def chosen(config: Config, name: str | None = None) -> Backend:
    """Return the back end to compute with; arguments and errors are those of `named`.

    Raises:
        ConfigError: the package of the back end is not installed.
    """
    backend = named(config, name)
    needed = EXTRAS.get(backend.name)
    if needed and find_spec(needed) is None:
        raise ConfigError(
            f"the back end {backend.name} needs {needed}, which is not installed: "
            f'pip install "cbspec[{backend.name}]"'
        )
    return backend


def _is_backend(candidate: Any) -> bool:
    name = getattr(candidate, "name", None)
    named = isinstance(name, str) and bool(name)
    return named and callable(getattr(candidate, "open", None)) and not isinstance(candidate, type)
