"""What the defaults name is resolved once for many claims; each claim still gets what is its own,
and every mistake.
"""

import pytest

from cbspec.errors import ClaimError
from tests.support.broken_text import CLAIM, DEFAULTS

PLAIN = (
    CLAIM.replace("$m}", "8}")
    .replace("matrix: {m: [4, 8]}\n", "")
    .replace("{quick: {late: 10}, memo: {}}", "[quick, memo]")
)


def mistakes(project, text, name, scale="quick"):
    with pytest.raises(ClaimError) as caught:
        project.claims(text=text, name=name, scale=scale)
    return [
        f"{mistake.origin.path.name}:{mistake.origin.line}: {mistake.message}"
        for mistake in caught.value.mistakes
    ]


def test_a_named_call_is_one_object_for_all_claims(project):
    """Two claims that name the same call without a word of their own have the same object, whatever
    is around it.
    """
    project.write("defaults.yaml", DEFAULTS + "  last: {use: bp, epoch: $late}\n")
    first, second = (
        project.claims(
            ("{use: bp, epoch: $late}", "last"),
            ("id: 6.5A.a", f"id: {name}"),
            ("steps: 1", f"steps: {steps}"),
            text=text,
            name=f"{name}.yaml",
        )[0]
        for name, steps in (("one", 1), ("two", 2))
        for text in [PLAIN.replace("  credit:", "  steps: 1\n  credit:")]
    )

    assert first.arms["dfa"] is not second.arms["dfa"]
    assert first.arms["dfa"].inputs["snapshot"] is second.arms["dfa"].inputs["snapshot"]


def test_a_shared_estimator_takes_each_claims_own_snapshot(project):
    """A named estimator that inherits its snapshot is fitted to that of the claim which names it."""
    text = PLAIN.replace("{use: vec, directions: 8}", "vec")
    late = project.claims(text=text, name="late.yaml")[0].arms["vec"]
    early = project.claims(
        ("epoch: $late", "epoch: 1"), ("id: 6.5A.a", "id: early"), text=text, name="early.yaml"
    )[0].arms["vec"]

    assert [call.inputs["estimator"].inputs["snapshot"].point for call in (late, early)] == [20, 1]
    assert [call.inputs["snapshot"].point for call in (late, early)] == [20, 1]


def test_a_matrix_value_hides_a_size_in_named_calls(project):
    """A claim whose matrix has a name of the sizes gives that value to the shared calls, before and
    after others read them.
    """
    swept = PLAIN.replace("assert:", "matrix: {width: [32, 128]}\nassert:").replace(
        "id: 6.5A.a", "id: swept"
    )
    widths = [
        claim.arms["dfa"].inputs["snapshot"].parameters.width
        for text, name in ((PLAIN, "plain.yaml"), (swept, "swept.yaml"), (PLAIN, "plain.yaml"))
        for claim in project.claims(text=text, name=name)
    ]

    assert widths == [64, 32, 128, 64]


def test_a_claims_own_size_stays_its_own(project):
    """A size that one claim overrides changes the shared calls for this claim alone."""
    own = PLAIN.replace("scales: [quick, memo]", "scales: {quick: {width: 16}, memo: {}}").replace(
        "id: 6.5A.a", "id: own"
    )
    widths = [
        project.claims(text=text, name=name)[0].arms["dfa"].inputs["snapshot"].parameters.width
        for text, name in ((PLAIN, "plain.yaml"), (own, "own.yaml"), (PLAIN, "plain.yaml"))
    ]

    assert widths == [64, 16, 64]


def test_folders_may_name_different_calls_alike(project):
    """A call that a folder's defaults define anew is that folder's, also within shared calls that
    name it.
    """
    project.write("a/defaults.yaml", "stages: {bp: {learning_rate: 0.5}}\n")
    rates = [
        project.claims(text=PLAIN, name=name)[0]
        .arms["dfa"]
        .inputs["snapshot"]
        .parameters.learning_rate
        for name in ("one.yaml", "a/two.yaml", "three.yaml")
    ]

    assert rates == [0.001, 0.5, 0.001]


