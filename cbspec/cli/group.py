"""A click group whose commands are the modules of a package, and whose subgroups its packages."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import click


class Commands(click.Group):
    """A group whose commands are the modules of a package. Each is imported when it is called.

    Args:
        package: the package. The function `command` of each module is the command.
    """

    def __init__(self, *args: Any, package: ModuleType, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.package = package

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        return sorted(module.name for module in pkgutil.iter_modules(self.package.__path__))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{self.package.__name__}.{cmd_name}")
        if hasattr(module, "__path__"):
            return Commands(cmd_name, package=module, help=inspect.getdoc(module))
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = []
        for name in self.list_commands(ctx):
            rows.append((name, _headline(f"{self.package.__name__}.{name}")))
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _headline(name: str) -> str:
    """Return the first line of a command's help from its source.

    To import every command for that would take a second.
    """
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    documented: ast.Module | ast.FunctionDef = ast.parse(Path(spec.origin).read_text("utf-8"))
    for node in documented.body:
        if isinstance(node, ast.FunctionDef) and node.name == "command":
            documented = node
    return (ast.get_docstring(documented) or "").partition("\n")[0]
