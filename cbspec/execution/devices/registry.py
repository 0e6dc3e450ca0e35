"""The registry of device families: built-in ones, and those of modules under ``[tool.cbspec]``."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cbspec.config import Config
from cbspec.errors import ConfigError
from cbspec.execution.devices.cpu import Cpu
from cbspec.execution.devices.cuda import Cuda
from cbspec.execution.devices.family import DeviceFamily, TorchBuild
from cbspec.project_code import declarations

BUILT_IN: tuple[DeviceFamily, ...] = (Cuda(), Cpu())

_known = {family.name: family for family in BUILT_IN}
FAMILIES: Mapping[str, DeviceFamily] = MappingProxyType(_known)
"""Name -> device family of the project that was loaded last. ``auto`` tries them in this order."""


def load(config: Config) -> None:
    """Register a project's own device families, before the built-in ones.

    Raises:
        ConfigError: a module cannot be imported, declares no DEVICES, or uses a name twice.
    """
    families: dict[str, DeviceFamily] = {}
    built_in = {family.name: family for family in BUILT_IN}
    for module in config.devices:
        wanted = (
            "a tuple of objects with name, wide, tf32, "
            "absent(), processes(), places(), share(), clock()"
        )
        for family in declarations(
            config, module, "devices", "DEVICES", accepts=_is_family, wanted=wanted
        ):
            if family.name in families or family.name in built_in:
                raise ConfigError(f"devices {module}: the device family {family.name!r} is taken")
            families[family.name] = family
    _known.clear()
    _known.update(families | built_in)


def suited(torch: TorchBuild | None) -> DeviceFamily:
    """Return the first family of which this machine has a device."""
    for family in FAMILIES.values():
        if not family.absent(torch):
            return family
    return FAMILIES["cpu"]


def _is_family(candidate: Any) -> bool:
    name = getattr(candidate, "name", None)
    if not isinstance(name, str) or not name.isidentifier() or isinstance(candidate, type):
        return False
    for flag in ("wide", "tf32"):
        if not isinstance(getattr(candidate, flag, None), bool):
            return False
    names = ("absent", "processes", "places", "share", "clock")
    return all(callable(getattr(candidate, name, None)) for name in names)
