"""Claim files -> resolved claims, every mistake at its place: YAML with positions, defaults,
scales, matrix and schema.
"""

from cbspec.language.explain import Explained, explain_values
from cbspec.language.files import claim_files, is_claim_file, is_shared, meant
from cbspec.language.reader import Versions, load, load_file
from cbspec.language.together import check_together, located

__all__ = [
    "Explained",
    "Versions",
    "check_together",
    "claim_files",
    "explain_values",
    "is_claim_file",
    "is_shared",
    "load",
    "load_file",
    "located",
    "meant",
]