@pytest.mark.parametrize(
    "wrong", ["{stage: vector_field, directons: 4}", "{stage: vector_field, directions: none}"]
)
def test_a_wrong_named_call_is_told_to_every_claim(project, wrong):
    """A mistake within a named call belongs to each claim that uses it, not only to the first one
    read.
    """
    project.write("defaults.yaml", DEFAULTS.replace("{stage: vector_field}", wrong))
    text = PLAIN.replace("{use: vec, directions: 8}", "vec")
    first, second = (mistakes(project, text, name) for name in ("one.yaml", "two.yaml"))

    assert first == second
    (told,) = first
    assert told.startswith("defaults.yaml:8: ")


def test_a_missing_input_is_told_at_each_claims_own_word(project):
    """A shared estimator that finds no snapshot is reported where the claim names it."""
    text = PLAIN.replace("  dfa: {estimator: {stage: dfa}}", "  dfa: vec").replace(
        "{use: vec, directions: 8}", "vec"
    )
    first, second = (mistakes(project, text, name) for name in ("one.yaml", "two.yaml"))

    assert [line.replace("two.yaml", "one.yaml") for line in second] == first
    (told,) = second
    assert told.startswith("two.yaml:15: vector_field lacks its input snapshot")


def test_another_scale_is_checked_within_shared_calls(project):
    """A size that a shared call cannot take at a scale is a mistake of the claims that name the
    scale, and of no other.
    """
    project.write("defaults.yaml", DEFAULTS.replace("width: 256", "width: 0"))
    quick = PLAIN.replace("[quick, memo]", "[quick]")

    assert len(project.claims(text=quick, name="one.yaml")) == 1
    for name in ("two.yaml", "three.yaml"):
        (told,) = mistakes(project, PLAIN, name)
        assert told.endswith("got 0 (by $width) (at scale memo)")
    assert len(project.claims(text=quick, name="four.yaml")) == 1


def test_another_scale_is_checked_where_only_a_level_takes_a_size(project):
    """A level of an assertion that a scale does not have is a mistake, although all calls are right
    there.
    """
    slope = "  - {kind: interaction, measure: dL_same, pairs: [[dfa, vec], [vec, oracle]], levels: [$early, 2]}\n"
    project.write(
        "defaults.yaml",
        DEFAULTS.replace("{late: 20, width: 64}", "{late: 20, width: 64, early: 1}"),
    )
    (told,) = mistakes(project, PLAIN.replace("controls:\n", slope + "controls:\n"), "claim.yaml")

    assert "$early is no size of scale memo" in told


ODD = {
    "branch: {stage: fine_tune, epoch: 10, snapshot: {use: bp, epoch: 20}, estimator: {stage: dfa}}": (
        "epoch 10 lies before the snapshot at epoch 20 that the run goes on from"
    ),
    "branch: {stage: train_bp, task: {stage: cifar10}, epoch: 101}": "epoch 101 lies beyond the end of the run, epochs 100",
}


@pytest.mark.parametrize("call", ODD)
def test_a_named_call_at_odds_with_itself_is_told_by_every_claim(project, call):
    """A claim of two arms that meet the mistake twice keeps it from none that comes later; it
    stands in the defaults.
    """
    project.write("defaults.yaml", DEFAULTS + f"  {call}\n")
    line = len(DEFAULTS.splitlines()) + 1
    for name in ("one.yaml", "two.yaml"):
        text = PLAIN.replace("{use: bp, epoch: $late}", "branch").replace("6.5A.a", name[:3])
        assert mistakes(project, text, name) == [f"defaults.yaml:{line}: {ODD[call]}"]


def test_a_claim_at_odds_with_a_named_call_is_told_at_its_own_line(project):
    """Where the claim overrides one of two values that do not fit, the mistake is where a person
    would edit: in the claim.
    """
    project.write(
        "defaults.yaml",
        DEFAULTS
        + "  branch: {stage: fine_tune, epoch: 50, snapshot: bp, estimator: {stage: dfa}}\n",
    )
    text = PLAIN.replace("{use: bp, epoch: $late}", "{use: branch, snapshot: {epoch: 60}}")

    line = text.splitlines().index("  snapshot: {use: branch, snapshot: {epoch: 60}}") + 1
    assert mistakes(project, text, "claim.yaml") == [
        f"claim.yaml:{line}: epoch 50 lies before the snapshot at epoch 60 that the run goes on from"
    ]
