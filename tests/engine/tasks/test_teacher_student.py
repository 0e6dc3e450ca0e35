"""The synthetic task: its activation's limits, its teacher's balance, its streams, and training on
it from end to end.
"""

from __future__ import annotations

import pytest
import torch

from cbspec.stage import Call
from engine.parameters import TeacherStudent
from engine.tasks.teacher_student import PhiAlpha, Teacher, TeacherStudentTask

SEEDS = (42, 123)
SMALL = TeacherStudent(train_samples=96, test_samples=64, inputs=32)


def test_activation_goes_from_linear_to_tanh():
    """phi_0 is the identity, phi_1 the tanh, and between them lies the straight mixture."""
    z = torch.linspace(-3, 3, 64, dtype=torch.float64)

    torch.testing.assert_close(PhiAlpha(0.0).forward(z), z)
    torch.testing.assert_close(PhiAlpha(1.0).forward(z), torch.tanh(z))
    torch.testing.assert_close(PhiAlpha(0.25).forward(z), 0.75 * z + 0.25 * torch.tanh(z))


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_derivative_of_the_activation_agrees_with_autograd(alpha):
    """The written-out derivative is autograd's."""
    z = torch.linspace(-3, 3, 64, dtype=torch.float64, requires_grad=True)
    gradient = torch.linspace(1, 2, 64, dtype=torch.float64)
    expected = torch.autograd.grad(PhiAlpha(alpha).forward(z), z, gradient)[0]

    torch.testing.assert_close(PhiAlpha(alpha).backward(gradient, z.detach()), expected)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_labels_are_balanced(alpha):
    """Every class has between 6 and 14 % of the inputs, for each seed and along the ladder."""
    task = TeacherStudentTask(TeacherStudent(alpha=alpha), [42, 123, 456], "cpu")

    shares = torch.stack(
        [torch.bincount(y, minlength=10) / len(y) for y in task.y["train"].split(10000)]
    )
    assert shares.min() > 0.06
    assert shares.max() < 0.14


def test_labels_are_the_teachers():
    """Every label is the class with the largest standardised logit of the seed's own teacher."""
    x, y = next(TeacherStudentTask(SMALL, SEEDS, "cpu").test())
    teacher = Teacher(SMALL, 123)
    logits = (
        torch.tanh(torch.tanh(x[1] @ teacher.weights[0]) @ teacher.weights[1]) @ teacher.weights[2]
    )

    assert torch.equal(y[1], ((logits - teacher._mean) / teacher._deviation).argmax(-1))


@pytest.mark.parametrize("alpha", [0.0, 0.25, 0.5, 0.7, 1.0])
def test_the_student_has_the_ladders_activation_and_no_terminal_norm(alpha):
    """At every alpha and depth of the grid: phi_alpha inside the blocks, the head on h_L itself."""
    task = TeacherStudentTask(
        TeacherStudent(alpha=alpha, train_samples=96, test_samples=64, inputs=32), SEEDS, "cpu"
    )

    for depth in (2, 4, 8, 12):
        student = task.architecture(128, depth)
        assert (student.inputs, student.width, student.depth, student.classes) == (
            32,
            128,
            depth,
            10,
        )
        assert student.activation == PhiAlpha(alpha)
        assert not student.terminal_norm
        assert {"norm.weight", "norm.bias"}.isdisjoint(student.layout().shapes)


def test_inputs_are_paired_along_the_ladder():
    """A seed's inputs are equal for every alpha; a linear and a tanh teacher label some of them
    differently.
    """
    linear, tanh = (
        TeacherStudentTask(TeacherStudent(alpha=alpha), [42], "cpu") for alpha in (0.0, 1.0)
    )

    assert torch.equal(linear.x["train"], tanh.x["train"])
    assert 0.1 < (linear.y["train"] != tanh.y["train"]).float().mean() < 0.9


