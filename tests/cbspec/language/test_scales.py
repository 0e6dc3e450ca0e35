"""At which scales a claim takes part, where folders add scales and seeds of their own."""

from __future__ import annotations

import pytest

from cbspec.catalog import Catalog
from cbspec.claim import Seeds
from cbspec.errors import ConfigError
from cbspec.language import Versions, load
from cbspec.language.defaults import known_scale
from tests.labs.training import STAGES
from tests.support.broken_text import CLAIM, DEFAULTS

ROOT_SEEDS = "seeds: {pool: [42, 123, 456, 789, 1011, 1213], start: 3}"
SIMPLE = CLAIM.replace("seeds: {start: 3, max: 6}\n", "")


def scaled(name: str, scales: str) -> str:
    """The claim under another id, decidable at these scales."""
    return SIMPLE.replace("id: 6.5A.a", f"id: {name}").replace(
        "{quick: {late: 10}, memo: {}}", scales
    )


def epoch(claim) -> int:
    return claim.arms["dfa"].inputs["snapshot"].parameters.epoch


@pytest.fixture
def folders(project):
    """Two folders: one adds the scale tiny and decides its claim there, one keeps to the root's."""
    project.write("a/defaults.yaml", "scales: {tiny: {late: 2, width: 16}}\n")
    project.write("a/one.yaml", scaled("one", "[tiny, memo]"))
    project.write("b/two.yaml", scaled("two", "[quick]"))
    return project


def test_a_folder_adds_a_scale(folders):
    """Each claim is read at the asked scale where it can be decided there, else at the first at
    which it can, and then nothing is due.
    """
    read = {}
    for scale in ("tiny", "quick", "memo"):
        claims = load([folders.root], catalog=folders.catalog, scale=scale)
        read[scale] = {(claim.id[:3], claim.scale, claim.due, epoch(claim)) for claim in claims}

    assert read == {
        "tiny": {("one", "tiny", True, 2), ("two", "quick", False, 20)},
        "quick": {("one", "tiny", False, 2), ("two", "quick", True, 20)},
        "memo": {("one", "memo", True, 100), ("two", "quick", False, 20)},
    }


def test_a_claim_is_read_at_every_scale_that_decides_it_in_its_folder(folders):
    """Read at every scale, each claim is due at its own, whichever scale was asked for."""
    claims = load([folders.root], catalog=folders.catalog, scale="quick", every=True)

    assert [(claim.id, claim.scale, claim.due) for claim in claims if "4" in claim.id] == [
        ("one[m=4]", "tiny", True),
        ("one[m=4]", "memo", True),
        ("two[m=4]", "quick", True),
    ]


@pytest.mark.parametrize("scale", ["small", "big"])
def test_folders_without_a_scale_in_common(project, scale):
    """Folders whose defaults share no scale are read together, at the scale of either."""
    (project.root / "defaults.yaml").write_text(
        (project.root / "defaults.yaml").read_text().partition("scales:")[0]
    )
    for folder, own in (("a", "small"), ("b", "big")):
        project.write(
            f"{folder}/defaults.yaml",
            f"scales: {{{own}: {{late: 3, width: 32}}}}\n"
            "stages:\n  bp: {stage: train_bp, task: {stage: cifar10}, width: $width}\n"
            "  vec: {stage: vector_field}\n",
        )
        project.write(f"{folder}/claim.yaml", scaled(folder, f"[{own}]"))
    claims = load([project.root], catalog=project.catalog, scale=scale)

    assert {(claim.id[0], claim.scale) for claim in claims} == {("a", "small"), ("b", "big")}
    assert {claim.id[0] for claim in claims if claim.due} == {"a" if scale == "small" else "b"}


def test_a_size_of_another_scale_is_no_mistake(project):
    """A claim that names a size which the asked scale does not have is right where it can be
    decided; only at a scale that it names, or read at exactly that scale, the size is missed.
    """
    text = (project.root / "defaults.yaml").read_text()
    project.write("defaults.yaml", text.replace("memo: {late", "memo: {later: 90, late"))
    memo = scaled("late", "[memo]").replace("epoch: $late", "epoch: $later")
    (first, _) = project.claims(text=memo, scale="quick", name="memo.yaml")

    assert (first.scale, first.due, epoch(first)) == ("memo", False, 90)
    both = memo.replace("[memo]", "[memo, quick]")
    missed = "11:30: experiment.snapshot.epoch: $later is no size of scale quick"
    assert project.messages(text=both) == [missed]


def test_a_claim_is_read_at_a_scale_that_does_not_decide_it(folders):
    """A canary is a version at exactly one scale, whatever the claim's own are."""
    [one, *_] = load([folders.root / "a"], catalog=folders.catalog, scale="tiny")
    quick = Versions(folders.catalog).at(one, "quick")

    assert (quick.id, quick.scale, quick.due, epoch(quick)) == (one.id, "quick", False, 20)


def test_a_scale_is_known_wherever_a_folder_has_it(folders):
    """A person may ask for a scale of any folder; one that none has is an error that names all."""
    assert known_scale("tiny", "quick", folders.root) == "tiny"
    assert known_scale(None, "quick", folders.root) == "quick"
    with pytest.raises(ConfigError) as asked:
        known_scale("tinny", "quick", folders.root)
    with pytest.raises(ConfigError) as usual:
        known_scale(None, "qick", folders.root)

    assert str(asked.value) == (
        "--scale tinny: unknown scale 'tinny'; did you mean 'tiny'? (one of quick, memo, tiny)"
    )
    assert str(usual.value).startswith("unknown scale 'qick'; did you mean 'quick'?")


