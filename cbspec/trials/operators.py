"""The operators that make mutants: the general ones of mutmut, and mistakes of this field.

An operator takes a node of the concrete syntax tree, and yields replacements for it.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Iterator

import libcst as cst
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal

Operator = Callable[[cst.CSTNode], Iterable[cst.CSTNode]]

# Those of mutmut that change a value. The others break a name, a string or a type, which every run
# notices as an error: they would raise the share of noticed mutants and show nothing.
GENERAL = (
    "operator_number",
    "operator_name",
    "operator_augmented_assignment",
    "operator_remove_unary_ops",
    "operator_keywords",
    "operator_swap_op",
    "operator_if_exp",
)

OPPOSITE = {
    "mean": "sum",
    "sum": "mean",
    "max": "min",
    "min": "max",
    "argmax": "argmin",
    "argmin": "argmax",
    "maximum": "minimum",
    "minimum": "maximum",
    "zeros": "ones",
    "zeros_like": "ones_like",
}
REMOVABLE = ("detach", "clamp", "abs", "sqrt", "exp", "log", "tanh", "relu", "sigmoid", "softmax")
NORMALISERS = ("normalise", "normalize", "standardise", "standardize", "clip", "relu", "softmax")
ARITHMETIC = (cst.Multiply, cst.MatrixMultiply, cst.Divide, cst.Subtract)


def sign(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Flip the sign of a product, quotient or difference."""
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, ARITHMETIC):
        inner = node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield cst.UnaryOperation(
            cst.Minus(), inner, lpar=[cst.LeftParen()], rpar=[cst.RightParen()]
        )


def constant_scaled(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Scale a constant by a tenth, as a wrong unit or a wrong coefficient would."""
    if isinstance(node, cst.Float):
        value = node.evaluated_value * 1.1
        if value != node.evaluated_value:
            yield node.with_changes(value=repr(value))


def off_by_one(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Read one place before a variable index, and end a range one step early."""
    one = cst.Integer("1")
    if isinstance(node, cst.Index) and _variable(node.value):
        yield node.with_changes(value=cst.BinaryOperation(node.value, cst.Subtract(), one))
    if isinstance(node, cst.Call) and _called(node) == "range" and node.args:
        stop = 0 if len(node.args) == 1 else 1
        arguments = list(node.args)
        bound = arguments[stop].value.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        earlier = cst.BinaryOperation(bound, cst.Subtract(), one)
        arguments[stop] = arguments[stop].with_changes(value=earlier)
        yield node.with_changes(args=arguments)


def reduction_swapped(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Take the mean for the sum, the smallest for the largest, and the like."""
    if isinstance(node, cst.Attribute) and node.attr.value in OPPOSITE:
        yield node.with_changes(attr=cst.Name(OPPOSITE[node.attr.value]))


def call_removed(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Use a value without `detach`, clamp, root or normalisation."""
    if not isinstance(node, cst.Call):
        return
    if isinstance(node.func, cst.Attribute) and node.func.attr.value in REMOVABLE:
        of_module = isinstance(node.func.value, cst.Name) and node.func.value.value in (
            "torch",
            "F",
        )
        if not of_module:
            yield node.func.value
        elif node.args:
            yield node.args[0].value
    elif _called(node) in NORMALISERS and node.args:
        yield node.args[0].value


def seed_ignored(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Pass a fixed seed."""
    if not isinstance(node, cst.Arg):
        return
    name = node.value
    if isinstance(name, cst.Attribute):
        name = name.attr
    if isinstance(name, cst.Name) and name.value == "seed":
        yield node.with_changes(value=cst.Integer("0"))


def condition_negated(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Take the other branch."""
    if isinstance(node, cst.If):
        test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
        yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def statement_dropped(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Leave out a call or an update: a schedule that is not stepped, a state that is dropped."""
    if isinstance(node, cst.SimpleStatementLine) and len(node.body) == 1:
        [statement] = node.body
        called = isinstance(statement, cst.Expr) and isinstance(statement.value, cst.Call)
        if called or isinstance(statement, cst.AugAssign):
            yield node.with_changes(body=[cst.Pass()])


def argument_dropped(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Leave out an argument. mutmut also puts None in its place, which hardly anything survives."""
    if isinstance(node, cst.Call):
        for changed in operator_arg_removal(node):
            if len(changed.args) < len(node.args):
                yield changed


FIELD: tuple[Operator, ...] = (
    sign,
    constant_scaled,
    off_by_one,
    reduction_swapped,
    call_removed,
    seed_ignored,
    condition_negated,
    statement_dropped,
    argument_dropped,
)


def mutations(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode]]:
    """Yield (operator, replacement of the node)."""
    for kind, general in mutation_operators:
        if general.__name__ in GENERAL and isinstance(node, kind):
            for changed in general(node):
                yield general.__name__.removeprefix("operator_"), changed
    for operator in FIELD:
        for changed in operator(node):
            yield operator.__name__, changed


def _called(node: cst.Call) -> str:
    """Return the name of a function that is called by its bare name."""
    return node.func.value if isinstance(node.func, cst.Name) else ""


def _variable(node: cst.BaseExpression) -> bool:
    """Tell whether a name is a variable's: that of a type in brackets begins with a capital."""
    if not isinstance(node, cst.Name):
        return False
    return node.value.islower() and not hasattr(builtins, node.value)
