"""Local rules against their formulas, by autograd and by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from engine.forward import ForwardPass
from engine.nets import Architecture, ResidualMLP, initialise
from engine.rules import RULES, block_gradients, cosine, embedding_gradient, head_gradient, inner_product, target_shift

SEEDS = (42, 123)
SHAPE = Architecture(inputs=32, width=16, depth=3)
ETA = 0.3


def draw(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def forward_pass() -> ForwardPass:
    weights = initialise(SHAPE, SEEDS, "cpu").to(torch.float64)
    weights.flat += 0.2 * draw(*weights.flat.shape)
    y = torch.randint(10, (2, 8), generator=torch.Generator().manual_seed(3))
    return ForwardPass(ResidualMLP(SHAPE, weights), draw(2, 8, 32), y)


def objective(rule: str, h: torch.Tensor, output: torch.Tensor, credit: torch.Tensor) -> torch.Tensor:
    """The batch mean of what block l minimises, as the definitions write it."""
    if rule == "inner_product":
        return (output * credit).sum(-1).mean()
    if rule == "cosine":
        return F.cosine_similarity(output, credit, dim=-1).mean()
    target = (h + output).detach() - ETA * credit
    return 0.5 * (h + output - target).square().sum(-1).mean()


@pytest.mark.parametrize("rule", list(RULES))
def test_block_gradients_are_those_of_each_blocks_own_objective(rule: str) -> None:
    """Every block's gradient is autograd's of its objective with h_l and credit detached, so no block's loss reaches another."""
    forward, credit = forward_pass(), [draw(2, 8, 16, seed=level) for level in range(3)]
    network = forward.network
    into = network.weights.like()

    block_gradients(forward, range(3), credit, RULES[rule], ETA, into)

    for replica in range(2):
        for level in range(3):
            names = [name for name in into if name.startswith(f"blocks.{level}.")]
            own = {name: network.weights[name][replica].clone().requires_grad_() for name in names}
            p = {name.removeprefix(f"blocks.{level}."): value for name, value in own.items()}
            h = forward.trace.hidden[level][replica]
            scaled = F.layer_norm(h, (16,), p["norm.weight"], p["norm.bias"])
            output = F.gelu(scaled @ p["w1"] + p["b1"]) @ p["w2"] + p["b2"]
            expected = torch.autograd.grad(objective(rule, h, output, credit[level][replica]), list(own.values()))
            for name, gradient in zip(names, expected, strict=True):
                torch.testing.assert_close(into[name][replica], gradient, msg=name)


def test_no_rule_touches_what_is_not_its_own() -> None:
    """Block 1 alone leaves every other gradient untouched; embedding and head write theirs only."""
    forward = forward_pass()
    rule, credit = RULES["inner_product"], draw(2, 8, 16)

    touched = {}
    for part, write in {
        "blocks.1.": lambda into: block_gradients(forward, [1], [credit], rule, ETA, into),
        "embed.": lambda into: embedding_gradient(forward, credit, rule, ETA, into),
        ("norm.", "head."): lambda into: head_gradient(forward, into),
    }.items():
        into = forward.network.weights.like()
        write(into)
        touched[part] = {name for name, view in into.items() if view.count_nonzero()}

    for part, names in touched.items():
        assert names == {name for name in forward.network.weights if name.startswith(part)}


def test_inner_product_by_hand() -> None:
    """The gradient of mean <F, a> in W2 is activation^T a / batch, and in b2 the mean of a."""
    forward, credit = forward_pass(), draw(2, 8, 16)
    into = forward.network.weights.like()

    block_gradients(forward, [0], [credit], RULES["inner_product"], ETA, into)

    active = forward.trace.blocks[0].active
    torch.testing.assert_close(into["blocks.0.w2"], torch.einsum("rbi,rbo->rio", active, credit) / 8)
    torch.testing.assert_close(into["blocks.0.b2"], credit.mean(1))


def test_target_shift_by_hand() -> None:
    """At its own target's state the gradient of the shift objective is eta times the credit."""
    credit = draw(2, 8, 16)

    torch.testing.assert_close(target_shift(draw(2, 8, 16, seed=2), credit, 0.3), 0.3 * credit)


def test_cosine_is_blind_to_the_credits_length_and_orthogonal_to_the_output() -> None:
    """Scaling the credit changes nothing, the gradient never lengthens F, and a vanishing credit gives none."""
    output, credit = draw(2, 8, 16), draw(2, 8, 16, seed=2)

    gradient = cosine(output, credit, ETA)

    torch.testing.assert_close(cosine(output, 7 * credit, ETA), gradient)
    torch.testing.assert_close((gradient * output).sum(-1), torch.zeros(2, 8, dtype=torch.float64), atol=1e-12, rtol=0)
    assert cosine(output, torch.zeros_like(credit), ETA).count_nonzero() == 0


def test_credit_is_taken_at_the_input_but_for_target_shift() -> None:
    """Block l uses a_l; under target shift it uses a_{l+1}, the credit of the state that is to move."""
    assert RULES["inner_product"].levels([0, 2]) == [0, 2]
    assert RULES["cosine"].levels([0, 2]) == [0, 2]
    assert RULES["target_shift"].levels([0, 2]) == [1, 3]
    torch.testing.assert_close(inner_product(draw(1, 1, 1), draw(1, 1, 1, seed=2), ETA), draw(1, 1, 1, seed=2))
