"""The claim language: it turns YAML files into resolved claims.

Every mistake is reported with its file, line and column, all of a file at once. `reader.py` reads
many files, `claims.py` one; `grammar.py` has the words of a file.
"""

from cbspec.language.explain import Explained, explain_values
from cbspec.language.files import claim_files, is_claim_file, is_shared, meant
from cbspec.language.reader import Versions, draws_seeds, load, load_file
from cbspec.language.together import check_together, located

__all__ = [
    "Explained",
    "Versions",
    "check_together",
    "claim_files",
    "draws_seeds",
    "explain_values",
    "is_claim_file",
    "is_shared",
    "load",
    "load_file",
    "located",
    "meant",
]
