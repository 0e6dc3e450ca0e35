"""Local rules against their formulas, by autograd and by hand."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.architecture import Architecture, initialise
from engine.credit.dfa import DFA
from engine.credit.estimator import normalise
from engine.forward import ForwardPass
from engine.local_training import LocalLearner, Mixture
from engine.nets import ResidualMLP
from engine.parameters import TrainLocal
from engine.rules import (
    RULES,
    block_gradients,
    cosine,
    embedding_gradient,
    head_gradient,
    inner_product,
    target_shift,
)
from engine.snapshot import Snapshot

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


def objective(
    rule: str, h: torch.Tensor, output: torch.Tensor, credit: torch.Tensor
) -> torch.Tensor:
    """The batch mean of what block l minimises, as the definitions write it."""
    if rule == "inner_product":
        return (output * credit).sum(-1).mean()
    if rule == "cosine":
        return F.cosine_similarity(output, credit, dim=-1).mean()
    target = (h + output).detach() - ETA * credit
    return 0.5 * (h + output - target).square().sum(-1).mean()


@pytest.mark.parametrize("rule", list(RULES))
def test_block_gradients_are_those_of_each_blocks_own_objective(rule: str) -> None:
    """Every block's gradient is autograd's of its objective with h_l and credit detached, so no
    block's loss reaches another.
    """
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
            expected = torch.autograd.grad(
                objective(rule, h, output, credit[level][replica]), list(own.values())
            )
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
    torch.testing.assert_close(
        into["blocks.0.w2"], torch.einsum("rbi,rbo->rio", active, credit) / 8
    )
    torch.testing.assert_close(into["blocks.0.b2"], credit.mean(1))


def test_target_shift_by_hand() -> None:
    """At its own target's state the gradient of the shift objective is eta times the credit."""
    credit = draw(2, 8, 16)

    torch.testing.assert_close(target_shift(draw(2, 8, 16, seed=2), credit, 0.3), 0.3 * credit)


def test_cosine_is_blind_to_the_credits_length_and_orthogonal_to_the_output() -> None:
    """Scaling the credit changes nothing, the gradient never lengthens F, and a vanishing credit
    gives none.
    """
    output, credit = draw(2, 8, 16), draw(2, 8, 16, seed=2)

    gradient = cosine(output, credit, ETA)

    torch.testing.assert_close(cosine(output, 7 * credit, ETA), gradient)
    torch.testing.assert_close(
        (gradient * output).sum(-1), torch.zeros(2, 8, dtype=torch.float64), atol=1e-12, rtol=0
    )
    assert cosine(output, torch.zeros_like(credit), ETA).count_nonzero() == 0


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_cosine_passes_on_credit_that_is_not_finite(number: float) -> None:
    """A diverged estimator gives a gradient that is not finite, so that the run is seen to fail."""
    output, credit = draw(2, 8, 16), draw(2, 8, 16, seed=2)
    credit[0, 0, 0] = number

    gradient = cosine(output, credit, ETA)

    assert gradient[0, 0].isnan().any()
    assert gradient[0, 1:].isfinite().all()


def test_credit_is_taken_at_the_input_but_for_target_shift() -> None:
    """Block l uses a_l; under target shift it uses a_{l+1}, the credit of the state that is to
    move.
    """
    assert RULES["inner_product"].levels([0, 2]) == [0, 2]
    assert RULES["cosine"].levels([0, 2]) == [0, 2]
    assert RULES["target_shift"].levels([0, 2]) == [1, 3]
    torch.testing.assert_close(
        inner_product(draw(1, 1, 1), draw(1, 1, 1, seed=2), ETA), draw(1, 1, 1, seed=2)
    )


def plain_objective(
    p: dict[str, torch.Tensor], x: torch.Tensor, y: torch.Tensor, rule: str, credit: torch.Tensor
) -> torch.Tensor:
    """What one replica minimises under local learning, as one sum: every part sees its input as a
    constant.
    """
    levels = RULES[rule].levels(range(3))
    h = x @ p["embed.weight"] + p["embed.bias"]
    # The embedding is a block without skip.
    total = objective(rule, torch.zeros_like(h), h, credit[0])
    for level in range(3):
        b, h = f"blocks.{level}.", h.detach()
        scaled = F.layer_norm(h, (16,), p[b + "norm.weight"], p[b + "norm.bias"])
        output = F.gelu(scaled @ p[b + "w1"] + p[b + "b1"]) @ p[b + "w2"] + p[b + "b2"]
        total = total + objective(rule, h, output, credit[levels[level]])
        h = h + output
    final = F.layer_norm(h.detach(), (16,), p["norm.weight"], p["norm.bias"])
    return total + F.cross_entropy(final @ p["head.weight"] + p["head.bias"], y)


@pytest.mark.parametrize("credit", ["normalised", "raw"])
@pytest.mark.parametrize("rule", list(RULES))
def test_a_local_step_follows_autograd_of_the_sum_of_all_objectives(rule: str, credit: str) -> None:
    """The gradient of one step of local training is, for every parameter, that of the detached
    parts' objectives together.
    """
    forward = forward_pass()
    own = TrainLocal(epoch=1, rule=rule, credit=credit, eta=ETA)
    dfa = DFA([None] * 2, SEEDS, SHAPE, "cpu", torch.float64)
    a = dfa.credit(forward, range(4))
    weights = {name: view.clone() for name, view in forward.network.weights.items()}
    learner = LocalLearner(Snapshot(forward.network, own), Mixture(dfa, [own] * 2), None, [own] * 2)

    learner.step(forward.x, forward.y)

    if credit == "normalised":
        a = a / (a.square().mean(-1, keepdim=True).sqrt() + 1e-6)
    for replica in range(2):
        p = {name: view[replica].requires_grad_() for name, view in weights.items()}
        total = plain_objective(p, forward.x[replica], forward.y[replica], rule, a[replica])
        for name, expected in zip(p, torch.autograd.grad(total, list(p.values())), strict=True):
            torch.testing.assert_close(learner.snapshot.gradient[name][replica], expected, msg=name)


@given(scale=st.floats(1e-3, 1e3), seed=st.integers(0, 2**30))
@settings(max_examples=25, deadline=None)
def test_normalised_credit_knows_direction_only(scale: float, seed: int) -> None:
    """Credit far above the floor of 1e-6 is normalised to unit RMS whatever its length, and negated
    where it is negated.
    """
    credit = draw(4, 16, seed=seed)

    found = normalise(scale * credit)

    torch.testing.assert_close(found, normalise(credit), rtol=5e-3, atol=0)
    torch.testing.assert_close(normalise(-scale * credit), -found)
    assert ((found.square().mean(-1).sqrt() - 1).abs() < 5e-3).all()
