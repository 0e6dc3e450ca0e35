"""The mistakes that a mutant is made of."""

from __future__ import annotations

import libcst as cst
import pytest

from cbspec.trials.operators import mutations


def changed(code: str, operator: str) -> list[str]:
    """Return a statement with each change that an operator makes of it."""
    module = cst.parse_module(code + "\n")
    results: list[str] = []

    def visit(node: cst.CSTNode) -> None:
        for name, other in mutations(node):
            if name == operator:
                mutated = module.deep_replace(node, other)
                assert isinstance(mutated, cst.Module)
                results.append(mutated.code.strip())
        for child in node.children:
            visit(child)

    visit(module)
    return results


@pytest.mark.parametrize(
    ("operator", "before", "after"),
    [
        ("sign", "x = a * b", ["x = (-(a * b))"]),
        ("constant_scaled", "rate = 0.5", ["rate = 0.55"]),
        ("off_by_one", "x = series[step]", ["x = series[step - 1]"]),
        ("off_by_one", "x = Mapping[str]", []),
        ("off_by_one", "list(range(1, n))", ["list(range(1, (n) - 1))"]),
        ("reduction_swapped", "x = loss.mean(0)", ["x = loss.sum(0)"]),
        ("call_removed", "x = h.detach()", ["x = h"]),
        ("call_removed", "x = torch.sqrt(v)", ["x = v"]),
        ("call_removed", "x = normalise(credit, eps)", ["x = credit"]),
        ("seed_ignored", "draw(replica.seed, n)", ["draw(0, n)"]),
        ("condition_negated", "if a: b()", ["if not (a): b()"]),
        ("statement_dropped", "optimiser.step()", ["pass"]),
        ("statement_dropped", "total += loss", ["pass"]),
        ("argument_dropped", "x = f(a, b)", ["x = f(b)", "x = f(a, )"]),
        ("number", "x = a + 2", ["x = a + 3"]),
        ("swap_op", "x = a < b", ["x = a <= b"]),
    ],
)
def test_an_operator_makes_one_mistake(operator, before, after):
    """Each operator changes what it is for, and leaves the rest of the statement."""
    assert changed(before, operator) == after


def test_a_text_is_left_alone():
    """What a string says is no mistake of a computation, and breaks a run at best."""
    module = cst.parse_module('x = "words"\n')

    assert list(mutations(module.body[0].body[0].value)) == []
