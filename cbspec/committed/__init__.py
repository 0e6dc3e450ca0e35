"""The JSON files that a project commits: they diff and merge well, and a mistake in one is told at
its place.
"""

from cbspec.committed.reading import decode, place
from cbspec.committed.struct import Committed
from cbspec.committed.writing import checked, dumps, write

__all__ = ["Committed", "checked", "decode", "dumps", "place", "write"]