def test_batches_follow_from_the_seed_alone():
    """Training, test and measuring batches of a seed are the same in any company, seeds in twos
    included.
    """
    alone, company = (
        TeacherStudentTask(SMALL, [123], "cpu"),
        TeacherStudentTask(SMALL, [42, 123, 42, 123], "cpu"),
    )

    for one, many in (
        (alone.epoch(3, 40), company.epoch(3, 40)),
        (alone.test(), company.test()),
        (alone.sample("test", 2, 16), company.sample("test", 2, 16)),
    ):
        for (x, y), (xs, ys) in zip(one, many, strict=True):
            assert torch.equal(xs[1], x[0])
            assert torch.equal(ys[3], y[0])
            assert not torch.equal(xs[0], xs[1])


def test_an_epoch_visits_every_sample_once():
    """The batches of an epoch are a permutation of the training set, another one in every epoch."""
    task = TeacherStudentTask(SMALL, [42], "cpu")
    first = torch.cat([x[0] for x, _ in task.epoch(0, 40)])
    second = torch.cat([x[0] for x, _ in task.epoch(1, 40)])

    assert torch.equal(first.sort(0).values, task.x["train"].sort(0).values)
    assert torch.equal(first.sort(0).values, second.sort(0).values)
    assert not torch.equal(first, second)


def test_too_many_samples_are_refused():
    """A measurement that asks for more samples than there are says so and what to do."""
    with pytest.raises(
        ValueError, match=r"128 test samples are asked for, the task has 64; .* raise test_samples"
    ):
        TeacherStudentTask(SMALL, SEEDS, "cpu").sample("test", 2, 64)


def roots(runner, seeds, **sizes):
    """The inputs of a training stage: the synthetic task, one per seed."""
    artifact = type(runner.tasks([0])[0]["task"])
    call = Call(runner.stages["teacher_student"], TeacherStudent(**sizes))
    return [{"task": artifact(call, seed)} for seed in seeds]


def test_student_learns_by_back_propagation(runner):
    """A few epochs of back-propagation bring the student well above chance."""
    task = roots(runner, [42], inputs=32, train_samples=2048, test_samples=512)
    run = runner.run("train_bp", task, width=32, depth=1, epochs=8, epoch=8, learning_rate=3e-3)

    assert runner.column(run, 8)[0].measures["test_accuracy"] > 0.25


def online(runner, seeds, stage, **chosen):
    """Two epochs of local training from the untrained student, and the quality of the credit that
    was learned along.
    """
    task = roots(runner, seeds, inputs=32, train_samples=128, test_samples=64)
    initial = runner.run("train_bp", task, width=16, depth=2, epochs=4, epoch=0)
    snapshot = [{"snapshot": artifact} for artifact in runner.column(initial)]
    given = runner.column(runner.run(stage, snapshot, **chosen))
    both = [own | {"estimator": artifact} for own, artifact in zip(snapshot, given, strict=True)]
    trained = runner.column(runner.run("train_local", both, epochs=4, epoch=2, batch_size=32), 2)
    snapshot = [{"snapshot": artifact} for artifact in trained]
    given = given if stage == "dfa" else runner.column(runner.run("online_estimator", snapshot))
    both = [own | {"estimator": artifact} for own, artifact in zip(snapshot, given, strict=True)]
    return trained, runner.column(runner.run("credit_quality", both, batches=1, batch_size=64))


@pytest.mark.parametrize(
    ("stage", "chosen"),
    [
        ("dfa", {}),
        ("state_bridge", {"epochs": 0, "hidden": 16}),
        ("scalar_bridge", {"epochs": 0, "hidden": 16, "s_type": "deltaL"}),
        ("vector_field", {"epochs": 0, "hidden": 16, "directions": 2}),
    ],
)
def test_every_estimator_learns_along_with_the_student(runner, stage, chosen):
    """Online training gives each seed the same network, estimator and credit quality to the bit in
    any company.
    """
    trained, quality = online(runner, SEEDS, stage, **chosen)
    alone, of_alone = online(runner, SEEDS[1:], stage, **chosen)

    assert all(
        torch.equal(trained[1].tensors[name], alone[0].tensors[name]) for name in trained[1].tensors
    )
    assert any(name.startswith("estimator.") for name in alone[0].tensors) == (stage != "dfa")
    assert ("state_error" in quality[1].measures) == (stage == "state_bridge")
    assert quality[1].measures == pytest.approx(of_alone[0].measures, rel=1e-9)
    assert quality[0].measures["gamma"] != quality[1].measures["gamma"]
