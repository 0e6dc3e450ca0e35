"""The declared dependencies of results: files, package versions and environment variables."""

from __future__ import annotations

import hashlib
import os
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import msgspec

from cbspec.config import Config
from cbspec.errors import StageError
from cbspec.files import ProjectFiles, sha256_of, stamp
from cbspec.fingerprint.signature import Signature
from cbspec.layout import versions_of
from cbspec.model.dependencies import ABSENT, Dependencies, joined
from cbspec.stage import Call, calls_of

# A file may be written twice within one tick of the file system's clock, and then looks unchanged.
# So the digest of a file is kept only if it was written this long before.
TICK_SECONDS = 2.0


class _Known(msgspec.Struct):
    """The stamp of a file when it was read, and the digest of what it held."""

    signature: Signature
    sha256: str


@dataclass(frozen=True)
class _ReadFile:
    place: Path
    known: _Known


class Surroundings:
    """The declared dependencies of stages. Each is looked up once and then kept.

    Args:
        files: finds the files of the project.
        versions: packages whose versions count for every stage.
        environment: environment variables that count for every stage.
        memory: a folder that keeps the digests of files between runs, so that an unchanged file is
            not read again; None to read every file.
    """

    def __init__(
        self,
        files: ProjectFiles | None = None,
        versions: Iterable[str] = (),
        environment: Iterable[str] = (),
        memory: Path | None = None,
    ) -> None:
        self._files = files or ProjectFiles(Path.cwd())
        self._versions = tuple(versions)
        self._environment = tuple(environment)
        self._memory = memory
        self._read: dict[str, _ReadFile] = {}
        self._found: dict[str, str] = {}  # package -> version, which travels with a task
        self._variables = dict(os.environ)  # a copy, because a stage may set some

    @classmethod
    def of_project(cls, config: Config) -> Surroundings:
        """Return the surroundings of a project."""
        return cls(config.files, config.versions, config.environment, config.digests)

    def of(self, call: Call) -> Dependencies:
        """Return the declared dependencies of a call, without those of its inputs.

        Raises:
            StageError: a declared file is missing.
        """
        files = {name: self._file(name, call).known.sha256 for name in call.files}
        packages = {*self._versions, *call.stage.versions} - {"torch"}  # that is part of Numerics
        variables = {*self._environment, *call.stage.environment}
        return Dependencies(
            files=files,
            versions={name: self._version(name) for name in sorted(packages)},
            environment={name: self._variables.get(name) for name in sorted(variables)},
        )

    def of_all(self, calls: Iterable[Call]) -> Dependencies:
        """Return the declared dependencies of some calls and of all their inputs."""
        return joined(self.of(below) for call in calls for below in calls_of(call))

    @property
    def data(self) -> Path | None:
        """Return the data folder, of which only declared files count."""
        return self._files.data

    def place(self, name: str, call: Call) -> Path:
        """Return the path on this machine of a file that a call names."""
        return self._file(name, call).place

    def changed(self, call: Call) -> Path | None:
        """Return a file of a call that was edited since it was read, as the claim names it.

        None if none was.
        """
        for name in call.files:
            file = self._file(name, call)
            if _signature(file.place) != file.known.signature:
                return Path(name)
        return None

    def _version(self, name: str) -> str:
        if name not in self._found:
            self._found[name] = _version(name)
        return self._found[name]

    def _file(self, name: str, call: Call) -> _ReadFile:
        if name not in self._read:
            try:
                place = self._files.locate(name)
                self._read[name] = _ReadFile(place, self._known(place))
            except (ValueError, OSError) as error:
                raise StageError(f"{call.stage.name}: the file {name!r} {error}") from None
        return self._read[name]

    def _known(self, place: Path) -> _Known:
        """Return stamp and digest of a file, which is read only if its stamp has changed."""
        now = _signature(place)
        if now is None:
            raise ValueError("is gone")
        note = self._note(place)
        if note is not None and (known := _recalled(note)) and known.signature == now:
            return known
        known = _Known(now, sha256_of(place))
        changed = max(now[:2]) / 1e9
        if note is not None and time.time() - changed > TICK_SECONDS:
            _remember(note, known)
        return known

    def _note(self, place: Path) -> Path | None:
        if self._memory is None:
            return None
        return self._memory / f"{hashlib.sha256(bytes(place)).hexdigest()}.json"


def _signature(place: Path) -> Signature | None:
    """Return the stamp of a file or a folder; None where it is gone."""
    try:
        return stamp(place)
    except OSError:
        return None


def version_of(package: str) -> str:
    """Return the version of an installed package, with its build; `ABSENT` if it is missing.

    Args:
        package: its name, or what is imported of it: ``scikit-learn`` or ``sklearn``. What several
            packages bring has the versions of all.
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        versions = versions_of(package.partition(".")[0])
    if len(versions) > 1:
        return ", ".join(f"{name} {versions[name]}" for name in sorted(versions))
    return next(iter(versions.values()), ABSENT)


@cache
def installed() -> Mapping[str, str]:
    """Return package -> version, for every installed package.

    What a broken uninstallation left behind has no name and is passed over.
    """
    versions = {}
    for package in metadata.distributions():
        described = package.read_text("METADATA") or package.read_text("PKG-INFO") or ""
        # `package.metadata` would parse the long description too, five times as slowly
        about = dict(re.findall(r"^(Name|Version): *(.*)$", described.partition("\n\n")[0], re.M))
        if "Name" in about:
            versions[about["Name"]] = about.get("Version", ABSENT)
    return dict(sorted(versions.items()))


_version = cache(version_of)


def _recalled(note: Path) -> _Known | None:
    try:
        return msgspec.json.decode(note.read_bytes(), type=_Known)
    except (OSError, msgspec.MsgspecError):
        return None


def _remember(note: Path, known: _Known) -> None:
    """Keep stamp and digest of a file if the folder can be written; they only save time."""
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        scratch = note.with_suffix(f".{os.getpid()}")
        scratch.write_bytes(msgspec.json.encode(known))
        scratch.replace(note)
