"""Selecting claims by id, file or folder, and listing ids without reading claims in full."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from cbspec.claim import base
from cbspec.errors import ConfigError, suggestion
from cbspec.paths import below

if TYPE_CHECKING:
    from cbspec.catalog import Catalog
    from cbspec.claim import Claim

_ID = re.compile(
    r"""^(?:id|'id'|"id")[ \t]*:[ \t]*(["']?)([A-Za-z0-9][A-Za-z0-9._-]*)\1[ \t]*(?:#.*)?\r?$""",
    re.MULTILINE,
)


class UnknownClaimError(ConfigError):
    """A word names no claim, file or folder."""


def select(
    folder: Path,
    catalog: Catalog,
    words: Sequence[str],
    scale: str,
    *,
    every: bool = False,
    exact: bool = False,
    sound: bool = False,
    recorded: Collection[str] = (),
) -> tuple[Claim, ...]:
    """Read the claims that words name, in the order of the words, each once.

    A word is an id, pytest's name of a claim, a claim file, or a folder or its defaults.yaml. An id
    without the values of a matrix stands for all its cells. A word that is both an id and a path is
    taken as the id; with ``./`` in front it is the path. Only the files in question are read, so a
    mistake in another file does not matter.

    Args:
        folder: the folder of the claims.
        catalog: the stages that claims may call.
        words: the words; without any, all claims are read.
        scale: the scale to read at.
        every: read each claim at every scale at which it is decidable.
        exact: read each claim at `scale` even if it is not decidable there.
        sound: leave out the files with mistakes.
        recorded: ids that are known from the ledger, even if the claim is gone.

    Raises:
        UnknownClaimError: some words name nothing; it lists them all.
        ClaimError: the files in question have mistakes; it lists them all.
    """
    from cbspec.language import load

    read = partial(
        load, catalog=catalog, scale=scale, folder=folder, every=every, exact=exact, sound=sound
    )
    if not words:
        return read([folder])
    words = list(map(_without_file, words))
    files: Mapping[str, Path] = {}
    if not all(map(_only_a_path, words)):
        files = ids(folder)
    places = _places(words, files, folder, recorded)
    claims = read(dict.fromkeys(places.values()))
    return _chosen(claims, places, files, recorded)


def _places(
    words: Iterable[str], files: Mapping[str, Path], folder: Path, recorded: Collection[str]
) -> dict[str, Path]:
    """Return word -> the file or folder that it means; raise if it means none."""
    places: dict[str, Path] = {}
    strange = []
    for word in words:
        if base(word) in files:
            places[word] = files[base(word)]
        elif _is_path(word):
            places[word] = path_of(word, folder)
        elif word not in recorded:
            strange.append(word)
    refuse("unknown claim", strange, sorted(files))
    return places


def _chosen(
    claims: Sequence[Claim],
    places: Mapping[str, Path],
    files: Mapping[str, Path],
    recorded: Collection[str],
) -> tuple[Claim, ...]:
    """Return the claims that words mean, out of those in their files; raise if there is none."""
    chosen: dict[tuple[str, str], Claim] = {}
    strange = []
    for word, place in places.items():
        named = [claim for claim in claims if _means(word, place, files, claim)]
        for claim in named:
            chosen[claim.id, claim.scale] = claim
        if not named and place.is_dir():
            raise UnknownClaimError(f"{word}: there is no claim in this folder")
        if not named and word not in recorded:
            strange.append(word)
    refuse("unknown claim", strange, list(dict.fromkeys(claim.id for claim in claims)))
    return tuple(chosen.values())


def named(claim: str, words: Collection[str]) -> bool:
    """Tell whether ids, with or without the values of a matrix, name a claim."""
    return claim in words or base(claim) in words


def unknown(words: Iterable[str], ids: Collection[str]) -> list[str]:
    """Return the words that are not among these ids, with or without the values of a matrix."""
    known = {*ids, *map(base, ids)}
    return [word for word in words if word not in known]


def refuse(problem: str, words: Iterable[str], known: Sequence[str], where: str = "") -> None:
    """Refuse words that name no claim.

    Args:
        problem: the beginning of the line for each word.
        words: the words.
        known: the known ids, for suggestions.
        where: where the ids are known from, for the message.

    Raises:
        UnknownClaimError: there are such words.
    """
    lines = []
    for word in words:
        lines.append(f"{problem} {word!r}{where}{suggestion(word, known)}")
    if lines:
        raise UnknownClaimError("\n".join(lines))


def path_of(word: str, folder: Path) -> Path:
    """Return the path that a word names, spelled by the folder of the claims if it lies in it."""
    from cbspec.language import meant

    path = meant(Path(word))
    return below(path, folder) or path


def _without_file(word: str) -> str:
    """Return the id in pytest's name of a claim, ``claims/phase1/1.a.yaml::1.a``."""
    _, name, claim = word.partition(".yaml::")
    return claim if name else word


def _only_a_path(word: str) -> bool:
    return "/" in base(word)


def _is_path(word: str) -> bool:
    return word.endswith(".yaml") or "/" in word or (word != "" and Path(word).is_dir())


def _means(word: str, place: Path, files: Mapping[str, Path], claim: Claim) -> bool:
    if base(word) in files:
        return word in (claim.id, base(claim.id))
    return place == claim.path or place in claim.path.parents


def ids(folder: Path) -> Mapping[str, Path]:
    """Return id -> file, from the line of each file that has the id, which is fast."""
    from cbspec.language import claim_files

    files: dict[str, Path] = {}
    for path in claim_files([folder]):
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            continue
        match = _ID.search(text)
        if id := match[2] if match else _parsed(text):
            files.setdefault(id, path)
    return files


def _parsed(text: str) -> str | None:
    """Parse a file to get its id, if it is written in an unusual way, such as JSON."""
    import yaml

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return str(document["id"]) if isinstance(document, dict) and "id" in document else None
