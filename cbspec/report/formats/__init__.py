"""Report formats: the files that a run writes. One module for each format."""

from cbspec.report.formats.html_page import HtmlPage
from cbspec.report.formats.json_page import JsonPage
from cbspec.report.formats.markdown_page import MarkdownPage
from cbspec.report.formats.registry import BUILT_IN, Format, load

__all__ = ["BUILT_IN", "Format", "HtmlPage", "JsonPage", "MarkdownPage", "load"]
