"""Defaults: what claims share. A folder may have a defaults.yaml, which also holds below it.

If several hold, the one nearest to the claim wins, key by key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from cbspec.errors import ConfigError, Diagnostic, suggestion
from cbspec.language import seeds
from cbspec.language.conform import conform
from cbspec.language.diagnostics import Diagnostics, TooMany
from cbspec.language.files import NAME, below, is_shared
from cbspec.language.grammar import DefaultsWords, words
from cbspec.language.node import Node, merge
from cbspec.language.parse import read

ROOT_MARKS = ("pyproject.toml", ".git")
NUMBERS = {"alpha", "seeds"}  # sections that no name of a claim refers to


class Defaults:
    """The merged defaults of one folder. Every value keeps its place.

    Attributes:
        scales: scale -> size -> value.
        stages: name -> stage call.
        mistakes: mistakes in the defaults files. Sections with mistakes are left out.
        named: whether calls and scales are right, so that the names of a claim can be checked.
    """

    def __init__(
        self, merged: Node | None, mistakes: tuple[Diagnostic, ...] = (), *, named: bool = True
    ) -> None:
        entries = merged.entries if merged is not None else {}
        self.mistakes = mistakes
        self.named = named
        self.alpha = entries.get("alpha")
        self.seeds = entries.get("seeds")
        self.stages: Mapping[str, Node] = {}
        self.scales: dict[str, Mapping[str, Node]] = {}
        if "stages" in entries:
            self.stages = entries["stages"].entries
        if "scales" in entries:
            for name, sizes in entries["scales"].entries.items():
                self.scales[name] = sizes.entries


class Folders:
    """The defaults of all folders. A file is read again only if it has changed."""

    def __init__(self) -> None:
        self._chains: dict[Path, list[Path]] = {}
        self._known: dict[tuple[object, ...], Defaults] = {}

    def defaults(self, folder: Path) -> Defaults:
        """Return the merged defaults for the files of a folder."""
        if folder not in self._chains:
            self._chains[folder] = _candidates(folder)
        stamps = tuple(filter(None, map(_stamp, self._chains[folder])))
        if stamps not in self._known:
            self._known[stamps] = _read([path for path, *_ in stamps])
        return self._known[stamps]

    def scales(self, folder: Path) -> list[str]:
        """Return every scale that is defined for a folder or for a folder below it."""
        scales = dict.fromkeys(self.defaults(folder).scales)
        for path in sorted(filter(is_shared, below(folder))):
            scales |= dict.fromkeys(self.defaults(path.parent).scales)
        return list(scales)


def _candidates(folder: Path) -> list[Path]:
    """Return the paths where defaults of a folder may be, from the project's root down."""
    candidates: list[Path] = []
    for place in (folder.resolve(), *folder.resolve().parents):
        candidates.insert(0, place / NAME)
        if any((place / mark).exists() for mark in ROOT_MARKS):
            break
    return candidates


def _stamp(path: Path) -> tuple[Path, int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return path, status.st_mtime_ns, status.st_size


def _read(paths: list[Path]) -> Defaults:
    mistakes = Diagnostics()
    merged: Node | None = None
    try:
        for path in paths:
            document = read(path, mistakes)
            if document is None:
                continue
            root = document.root
            if conform(root, words(root), DefaultsWords, mistakes) is None:
                for section in NUMBERS:
                    root.entries.pop(section, None)
            merged = _laid(merged, root)
    except TooMany:
        pass
    wrong = mistakes.sections
    if wrong - NUMBERS:
        return Defaults(None, mistakes.in_order(), named=False)
    return Defaults(merged, mistakes.in_order())


def _laid(outer: Node | None, inner: Node) -> Node:
    """Merge the defaults of a folder into those of the folders above it.

    Seeds have a rule of their own: a folder may say how much of an outer list is drawn.
    """
    if outer is None:
        return inner
    merged = merge(outer, inner)
    drawn = seeds.merged(inner.entries.get("seeds"), outer.entries.get("seeds"))
    if drawn is not None:
        merged.entries["seeds"] = drawn
    return merged


def known_scale(asked: str | None, usual: str, claims: Path, canary: str = "") -> str:
    """Return the asked scale, or else the usual one, after checking that some defaults define it.

    Args:
        asked: the value of ``--scale``; None if it was not given.
        usual: the project's own scale.
        claims: the folder of the claims.
        canary: the scale of the canaries, which has to be known as well; empty if there are none.

    Raises:
        ConfigError: no defaults in or below that folder define the scale, or the canaries'.
    """
    folders = Folders()
    scale = usual if asked is None else asked
    if canary:
        _check_canary(canary, folders, claims)
    scales = _defined(scale, folders, claims)
    if scale in scales or (not scales and scale == usual):
        return scale
    if not scales:
        raise ConfigError(f"--scale {asked}: the project has no scales, so every run is {usual!r}")
    message = f"unknown scale {scale!r}{suggestion(scale, list(scales))}"
    if asked is not None:
        raise ConfigError(f"--scale {asked}: {message}")
    raise ConfigError(f"{message}: the one under [tool.cbspec], or quick where none is")


def _defined(scale: str, folders: Folders, claims: Path) -> Collection[str]:
    """Return the scales of the claims' own folder, and of all below where it lacks this one."""
    scales = folders.defaults(claims).scales
    return scales if scale in scales else folders.scales(claims)


def _check_canary(canary: str, folders: Folders, claims: Path) -> None:
    scales = _defined(canary, folders, claims)
    if scales and canary not in scales:
        message = f"unknown scale {canary!r}{suggestion(canary, list(scales))}"
        raise ConfigError(f"{message}: the canaries' under [tool.cbspec]")
