"""The claim language: it turns YAML files into resolved claims.

Every mistake is reported with its file, line and column, all of a file at once. `reader.py` reads
many files, `claims.py` one; `grammar.py` has the words of a file.
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
