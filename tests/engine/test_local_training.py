"""Local training: branches, resumption, replicas, blends and controls."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F
from tests.engine.test_training import Plain

from engine.architecture import Architecture, initialise
from engine.credit.dfa import DFA
from engine.credit.estimator import normalise
from engine.credit.oracle import Oracle
from engine.credit.vector_field import VectorField
from engine.forward import ForwardPass
from engine.local_training import Mixture
from engine.nets import ResidualMLP
from engine.parameters import TrainLocal
from engine.randomness import epoch_order
from engine.tasks import open_task

SEEDS = (42, 123, 456)
SIZES: dict[str, Any] = {"epochs": 8, "batch_size": 32}
FIELD: dict[str, Any] = {"epochs": 0, "hidden": 16, "directions": 2}


def initial(laboratory: Any, seeds: tuple[int, ...] = SEEDS) -> list[dict[str, Any]]:
    """Epoch-0 snapshots."""
    job = laboratory.run("train_bp", laboratory.tasks(seeds), epoch=0, width=16, depth=2, **SIZES)
    return [{"snapshot": artifact} for artifact in laboratory.column(job)]


def given(
    laboratory: Any,
    snapshots: list[dict[str, Any]],
    stage: str = "dfa",
    each: Any = (),
    **chosen: Any,
) -> list[dict[str, Any]]:
    """Snapshots with an estimator each."""
    job = laboratory.run(stage, snapshots, each=each, **chosen)
    return [
        own | {"estimator": artifact}
        for own, artifact in zip(snapshots, laboratory.column(job), strict=True)
    ]


def equal(first: Any, second: Any) -> bool:
    """Bit for bit, and the same figures."""
    tensors = all(torch.equal(first.tensors[name], second.tensors[name]) for name in first.tensors)
    return (
        tensors
        and first.tensors.keys() == second.tensors.keys()
        and (first.measures, first.series) == (second.measures, second.series)
    )


def test_a_branch_that_continues_is_the_uninterrupted_run(laboratory: Any) -> None:
    """DFA branched from its own checkpoint at epoch 3 is bit for bit the run that was never interrupted."""
    start = initial(laboratory)
    whole = laboratory.run("train_local", given(laboratory, start), points=[3, 8], epoch=8, **SIZES)
    checkpoints = [{"snapshot": artifact} for artifact in laboratory.column(whole, 3)]

    branch = laboratory.run("train_local", given(laboratory, checkpoints), epoch=8, **SIZES)

    assert all(equal(branch.out[replica, 8], whole.out[replica, 8]) for replica in range(3))


def test_a_resumed_run_carries_its_estimator_on(laboratory: Any) -> None:
    """A blended run with a trained field, resumed at epoch 3, ends bit for bit as the uninterrupted one, field included."""
    inputs = given(laboratory, initial(laboratory), "vector_field", **FIELD)
    whole = laboratory.run("train_local", inputs, points=[3, 6], epoch=6, blend=0.75, **SIZES)

    rest = laboratory.run(
        "train_local", inputs, resumed=laboratory.column(whole, 3), epoch=6, blend=0.75, **SIZES
    )

    assert all(equal(rest.out[replica, 6], whole.out[replica, 6]) for replica in range(3))
    assert "estimator.w1" in rest.out[0, 6].tensors


@pytest.mark.parametrize("stage", ["dfa", "vector_field"])
@pytest.mark.parametrize("chosen", [(1, 0), (5, 3, 1), tuple(range(6))])
def test_a_seed_has_one_trajectory_in_any_company(
    laboratory: Any, stage: str, chosen: tuple[int, ...]
) -> None:
    """After 60 local steps a seed's network and field are bit for bit the same in any subset, order and size of the batch."""
    seeds = (42, 123, 456, 7, 8, 9)
    field = FIELD if stage == "vector_field" else {}

    def run(own: tuple[int, ...]) -> Any:
        inputs = given(laboratory, initial(laboratory, own), stage, **field)
        return laboratory.run("train_local", inputs, epoch=12, **SIZES | {"epochs": 12})

    alone, company = run((seeds[chosen[-1]],)), run(tuple(seeds[k] for k in chosen))

    assert alone.out[0, 12].tensors["optimiser.step"] == 60
    assert equal(company.out[len(chosen) - 1, 12], alone.out[0, 12])


