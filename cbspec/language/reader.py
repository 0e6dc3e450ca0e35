"""Reading many claim files with one catalog, at one scale."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby
from pathlib import Path

from cbspec.catalog import Catalog
from cbspec.claim import Claim
from cbspec.errors import CbspecError, ClaimError, Diagnostic, described, of_project
from cbspec.language.cells import Context
from cbspec.language.claims import ClaimDocument
from cbspec.language.defaults import Defaults, Folders
from cbspec.language.diagnostics import Diagnostics, TooMany
from cbspec.language.files import SUFFIX, claim_files, meant
from cbspec.language.forms import Pool
from cbspec.language.node import Document
from cbspec.language.parse import parse, read
from cbspec.language.together import check_together
from cbspec.model.origin import Origin
from cbspec.paths import below, display


class Reader:
    """Reads claim files. Shared parts (defaults, equal stage calls) are read once."""

    def __init__(self, catalog: Catalog, scale: str) -> None:
        self.catalog = catalog
        self.scale = scale
        self.folders = Folders()
        self._pool = Pool()

    def read(
        self, path: Path, defaults: Defaults, *, every: bool = False, exact: bool = False
    ) -> tuple[list[Claim], tuple[Diagnostic, ...]]:
        """Read one file, and return its claims and its mistakes. One of the two is empty.

        Args:
            path: the file.
            defaults: the defaults of its folder.
            every: read each claim at every scale at which it is decidable.
            exact: see `load_file`.
        """
        if path.suffix != SUFFIX and path.exists():
            message = f"a claim file ends in {SUFFIX}: rename it to {path.stem}{SUFFIX}"
            return [], (Diagnostic(Origin(display(path), 1, 1), "", message),)
        mistakes = Diagnostics()
        claims: list[Claim] = []
        try:
            document = read(path, mistakes)
            if document is not None:
                file = self.opened(document, defaults, mistakes)
                claims = file.claims(path, every=every, exact=exact)
                # It refers back to the document. Without this cycle, the document is freed at once
                del document.root
        except TooMany:
            pass
        except (CbspecError, KeyboardInterrupt):
            raise
        except BaseException as error:  # parameters and kinds run the project's own code
            if not of_project(error):
                raise
            message = f"cannot be read: {described(error)}"
            return [], (Diagnostic(Origin(display(path), 1, 1), "", message),)
        if len(mistakes):
            claims.clear()
        return claims, mistakes.in_order()

    def opened(
        self, document: Document, defaults: Defaults, mistakes: Diagnostics
    ) -> ClaimDocument:
        """Return the reading of one parsed file, which notes its mistakes."""
        context = Context(self.catalog, self.scale, defaults, self._pool)
        return ClaimDocument(document, context, mistakes)


@lru_cache(maxsize=4)
def _reader(catalog: Catalog, scale: str) -> Reader:
    return Reader(catalog, scale)


def load_file(
    path: Path, *, catalog: Catalog, scale: str, exact: bool = False
) -> tuple[Claim, ...]:
    """Load the claims of one file, one for each cell of its matrix.

    Args:
        path: the file.
        catalog: the stages that claims may call.
        scale: the scale to read at. A claim that is not decidable there is read at its first scale
            instead, and no verdict on it is due.
        exact: read every claim at `scale`, as canaries are.

    Raises:
        ClaimError: the file or the defaults above it have mistakes; it lists them all.
    """
    reader = _reader(catalog, scale)
    claims, mistakes = reader.read(path, reader.folders.defaults(path.parent), exact=exact)
    if mistakes:
        raise ClaimError(mistakes)
    return tuple(claims)


def draws_seeds(text: str, folder: Path, *, catalog: Catalog, scale: str) -> bool:
    """Tell whether an arm is computed for seeds, in a claim that is not written yet.

    A claim with mistakes counts as such a claim; `load_file` lists them once it is written.

    Args:
        text: the text of the claim file.
        folder: the folder where the file will be.
        catalog: the stages that claims may call.
        scale: the scale to read at.
    """
    reader, mistakes = _reader(catalog, scale), Diagnostics()
    try:
        document = parse(Document(display(folder), text), mistakes)
        if document is None:
            return True
        return reader.opened(document, reader.folders.defaults(folder), mistakes).draws_seeds
    except TooMany:
        return True
    except BaseException as error:  # parameters and kinds run the project's own code
        if isinstance(error, CbspecError | KeyboardInterrupt) or not of_project(error):
            raise
        return True


def load(
    paths: Iterable[Path],
    *,
    catalog: Catalog,
    scale: str,
    folder: Path | None = None,
    every: bool = False,
    exact: bool = False,
    sound: bool = False,
) -> tuple[Claim, ...]:
    """Load the claims of files and folders, and check them against each other.

    Claims may not share an id. If the folder of all claims is given, `revises` and `retracted_by`
    must name existing claims.

    Args:
        paths: the files and folders.
        catalog: the stages that claims may call.
        scale: see `load_file`.
        folder: the folder of all claims; where it is left out, each given folder counts as such.
        every: load each claim at every scale at which it is decidable, `scale` first.
        exact: see `load_file`.
        sound: leave out the files with mistakes, and check no claim against another.

    Raises:
        ClaimError: some files have mistakes; it lists those of all files.
    """
    paths = list(map(meant, paths))
    reader = _reader(catalog, scale)
    claims: list[Claim] = []
    mistakes: dict[tuple[Origin, str], Diagnostic] = {}
    for parent, files in groupby(claim_files(paths), key=lambda path: path.parent):
        defaults = reader.folders.defaults(parent)
        for path in files:
            from_file, wrong = reader.read(path, defaults, every=every, exact=exact)
            claims += from_file
            for mistake in wrong:
                mistakes[mistake.origin, mistake.message] = mistake
    if sound:
        return tuple(claims)
    whole = any(path.is_dir() and below(folder or path, path) is not None for path in paths)
    for mistake in check_together(claims, whole=whole and not mistakes):
        mistakes[mistake.origin, mistake.message] = mistake
    if mistakes:
        raise ClaimError(mistakes.values())
    return tuple(claims)


class Versions:
    """Reads claims at other scales. A file is read once for each scale."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._read: dict[tuple[Path, str], dict[str, Claim]] = {}

    def at(self, claim: Claim, scale: str) -> Claim:
        """Return a claim at another scale, whether it is decidable there or not.

        Raises:
            ClaimError: the file has mistakes, at that scale or since it was edited, or no longer
                has the claim.
        """
        if claim.scale == scale:
            return claim
        key = claim.path, scale
        if key not in self._read:
            claims = load_file(claim.path, catalog=self._catalog, scale=scale, exact=True)
            self._read[key] = {version.id: version for version in claims}
        if claim.id not in self._read[key]:
            message = f"{claim.id} is no longer in this file; run again"
            raise ClaimError([Diagnostic(Origin(display(claim.path), 1, 1), "", message)])
        return self._read[key][claim.id]
