"""A file becomes claims: identity, scales, matrix, seeds, digest."""

from dataclasses import replace

import pytest

from cbspec.catalog import Catalog
from cbspec.claim import Quarantine, Seeds, Source
from cbspec.kinds import All, Sign, Threshold, Trend
from tests.cbspec.language.conftest import Project
from tests.labs.training import STAGES
from tests.support.broken_text import CLAIM

OTHER_NOTE = ("sign: negative}", "sign: negative, note: why not}")


def test_every_word_of_a_file_is_in_the_claim(project):
    """Identity, source, assertions and controls stand in the claim as they were written."""
    claim = project.claims()[0]

    assert (claim.id, claim.phase, claim.status, claim.alpha) == (
        "6.5A.a[m=4]",
        "6.5A",
        "active",
        0.05,
    )
    assert claim.source == Source(
        "commit log: phase 6.5A", {"dL_same": {"dfa": -0.003, "vec": -0.135, "oracle": -0.406}}, ""
    )
    assert claim.assertions == (
        Trend(measure="dL_same", arms=("dfa", "vec", "oracle"), direction="decreasing"),
        All(
            of=(
                Sign(measure="dL_held", arms=("vec",), sign="negative"),
                Threshold(measure="dL_same", arms=("oracle",), below=-0.01),
            )
        ),
    )
    assert [control.measure for control in claim.controls] == ["dL_same"]
    assert claim.path == project.root / "claim.yaml"


def test_a_discussion_is_kept_on_one_line(project):
    """A person's sentences stand in every cell of the claim, however they are wrapped; without any
    they are empty.
    """
    edit = (
        "status: active",
        "status: active\ndiscussion: >-\n  The memo\n  had one seed.\n\n  We have three.",
    )

    assert [claim.discussion for claim in project.claims(edit)] == [
        "The memo had one seed. We have three."
    ] * 2
    assert project.claims()[0].discussion == ""


def test_a_time_limit_moves_nothing(project):
    """A claim may say how long its stages may take; what is asserted and measured stays the same."""
    plain = project.claims()
    hasty = project.claims(("status: active", "status: active\ntimeout: 30"))

    assert [claim.timeout for claim in plain] == [None, None]
    assert [claim.timeout for claim in hasty] == [30.0, 30.0]
    assert [claim.digest for claim in hasty] == [claim.digest for claim in plain]


@pytest.mark.parametrize("limit", ["0", "-1", "soon", "[1]"])
def test_a_time_limit_is_a_number_of_seconds(project, limit):
    """What is no length of time is an error at its place."""
    [message] = project.messages(("status: active", f"status: active\ntimeout: {limit}"))

    assert "timeout" in message


def test_the_matrix_is_one_claim_per_cell(project):
    """Each combination of matrix values is a claim whose id says which, the last name varying
    fastest.
    """
    edits = (
        ("matrix: {m: [4, 8]}", "matrix: {rate: [1e-3, .5], m: [4, $late]}"),
        ("credit: normalised", "snapshot2: 0"),
    )
    edits = (edits[0], ("step_sizes: [1e-3, 3e-3]", "step_sizes: [$rate]"))
    claims = project.claims(*edits)

    assert [claim.id for claim in claims] == [
        "6.5A.a[rate=1e-3,m=4]",
        "6.5A.a[rate=1e-3,m=late]",
        "6.5A.a[rate=.5,m=4]",
        "6.5A.a[rate=.5,m=late]",
    ]
    assert [claim.arms["dfa"].parameters.step_sizes for claim in claims] == [
        (0.001,),
        (0.001,),
        (0.5,),
        (0.5,),
    ]
    assert claims[1].arms["vec"].inputs["estimator"].parameters.directions == 10