def test_arms_that_are_one_program_run_as_if_alone(laboratory: Any) -> None:
    """Branches that differ in training, blend, source, targets and inputs are bit for bit what each is by itself."""
    arms = [
        ({"trainable": False, "blend": 0.75}, {}),
        ({"blend": 0.75}, {"targets": "shuffled"}),
        ({"blend": 0.75}, {"inputs": "constant"}),
        ({"blend": 0.75, "source": "gaussian"}, {}),
        ({"blend": 0.75, "source": "dfa_rescaled"}, {}),
        ({"blend": 1.0}, {"targets": "fresh_random"}),
    ]
    start = initial(laboratory, (42,)) * len(arms)
    inputs = given(laboratory, start, "vector_field", each=[field for _, field in arms], **FIELD)

    together = laboratory.run(
        "train_local", inputs, each=[own for own, _ in arms], epoch=3, **SIZES
    )

    for replica, (own, _) in enumerate(arms):
        alone = laboratory.run("train_local", [inputs[replica]], epoch=3, **own, **SIZES)
        assert equal(together.out[replica, 3], alone.out[0, 3]), own


def test_a_frozen_field_stays_and_a_trainable_one_moves(laboratory: Any) -> None:
    """After two epochs the frozen field holds its initial weights exactly; the trained one does not."""
    inputs = given(laboratory, initial(laboratory, (42,)) * 2, "vector_field", **FIELD)

    job = laboratory.run(
        "train_local",
        inputs,
        each=[{"trainable": False}, {"trainable": True}],
        epoch=2,
        blend=0.75,
        **SIZES,
    )

    before = inputs[0]["estimator"].tensors["w2"]
    assert torch.equal(job.out[0, 2].tensors["estimator.w2"], before)
    assert not torch.equal(job.out[1, 2].tensors["estimator.w2"], before)


def test_the_online_estimator_is_the_one_that_the_run_carried(laboratory: Any) -> None:
    """Taken out of a checkpoint it has the checkpoint's weights, and gives credit under its original parameters."""
    inputs = given(laboratory, initial(laboratory, (42,)), "vector_field", **FIELD)
    run = laboratory.run("train_local", inputs, epoch=2, **SIZES)
    snapshot = [{"snapshot": run.out[0, 2]}]

    taken = given(laboratory, snapshot, "online_estimator")
    quality = laboratory.run("credit_quality", taken, batches=2, batch_size=16, directions=4)

    assert torch.equal(taken[0]["estimator"].tensors["w1"], run.out[0, 2].tensors["estimator.w1"])
    assert -1 < quality.out[0, 0].measures["gamma"] < 1