def test_an_unknown_scale_of_the_canaries_is_a_mistake_of_the_settings(folders):
    """It is told where it stands, and not at every claim; a folder below may define it."""
    assert known_scale(None, "quick", folders.root, canary="tiny") == "quick"
    with pytest.raises(ConfigError) as caught:
        known_scale(None, "quick", folders.root, canary="tinny")

    assert str(caught.value) == (
        "unknown scale 'tinny'; did you mean 'tiny'? (one of quick, memo, tiny): "
        "the canaries' under [tool.cbspec]"
    )


@pytest.mark.parametrize(
    ("root", "folder", "claim", "drawn"),
    [
        ("[1, 2, 3, 4, 5]", "{start: 3}", "", Seeds((1, 2, 3, 4, 5), 3)),
        ("[1, 2, 3, 4, 5]", "{start: 3}", "{max: 4}", Seeds((1, 2, 3, 4), 3)),
        ("[1, 2, 3, 4, 5]", "{start: 3, max: 4}", "{start: 2}", Seeds((1, 2, 3, 4), 2)),
        ("[1, 2, 3, 4, 5]", "{pool: [7, 8]}", "", Seeds((7, 8), 2)),
        ("[1, 2, 3]", "[7, 8]", "", Seeds((7, 8), 2)),
        ("{pool: [1, 2, 3, 4], start: 2}", "[7, 8, 9]", "", Seeds((7, 8, 9), 3)),
        ("{pool: [1, 2, 3, 4], start: 2}", "{start: 3}", "", Seeds((1, 2, 3, 4), 3)),
        ("{pool: [1, 2, 3, 4], start: 2}", "{max: 3}", "[5, 6]", Seeds((5, 6), 2)),
        ("{start: 2}", "[7, 8, 9]", "{start: 1}", Seeds((7, 8, 9), 1)),
        ("{start: 2}", "{pool: [7, 8, 9]}", "", Seeds((7, 8, 9), 2)),
    ],
)
def test_seeds_are_merged_from_folder_to_folder(project, root, folder, claim, drawn):
    """A list is drawn whole; a mapping says how much of what lies outside of it is drawn."""
    text = (project.root / "defaults.yaml").read_text()
    project.write("defaults.yaml", text.replace(ROOT_SEEDS, f"seeds: {root}"))
    project.write("a/defaults.yaml", f"seeds: {folder}\n")
    own = f"seeds: {claim}\n" if claim else ""

    assert project.claims(text=SIMPLE + own, name="a/claim.yaml")[0].seeds == drawn


NAMED = "scales: {quick: {late: 10}, memo: {}}\n"


def test_a_claim_need_not_name_the_only_scale(project):
    """Where the defaults have one scale, a claim that names none is decided at it."""
    only = DEFAULTS.replace("  memo: {late: 100, width: 256}\n", "")
    project.write("defaults.yaml", only)

    (claim, _) = project.claims((NAMED, ""))

    assert (claim.scale, claim.decidable, claim.due) == ("quick", ("quick",), True)
    assert claim.sizes == {"late": 20, "width": 64}


def test_a_project_without_scales_has_the_usual_one(project):
    """Where there are no scales at all, the scale of every run is the one of the settings."""
    sizes = "scales:\n  quick: {late: 20, width: 64}\n  memo: {late: 100, width: 256}\n"
    project.write("defaults.yaml", DEFAULTS.replace(sizes, "").replace("$width", "64"))

    (claim, _) = project.claims((NAMED, ""), ("$late", "10"))

    assert (claim.scale, claim.decidable, claim.sizes) == ("quick", ("quick",), {})
    assert known_scale(None, "quick", project.root) == "quick"
    with pytest.raises(ConfigError) as refused:
        known_scale("memo", "quick", project.root)
    assert str(refused.value) == (
        "--scale memo: the project has no scales, so every run is 'quick'"
    )


def test_a_claim_chooses_between_scales(project):
    """Where the defaults have several scales, a claim that names none is a mistake."""
    assert project.messages((NAMED, "")) == [
        "1:1: : missing scales: name those of quick, memo that can decide it"
    ]


def test_the_canaries_scale_decides_no_claim(project):
    """Nothing is judged there, so a claim that names it alone would pass for ever."""
    project.catalog = Catalog(STAGES, canary="memo")
    refused = "the canaries' scale decides no claim, and every claim has it: name the others"

    only = "scales: {memo: {late: 100}}\n"
    assert project.messages((NAMED, "scales: [memo, quick]\n")) == [f"31:10: scales[0]: {refused}"]
    assert project.messages((NAMED, only)) == [f"31:10: scales.memo: {refused}"]
    assert project.messages((NAMED, "scales: [mem]\n")) == [
        "31:10: scales[0]: unknown scale 'mem' (one of quick)"
    ]


def test_a_claim_changes_sizes_of_its_canary_and_is_decided_elsewhere(project):
    """The scale of the canaries is none to choose between, but it may have sizes of the claim's."""
    project.catalog = Catalog(STAGES, canary="memo")

    (unnamed, _) = project.claims((NAMED, ""))
    (sized, _) = project.claims((NAMED, "scales: {quick: {}, memo: {late: 3}}\n"))
    canary = Versions(project.catalog).at(sized, "memo")

    assert (unnamed.decidable, sized.decidable) == (("quick",), ("quick",))
    assert canary.sizes == {"late": 3, "width": 256}
