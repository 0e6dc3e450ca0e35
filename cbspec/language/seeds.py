"""Reading the seeds of a claim, merged with those of its defaults."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from cbspec.claim import Seeds
from cbspec.language.conform import follow
from cbspec.language.diagnostics import Diagnostics
from cbspec.language.node import Node, merge, plain
from cbspec.model.number import count

MOST = 10_000  # seeds of one range; more is surely a typing error


def read(
    written: Node | None, shared: Node | None, claim: Node, mistakes: Diagnostics
) -> Seeds | None:
    """Read seeds from nodes that have the right types; return None, and note a mistake, if wrong.

    ``pool`` lists the seeds in the order in which they are drawn, ``start`` is the number drawn at
    first and ``max`` the greatest number. A plain list is a pool that is drawn at once. ``1..20``
    stands for a list.
    """
    drawn = merged(written, shared)
    place = drawn or claim
    own = written or place  # where a claim's own words do not suit those of the defaults
    words = plain(drawn) if drawn else {}
    if isinstance(words, list | str):
        words = {"pool": words}
    if "pool" not in words:
        nowhere = "missing seeds: neither the claim nor a defaults.yaml above it has a list of them"
        mistakes.add(place, nowhere)
        return None
    pool = _listed(words["pool"], follow(place, ["pool"]), mistakes)
    if not pool:
        return None
    looks = tuple(words.get("looks", ()))
    idle = [name for name in ("start", "max") if looks and name in words]
    start = looks[0] if looks else words.get("start", len(pool))
    most = looks[-1] if looks else words.get("max", len(pool))
    if idle:
        message = (
            f"{idle[0]} says nothing where looks are given: {list(looks)}; give looks here, too"
        )
        mistakes.add(own.entries.get(idle[0], own), message)
    elif len(set(pool)) < len(pool):
        (twice, _), *_ = Counter(pool).most_common(1)
        mistakes.add(place, f"the seed {twice} stands twice")
    elif most > len(pool):
        message = f"max is {most}, but the pool has {count(len(pool), 'seed')}"
        mistakes.add(own.entries.get("max", own), message)
    elif start > most:
        message = f"start is {start}, but at most {most} seeds can be drawn"
        mistakes.add(own.entries.get("start", own), message)
    elif any(size >= following for size, following in pairwise(looks)):
        mistakes.add(follow(place, ["looks"]), "looks are numbers of seeds that increase")
    else:
        return Seeds(pool[:most], start, looks)
    return None


def undrawn(shared: Node | None) -> int:
    """Return the size of a shared pool of which only a part is drawn; 0 if all of it is."""
    if shared is None:
        return 0
    words = plain(shared)
    if not isinstance(words, dict) or not {"pool", "max"} <= words.keys():
        return 0
    pool = _listed(words["pool"], follow(shared, ["pool"]), Diagnostics())
    if len(pool) > words["max"]:
        return len(pool)
    return 0


def merged(written: Node | None, shared: Node | None) -> Node | None:
    """Merge the claim's seeds into those of the defaults.

    A list or range is drawn whole, unless the claim says how many seeds of the shared list to draw.
    """
    if written is None or shared is None:
        return written or shared
    if isinstance(shared.value, list | str) and isinstance(written.value, dict):
        pool = Node(shared.document, shared.line, shared.column, {"pool": shared})
        pool.keys = {"pool": shared}
        return merge(pool, written)
    return merge(shared, written)


def _listed(words: list[int] | str, place: Node, mistakes: Diagnostics) -> tuple[int, ...]:
    """Return the seeds of a list or a range; return none, and note a mistake, if it is wrong."""
    if not isinstance(words, str):
        return tuple(words)
    first, last = map(int, words.split(".."))
    if first > last:
        mistakes.add(place, f"the range {words} is empty: its first seed comes after its last")
    elif last - first >= MOST:
        mistakes.add(place, f"the range {words} has {last - first + 1} seeds (maximum {MOST})")
    else:
        return tuple(range(first, last + 1))
    return ()
