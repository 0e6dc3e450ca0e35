"""The credit that blocks learn from: blends, noise, rescaled DFA, the warm-up."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from engine.architecture import Architecture, initialise
from engine.credit.dfa import DFA
from engine.credit.estimator import Estimator, normalise
from engine.credit.oracle import Oracle
from engine.forward import ForwardPass
from engine.local_training import Mixture
from engine.nets import ResidualMLP
from engine.parameters import TrainLocal
from tests.support.local_training import FIELD, SIZES, initial_snapshots, with_estimators


def test_warm_up_is_dfa_alone(runner: Any) -> None:
    """While the warm-up lasts, the networks are bit for bit those of a DFA run; afterwards they are
    not.
    """
    start = initial_snapshots(runner, (42,))
    dfa = runner.run("train_local", with_estimators(runner, start), points=[2, 3], epoch=3, **SIZES)

    warm = runner.run(
        "train_local",
        with_estimators(runner, start, "vector_field", **FIELD),
        points=[2, 3],
        epoch=3,
        warmup=0.25,
        **SIZES,
    )

    names = [name for name in dfa.out[0, 2].tensors if name.startswith("blocks.")]
    assert all(
        torch.equal(warm.out[0, 2].tensors[name], dfa.out[0, 2].tensors[name]) for name in names
    )
    assert not torch.equal(
        warm.out[0, 3].tensors["blocks.0.w1"], dfa.out[0, 3].tensors["blocks.0.w1"]
    )


@pytest.mark.parametrize("estimator", [Oracle, DFA])
@pytest.mark.parametrize("credit", ["normalised", "raw"])
def test_mixtures_by_their_formulas(estimator: type[Estimator], credit: str) -> None:
    """Blend, gaussian and rescaled DFA are what the definitions write, replica by replica, with raw
    and normalised credit, and where DFA itself is the estimator.
    """
    shape, seeds = Architecture(32, 16, 2), (42, 42, 42)
    x = torch.randn(3, 8, 32, generator=torch.Generator().manual_seed(1))
    forward = ForwardPass(
        ResidualMLP(shape, initialise(shape, seeds, "cpu")), x, torch.arange(24).view(3, 8) % 10
    )
    other = estimator([None] * 3, seeds, shape, "cpu")
    sources = ["estimator", "gaussian", "dfa_rescaled"]
    parameters = [
        TrainLocal(epoch=1, blend=0.75, source=source, credit=credit) for source in sources
    ]
    mixture = Mixture(other, parameters)

    found = mixture.credit(forward, range(2))

    scale = normalise if credit == "normalised" else torch.clone
    own, dfa = (
        scale(other.credit(forward, range(2))),
        scale(DFA([None] * 3, seeds, shape, "cpu").credit(forward, range(2))),
    )
    blend = 0.75 * own + 0.25 * dfa
    torch.testing.assert_close(found[0], blend[0])
    noise = (found[1] - 0.25 * dfa[1]) / 0.75
    assert abs(noise.std() - 1) < 0.1
    torch.testing.assert_close(found[2].norm(dim=-1), blend[2].norm(dim=-1))
    torch.testing.assert_close(torch.cosine_similarity(found[2], dfa[2], -1), torch.ones(2, 8))


def test_dfa_that_vanishes_is_not_rescaled() -> None:
    """Where DFA's credit is 0, so is its rescaled credit, whatever the blend's length."""
    shape = Architecture(32, 16, 2)
    forward = ForwardPass(
        ResidualMLP(shape, initialise(shape, (42,), "cpu")),
        torch.ones(1, 8, 32),
        torch.arange(8).view(1, 8),
    )
    oracle = Oracle([None], (42,), shape, "cpu")
    mixture = Mixture(oracle, [TrainLocal(epoch=1, blend=0.75, source="dfa_rescaled")])
    mixture.dfa.feedback[:, 0] = 0.0

    found = mixture.credit(forward, range(2))

    assert found[:, 0].count_nonzero() == 0
    assert found[:, 1].norm() > 0
    assert found.isfinite().all()


@pytest.mark.parametrize("share", [0.07, 0.14, 0.28, 0.55, 0.56])
def test_a_warm_up_ends_with_its_share_of_the_epochs(share: float) -> None:
    """Of 100 epochs the first hundred times the share are DFA's, though in floats that is more."""
    shape, end = Architecture(32, 16, 2), round(100 * share)
    forward = ForwardPass(
        ResidualMLP(shape, initialise(shape, (42,), "cpu")),
        torch.ones(1, 8, 32),
        torch.arange(8).view(1, 8),
    )
    oracle = Oracle([None], (42,), shape, "cpu")
    mixture = Mixture(oracle, [TrainLocal(epoch=100, epochs=100, warmup=share)])

    mixture.begin(end - 1)
    warm = mixture.credit(forward, range(2))
    mixture.begin(end)
    trained = mixture.credit(forward, range(2))

    assert torch.equal(warm, normalise(mixture.dfa.credit(forward, range(2))))
    assert torch.equal(trained, normalise(oracle.credit(forward, range(2))))


def test_dfa_is_the_same_beside_a_replica_with_noise() -> None:
    """A blend of DFA with DFA is DFA to the last bit, whatever shares its batch."""
    shape = Architecture(32, 16, 2)
    x = torch.randn(1, 8, 32, generator=torch.Generator().manual_seed(1)).expand(2, -1, -1)
    forward = ForwardPass(
        ResidualMLP(shape, initialise(shape, (42, 42), "cpu")), x, torch.arange(16).view(2, 8) % 8
    )
    dfa = DFA([None] * 2, (42, 42), shape, "cpu")
    sources = ["dfa_rescaled", "gaussian"]
    mixture = Mixture(dfa, [TrainLocal(epoch=1, blend=0.7, source=source) for source in sources])

    beside, alone = mixture.credit(forward, range(2))[0], normalise(dfa.credit(forward, range(2)))

    assert torch.equal(beside, alone[0])


def test_gaussian_noise_is_new_at_every_step_and_the_epochs_own() -> None:
    """Two steps and two epochs draw other noise; the same epoch of the same seed begins with the
    same.
    """
    shape = Architecture(32, 16, 2)
    forward = ForwardPass(
        ResidualMLP(shape, initialise(shape, (42,), "cpu")),
        torch.ones(1, 8, 32),
        torch.arange(8).view(1, 8),
    )
    mixture = Mixture(
        Oracle([None], (42,), shape, "cpu"), [TrainLocal(epoch=1, blend=0.75, source="gaussian")]
    )
    drawn = {}

    for time, epoch in enumerate((0, 1, 0)):
        mixture.begin(epoch)
        drawn[time] = [mixture.credit(forward, range(2)) for _ in range(2)]

    assert not torch.equal(drawn[0][0], drawn[0][1])
    assert not torch.equal(drawn[0][0], drawn[1][0])
    assert all(torch.equal(*pair) for pair in zip(drawn[0], drawn[2], strict=True))


def test_the_estimator_learns_along_during_the_warm_up(runner: Any) -> None:
    """Half of eight epochs of warm-up: by epoch 4 the field has taken every step, on the states
    that DFA taught.
    """
    inputs = with_estimators(runner, initial_snapshots(runner, (42,)), "vector_field", **FIELD)

    job = runner.run("train_local", inputs, points=[4], epoch=4, warmup=0.5, **SIZES)

    tensors = job.out[0, 4].tensors
    assert tensors["estimator.optimiser.step"] == 4 * 5
    assert not torch.equal(tensors["estimator.w1"], inputs[0]["estimator"].tensors["w1"])
