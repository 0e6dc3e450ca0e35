"""Stage calls as written become trees of typed calls."""

import msgspec
import pytest


def tree(call):
    """A call as plain data."""
    inputs = {name: tree(inner) for name, inner in call.inputs.items()}
    return {"stage": call.stage.name, **msgspec.to_builtins(call.parameters), **inputs}


def snapshot(epoch=10, width=64):
    cifar = {"stage": "cifar10", "images": 50000}
    return {
        "stage": "train_bp",
        "width": width,
        "epochs": 100,
        "epoch": epoch,
        "learning_rate": 0.001,
        "task": cifar,
    }


def test_an_arm_is_resolved_to_the_last_value(project):
    """Named calls, sizes, matrix values, defaults of the stage and inherited inputs all stand in
    the arm's call.
    """
    claim = project.claims()[1]

    assert tree(claim.arms["vec"]) == {
        "stage": "local_descent",
        "credit": "normalised",
        "steps": 1,
        "step_sizes": (0.001, 0.003),
        "snapshot": snapshot(),
        "estimator": {
            "stage": "vector_field",
            "directions": 8,
            "clip": None,
            "snapshot": snapshot(),
        },
    }


def test_equal_calls_are_one_object(project):
    """Arms that share a stage call share the object, across cells and files."""
    first, second = project.claims()
    other = project.claims(("id: 6.5A.a", "id: other"), name="other.yaml")[0]

    assert (
        first.arms["dfa"].inputs["snapshot"]
        is second.arms["vec"].inputs["estimator"].inputs["snapshot"]
    )
    assert first.arms["dfa"] is other.arms["dfa"]


def test_an_override_merges_to_any_depth(project):
    """An arm changes one parameter of a nested named call and keeps the others."""
    claim = project.claims(
        (
            "dfa: {estimator: {stage: dfa}}",
            "dfa: {snapshot: {epoch: 3}, estimator: {stage: dfa}, steps: 5}",
        )
    )[0]

    assert tree(claim.arms["dfa"])["snapshot"] == snapshot(epoch=3)
    assert claim.arms["dfa"].parameters.steps == 5
    assert tree(claim.arms["oracle"])["snapshot"] == snapshot(epoch=10)


@pytest.mark.parametrize(
    "call",
    ["{use: bp, epoch: 7}", "{stage: train_bp, task: {stage: cifar10}, width: 64, epoch: 7}"],
)
def test_a_call_replaces_what_it_overrides(project, call):
    """A mapping with stage or use keeps nothing of what it overrides."""
    edit = (
        "dfa: {estimator: {stage: dfa}}",
        f"dfa: {{snapshot: {call}, estimator: {{stage: dfa}}}}",
    )

    assert tree(project.claims(edit)[0].arms["dfa"])["snapshot"] == snapshot(epoch=7)


def test_a_name_merges_as_the_call_that_it_names(project):
    """Overrides of an input that is given as a bare name change the named call."""
    edits = (
        ("step_sizes:", "estimator: vec\n  step_sizes:"),
        ("oracle: {estimator: {stage: oracle}}", "oracle: {estimator: {directions: 2}}"),
    )

    assert project.claims(*edits)[0].arms["oracle"].inputs["estimator"].parameters.directions == 2


def test_an_arm_can_be_another_call(project):
    """An arm with a stage of its own, or the bare name of a call, takes nothing of the experiment."""
    call = (
        "{stage: local_descent, estimator: {stage: dfa}, snapshot: {use: bp, epoch: 1}, steps: 3}"
    )
    found = project.claims(("dfa: {estimator: {stage: dfa}}", f"dfa: {call}"))[0].arms["dfa"]

    assert (
        found.parameters.steps,
        found.parameters.step_sizes,
        found.inputs["snapshot"].parameters.epoch,
    ) == (
        3,
        (0.001, 0.01),
        1,
    )


def test_an_empty_arm_is_the_experiment(project):
    """An arm without overrides, written ``{}`` or not at all, is the experiment as it stands."""
    edits = (
        ("step_sizes:", "estimator: vec\n  step_sizes:"),
        ("{estimator: {stage: dfa}}", "{}"),
        ("{estimator: {stage: oracle}}", ""),
    )
    arms = project.claims(*edits)[0].arms

    assert arms["dfa"] is arms["oracle"]
    assert arms["dfa"].inputs["estimator"].parameters.directions == 4


