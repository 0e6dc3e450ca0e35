"""What the project publishes, from claims and ledger alone: the replication table and the
figures.
"""

from cbspec.publication.replication import FIGURES, HTML_PAGE, PAGE, replication

__all__ = ["FIGURES", "HTML_PAGE", "PAGE", "replication"]
