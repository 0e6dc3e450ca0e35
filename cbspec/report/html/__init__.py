"""The HTML report: one self-contained page of a run, or of the record.

Data flows one way: `Contents` (plain data) -> views (places, texts, coordinates) -> templates.
"""

from cbspec.report.html.comparison import comparison_page
from cbspec.report.html.contents import Contents, of_record, of_run
from cbspec.report.html.page import page

__all__ = ["Contents", "comparison_page", "of_record", "of_run", "page"]
