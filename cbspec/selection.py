"""Which claims a person means: by id, by file or by folder; and the ids that there are, without
reading any claim in full.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
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
    """A word that names no claim, file or folder."""


def select(
    folder: Path,
    catalog: Catalog,
    words: Sequence[str],
    scale: str,
    *,
    every: bool = False,
    exact: bool = False,
    recorded: Collection[str] = (),
) -> tuple[Claim, ...]:
    """Read the claims that words name, in the order of the words, each once.

    A word is an id (without the values of a matrix it stands for all cells), pytest's name of a
    claim, a claim file or a folder, for which its defaults.yaml may stand. What is an id and a path
    is the id; ``./`` before it makes it the path. Only the files in question are read, so that a
    mistake in another one is no hindrance.

    Args:
        folder: of the claims; all of them are meant without a word.
        every: each claim at every scale at which it is decidable, instead of at `scale`.
        exact: each at `scale` itself, also where that cannot decide it and has other sizes.
        recorded: ids that are known, though there may be no such claim any more.

    Raises:
        UnknownClaimError: naming every word that is none of these.
        ClaimError: with every mistake of the files in question.
    """
    from cbspec.language import load

    if not words:
        return load([folder], catalog=catalog, scale=scale, every=every, exact=exact)
    words = list(map(_without_file, words))
    files: Mapping[str, Path] = {}
    if not all(map(_only_a_path, words)):
        files = ids(folder)
    places = _places(words, files, folder, recorded)
    files_meant = dict.fromkeys(places.values())
    claims = load(files_meant, catalog=catalog, scale=scale, every=every, exact=exact)
    return _chosen(claims, places, files, recorded)


def _places(
    words: Iterable[str], files: Mapping[str, Path], folder: Path, recorded: Collection[str]
) -> dict[str, Path]:
    """Return word -> the file or folder that it means; raises where it means none."""
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
    """Return the claims that words mean, of those of their files; raises where it is none."""
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
    refuse("unknown claim", strange, [claim.id for claim in claims])
    return tuple(chosen.values())


def named(claim: str, words: Collection[str]) -> bool:
    """Tell whether ids, with or without the values of a matrix, name a claim."""
    return claim in words or base(claim) in words


def unknown(words: Iterable[str], ids: Collection[str]) -> list[str]:
    """Return the words that are none of these ids, with or without the values of a matrix."""
    known = {*ids, *map(base, ids)}
    return [word for word in words if word not in known]


def refuse(problem: str, words: Iterable[str], known: Sequence[str], where: str = "") -> None:
    """Refuse words that name no claim, each in a line that begins with the problem.

    Raises:
        UnknownClaimError: there is any.
    """
    lines = []
    for word in words:
        lines.append(f"{problem} {word!r}{where}{suggestion(word, known)}")
    if lines:
        raise UnknownClaimError("\n".join(lines))


def path_of(word: str, folder: Path) -> Path:
    """Return the file or folder that a word names, by the claims' own folder if it lies in that."""
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
    """Return id -> file, by a look at the line that has it; for thousands of files in a second."""
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
    """Return the id of a claim that is written in another way than most are, as JSON for
    instance.
    """
    import yaml

    try:
        document = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    return str(document["id"]) if isinstance(document, dict) and "id" in document else None
