"""The registry of report formats: built-in ones, and those of modules under ``[tool.cbspec]``."""

from __future__ import annotations

from typing import Any, Protocol

from cbspec.config import Config
from cbspec.errors import ConfigError
from cbspec.project_code import declarations
from cbspec.report.formats.html_page import HtmlPage
from cbspec.report.formats.json_page import JsonPage
from cbspec.report.formats.markdown_page import MarkdownPage
from cbspec.report.run import Run


class Format(Protocol):
    """One way to write down a run.

    Attributes:
        file: the name of its file in the folder of reports.
    """

    file: str

    def render(self, run: Run) -> str:
        """Return the content of the file."""


# The formats that need nothing but the run; the HTML page also shows the project's record
BUILT_IN: tuple[Format, ...] = (JsonPage(), MarkdownPage())


def load(config: Config) -> tuple[Format, ...]:
    """Return every format of a project.

    Raises:
        ConfigError: a module cannot be imported, declares no FORMATS, or uses a file name twice.
    """
    formats: list[Format] = [*BUILT_IN, HtmlPage(config)]
    for module in config.formats:
        wanted = "a tuple of objects with file and render(run)"
        formats += declarations(
            config, module, "formats", "FORMATS", accepts=_is_format, wanted=wanted
        )
    files = [page.file for page in formats]
    for file in files:
        if files.count(file) > 1:
            raise ConfigError(f"two report formats write {file}; each needs a file of its own")
    return tuple(formats)


def _is_format(candidate: Any) -> bool:
    file = getattr(candidate, "file", None)
    plain = isinstance(file, str) and bool(file) and "/" not in file
    return (
        plain and callable(getattr(candidate, "render", None)) and not isinstance(candidate, type)
    )
