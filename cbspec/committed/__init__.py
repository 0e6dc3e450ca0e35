"""Committed JSON files: written so that they diff and merge well, and read with located errors."""

from cbspec.committed.reading import decode, place, text_of
from cbspec.committed.struct import Committed
from cbspec.committed.writing import checked, dumps, write

__all__ = ["Committed", "checked", "decode", "dumps", "place", "text_of", "write"]
