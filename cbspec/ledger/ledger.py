"""The ledger: all recorded verdicts, by claim, scale and device family, and the withdrawn ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from cbspec.committed import checked, dumps, text_of, write
from cbspec.errors import ConfigError, LedgerError
from cbspec.ledger.entry import Entry, Key
from cbspec.ledger.migration import VERSION
from cbspec.ledger.reading import parse
from cbspec.ledger.repository import git
from cbspec.ledger.withdrawn import Withdrawn


class Ledger:
    """The recorded verdicts. A ledger does not change: recording and withdrawing return another."""

    def __init__(self, entries: Iterable[Entry] = (), withdrawn: Iterable[Withdrawn] = ()) -> None:
        ordered = sorted(entries, key=lambda entry: entry.key)
        self.entries: Mapping[Key, Entry] = MappingProxyType(
            {entry.key: entry for entry in ordered}
        )
        self.withdrawn = tuple(sorted(withdrawn, key=lambda former: (former.key, former.withdrawn)))

    @classmethod
    def load(cls, path: Path) -> Ledger:
        """Load the ledger at `path`; return an empty one if there is no file yet.

        Raises:
            LedgerError: the file cannot be read or is damaged; the message names the place.
        """
        text = text_of(path)
        return cls() if text is None else cls._of(text, str(path))

    @classmethod
    def of_commit(cls, revision: str, path: Path) -> Ledger:
        """Load the ledger at `path` from a commit of its repository.

        Raises:
            ConfigError: there is no repository, or no such revision.
            LedgerError: the commit has no ledger, or a damaged one.
        """
        folder = next(place for place in path.parents if place.is_dir())  # a commit may have more
        commit = git(
            folder,
            "rev-parse",
            "--verify",
            "--quiet",
            "--end-of-options",
            f"{revision}^{{commit}}",
        )
        if commit is None:
            raise ConfigError(
                f"'{revision}' is neither a ledger file nor a commit of the repository "
                f"around {path.parent}"
            )
        text = git(folder, "show", f"{commit.strip()}:./{path.relative_to(folder).as_posix()}")
        if text is None:
            raise LedgerError(f"commit {revision} has no {path.name} in {path.parent.name}/")
        return cls._of(text, f"{revision}:{path.name}")

    @classmethod
    def _of(cls, text: str, name: str) -> Ledger:
        content = parse(text, name)
        return cls(content.entries, content.withdrawn)

    @property
    def loaded(self) -> dict[str, set[str]]:
        """Return implementation -> files that runs on record have loaded and no code names."""
        loaded: dict[str, set[str]] = {}
        for entry in self:
            for implementation, files in entry.loaded.items():
                loaded.setdefault(implementation, set()).update(files)
        return loaded

    def save(self, path: Path) -> None:
        """Write the ledger atomically: sorted, with one key a line.

        Raises:
            LedgerError: the file cannot be written. The old one stays as it was.
        """
        write(path, checked(self.dumps()))

    def dumps(self) -> str:
        """Return the text of the ledger file."""
        content = {"version": VERSION, "entries": tuple(self)}
        if self.withdrawn:
            content["withdrawn"] = self.withdrawn
        return dumps(msgspec.to_builtins(content))

    def get(self, key: Key) -> Entry | None:
        return self.entries.get(key)

    def expected(self, key: Key) -> Entry | None:
        """Return the recorded verdict that a run is compared with; None if there is none.

        If the device family of the key has none, that of another family is returned.
        """
        if key in self.entries:
            return self.entries[key]
        for entry in self.of(key.claim):
            if entry.scale == key.scale:
                return entry
        return None

    def of(self, claim: str) -> tuple[Entry, ...]:
        """Return the entries of a claim, at all scales and on all device families."""
        return tuple(entry for entry in self if entry.claim == claim)

    def recording(self, entries: Iterable[Entry]) -> Ledger:
        """Return this ledger with `entries` recorded under their keys."""
        kept = dict(self.entries)
        for entry in entries:
            kept[entry.key] = entry
        return Ledger(kept.values(), self.withdrawn)

    def withdrawing(self, former: Iterable[Withdrawn]) -> Ledger:
        """Return this ledger with `former` among the withdrawn verdicts instead of the recorded."""
        former = tuple(former)
        kept = dict(self.entries)
        for verdict in former:
            kept.pop(verdict.key, None)
        return Ledger(kept.values(), self.withdrawn + former)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries.values())

    def __len__(self) -> int:
        return len(self.entries)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Ledger):
            return False
        return (dict(self.entries), self.withdrawn) == (dict(other.entries), other.withdrawn)

    __hash__ = None  # type: ignore[assignment]  # compared by content
