"""What every estimator of the catalog has in common: credit at any levels, no side effects, no
hidden gradient.
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
import torch

from engine.architecture import Architecture, initialise
from engine.catalog import STAGES
from engine.credit.estimator import Estimator
from engine.forward import ForwardPass
from engine.nets import ResidualMLP

SEEDS = (42, 123)
SHAPE = Architecture(inputs=32, width=16, depth=3)
KINDS = {stage.name: stage for stage in STAGES if stage.kind == "estimator" and stage.opens}
LEARNED = [name for name, stage in KINDS.items() if stage.progress]


def forward_pass(dtype: torch.dtype = torch.float64, size: int = 8) -> ForwardPass:
    stream = torch.Generator().manual_seed(5)
    x = torch.randn(2, size, 32, generator=stream, dtype=torch.float64).to(dtype)
    y = torch.randint(10, (2, size), generator=stream)
    return ForwardPass(ResidualMLP(SHAPE, initialise(SHAPE, SEEDS, "cpu").to(dtype)), x, y)


def estimator(name: str, dtype: torch.dtype = torch.float64) -> Estimator:
    chosen = {"hidden": 32} if name in LEARNED else {}
    parameters: Any = msgspec.convert(chosen, KINDS[name].parameters)
    own: Estimator = KINDS[name].opener([parameters] * 2, SEEDS, SHAPE, "cpu", dtype)
    own.begin("test", 0)
    return own


def test_the_catalog_names_the_estimators_of_the_memos() -> None:
    """DFA, oracle, state bridge, scalar bridge and vector field; the three bridges and fields are
    those that are fitted.
    """
    assert set(KINDS) == {"dfa", "oracle", "state_bridge", "scalar_bridge", "vector_field"}
    assert (
        {name for name in KINDS if estimator(name).fits}
        == set(LEARNED)
        == {"state_bridge", "scalar_bridge", "vector_field"}
    )


@pytest.mark.parametrize("name", KINDS)
def test_credit_of_a_level_does_not_depend_on_the_others(name: str) -> None:
    """Any selection of the levels 0..L, in any order, is that part of the credit at all levels
    `[replica, level, batch, d]`.
    """
    forward, own = forward_pass(), estimator(name)

    whole = own.credit(forward, range(4))

    assert whole.shape == (2, 4, 8, 16)
    torch.testing.assert_close(own.credit(forward, [3, 1]), whole[:, [3, 1]])
    torch.testing.assert_close(own.credit(forward, [0]), whole[:, :1])


@pytest.mark.parametrize("name", KINDS)
def test_credit_of_a_sample_does_not_depend_on_the_others(name: str) -> None:
    """Alone in its batch a sample gets the same credit; the oracle's is of the batch mean, so it
    carries one over the batch.
    """
    forward, own = forward_pass(), estimator(name)
    part = ForwardPass(forward.network, forward.x[:, 2:3], forward.y[:, 2:3])

    whole = own.credit(forward, range(4))[:, :, 2:3] * (8 if name == "oracle" else 1)

    torch.testing.assert_close(own.credit(part, range(4)), whole)


@pytest.mark.parametrize("name", KINDS)
def test_giving_credit_changes_nothing(name: str) -> None:
    """Asked twice, an estimator answers the same, and neither network nor states have moved."""
    forward, own = forward_pass(), estimator(name)
    before = [forward.network.weights.flat.clone(), forward.states.clone()]

    first, second = (own.credit(forward, range(4)) for _ in range(2))

    assert torch.equal(first, second)
    assert torch.equal(forward.network.weights.flat, before[0])
    assert torch.equal(torch.stack(forward.trace.hidden, 1), before[1])


@pytest.mark.parametrize("name", LEARNED)
def test_a_fitting_step_leaves_the_network_alone(name: str) -> None:
    """Fitting moves the estimator's weights of every replica and none of the network's."""
    forward, own = forward_pass(), estimator(name)
    network, weights = forward.network.weights.flat.clone(), own.network.weights.flat.clone()

    objective = own.fit(forward)

    assert objective.shape == (2,)
    assert torch.equal(forward.network.weights.flat, network)
    assert (own.network.weights.flat != weights).any(1).all()


@pytest.mark.parametrize("name", LEARNED)
def test_what_was_seen_once_serves_credit_and_fit(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After `see`, credit and fit of the batch are those of one that looks for each anew, by one
    run of the perceptron.
    """
    forward, own, twin = forward_pass(), estimator(name), estimator(name)
    expected = twin.credit(forward, range(3)), twin.fit(forward), twin.network.weights.flat
    runs: list[Any] = []
    run = own.network.forward
    monkeypatch.setattr(own.network, "forward", lambda x: (runs.append(x), run(x))[1])

    own.see(forward)
    found = own.credit(forward, range(3)), own.fit(forward), own.network.weights.flat

    torch.testing.assert_close(found, expected)
    assert len(runs) == 1


@pytest.mark.parametrize("name", LEARNED)
def test_what_was_seen_is_gone_once_weights_move_or_another_batch_comes(name: str) -> None:
    """Credit after a fit is by the new weights, and credit of another batch is its own."""
    forward, other, own, twin = (
        forward_pass(),
        forward_pass(size=5),
        estimator(name),
        estimator(name),
    )
    twin.fit(forward)

    own.see(forward)
    of_other = own.credit(other, range(3))
    own.fit(forward)

    torch.testing.assert_close(of_other, estimator(name).credit(other, range(3)))
    torch.testing.assert_close(own.credit(forward, range(3)), twin.credit(forward, range(3)))


@pytest.mark.parametrize("name", [name for name in KINDS if name != "oracle"])
def test_no_estimator_but_the_oracle_goes_back_through_a_block(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the blocks' backward pass out of reach all but the oracle fit and give credit: none sees
    a hidden gradient.
    """

    def refuse(*_: Any) -> None:
        raise AssertionError("hidden gradient")

    for backward in ("pull_back", "block_backward"):
        monkeypatch.setattr(ResidualMLP, backward, refuse)
    forward, own = forward_pass(), estimator(name)

    if own.fits:
        own.fit(forward)
    own.credit(forward, range(4))

    with pytest.raises(AssertionError, match="hidden gradient"):
        estimator("oracle").credit(forward, range(4))


@pytest.mark.parametrize("name", KINDS)
def test_stored_estimators_give_the_same_credit(name: str) -> None:
    """What `of` gives of each replica is all that a fresh estimator needs, replicas in another
    order included.
    """
    forward, own = forward_pass(torch.float32), estimator(name, torch.float32)
    if own.fits:
        own.fit(forward)
    stored = [own.of(replica, "here.") for replica in range(2)]

    fresh = estimator(name, torch.float32)
    fresh.load(stored, "here.")

    assert torch.equal(fresh.credit(forward, range(4)), own.credit(forward, range(4)))
    if own.fits:
        fresh.load(stored[::-1], "here.")
        assert torch.equal(fresh.network.weights.flat, own.network.weights.flat.flip(0))


@pytest.mark.parametrize("name", KINDS)
def test_single_precision_agrees_with_double(name: str) -> None:
    """The same weights give the same credit in float32 up to its rounding."""
    double = estimator(name).credit(forward_pass(), range(4))

    single = estimator(name, torch.float32).credit(forward_pass(torch.float32), range(4))

    torch.testing.assert_close(
        single.double(), double, rtol=1e-3, atol=1e-5 * double.abs().max().item()
    )