def test_a_matrix_value_may_stand_in_an_assertion(project):
    """The values of the cell are filled into assertions too, the sizes of the scale only into
    levels.
    """
    edits = (
        ("measure: dL_held, arms: [vec]", "measure: $m, arms: [vec]"),
        ("[4, 8]", "[dL_same, dL_held]"),
        (", directions: $m", ""),
    )
    interaction = "  - {kind: interaction, measure: dL_same, pairs: [[dfa, vec], [vec, oracle]], levels: [$width, $late]}\ncontrols:\n"
    first, second = project.claims(*edits, ("controls:\n", interaction))

    assert [claim.assertions[1].of[0].measure for claim in (first, second)] == [
        "dL_same",
        "dL_held",
    ]
    assert first.assertions[2].levels == (64.0, 10.0)


@pytest.mark.parametrize(("scale", "late", "width"), [("quick", 10, 64), ("memo", 100, 256)])
def test_a_scale_changes_sizes(project, scale, late, width):
    """The sizes of the asked scale, with what the claim says otherwise, stand in the calls and in
    the claim.
    """
    claim = project.claims(scale=scale)[0]
    snapshot = claim.arms["dfa"].inputs["snapshot"].parameters

    assert (claim.scale, claim.decidable, dict(claim.sizes)) == (
        scale,
        ("quick", "memo"),
        {"late": late, "width": width},
    )
    assert (snapshot.epoch, snapshot.width) == (late, width)


def test_a_claim_is_not_resolved_where_it_takes_no_part(project):
    """At a scale that the claim does not name it is read at one that it names, and no verdict is
    due.
    """
    claim = project.claims(("{quick: {late: 10}, memo: {}}", "[memo]"), scale="quick")[0]

    assert (claim.scale, claim.decidable, claim.due) == ("memo", ("memo",), False)
    assert claim.arms["dfa"].inputs["snapshot"].parameters.epoch == 100


def test_every_named_scale_is_checked(project):
    """A value that only another scale than the asked one makes wrong is a mistake, and names that
    scale.
    """
    assert project.messages(("memo: {}", "memo: {width: 100}")) == [
        "7:56: stages.bp.width: must be a multiple of 16, got 100 (by $width) (at scale memo)",
    ]


def test_what_is_wrong_at_every_scale_is_told_once(project):
    """One mistake of two scales is told without naming either; where the values differ, each is
    told.
    """
    wrong = "7:56: stages.bp.width: must be a multiple of 16, got"
    both = ("{quick: {late: 10}, memo: {}}", "{quick: {width: 100}, memo: {width: 100}}")
    each = ("{quick: {late: 10}, memo: {}}", "{quick: {width: 100}, memo: {width: 200}}")

    assert project.messages(both) == [f"{wrong} 100 (by $width)"]
    assert project.messages(each) == [
        f"{wrong} 100 (by $width)",
        f"{wrong} 200 (by $width) (at scale memo)",
    ]


@pytest.mark.parametrize(
    ("words", "seeds"),
    [
        ("{start: 3, max: 6}", Seeds((42, 123, 456, 789, 1011, 1213), 3)),
        ("{start: 4}", Seeds((42, 123, 456, 789, 1011, 1213), 4)),
        ("{max: 5}", Seeds((42, 123, 456, 789, 1011), 3)),
        ("[7, 8, 9]", Seeds((7, 8, 9), 3)),
        ("{pool: [7, 8, 9, 10], start: 2}", Seeds((7, 8, 9, 10), 2)),
    ],
)
def test_seeds_come_from_claim_and_defaults(project, words, seeds):
    """A list is drawn whole; start and max say how much of the defaults' pool is drawn."""
    assert project.claims(("{start: 3, max: 6}", words))[0].seeds == seeds


def test_a_pool_may_be_a_bare_list(project):
    """Where the defaults have a bare list, the claim still says how much of it is drawn at first."""
    text = (
        (project.root / "defaults.yaml")
        .read_text()
        .replace("{pool: [42, 123, 456, 789, 1011, 1213], start: 3}", "[5, 6, 7, 8, 9, 10, 11]")
    )
    project.write("defaults.yaml", text)

    assert project.claims()[0].seeds == Seeds((5, 6, 7, 8, 9, 10), 3)


