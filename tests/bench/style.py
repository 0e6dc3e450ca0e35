"""How dense the code is to read: signposts, not limits. No run, no result; a second.

``python -m tests.bench.style [FOLDER...]``; `cbspec` and `engine` by default.
"""

from __future__ import annotations

import ast
import sys
import tokenize
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.bench.project import ROOT
from tests.bench.report import Row, publish

FOLDERS = ("cbspec", "engine")
WIDE, LONG_FILE, LONG_FUNCTION = 100, 250, 40
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
PLACES = ("found", "each", "own", "told")  # names that say where a value stands and not what it is


class Source(NamedTuple):
    """One file, read."""

    path: Path
    lines: list[str]
    tree: ast.Module


def main(arguments: Sequence[str] = ()) -> Iterator[Row]:
    """Measure these folders, each figure a row."""
    sources = list(read(arguments or FOLDERS))
    lines = sum(len(source.lines) for source in sources)
    nodes = [node for source in sources for node in ast.walk(source.tree)]
    comprehensions = [node for node in nodes if isinstance(node, COMPREHENSIONS)]
    conditionals = [node for node in nodes if isinstance(node, ast.IfExp)]
    wide = sum(len(line) > WIDE for source in sources for line in source.lines)
    comments = sum(commented(source.path) for source in sources)
    classes = Counter(name for source in sources for name in public_classes(source.tree))
    twice = sorted(name for name, count in classes.items() if count > 1)
    long_files = sum(len(source.lines) > LONG_FILE for source in sources)
    places = sum(
        isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in PLACES
        for node in nodes
    )
    nested = within(comprehensions, COMPREHENSIONS), within(conditionals, (ast.IfExp,))
    yield Row("lines of Python", str(lines))
    yield Row(
        "comprehensions in 1000 lines",
        f"{1000 * len(comprehensions) / lines:.0f}",
        "2 to 15 elsewhere",
    )
    yield Row(
        "conditional expressions in 1000 lines",
        f"{1000 * len(conditionals) / lines:.0f}",
        "2 to 8 elsewhere",
    )
    yield Row("comprehensions within another", str(nested[0]), "0", nested[0] == 0)
    yield Row("conditional expressions within another", str(nested[1]), "0", nested[1] == 0)
    yield Row(f"lines beyond {WIDE} columns", f"{wide / lines:.1%}", "under 1%", wide < lines / 100)
    yield Row("lines that are comments", f"{comments / lines:.1%}", "2 to 18% elsewhere")
    yield Row(
        "class names that stand twice",
        f"{len(twice)}{': ' if twice else ''}{', '.join(twice)}",
        "0",
        not twice,
    )
    yield Row(f"files beyond {LONG_FILE} lines", str(long_files), "0", not long_files)
    long_functions = sum(length(node) > LONG_FUNCTION for node in nodes)
    yield Row(
        f"functions beyond {LONG_FUNCTION} lines", str(long_functions), "0", not long_functions
    )
    yield Row(f"local names {', '.join(PLACES)}", str(places), "0 elsewhere")


def read(folders: Sequence[str]) -> Iterator[Source]:
    """Read every Python file below these folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            yield Source(path, text.splitlines(), ast.parse(text))


def within(nodes: Sequence[ast.AST], kinds: tuple[type[ast.AST], ...]) -> int:
    """Count the nodes that have another of these kinds inside."""
    return sum(
        any(isinstance(inner, kinds) for inner in ast.walk(node) if inner is not node)
        for node in nodes
    )


def commented(path: Path) -> int:
    """Count the lines of a file that are a comment and nothing else."""
    with path.open("rb") as file:
        tokens = tokenize.tokenize(file.readline)
        return sum(
            token.type == tokenize.COMMENT and token.line.lstrip().startswith("#")
            for token in tokens
        )


def public_classes(tree: ast.Module) -> Iterator[str]:
    """Yield the names of a module's own classes, private ones aside."""
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield node.name


def length(node: ast.AST) -> int:
    """Return how many lines a function has, its docstring aside; 0 of anything else."""
    if not isinstance(node, ast.FunctionDef):
        return 0
    assert node.end_lineno is not None
    docstring = node.body[0] if ast.get_docstring(node) else None
    documented = (
        docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0
    )
    return node.end_lineno - node.lineno + 1 - documented


if __name__ == "__main__":
    sys.exit(publish("style", main(sys.argv[1:])))
