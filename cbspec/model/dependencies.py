"""Declared dependencies of a result: files, package versions and environment variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import msgspec

ABSENT = "none"  # the version of a package that is not installed


class Dependencies(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """Declared dependencies with their values.

    Attributes:
        files: path as the claim has it -> hex SHA-256.
        versions: package -> version; `ABSENT` if it is not installed.
        environment: variable -> value; None if it is not set.
    """

    files: dict[str, str] = {}
    versions: dict[str, str] = {}
    environment: dict[str, str | None] = {}

    def edited(self, now: Dependencies) -> list[str]:
        """Return the files whose content is another one now."""
        edited = []
        for path in _different(self.files, now.files):
            if path in self.files and path in now.files:
                edited.append(path)
        return edited

    def changes(self, now: Dependencies) -> Iterator[str]:
        """Yield each difference as text: ``"data/a.csv changed"``, ``"numpy 1.9 -> 1.7"``."""
        for path in _different(self.files, now.files):
            if path not in self.files:
                yield f"{path} counts now"
            elif path not in now.files:
                yield f"{path} counts no more"
            else:
                yield f"{path} changed"
        for package in _different(self.versions, now.versions):
            before, after = (side.versions.get(package, "any") for side in (self, now))
            yield f"{package} {before} -> {after}"
        for variable in _different(self.environment, now.environment):
            before, after = (_value(side.environment, variable) for side in (self, now))
            yield f"{variable} {before} -> {after}"


def joined(parts: Iterable[Dependencies]) -> Dependencies:
    """Merge dependencies."""
    files: dict[str, str] = {}
    versions: dict[str, str] = {}
    environment: dict[str, str | None] = {}
    for part in parts:
        files |= part.files
        versions |= part.versions
        environment |= part.environment
    return Dependencies(files=files, versions=versions, environment=environment)


def same_torch(recorded: str, now: str) -> bool:
    """Tell whether torch's version is the recorded one.

    Old records have only the minor version, such as ``"2.11"``.
    """
    minor = ".".join(now.partition("+")[0].split(".")[:2])
    return recorded in (now, minor)


def _different(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    names = sorted({*before, *after})
    return [name for name in names if before.get(name, ...) != after.get(name, ...)]


def _value(environment: Mapping[str, str | None], variable: str) -> str:
    """Return the value of a variable for people."""
    if variable not in environment:
        return "any"
    value = environment[variable]
    return "unset" if value is None else repr(value)
