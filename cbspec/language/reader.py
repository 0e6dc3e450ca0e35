"""Many claim files: found, read against one catalog and scale, and checked against each other."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from cbspec.catalog import Catalog
from cbspec.claim import Claim, base
from cbspec.errors import ClaimError, ConfigError, Diagnostic, suggestion
from cbspec.language.calls import Pool
from cbspec.language.claims import ClaimDocument, Setting
from cbspec.language.conform import unknown
from cbspec.language.defaults import NAME, Defaults, Folders
from cbspec.language.diagnostics import Diagnostics, TooMany
from cbspec.language.node import Node
from cbspec.language.parse import read
from cbspec.language.source_map import Origins
from cbspec.model.origin import Origin
from cbspec.paths import display

SUFFIX = ".yaml"
# In whatever case, what many call a YAML file; told, for a claim passed over is worse than none
LIKELY = (
    SUFFIX,
    ".yml",
)


class Reader:
    """Reads claim files; what they share (defaults, equal stage calls) is read and kept once."""

    def __init__(self, catalog: Catalog, scale: str) -> None:
        self.catalog = catalog
        self.scale = scale
        self.folders = Folders()
        self._pool = Pool()

    def read(
        self, path: Path, defaults: Defaults, *, every: bool = False
    ) -> tuple[tuple[Claim, ...], tuple[Diagnostic, ...]]:
        """Read the claims of one file, one for each cell of its matrix (with `every`: and scale),
        and its mistakes; either is empty.

        Args:
            defaults: those of its folder.

        Raises:
            ConfigError: the asked scale is not among those of the defaults.
        """
        if defaults.scales and self.scale not in defaults.scales:
            known = suggestion(self.scale, list(defaults.scales))
            raise ConfigError(
                f"unknown scale {self.scale!r}{known}: "
                "the one under [tool.cbspec], or quick where none is"
            )
        mistakes = Diagnostics()
        claims: tuple[Claim, ...] = ()
        if path.suffix != SUFFIX and path.exists():
            message = f"a claim file ends in {SUFFIX}: rename it to {path.stem}{SUFFIX}"
            return (), (Diagnostic(Origin(display(path), 1, 1), "", message),)
        try:
            document = read(path, mistakes)
            if document is not None:
                file = ClaimDocument(
                    document, Setting(self.catalog, self.scale, defaults, self._pool), mistakes
                )
                claims = file.claims(path, every=every)
                del document.root  # which refers back to the document: without the cycle no garbage collection is needed
        except TooMany:
            pass
        return (() if len(mistakes) else claims), mistakes.in_order()


@lru_cache(maxsize=4)
def _reader(catalog: Catalog, scale: str) -> Reader:
    return Reader(catalog, scale)


def load_file(path: Path, *, catalog: Catalog, scale: str) -> tuple[Claim, ...]:
    """Load the claims of one file, one for each cell of its matrix, at `scale`; other files are not
    looked at.

    Raises:
        ClaimError: with every mistake of the file and of the defaults above it.
        ConfigError: the defaults do not know the scale.
    """
    reader = _reader(catalog, scale)
    claims, mistakes = reader.read(path, reader.folders.defaults(path.parent))
    if mistakes:
        raise ClaimError(mistakes)
    return claims


def load(
    paths: Iterable[Path], *, catalog: Catalog, scale: str, every: bool = False
) -> tuple[Claim, ...]:
    """Load the claims of files and folders, checked against each other.

    Claims may not share an id. If a folder is given that no defaults.yaml lies above (the whole of
    the claims), `revises` and `retracted_by` must name claims.

    Args:
        scale: at which the claims are read; a mistake at another scale that a claim names says so.
        every: load each claim at every scale at which it is decidable (at `scale` first), instead
            of at `scale` alone.

    Raises:
        ClaimError: with every mistake of every file.
        ConfigError: the defaults do not know the scale.
    """
    paths = list(map(meant, paths))
    reader = _reader(catalog, scale)
    claims: list[Claim] = []
    mistakes: dict[tuple[object, str], Diagnostic] = {}
    for folder, files in groupby(claim_files(paths), key=lambda path: path.parent):
        defaults = reader.folders.defaults(folder)
        for path in files:
            from_file, wrong = reader.read(path, defaults, every=every)
            claims += from_file
            mistakes.update(((mistake.origin, mistake.message), mistake) for mistake in wrong)
    whole = any(path.is_dir() and not reader.folders.above(path) for path in paths)
    for mistake in check_together(claims, whole=whole and not mistakes):
        mistakes[mistake.origin, mistake.message] = mistake
    if mistakes:
        raise ClaimError(mistakes.values())
    return tuple(claims)


class Versions:
    """The same claims at other scales, each file read once for each scale."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._read: dict[tuple[Path, str], dict[str, Claim]] = {}

    def at(self, claim: Claim, scale: str) -> Claim:
        """Return a claim as it reads at `scale`, whether or not it is decidable there.

        Raises:
            ClaimError: its file has mistakes by now, or no longer has the claim.
            ConfigError: the defaults do not know the scale.
        """
        if claim.scale == scale:
            return claim
        key = claim.path, scale
        if key not in self._read:
            claims = load_file(claim.path, catalog=self._catalog, scale=scale)
            self._read[key] = {version.id: version for version in claims}
        if claim.id not in self._read[key]:
            message = f"{claim.id} is no longer in this file; run again"
            raise ClaimError([Diagnostic(Origin(display(claim.path), 1, 1), "", message)])
        return self._read[key][claim.id]


