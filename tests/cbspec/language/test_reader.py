"""Many files: found, given their defaults, and checked against each other."""

import pytest

from cbspec.errors import ClaimError, ConfigError
from cbspec.language import claim_files, load, load_file
from cbspec.language.defaults import known_scale
from tests.support.broken_text import CLAIM, DEFAULTS


def named(name, **words):
    text = CLAIM.replace("id: 6.5A.a", f"id: {name}")
    return text + "".join(f"{key}: {value}\n" for key, value in words.items())


def failing(project, *paths):
    with pytest.raises(ClaimError) as caught:
        load(paths or [project.root], catalog=project.catalog, scale="quick")
    return [f"{m.origin.path.name}:{m.origin.line}: {m.message}" for m in caught.value.mistakes]


def test_a_folder_is_read_to_its_depth(project):
    """Claims of all folders come in the order of their paths; defaults, hidden files and other
    files are none.
    """
    for name in (
        "b/two.yaml",
        "a/one.yaml",
        "a/.hidden.yaml",
        ".git/three.yaml",
        "a/notes.txt",
        "a/defaults.yaml",
    ):
        project.write(name, "{}" if "defaults" in name else named(name[2:5]))

    assert [path.name for path in claim_files([project.root])] == ["one.yaml", "two.yaml"]
    claims = load([project.root], catalog=project.catalog, scale="quick")
    assert [claim.id for claim in claims] == ["one[m=4]", "one[m=8]", "two[m=4]", "two[m=8]"]


def test_a_claim_is_read_at_every_scale_that_decides_it(project):
    """One reading gives each cell at each scale that it names, the asked one first, as readings at
    each scale do.
    """
    project.write(
        "one.yaml", named("one").replace("{quick: {late: 10}, memo: {}}", "[quick, memo]")
    )
    project.write("two.yaml", named("two").replace("{quick: {late: 10}, memo: {}}", "[quick]"))
    quick, memo = (
        load([project.root], catalog=project.catalog, scale=scale) for scale in ("quick", "memo")
    )

    found = load([project.root], catalog=project.catalog, scale="memo", every=True)

    assert [(claim.id, claim.scale) for claim in found] == [
        ("one[m=4]", "memo"), ("one[m=4]", "quick"), ("one[m=8]", "memo"), ("one[m=8]", "quick"),
        ("two[m=4]", "quick"), ("two[m=8]", "quick"),
    ]  # fmt: skip
    alone = {(claim.id, claim.scale): claim for claim in (*quick, *memo)}
    assert [claim.digest for claim in found] == [
        alone[claim.id, claim.scale].digest for claim in found
    ]
    assert [claim.origins["arms.dfa.snapshot.epoch"].line for claim in found[:2]] == [5, 4]


def test_the_nearest_defaults_win_key_by_key(project):
    """A folder's defaults change what they name and leave the rest of those above."""
    project.write(
        "a/defaults.yaml",
        "scales: {quick: {width: 128}}\nstages: {vec: {clip: 0.5}}\nseeds: {start: 2}\n",
    )
    project.write("a/one.yaml", named("one"))
    project.write("two.yaml", named("two"))
    one, _, two, _ = load([project.root], catalog=project.catalog, scale="quick")

    found = [
        (
            c.arms["vec"].inputs["snapshot"].parameters.width,
            c.arms["vec"].inputs["estimator"].parameters.clip,
        )
        for c in (one, two)
    ]
    assert found == [(128, 0.5), (64, None)]
    assert one.arms["dfa"].inputs["snapshot"].parameters.epoch == 10


def test_changed_defaults_are_read_again(project):
    """Defaults that change between two readings in one process take effect."""
    assert project.claims(scale="memo")[0].sizes["width"] == 256
    text = (project.root / "defaults.yaml").read_text()
    project.write("defaults.yaml", text.replace("width: 256", "width: 1024"))

    assert project.claims(scale="memo")[0].sizes["width"] == 1024


def test_all_mistakes_of_all_files_at_once(project):
    """One error carries the mistakes of every file, in file order."""
    project.write("a.yaml", named("a").replace("trend", "tend"))
    project.write("b.yaml", "- no\n")
    project.write("c.yaml", named("c"))

    assert [message.split(" (")[0] for message in failing(project)] == [
        "a.yaml:20: unknown value 'tend'; did you mean 'trend'?",
        "b.yaml:1: expected a mapping, got a list",
    ]


def test_a_mistake_in_the_defaults_is_told_once(project):
    """However many claims a defaults file spoils, its mistakes are shown once and at their place."""
    project.write("defaults.yaml", "alpha: 2\nscale: {}\n")
    for name in "abc":
        project.write(f"{name}.yaml", named(name))

    assert [message.split(" (")[0] for message in failing(project)] == [
        "defaults.yaml:1: must be below 0.5, got 2",
        "defaults.yaml:2: unknown key 'scale'; did you mean 'scales'?",
    ]


