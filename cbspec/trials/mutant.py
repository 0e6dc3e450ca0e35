"""A mutant: one small change of one definition of the engine."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

import libcst as cst
import msgspec
from libcst.metadata import MetadataWrapper, PositionProvider

from cbspec.trials.operators import mutations

# Nothing below these changes a value that a run computes with
SKIPPED = (
    cst.Annotation,
    cst.Decorator,
    cst.Import,
    cst.ImportFrom,
    cst.Raise,
    cst.Assert,
    cst.BaseString,
    cst.FormattedString,
)


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """One change.

    Attributes:
        name: a short hash of the definition's file and the mutated text, equal for equal changes.
        definition: ``"engine/rules.py:inner_product"``.
        line, last: the lines of the changed statement, from 1.
        in_function: whether the statement runs when a function is called, not on import.
        operator: the kind of mistake.
        before, after: the changed expression or statement, in one line.
        text: the content of the file with the change.
    """

    name: str
    definition: str
    line: int
    last: int
    in_function: bool
    operator: str
    before: str
    after: str
    text: str

    @property
    def path(self) -> str:
        """Return the file, relative to the project."""
        return self.definition.partition(":")[0]

    @property
    def lines(self) -> range:
        """Return the lines of the statement that is changed."""
        return range(self.line, self.last + 1)


class Site(NamedTuple):
    """A place where a mutant can be made: an operator that applies to a node of a file."""

    file: SourceFile
    definition: str
    statement: cst.CSTNode
    in_function: bool
    node: cst.CSTNode
    operator: str
    changed: cst.CSTNode

    @property
    def line(self) -> int:
        """Return the line of the statement, counted from 1."""
        return self.file.positions[self.statement].start.line


class SourceFile:
    """A file of the engine, parsed.

    Args:
        path: the file, relative to the root.
    """

    def __init__(self, root: Path, path: str) -> None:
        self.path = path
        text = (root / path).read_text(encoding="utf-8")
        wrapper = MetadataWrapper(cst.parse_module(text))
        self.module = wrapper.module
        self.positions = wrapper.resolve(PositionProvider)
        self.tree = ast.dump(ast.parse(text))

    def sites(self, definitions: Collection[str]) -> Iterator[Site]:
        """Yield the sites of the file, from top to bottom.

        Args:
            definitions: the qualified names that may be changed.
        """
        for place, statement, node in _nodes(self.module):
            definition = place.rstrip(".").removesuffix("()")
            if definition in definitions:
                within = _in_function(place)
                for operator, changed in mutations(node):
                    yield Site(self, definition, statement, within, node, operator, changed)


def made_at(site: Site) -> Mutant | None:
    """Return the mutant of a site; None if the compiled code would be the same."""
    file = site.file
    module = file.module.deep_replace(site.node, site.changed)
    assert isinstance(module, cst.Module)  # what is replaced lies within it
    text = module.code
    if not _differs(text, file.tree):
        return None
    place = file.positions[site.statement]
    return Mutant(
        name=hashlib.sha256(f"{file.path}\n{text}".encode()).hexdigest()[:10],
        definition=f"{file.path}:{site.definition}",
        line=place.start.line,
        last=place.end.line,
        in_function=site.in_function,
        operator=site.operator,
        before=_line(file.module, site.node),
        after=_line(file.module, site.changed),
        text=text,
    )


def _nodes(module: cst.Module) -> Iterator[tuple[str, cst.CSTNode, cst.CSTNode]]:
    """Yield (definition, the statement a node stands in, node) of all that may be changed.

    A function's name ends in ``()``.
    """
    for statement in module.body:
        yield from _within(statement, "", statement)


def _within(
    node: cst.CSTNode, definition: str, statement: cst.CSTNode
) -> Iterator[tuple[str, cst.CSTNode, cst.CSTNode]]:
    if isinstance(node, SKIPPED) or _names_a_type(node):
        return
    inside = definition
    if isinstance(node, cst.FunctionDef | cst.ClassDef) and not _in_function(definition):
        inside = f"{definition}{node.name.value}"
        if isinstance(node, cst.FunctionDef):
            inside += "()"
        else:
            inside += "."
    elif not definition and isinstance(node, cst.SimpleStatementLine):
        inside = _bound(node)
    if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement):
        statement = node
    yield inside, _head(statement), node
    for child in node.children:
        yield from _within(child, inside, statement)


def _names_a_type(node: cst.CSTNode) -> bool:
    """Tell whether a statement is an annotation with a name: ``Rate = Annotated[float, ...]``."""
    if not isinstance(node, cst.Assign):
        return False
    value = node.value
    if isinstance(value, cst.Subscript):
        return isinstance(value.value, cst.Name) and value.value.value == "Annotated"
    function = value.func if isinstance(value, cst.Call) else None
    return isinstance(function, cst.Name) and function.value == "TypeVar"


def _in_function(definition: str) -> bool:
    return definition.endswith("()")


def _bound(statement: cst.SimpleStatementLine) -> str:
    """Return the name that a statement at module level binds, which counts as a definition."""
    first = statement.body[0]
    target: cst.CSTNode | None = None
    if isinstance(first, cst.Assign):
        target = first.targets[0].target
    elif isinstance(first, cst.AnnAssign):
        target = first.target
    return target.value if isinstance(target, cst.Name) else "<module>"


def _head(statement: cst.CSTNode) -> cst.CSTNode:
    """Return the part of a compound statement that runs first: its test or its iterable."""
    if isinstance(statement, cst.If | cst.While):
        return statement.test
    if isinstance(statement, cst.For):
        return statement.iter
    return statement


def _differs(mutated: str, original: str) -> bool:
    """Tell whether a change is valid Python that compiles to other code."""
    try:
        return ast.dump(ast.parse(mutated)) != original
    except SyntaxError:
        return False


def _line(module: cst.Module, node: cst.CSTNode) -> str:
    """Return a node's code in one line of at most 60 characters."""
    words = " ".join(module.code_for_node(node).split())
    return words if len(words) <= 60 else f"{words[:57]}..."
