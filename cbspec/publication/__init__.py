"""What the project publishes, from claims and ledger alone: the replication table and the
figures.
"""

from cbspec.publication.replication import FIGURES, PAGE, replication

__all__ = ["FIGURES", "PAGE", "replication"]
