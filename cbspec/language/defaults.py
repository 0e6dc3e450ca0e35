"""What claims share: one defaults.yaml per folder at most, from the project's root down; the
nearest wins, key by key.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from cbspec.errors import ConfigError, Diagnostic, suggestion
from cbspec.language.conform import conform
from cbspec.language.diagnostics import Diagnostics, TooMany
from cbspec.language.grammar import DefaultsWords, words
from cbspec.language.node import Node, merge
from cbspec.language.parse import read

NAME = "defaults.yaml"
ROOT_MARKS = ("pyproject.toml", ".git")


class Defaults:
    """The merged defaults that hold in one folder, each value still at its place.

    Attributes:
        scales: scale -> size -> value.
        stages: name -> stage call.
        mistakes: of the defaults files themselves; such defaults are empty.
    """

    def __init__(self, merged: Node | None, mistakes: tuple[Diagnostic, ...] = ()) -> None:
        entries = merged.entries if merged is not None else {}
        stages, scales = entries.get("stages"), entries.get("scales")
        self.mistakes = mistakes
        self.alpha = entries.get("alpha")
        self.seeds = entries.get("seeds")
        self.stages: Mapping[str, Node] = stages.entries if stages is not None else {}
        self.scales = (
            {name: sizes.entries for name, sizes in scales.entries.items()}
            if scales is not None
            else {}
        )


class Folders:
    """Defaults by folder, each file read once as long as it does not change."""

    def __init__(self) -> None:
        self._chains: dict[Path, tuple[Path, ...]] = {}
        self._known: dict[tuple[object, ...], Defaults] = {}

    def defaults(self, folder: Path) -> Defaults:
        """Return what holds for the files of `folder`."""
        chain = self._chains.get(folder)
        if chain is None:
            chain = self._chains[folder] = tuple(_candidates(folder))
        signature = tuple(stamp for path in chain if (stamp := _stamp(path)))
        known = self._known.get(signature)
        if known is None:
            known = self._known[signature] = _read([path for path, *_ in signature])
        return known

    def above(self, folder: Path) -> bool:
        """Tell whether a folder around `folder` has defaults too."""
        return any(path.is_file() for path in list(_candidates(folder))[:-1])


def _candidates(folder: Path) -> Iterator[Path]:
    """Yield where defaults may stand: from the project's root (or the file system's) down to
    `folder`.
    """
    folder = folder.resolve()
    inside = [folder]
    while (
        not any((inside[-1] / mark).exists() for mark in ROOT_MARKS)
        and inside[-1] != inside[-1].parent
    ):
        inside.append(inside[-1].parent)
    return (place / NAME for place in reversed(inside))


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
            if conform(document.root, words(document.root), DefaultsWords, mistakes) is not None:
                merged = document.root if merged is None else merge(merged, document.root)
    except TooMany:
        pass
    return Defaults(None if len(mistakes) else merged, mistakes.in_order())


def known_scale(asked: str | None, claims: Path) -> str | None:
    """Return the scale that a person asked for with ``--scale``, if any.

    Raises:
        ConfigError: it is not among those of the defaults of the folder `claims`.
    """
    scales = list(Folders().defaults(claims).scales) if asked else []
    if asked and scales and asked not in scales:
        raise ConfigError(f"--scale {asked}: unknown scale {asked!r}{suggestion(asked, scales)}")
    return asked