def test_warm_up_is_dfa_alone(laboratory: Any) -> None:
    """While the warm-up lasts, the networks are bit for bit those of a DFA run; afterwards they are not."""
    start = initial(laboratory, (42,))
    dfa = laboratory.run("train_local", given(laboratory, start), points=[2, 3], epoch=3, **SIZES)

    warm = laboratory.run(
        "train_local",
        given(laboratory, start, "vector_field", **FIELD),
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


def test_replicas_may_branch_from_different_epochs(laboratory: Any) -> None:
    """In one job, one replica starts at epoch 1 and one at 3; each ends as if alone."""
    inputs = given(laboratory, initial(laboratory, (42,)))
    run = laboratory.run("train_local", inputs, points=[1, 3, 5], epoch=5, **SIZES)
    checkpoints = given(laboratory, [{"snapshot": run.out[0, 3]}, {"snapshot": run.out[0, 1]}])

    job = laboratory.run("train_local", checkpoints, epoch=5, **SIZES)

    assert equal(job.out[0, 5], run.out[0, 5])
    assert equal(job.out[1, 5], run.out[0, 5])


def test_recalibration_pauses_the_network_and_refits_the_field(laboratory: Any) -> None:
    """With a refit every epoch the field has moved further than without, by the first checkpoint already."""
    inputs = given(laboratory, initial(laboratory, (42,)), "vector_field", **FIELD)

    jobs = [
        laboratory.run("train_local", inputs, epoch=1, recalibrate_every=every, **SIZES)
        for every in (0, 1)
    ]

    steps = [job.out[0, 1].tensors["estimator.optimiser.step"].item() for job in jobs]
    assert steps == [5, 10]
    assert not torch.equal(*(job.out[0, 1].tensors["blocks.0.w1"] for job in jobs))


def test_clamping_bounds_what_adam_sees(laboratory: Any) -> None:
    """A clamped run differs from a free one where gradients exceed 1, and its first moments stay within 1."""
    inputs = given(laboratory, initial(laboratory, (42,)))

    jobs = [
        laboratory.run(
            "train_local", inputs, epoch=2, clamp=clamp, rule="target_shift", eta=100.0, **SIZES
        )
        for clamp in (False, True)
    ]

    moments = [job.out[0, 2].tensors["optimiser.exp_avg"].abs().max().item() for job in jobs]
    assert moments[1] <= 1 < moments[0]


@pytest.mark.parametrize("credit", ["normalised", "raw"])
def test_mixtures_by_their_formulas(credit: str) -> None:
    """Blend, gaussian and rescaled DFA are what the definitions write, replica by replica, with raw and normalised credit."""
    shape, seeds = Architecture(32, 16, 2), (42, 42, 42)
    x = torch.randn(3, 8, 32, generator=torch.Generator().manual_seed(1))
    forward = ForwardPass(
        ResidualMLP(shape, initialise(shape, seeds, "cpu")), x, torch.arange(24).view(3, 8) % 10
    )
    other = Oracle([None] * 3, seeds, shape, "cpu")  # any estimator will do
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


def test_gaussian_noise_is_new_at_every_step_and_the_epochs_own() -> None:
    """Two steps and two epochs draw other noise; the same epoch of the same seed begins with the same."""
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


def test_every_epoch_of_fitting_has_streams_of_its_own(
    laboratory: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offline, online and in each pause the field draws under its purpose and epoch, so no epoch repeats another's directions."""
    begun: list[tuple[str, int]] = []
    begin = VectorField.begin
    monkeypatch.setattr(
        VectorField, "begin", lambda own, *name: (begun.append(name), begin(own, *name))
    )
    start = initial(laboratory, (42,))

    laboratory.run("vector_field", start, **FIELD | {"epochs": 2, "batch_size": 32})
    inputs = given(laboratory, start, "vector_field", **FIELD)
    laboratory.run(
        "train_local", inputs, epoch=3, recalibrate_every=2, recalibrate_epochs=2, **SIZES
    )

    offline, online = begun[:2], begun[2:]
    assert offline == [("fit", 0), ("fit", 1)]
    pauses = {epoch: [("pause 0", epoch), ("pause 1", epoch)] for epoch in (0, 2)}
    assert online == [*pauses[0], ("online", 0), ("online", 1), *pauses[2], ("online", 2)]


def test_a_point_before_the_snapshot_is_refused(laboratory: Any) -> None:
    """Asking a branch from epoch 2 for its epoch 1 says which lies before which."""
    start = given(laboratory, initial(laboratory, (42,)))
    checkpoint = given(
        laboratory, [{"snapshot": laboratory.run("train_local", start, epoch=2, **SIZES).out[0, 2]}]
    )

    with pytest.raises(ValueError, match="epoch 1 lies before its snapshot's epoch 2"):
        laboratory.run("train_local", checkpoint, epoch=1, **SIZES)


def test_a_dfa_run_is_the_looped_reference(laboratory: Any) -> None:
    """Eight epochs agree with one nn.Module per seed that detaches, autograd, torch.optim.AdamW and CosineAnnealingLR."""
    start = initial(laboratory, SEEDS[:2])
    job = laboratory.run("train_local", given(laboratory, start), epoch=8, **SIZES)
    x, y = open_task([start[0]["snapshot"]], [0], "cpu").train

    for replica, seed in enumerate(SEEDS[:2]):
        model = Plain(16, 2)
        model.take(start[replica]["snapshot"].tensors)
        feedback = DFA([None], [seed], Architecture(48, 16, 2), "cpu").feedback[
            0
        ]  # [level, classes, d]
        optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=8)
        for epoch in range(8):
            for index in epoch_order([seed], epoch, 160)[0].split(32):
                optimiser.zero_grad()
                detached_loss(model, x[index], y[index], feedback).backward()
                optimiser.step()
            schedule.step()
        for name, parameter in model.named_parameters():
            found, expected = job.out[replica, 8].tensors[Plain.name_of(name)], parameter.detach()
            torch.testing.assert_close(
                found, expected.T if parameter.ndim == 2 else expected, rtol=1e-3, atol=2e-5
            )


def detached_loss(
    model: Plain, x: torch.Tensor, y: torch.Tensor, feedback: torch.Tensor
) -> torch.Tensor:
    """Every block's, the embedding's and the head's objective under normalised DFA, by the formulas of the definitions."""
    hidden, outputs = [model.embed(x)], []
    for norm, first, second in zip(model.norms, model.first, model.second, strict=True):
        h = hidden[-1].detach()
        outputs.append(second(F.gelu(first(norm(h)))))
        hidden.append(h + outputs[-1])
    logits = model.head(model.norm(hidden[-1].detach()))
    error = torch.softmax(logits, -1).detach() - F.one_hot(y, 10)
    credit = [error @ own for own in feedback]
    credit = [a / (a.square().mean(-1, keepdim=True).sqrt() + 1e-6) for a in credit]
    local = [
        (own * a).sum(-1).mean()
        for own, a in zip([hidden[0], *outputs], [credit[0], *credit], strict=False)
    ]
    return sum(local, F.cross_entropy(logits, y))


def test_a_carried_estimator_that_learns_no_more_stays_where_it_was_left(laboratory: Any) -> None:
    """Frozen in a branch beside one that learns on, it keeps its weights to the bit: no momentum moves it."""
    inputs = given(laboratory, initial(laboratory, (42,)), "vector_field", **FIELD)
    run = laboratory.run("train_local", inputs, epoch=2, **SIZES)
    checkpoint = given(laboratory, [{"snapshot": run.out[0, 2]}] * 2, "online_estimator")

    branch = laboratory.run(
        "train_local", checkpoint, each=[{"trainable": False}, {}], epoch=4, **SIZES
    )

    left = run.out[0, 2].tensors
    weights = [name for name in left if name.startswith("estimator.") and "optimiser" not in name]
    assert all(torch.equal(branch.out[0, 4].tensors[name], left[name]) for name in weights)
    assert not any(torch.equal(branch.out[1, 4].tensors[name], left[name]) for name in weights)


@pytest.mark.parametrize(("first", "second"), [("dfa", "vector_field"), ("vector_field", "dfa")])
def test_a_switch_keeps_the_network_and_changes_the_teacher(
    laboratory: Any, first: str, second: str
) -> None:
    """Switched at epoch 3 of 5, the run goes on from the first teacher's checkpoint; the field learns in its own part only."""
    chosen = {"dfa": {}, "vector_field": FIELD}
    start = initial(laboratory, (42,))
    run = laboratory.run(
        "train_local",
        given(laboratory, start, first, **chosen[first]),
        points=[3, 5],
        epoch=5,
        **SIZES,
    )
    checkpoint = [{"snapshot": run.out[0, 3]}]

    job = laboratory.run(
        "train_local",
        given(laboratory, checkpoint, second, **chosen[second]),
        points=[3, 5],
        epoch=5,
        **SIZES,
    )

    before, after = job.out[0, 3].tensors, job.out[0, 5]
    own = [name for name in run.out[0, 3].tensors if not name.startswith("estimator.")]
    assert all(torch.equal(before[name], run.out[0, 3].tensors[name]) for name in own)
    assert after.series["train_loss"][:3] == run.out[0, 5].series["train_loss"][:3]
    assert after.series["train_loss"][4] != run.out[0, 5].series["train_loss"][4]
    assert after.tensors["optimiser.step"] == 5 * 5
    if second == "vector_field":
        assert after.tensors["estimator.optimiser.step"] == 2 * 5
    else:
        assert not any(name.startswith("estimator.") for name in after.tensors)


def test_a_hand_off_begins_with_the_prefitted_field(laboratory: Any) -> None:
    """A field fitted offline to the checkpoint enters the branch as fitted: frozen it stays so, trained along it moves on."""
    run = laboratory.run(
        "train_local", given(laboratory, initial(laboratory, (42,))), epoch=2, **SIZES
    )
    fit = laboratory.run(
        "vector_field", [{"snapshot": run.out[0, 2]}], **FIELD | {"epochs": 3, "batch_size": 32}
    )
    prefitted = [{"snapshot": run.out[0, 2], "estimator": fit.out[0, 3]}] * 2
    fitted = prefitted[0]["estimator"].tensors

    each = [{"trainable": False}, {"trainable": True}]
    job = laboratory.run(
        "train_local", prefitted, each=each, points=[2, 3], epoch=3, blend=0.5, **SIZES
    )

    assert all(
        torch.equal(job.out[lane, 2].tensors["estimator.w1"], fitted["w1"]) for lane in range(2)
    )
    assert torch.equal(job.out[0, 3].tensors["estimator.w1"], fitted["w1"])
    assert not torch.equal(job.out[1, 3].tensors["estimator.w1"], fitted["w1"])
    assert (
        job.out[1, 3].tensors["estimator.optimiser.step"] == 5
    )  # an Adam of its own, begun with the branch


def test_the_estimator_learns_along_during_the_warm_up(laboratory: Any) -> None:
    """Half of eight epochs of warm-up: by epoch 4 the field has taken every step, on the states that DFA taught."""
    inputs = given(laboratory, initial(laboratory, (42,)), "vector_field", **FIELD)

    job = laboratory.run("train_local", inputs, points=[4], epoch=4, warmup=0.5, **SIZES)

    tensors = job.out[0, 4].tensors
    assert tensors["estimator.optimiser.step"] == 4 * 5
    assert not torch.equal(tensors["estimator.w1"], inputs[0]["estimator"].tensors["w1"])


def test_recalibration_comes_at_its_period_and_moves_the_field_alone(laboratory: Any) -> None:
    """Two epochs of refit at epochs 0, 2 and 4 of five add thirty steps of the field, and none of the network."""
    inputs = given(laboratory, initial(laboratory, (42,)), "vector_field", **FIELD)

    job = laboratory.run(
        "train_local", inputs, epoch=5, recalibrate_every=2, recalibrate_epochs=2, **SIZES
    )

    tensors = job.out[0, 5].tensors
    assert tensors["optimiser.step"] == 5 * 5
    assert tensors["estimator.optimiser.step"] == 5 * 5 + 3 * 2 * 5


FITTED = {
    "state_bridge": {"epochs": 0, "hidden": 16},
    "scalar_bridge": {"epochs": 0, "hidden": 16},
    "vector_field": FIELD,
}


@pytest.mark.parametrize("stage", FITTED)
def test_a_branch_continues_the_estimator_that_its_run_carried(laboratory: Any, stage: str) -> None:
    """Branched at epoch 3 with the estimator as the run left it, its Adam included, epoch 6 is that of the uninterrupted run."""
    inputs = given(laboratory, initial(laboratory), stage, **FITTED[stage])
    whole = laboratory.run("train_local", inputs, points=[3, 6], epoch=6, **SIZES)
    checkpoints = [{"snapshot": artifact} for artifact in laboratory.column(whole, 3)]

    branch = laboratory.run(
        "train_local", given(laboratory, checkpoints, "online_estimator"), epoch=6, **SIZES
    )

    assert all(equal(branch.out[replica, 6], whole.out[replica, 6]) for replica in range(3))


def test_estimators_of_different_age_go_on_in_one_job(laboratory: Any) -> None:
    """Branches whose carried fields have taken different numbers of steps, one of them frozen, are each what they are alone."""
    inputs = given(laboratory, initial(laboratory, (42,)), "vector_field", **FIELD)
    whole = laboratory.run("train_local", inputs, points=[2, 3], epoch=3, **SIZES)
    ages = [{"snapshot": laboratory.column(whole, point)[0]} for point in (2, 3, 3)]
    branches, each = given(laboratory, ages, "online_estimator"), [{}, {}, {"trainable": False}]

    job = laboratory.run("train_local", branches, each=each, epoch=5, **SIZES)

    for lane, (own, chosen) in enumerate(zip(branches, each, strict=True)):
        alone = laboratory.run("train_local", [own], each=[chosen], epoch=5, **SIZES)
        assert equal(job.out[lane, 5], alone.out[0, 5])
