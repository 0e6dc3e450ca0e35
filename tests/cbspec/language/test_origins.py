"""Every value of a claim knows the line that it comes from."""

from cbspec.language import explain_values
from cbspec.stage import plain

DEFAULTS, CLAIM = "defaults.yaml", "claim.yaml"


def test_origins_of_every_kind_of_value(project, monkeypatch):
    """A value is placed where a person would edit it: in the claim, in its matrix, in the defaults,
    or nowhere.
    """
    monkeypatch.chdir(project.root)
    found = {
        key: (value, str(origin) if origin else None)
        for key, value, origin in explain_values(project.claims(scale="memo")[1])
    }

    assert found["title"] == (
        "Same-batch loss decrease is monotone in credit quality",
        f"{CLAIM}:2:8",
    )
    assert found["arms.vec.stage"] == ("local_descent", f"{CLAIM}:10:10")
    assert found["arms.vec.estimator.directions"] == (8, f"{CLAIM}:18:17")
    assert found["arms.vec.estimator.stage"] == ("vector_field", f"{DEFAULTS}:8:16")
    assert found["arms.vec.estimator.snapshot"] == ("as arms.vec.snapshot", f"{CLAIM}:11:13")
    assert found["arms.dfa.snapshot.epoch"] == (100, f"{DEFAULTS}:5:16")
    assert found["arms.dfa.snapshot.width"] == (256, f"{DEFAULTS}:5:28")
    assert found["arms.dfa.snapshot.learning_rate"] == (0.001, None)
    assert found["alpha"] == (0.05, f"{DEFAULTS}:1:8")
    assert found["seeds.pool"] == ([42, 123, 456, 789, 1011, 1213], f"{DEFAULTS}:2:9")
    assert found["seeds.max"] == (6, f"{CLAIM}:30:24")
    assert found["assert[1].of[0].kind"] == ("sign", f"{CLAIM}:26:16")
    assert found["sizes.late"] == (100, f"{DEFAULTS}:5:16")
    assert found["matrix.m"] == (8, f"{CLAIM}:18:17")


def test_a_claims_own_size_comes_from_the_claim(project, monkeypatch):
    """A size that the claim overrides is placed in the claim."""
    monkeypatch.chdir(project.root)
    claim = project.claims()[0]

    assert (
        str(claim.origins["sizes.late"])
        == str(claim.origins["arms.dfa.snapshot.epoch"])
        == f"{CLAIM}:31:24"
    )


def test_origins_are_a_mapping_of_key_paths(project):
    """Assertions, their parts and their words can be looked up by key path."""
    origins = project.claims()[0].origins

    assert [
        (origins[key].line, origins[key].column)
        for key in ("assert[0]", "assert[0].kind", "assert[1].of[1]", "id")
    ] == [
        (20, 5),
        (20, 11),
        (27, 9),
        (1, 5),
    ]
    assert "experiment" not in origins
    assert len(origins) == len(list(origins))


def test_the_text_that_was_read_is_what_is_explained(project):
    """Origins are those of the text that the claim was read from, even after the file changed."""
    claim = project.claims()[0]
    project.write("claim.yaml", "gone")

    assert claim.origins["id"].line == 1


def test_every_scalar_is_explained(project):
    """Every value of the resolved calls, assertions and seeds is in the list, under its key path,
    once.
    """
    claim = project.claims()[0]
    explained = explain_values(claim)
    keys = [value.key for value in explained]

    assert len(keys) == len(set(keys))
    parameters = claim.arms["oracle"].parameters
    shown = {value.key: value.value for value in explained}
    values = plain(parameters)
    assert values == {name: shown[f"arms.oracle.{name}"] for name in values}


def test_a_dollar_in_prose_is_prose(project):
    """A title that begins with a dollar sign names nothing."""
    claim = project.claims(("title: Same", "title: $ame"))[0]

    assert claim.title.startswith("$ame")
    assert claim.origins["title"].line == 2
