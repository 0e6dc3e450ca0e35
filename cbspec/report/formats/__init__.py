"""The formats in which a run leaves its report: one module each, and those that a project brings."""

from cbspec.report.formats.html_page import HtmlPage
from cbspec.report.formats.json_page import JsonPage
from cbspec.report.formats.markdown_page import MarkdownPage
from cbspec.report.formats.registry import BUILT_IN, Format, load

__all__ = ["BUILT_IN", "Format", "HtmlPage", "JsonPage", "MarkdownPage", "load"]
