"""Publication: the replication table and the figures, made from claims and ledger alone."""

from cbspec.publication.replication import FIGURES, HTML_PAGE, PAGE, replication

__all__ = ["FIGURES", "HTML_PAGE", "PAGE", "replication"]
