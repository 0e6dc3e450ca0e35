"""Packing tasks with their inputs. A large input is put into Ray's object store only once."""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any

from cbspec.execution.backends.backend import Workplace
from cbspec.execution.backends.ray.parcel import Parcel
from cbspec.execution.computing import stored_inputs
from cbspec.execution.task import StageTask
from cbspec.execution.wire import packed
from cbspec.files import visible_files
from cbspec.store import EntryBytes, entry_bytes

SMALL_BYTES = 50_000  # Ray sends arguments of this size within the call itself
KEPT_BYTES = 512 * 2**20  # of inputs that stay in the object store, as later tasks may need them


class Shipping:
    """Packs the tasks of one process.

    Args:
        workplace: its store has the inputs.
    """

    def __init__(self, workplace: Workplace) -> None:
        self._workplace = workplace
        self._results = ObjectCache()
        self._files = ObjectCache()
        self._loaded: dict[str, tuple[str, ...]] = {}

    def parcel(self, number: int, task: StageTask) -> Parcel:
        """Pack a task with its inputs.

        Raises:
            MissingInput: an input is not stored any more.
            StoreError: the store cannot be read.
        """
        store = self._workplace.store
        small: list[EntryBytes] = []
        large: dict[str, Any] = {}
        for key in stored_inputs(task, store):
            if reference := self._results.get(key):
                large[key] = reference
            elif (entry := entry_bytes(store, key)) is None:
                continue  # the input of an input, which may be missing
            elif entry.size < SMALL_BYTES:
                small.append(entry)
            else:
                large[key] = self._results.keep(key, entry, entry.size)
        return Parcel(
            number=number,
            task=packed(task),
            loaded=self._seen(task),
            entries=tuple(small),
            large=large,
            files=self._sent_files(task),
        )

    def _seen(self, task: StageTask) -> dict[str, tuple[str, ...]]:
        """Return the files that count although no code names them, as known when the run began."""
        for implementation in task.code:
            if implementation not in self._loaded:
                seen = self._workplace.store.loaded.of(implementation)
                self._loaded[implementation] = seen
        return dict(self._loaded)

    def _sent_files(self, task: StageTask) -> dict[str, dict[str, Any]]:
        sent: dict[str, dict[str, Any]] = {}
        for cell in task.cells:
            for name in cell.call.files:
                if name not in sent:
                    sent[name] = self._sent(task.surroundings.place(name, cell.call))
        return sent

    def _sent(self, place: Path) -> dict[str, Any]:
        """Return path in a folder -> reference to the content of the file."""
        files = {str(path.relative_to(place.parent)): path for path in visible_files(place)}
        if place.is_file():
            files = {place.name: place}
        references = {}
        for relative, path in files.items():
            reference = self._files.get(str(path))
            if reference is None:
                content = path.read_bytes()
                reference = self._files.keep(str(path), content, len(content))
            references[relative] = reference
        return references


class ObjectCache:
    """References to objects in Ray's object store. Beyond `KEPT_BYTES` the least used are dropped."""

    def __init__(self) -> None:
        self._references: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self._size = 0

    def get(self, name: str) -> Any:
        """Return the reference with this name; None if there is none."""
        if name not in self._references:
            return None
        self._references.move_to_end(name)
        return self._references[name][0]

    def keep(self, name: str, content: object, size: int) -> Any:
        """Put an object into the store, and return its reference."""
        import ray

        self._references[name] = ray.put(content), size
        self._size += size
        while self._size > KEPT_BYTES and len(self._references) > 1:
            _, (_, freed) = self._references.popitem(last=False)
            self._size -= freed
        return self.get(name)
