"""Local training: branches, resumption, replicas, blends and controls."""

from __future__ import annotations

from typing import Any

import pytest
import torch
import torch.nn.functional as F

from engine.architecture import Architecture
from engine.credit.dfa import DFA
from engine.randomness import epoch_order
from engine.tasks import open_task
from tests.support.local_training import FIELD, SIZES, equal, initial_snapshots, with_estimators
from tests.support.plain import Plain

SEEDS = (42, 123, 456)


def test_a_branch_that_continues_is_the_uninterrupted_run(runner: Any) -> None:
    """DFA branched from its own checkpoint at epoch 3 is bit for bit the run that was never
    interrupted.
    """
    start = initial_snapshots(runner)
    whole = runner.run(
        "train_local", with_estimators(runner, start), points=[3, 8], epoch=8, **SIZES
    )
    checkpoints = [{"snapshot": artifact} for artifact in runner.column(whole, 3)]

    branch = runner.run("train_local", with_estimators(runner, checkpoints), epoch=8, **SIZES)

    assert all(equal(branch.out[replica, 8], whole.out[replica, 8]) for replica in range(3))


@pytest.mark.parametrize("stage", ["dfa", "vector_field"])
@pytest.mark.parametrize("chosen", [(1, 0), (5, 3, 1), tuple(range(6))])
def test_a_seed_has_one_trajectory_in_any_company(
    runner: Any, stage: str, chosen: tuple[int, ...]
) -> None:
    """After 60 local steps a seed's network and field are bit for bit the same in any subset, order
    and size of the batch.
    """
    seeds = (42, 123, 456, 7, 8, 9)
    field = FIELD if stage == "vector_field" else {}

    def run(own: tuple[int, ...]) -> Any:
        inputs = with_estimators(runner, initial_snapshots(runner, own), stage, **field)
        return runner.run("train_local", inputs, epoch=12, **SIZES | {"epochs": 12})

    alone, company = run((seeds[chosen[-1]],)), run(tuple(seeds[k] for k in chosen))

    assert alone.out[0, 12].tensors["optimiser.step"] == 60
    assert equal(company.out[len(chosen) - 1, 12], alone.out[0, 12])


def test_arms_that_are_one_program_run_as_if_alone(runner: Any) -> None:
    """Branches that differ in training, blend, source, targets and inputs are bit for bit what each
    is by itself.
    """
    arms = [
        ({"trainable": False, "blend": 0.75}, {}),
        ({"blend": 0.75}, {"targets": "shuffled"}),
        ({"blend": 0.75}, {"inputs": "constant"}),
        ({"blend": 0.75, "source": "gaussian"}, {}),
        ({"blend": 0.75, "source": "dfa_rescaled"}, {}),
        ({"blend": 1.0}, {"targets": "fresh_random"}),
    ]
    start = initial_snapshots(runner, (42,)) * len(arms)
    inputs = with_estimators(
        runner, start, "vector_field", each=[field for _, field in arms], **FIELD
    )

    together = runner.run("train_local", inputs, each=[own for own, _ in arms], epoch=3, **SIZES)

    for replica, (own, _) in enumerate(arms):
        alone = runner.run("train_local", [inputs[replica]], epoch=3, **own, **SIZES)
        assert equal(together.out[replica, 3], alone.out[0, 3]), own


def test_replicas_may_branch_from_different_epochs(runner: Any) -> None:
    """In one job, one replica starts at epoch 1 and one at 3; each ends as if alone."""
    inputs = with_estimators(runner, initial_snapshots(runner, (42,)))
    run = runner.run("train_local", inputs, points=[1, 3, 5], epoch=5, **SIZES)
    checkpoints = with_estimators(
        runner, [{"snapshot": run.out[0, 3]}, {"snapshot": run.out[0, 1]}]
    )

    job = runner.run("train_local", checkpoints, epoch=5, **SIZES)

    assert equal(job.out[0, 5], run.out[0, 5])
    assert equal(job.out[1, 5], run.out[0, 5])


def test_clamping_bounds_what_adam_sees(runner: Any) -> None:
    """A clamped run differs from a free one where gradients exceed 1, and its first moments stay
    within 1.
    """
    inputs = with_estimators(runner, initial_snapshots(runner, (42,)))

    jobs = [
        runner.run(
            "train_local", inputs, epoch=2, clamp=clamp, rule="target_shift", eta=100.0, **SIZES
        )
        for clamp in (False, True)
    ]

    moments = [job.out[0, 2].tensors["optimiser.exp_avg"].abs().max().item() for job in jobs]
    assert moments[1] <= 1 < moments[0]


def test_a_point_before_the_snapshot_is_refused(runner: Any) -> None:
    """Asking a branch from epoch 2 for its epoch 1 says which lies before which."""
    start = with_estimators(runner, initial_snapshots(runner, (42,)))
    checkpoint = with_estimators(
        runner, [{"snapshot": runner.run("train_local", start, epoch=2, **SIZES).out[0, 2]}]
    )

    with pytest.raises(ValueError, match="epoch 1 lies before its snapshot's epoch 2"):
        runner.run("train_local", checkpoint, epoch=1, **SIZES)


def test_a_dfa_run_is_the_looped_reference(runner: Any) -> None:
    """Eight epochs agree with one nn.Module per seed that detaches, autograd, torch.optim.AdamW and
    CosineAnnealingLR.
    """
    start = initial_snapshots(runner, SEEDS[:2])
    job = runner.run("train_local", with_estimators(runner, start), epoch=8, **SIZES)
    x, y = open_task([start[0]["snapshot"]], [0], "cpu").train

    for replica, seed in enumerate(SEEDS[:2]):
        model = Plain(16, 2)
        model.take(start[replica]["snapshot"].tensors)
        dfa = DFA([None], [seed], Architecture(48, 16, 2), "cpu")
        feedback = dfa.feedback[0]  # [level, classes, d]
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
    """Every block's, the embedding's and the head's objective under normalised DFA, by the formulas
    of the definitions.
    """
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


@pytest.mark.parametrize(("first", "second"), [("dfa", "vector_field"), ("vector_field", "dfa")])
def test_a_switch_keeps_the_network_and_changes_the_teacher(
    runner: Any, first: str, second: str
) -> None:
    """Switched at epoch 3 of 5, the run goes on from the first teacher's checkpoint; the field
    learns in its own part only.
    """
    chosen = {"dfa": {}, "vector_field": FIELD}
    start = initial_snapshots(runner, (42,))
    run = runner.run(
        "train_local",
        with_estimators(runner, start, first, **chosen[first]),
        points=[3, 5],
        epoch=5,
        **SIZES,
    )
    checkpoint = [{"snapshot": run.out[0, 3]}]

    job = runner.run(
        "train_local",
        with_estimators(runner, checkpoint, second, **chosen[second]),
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
