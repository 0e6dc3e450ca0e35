"""The fingerprint of a closure: a hash for each definition, and a digest over all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from cbspec.fingerprint.canonical import short_hash
from cbspec.fingerprint.change import ORDER, TEXT
from cbspec.fingerprint.closure import Closure
from cbspec.fingerprint.order import ImportOrder
from cbspec.fingerprint.references import References
from cbspec.stage import Stage

# If code uses one, comments count as code
SOURCE_READERS = frozenset({
    "findsource", "get_source", "getcomments", "getsource", "getsourcelines", "linecache",
})  # fmt: skip


@dataclass(frozen=True)
class Fingerprint:
    """The code that a result depends on.

    Attributes:
        digest: hex SHA-256 over the sorted definitions.
        definitions: ``"engine/rules.py:inner_product"`` (path relative to the project root,
            qualified name) -> short hash of its canonical form. ``<module>`` are statements that
            bind nothing; ``<order>`` is the order of what a module does when it is imported;
            ``Stage('bp')`` is a catalog's entry; an imported name stands for what it is bound to.
    """

    digest: str
    definitions: Mapping[str, str]

    @classmethod
    def of(cls, definitions: Mapping[str, str]) -> Fingerprint:
        """Return the fingerprint of definitions. Their order does not matter."""
        definitions = dict(sorted(definitions.items()))
        lines = "".join(f"{name} {digest}\n" for name, digest in definitions.items())
        return cls(hashlib.sha256(lines.encode()).hexdigest(), definitions)

    @classmethod
    def built_in(cls, implementation: str, revision: int) -> Fingerprint:
        """Return the fingerprint of a stage of the harness itself.

        Args:
            implementation: the implementation.
            revision: raised by an edit that changes a value. Other edits leave results current.
        """
        text = f"{implementation} {revision}"
        return cls(hashlib.sha256(text.encode()).hexdigest(), {text: short_hash(text)})


def definitions_of(closure: Closure, order: ImportOrder) -> dict[str, str]:
    """Return definition -> short hash, for everything in a closure."""
    hashes: dict[str, list[str]] = {}
    documented = any(_reads_docstrings(unit.references) for unit in closure.units)
    commented = any(unit.references.mentions(SOURCE_READERS) for unit in closure.units)
    for module in closure.modules:
        counted = [unit for unit in module.units if unit in closure.units]
        # A bare __doc__ is that of its own module or class
        read = documented or any("__doc__" in unit.references.names for unit in counted)
        if commented and module.path:
            text = module.path.read_text(errors="replace")
            hashes[f"{module.shown}:{TEXT}"] = [short_hash(text)]
        if read and module.docs:
            hashes[f"{module.shown}:__doc__"] = [short_hash(module.docs)]
        for unit in counted:
            for name, digest in unit.hashes(read).items():
                hashes.setdefault(f"{module.shown}:{name}", []).append(digest)
        if lines := order.of(module):
            hashes[f"{module.shown}:{ORDER}"] = [short_hash("\n".join(lines))]
    definitions = {}
    for name, digests in hashes.items():
        several = len(digests) > 1
        definitions[name] = short_hash("".join(digests)) if several else digests[0]
    return definitions


def _reads_docstrings(code: References) -> bool:
    """Tell whether code reads the docstring of anything but its own module."""
    imported = any(alias.name == "__doc__" for alias in code.imports)
    return imported or "__doc__" in code.words or code.mentions(("getdoc",))


def declared(stage: Stage) -> str:
    """Return the hash of a catalog's entry, without documentation and costs."""
    content = {
        "implementation": stage.implementation,
        "opens": stage.opens,
        "parameters": f"{stage.parameters.__module__}:{stage.parameters.__qualname__}",
        "kind": stage.kind,
        "inputs": {name: taken.kind for name, taken in stage.inputs.items()},
        "measures": {name: measure.unit for name, measure in stage.measures.items()},
        "progress": stage.progress,
        "varying": sorted(stage.varying),
    }
    return short_hash(json.dumps(content, sort_keys=True))