def claim_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """Return every claim file among files and below folders, sorted within each; defaults and
    hidden folders are left out.
    """
    files: dict[Path, None] = {}
    for path in map(meant, paths):
        if path.is_dir():
            files |= dict.fromkeys(sorted(filter(is_claim_file, _below(path))))
        else:
            files[path] = None
    return tuple(files)


def is_claim_file(path: Path) -> bool:
    """Tell whether a file among claims is one, or is meant to be."""
    return path.suffix.lower() in LIKELY and path.name != NAME and not path.name.startswith(".")


def is_shared(path: Path) -> bool:
    """Tell whether a file holds what the claims of its folder, and below, share."""
    return path.name == NAME


def meant(path: Path) -> Path:
    """Return what a path names among claims: a defaults.yaml stands for its folder, the claims that
    share it.
    """
    return path.parent if is_shared(path) and path.is_file() else path


def _below(folder: Path) -> Iterator[Path]:
    """Yield every file below a folder, through links to folders as pytest goes, hidden folders left
    out.
    """
    seen = {os.path.realpath(folder)}
    for place, folders, names in os.walk(folder, followlinks=True):
        within = {
            name: os.path.realpath(Path(place, name))
            for name in folders
            if not name.startswith(".")
        }
        # A link may lead back up
        folders[:] = [name for name, real in within.items() if real not in seen]
        seen |= set(within.values())
        yield from (Path(place, name) for name in names)


def check_together(claims: Sequence[Claim], *, whole: bool) -> tuple[Diagnostic, ...]:
    """Check what no file shows by itself: an id that two files share and, if these are all claims,
    one that none has.
    """
    mistakes = Diagnostics()
    owners: dict[str, Path] = {}
    try:
        for claim in claims:
            first = owners.setdefault(base(claim.id), claim.path)
            if first != claim.path:
                mistakes.add(
                    _node(claim, "id"),
                    f"duplicate id {base(claim.id)!r}; {display(first)} has it too",
                )
        known = list(dict.fromkeys([*owners, *(claim.id for claim in claims)]))
        for claim in claims:
            for key, others in (("revises", claim.revises), ("retracted_by", claim.retracted_by)):
                for index, other in enumerate(others):
                    if other == base(claim.id):
                        mistakes.add(_node(claim, f"{key}[{index}]"), "names the claim itself")
                    elif whole and other not in known:
                        mistakes.add(
                            _node(claim, f"{key}[{index}]"), unknown("claim", other, known)
                        )
    except TooMany:
        pass
    return mistakes.in_order()


def located(claim: Claim, key: str, message: str) -> Diagnostic:
    """Return a mistake in a claim that was read, at the place of one of its values
    (``"assert[0]"``).
    """
    mistakes = Diagnostics()
    mistakes.add(_node(claim, key), message)
    return mistakes.in_order()[0]


def _node(claim: Claim, key: str) -> Node:
    assert isinstance(claim.origins, Origins)
    node = claim.origins.trace[key][1]
    assert node is not None, "every word of the file has a place"
    return node
