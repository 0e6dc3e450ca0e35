"""Which back ends there are: the built-in ones, and those of modules that ``[tool.cbspec]`` names."""

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
# Back end -> what it needs beyond the harness, which `pip install "cbspec[NAME]"` brings
EXTRAS = {"ray": "ray", "slurm": "submitit"}


def load(config: Config) -> dict[str, Backend]:
    """Return every back end of a project by its name.

    Raises:
        ConfigError: a module cannot be imported, declares no BACKENDS, or takes another's name.
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


def chosen(config: Config, name: str | None = None) -> Backend:
    """Return the back end of this name; the project's own choice if left out.

    Raises:
        ConfigError: there is none of this name, it is not installed, or a module of back ends is
            wrong.
    """
    backends = load(config)
    wanted = name or config.backend
    if wanted not in backends:
        where = "--backend" if name else f"tool.cbspec.backend of {config.root}"
        raise ConfigError(f"{where}: unknown back end {wanted!r}{suggestion(wanted, [*backends])}")
    needed = EXTRAS.get(wanted)
    if needed and find_spec(needed) is None:
        raise ConfigError(
            f"the back end {wanted} needs {needed}, which is not installed: "
            f'pip install "cbspec[{wanted}]"'
        )
    return backends[wanted]


def _is_backend(candidate: Any) -> bool:
    name = getattr(candidate, "name", None)
    named = isinstance(name, str) and bool(name)
    return named and callable(getattr(candidate, "open", None)) and not isinstance(candidate, type)