def test_the_phase_may_look_like_a_number(project):
    """A phase is the text that stands there, also where YAML takes it for a number."""
    assert [
        project.claims(("phase: 6.5A\nstatus", f"phase: {phase}\nstatus"))[0].phase
        for phase in ("8", "6.50", "'7A'")
    ] == [
        "8",
        "6.50",
        "7A",
    ]


@pytest.mark.parametrize(
    "edit",
    [
        ("credit quality", "the quality of credit"),
        ("-0.406", "-0.5"),
        OTHER_NOTE,
        (
            "{kind: range, measure: dL_same, arms: [dfa], low: -1, high: 1}",
            "{high: 1.0, low: -1, arms: [dfa], measure: dL_same, kind: range}",
        ),
        ("{use: vec, directions: $m}", "{stage: vector_field, directions: $m}"),
        ("memo: {}", "memo: {late: 90}"),
        ("status: active", "status: active\ndiscussion: the memo had one seed"),
    ],
    ids=["title", "figures", "note", "order", "name", "other scale", "discussion"],
)
def test_the_digest_ignores_what_decides_nothing(project, edit):
    """Titles, notes, discussion, reported figures, formatting and other scales leave the digest
    alone.
    """
    assert project.claims(edit)[0].digest == project.claims()[0].digest


@pytest.mark.parametrize(
    "edit",
    [
        ("direction: decreasing", "direction: increasing"),
        ("below: -1e-2", "below: -1e-3"),
        ("low: -1, high: 1", "low: -2, high: 1"),
        ("max: 6", "max: 5"),
        ("status: active", "status: active\nalpha: 0.1"),
        ("3e-3", "4e-3"),
        ("{late: 10}", "{late: 11}"),
        ("[4, 8]", "[5, 8]"),
    ],
    ids=["direction", "threshold", "control", "seeds", "alpha", "parameter", "size", "cell"],
)
def test_the_digest_covers_what_decides(project, edit):
    """Assertions, controls, alpha, seeds and every parameter of an arm change the digest."""
    assert project.claims(edit)[0].digest != project.claims()[0].digest


def test_all_sections_are_read_in_spite_of_a_broken_one(project):
    """A wrong shape in one section hides no mistake of another."""
    edits = (
        ("phase: 6.5A\nstatus: active", "status: activ"),
        ("memo: {}", "meno: {}"),
        ("direction: decreasing", "direction: down"),
        ("use: bp", "use: bq"),
    )
    keys = [message.split(": ")[1] for message in project.messages(*edits)]

    assert keys == ["", "status", "experiment.snapshot.use", "assert[0].direction", "scales.meno"]


def test_severity_is_no_part_of_the_digest(project):
    """A quarantine and on_change say how failures count, and leave the claim the same claim."""
    words = (
        "status: active\nquarantine: {owner: Ada, reason: data, until: 2027-01-31}\non_change: warn"
    )
    plain, lenient = project.claims()[0], project.claims(("status: active", words))[0]

    assert lenient.quarantine == Quarantine("Ada", "data", "2027-01-31")
    assert (plain.on_change, lenient.on_change) == ("fail", "warn")
    assert lenient.digest == plain.digest


