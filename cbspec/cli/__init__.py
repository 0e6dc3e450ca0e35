"""The command line: ``cbspec``, one module per command, each loaded when it is called."""

from cbspec.cli.main import main

__all__ = ["main"]
