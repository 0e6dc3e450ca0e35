"""The command line ``cbspec``. Each command is a module that is imported when it is called."""

from cbspec.cli.main import main

__all__ = ["main"]
