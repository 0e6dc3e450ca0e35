"""Which claims a person means: by id, by file or by folder; and the ids that there are, without
reading any claim in full.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cbspec.claim import base
from cbspec.errors import ConfigError, suggestion

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

    A word is an id (without the values of a matrix it stands for all cells), a claim file or a
    folder, for which its defaults.yaml may stand. Only the files in question are read, so that a
    mistake in another one is no hindrance.

    Args:
        folder: of the claims; all of them are meant without a word.
        every: each claim at every scale at which it is decidable, instead of at `scale`.
        exact: each at `scale` itself, also where it cannot be decided there.
        recorded: ids that are known, though there may be no such claim any more.

    Raises:
        UnknownClaimError: naming every word that is none of these.
        ClaimError: with every mistake of the files in question.
    """
    from cbspec.language import load

    if not words:
        return load([folder], catalog=catalog, scale=scale, every=every, exact=exact)
    places = _places(folder, words, recorded)
    files = dict.fromkeys(places.values())
    read = load(files, catalog=catalog, scale=scale, every=every, exact=exact)
    chosen: dict[tuple[str, str], Claim] = {}
    strange = []
    for word, place in places.items():
        meant = [claim for claim in read if _means(word, place, claim)]
        chosen |= {(claim.id, claim.scale): claim for claim in meant}
        if not (meant or _is_path(word) or word in recorded):
            strange.append(word)
    _refuse(strange, [claim.id for claim in read])
    return tuple(chosen.values())


def unknown(words: Sequence[str], ids: Collection[str]) -> list[str]:
    """Return the words that are none of these ids, with or without the values of a matrix."""
    known = {*ids, *map(base, ids)}
    return [word for word in words if word not in known]


def _places(folder: Path, words: Sequence[str], recorded: Collection[str]) -> Mapping[str, Path]:
    """Return word -> the file or folder to read for it; without the words that only `recorded`
    knows.
    """
    from cbspec.language import meant

    known = {} if all(map(_is_path, words)) else ids(folder)
    without = [word for word in words if not _is_path(word) and base(word) not in known]
    _refuse([word for word in without if word not in recorded], sorted(known))
    return {
        word: meant(Path(word)) if _is_path(word) else known[base(word)]
        for word in words
        if word not in without
    }


def _refuse(words: Sequence[str], known: Sequence[str]) -> None:
    if words:
        raise UnknownClaimError(
            "\n".join(f"unknown claim {word!r}{suggestion(word, known)}" for word in words)
        )


def _is_path(word: str) -> bool:
    return word.endswith(".yaml") or "/" in word or (word != "" and Path(word).is_dir())


def _means(word: str, place: Path, claim: Claim) -> bool:
    if _is_path(word):
        return place == claim.path or place in claim.path.parents
    return word in (claim.id, base(claim.id))


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