def test_an_input_comes_from_the_nearest_enclosing_call(project):
    """A nested call takes a missing input from the innermost call around it that has one, never
    from its own place.
    """
    tuned = "{stage: fine_tune, epoch: 3, snapshot: {use: bp, epoch: 2}, estimator: {stage: dfa}}"
    claim = project.claims(("{use: bp, epoch: $late}", tuned))[0]
    outer = claim.arms["oracle"]

    assert outer.inputs["estimator"].inputs["snapshot"] is outer.inputs["snapshot"]
    assert outer.inputs["snapshot"].stage.name == "fine_tune"
    assert (
        outer.inputs["snapshot"].inputs["estimator"].inputs["snapshot"]
        is outer.inputs["snapshot"].inputs["snapshot"]
    )


def test_an_input_is_not_taken_from_its_own_place(project):
    """The call that is an enclosing call's snapshot does not inherit itself as its snapshot."""
    edit = ("{use: bp, epoch: $late}", "{stage: fine_tune, epoch: 1, estimator: {stage: dfa}}")

    assert project.messages(edit) == [
        "11:3: experiment.snapshot: fine_tune lacks its input snapshot (a snapshot), and no enclosing call has it"
    ]


def test_inputs_that_need_each_other_are_a_mistake(project):
    """Two inputs that would each be inherited by the other end in a mistake, not in recursion."""
    edits = (
        ("{use: bp, epoch: $late}", "{stage: fine_tune, epoch: 1, snapshot: {use: bp, epoch: 1}}"),
        (
            "dfa: {estimator: {stage: dfa}}",
            "dfa: {estimator: {stage: dfa, snapshot: {stage: fine_tune, epoch: 2}}}",
        ),
    )

    assert any("needs itself" in message for message in project.messages(*edits))


def test_names_may_stand_for_calls(project):
    """A matrix value can be the name of a call."""
    project.write(
        "defaults.yaml",
        (project.root / "defaults.yaml").read_text()
        + "  one: {stage: dfa}\n  two: {stage: oracle}\n",
    )
    edits = (
        ("matrix: {m: [4, 8]}", "matrix: {m: [one, two]}"),
        ("{use: vec, directions: $m}", "$m"),
    )
    claims = project.claims(*edits)

    assert [claim.arms["vec"].inputs["estimator"].stage.name for claim in claims] == [
        "dfa",
        "oracle",
    ]


def test_a_shared_call_does_not_multiply(project):
    """Named calls that use each other twice at every level resolve once each."""
    levels = "".join(
        f"  b{i}: {{stage: fine_tune, epoch: 1, snapshot: b{i - 1}, estimator: {{stage: dfa, snapshot: b{i - 1}}}}}\n"
        for i in range(1, 21)
    )
    project.write(
        "defaults.yaml",
        (project.root / "defaults.yaml").read_text() + "  b0: {use: bp, epoch: 1}\n" + levels,
    )
    call = project.claims(("{use: bp, epoch: $late}", "b20"))[0].arms["dfa"].inputs["snapshot"]

    for _ in range(20):
        assert call.inputs["estimator"].inputs["snapshot"] is call.inputs["snapshot"]
        call = call.inputs["snapshot"]
    assert tree(call) == snapshot(epoch=1)


def test_calls_that_multiply_are_bounded(project):
    """Named calls that stand for millions, none equal to another, end in a mistake."""
    levels = "".join(
        f"  b{i}: {{stage: fine_tune, epoch: 1, snapshot: {{use: b{i - 1}, estimator: {{stage: oracle}}}}, "
        f"estimator: {{stage: vector_field, snapshot: {{use: b{i - 1}, estimator: {{stage: dfa}}}}}}}}\n"
        for i in range(1, 21)
    )
    project.write(
        "defaults.yaml",
        (project.root / "defaults.yaml").read_text()
        + "  b0: {stage: fine_tune, epoch: 1}\n"
        + levels,
    )

    assert 1 <= len(project.messages(("{use: bp, epoch: $late}", "b20"))) <= 51