@pytest.mark.parametrize(
    ("asserted", "said"),
    [
        (
            "{kind: share, measure: dL_same, arms: [dfa], above: 0, more_than: 0.5, test: exact}",
            "assert[0].test: says nothing of share, which has a test of its own",
        ),
        (
            "{kind: unpaired, measure: dL_same, arms: [dfa, vec], above: 0, test: robust}",
            "assert[0].test: says nothing of unpaired, which has a test of its own",
        ),
        (
            "{kind: z, measure: dL_same, arms: [dfa], sigma: 1, above: 0, test: exact}",
            "assert[0].test: says nothing of z, which has a test of its own",
        ),
        (
            "{kind: stated, measure: dL_same, arms: [dfa], above: 0, test: exact}",
            "assert[0].test: says nothing of stated, which compares numbers as they are printed",
        ),
        (
            "{kind: any, test: exact, of: [{kind: sign, measure: dL_same, arms: [dfa], sign: positive}]}",
            "assert[0].test: says nothing of any, whose parts say how they are tested",
        ),
        (
            "{kind: all, of: [{kind: iqm, measure: dL_same, arms: [dfa], above: 0, test: exact}]}",
            "assert[0].of[0].test: says nothing of iqm, which has a test of its own",
        ),
    ],
)
def test_a_test_that_a_kind_does_not_know_is_refused(project, asserted, said):
    """A word that would change nothing is a mistake, whatever else the kind checks and in a part."""
    text = CLAIM[: CLAIM.index("assert:")]
    text += f"assert:\n  - {asserted}\n" + CLAIM[CLAIM.index("seeds:") :]

    [message] = project.messages(text=text)
    assert f": {said}" in message


@pytest.mark.parametrize(
    ("noise", "asserted", "said"),
    [
        (
            "lognormal",
            "{kind: order, measure: dL_same, arms: [dfa, vec], direction: ascending, margin: 2}",
            "state it as a ratio",
        ),
        (
            "heavy",
            "{kind: correlation, measures: [dL_same, dL_held], arms: [dfa], above: 0.5}",
            "use above: 0",
        ),
    ],
)
def test_what_no_test_keeps_its_level_for_is_refused(tmp_path, noise, asserted, said):
    """An assertion is refused at its kind, also as a part, where the measure's noise leaves it no
    test; without that declaration it is valid.
    """
    text = asserting(f"{{kind: all, of: [{asserted}]}}")
    noisy, plain = of_noise(tmp_path, noise), Project(tmp_path, Catalog(STAGES, "sample_engine"))

    [message] = noisy.messages(text=text)
    assert ": assert[0].of[0].kind: " in message
    assert said in message
    assert plain.claims(text=text)


def test_seeds_too_few_for_the_pairings_of_heavy_noise_are_refused(tmp_path):
    """Four seeds have 24 pairings: at alpha 0.02 none is rare enough, but for five seeds one is."""
    correlation = "kind: correlation, measures: [dL_same, dL_held], arms: [dfa], above: 0"
    text = asserting(f"{{{correlation}, alpha: 0.02}}")
    text = text.replace("seeds: {start: 3, max: 6}", "seeds: [1, 2, 3, 4]")
    noisy, plain = of_noise(tmp_path, "heavy"), Project(tmp_path, Catalog(STAGES, "sample_engine"))

    [message] = noisy.messages(text=text)
    assert message.endswith(
        "4 seeds can never show this: p is at least 0.042 and held to 0.02; "
        "at least 5 seeds are needed at alpha 0.02"
    )
    assert noisy.claims(("seeds: [1, 2, 3, 4]", "seeds: [1, 2, 3, 4, 5]"), text=text)
    assert plain.claims(text=text)


def of_noise(tmp_path, noise):
    """The project whose measure dL_same declares that noise."""
    stages = []
    for stage in STAGES:
        measures = dict(stage.measures)
        if "dL_same" in measures:
            measures["dL_same"] = replace(measures["dL_same"], noise=noise, why="by nature")
        stages.append(replace(stage, measures=measures))
    return Project(tmp_path, Catalog(stages, "sample_engine"))


def asserting(assertion):
    """The claim, without its matrix, that asserts this instead."""
    text = CLAIM[: CLAIM.index("assert:")] + f"assert:\n  - {assertion}\n"
    text += CLAIM[CLAIM.index("seeds:") :]
    return text.replace("matrix: {m: [4, 8]}\n", "").replace("$m", "4")