def test_an_id_belongs_to_one_file(project):
    """The second file with an id is told which file has it."""
    first = project.write("a.yaml", named("same"))
    project.write("b.yaml", named("same"))

    assert failing(project) == [f"b.yaml:1: duplicate id 'same'; {first} has it too"]


def test_claims_name_claims(project):
    """In the whole tree `revises` and `retracted_by` must name claims, by id or by id of a cell; in
    a part they may not.
    """
    project.write("defaults.yaml", (project.root / "defaults.yaml").read_text())
    project.write("a.yaml", named("first", revises="[second, 'second']"))
    project.write("sub/b.yaml", named("second", revises="[frist]"))

    known = "first, second, first[m=4], first[m=8], second[m=4], second[m=8]"
    assert failing(project) == [
        f"b.yaml:32: unknown claim 'frist'; did you mean 'first'? (one of {known})"
    ]
    assert (
        len(
            load(
                [project.root / "sub"], catalog=project.catalog, scale="quick", folder=project.root
            )
        )
        == 2
    )
    assert len(load([project.root / "a.yaml"], catalog=project.catalog, scale="quick")) == 2


def test_a_claim_does_not_revise_itself(project):
    """A claim that names itself is a mistake in any selection."""
    path = project.write("a.yaml", named("first", revises="[first]"))

    assert failing(project, path) == ["a.yaml:32: names the claim itself"]


def test_claims_that_revise_each_other_have_an_order(project):
    """Claims that go round in a circle would be in no tree, as each came after the others."""
    project.write("a.yaml", named("first", revises="[third]"))
    project.write("b.yaml", named("second", revises="[first]"))
    project.write("c.yaml", named("third", revises="[second]"))

    found = failing(project)

    assert [message.partition(": goes")[0] for message in found] == [
        "a.yaml:32",
        "b.yaml:32",
        "c.yaml:32",
    ]
    assert {"first", "second", "third"} <= set(found[0].replace(",", "").split())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("broken.yaml", "id: [1"),
        ("broken.yaml", "\x00"),
        ("other/broken.yaml", named("whole").replace("scales:", "scalse:")),
        ("other/defaults.yaml", "scales: 3\n"),
        ("twin.yaml", named("whole")),
    ],
)
def test_a_mistake_elsewhere_is_no_hindrance(project, name, text):
    """A claim of which the file alone is read is read, whatever other files hold; the whole is
    refused at the place of the mistake.
    """
    path = project.write("whole.yaml", named("whole"))
    project.write(name, text)
    if name.startswith("other/defaults"):
        project.write("other/claim.yaml", named("other"))

    assert [claim.id for claim in load([path], catalog=project.catalog, scale="quick")] == [
        "whole[m=4]",
        "whole[m=8]",
    ]
    assert {line.partition(":")[0] for line in failing(project)} <= {
        name.rpartition("/")[2],
        "whole.yaml",
    }


def test_an_unknown_scale_is_no_claims_mistake(project):
    """A scale that no defaults know is told as a mistake of whoever asked for it; read at exactly
    that scale, as a canary is, it is a mistake of the file.
    """
    path = project.write("claim.yaml", CLAIM)
    with pytest.raises(
        ConfigError, match=r"unknown scale 'qick'; did you mean 'quick'\? \(one of quick, memo\)"
    ):
        known_scale("qick", "quick", project.root)
    with pytest.raises(
        ClaimError,
        match=r"1:1: unknown scale 'qick'; did you mean 'quick'\? \(one of quick, memo\)",
    ):
        load_file(path, catalog=project.catalog, scale="qick", exact=True)


def test_defaults_outside_the_project_do_not_count(project):
    """The folder of pyproject.toml is the last in which defaults are looked for."""
    project.write("inner/pyproject.toml", "")
    project.write("inner/claims/one.yaml", named("one"))

    assert any(
        "no defaults.yaml above this file has scales" in message
        for message in failing(project, project.root / "inner/claims/one.yaml")
    )


def test_a_wrong_number_of_the_defaults_hides_no_other_mistake(project):
    """A wrong alpha or seed is told together with the mistakes of calls and claims below it."""
    wrong = DEFAULTS.replace("0.05", "0.6").replace("start: 3", "start: 0")
    project.write("defaults.yaml", wrong.replace("stage: vector_field", "stage: vektor_field"))

    messages = project.messages(("status: active", "status: actve"))

    assert [message.partition(": ")[2].split("; ")[0] for message in messages] == [
        "status: unknown value 'actve'",
        "alpha: must be below 0.5, got 0.6",
        "seeds.start: must be at least 1, got 0",
        "stages.vec.stage: unknown stage 'vektor_field'",
    ]
