"""Values that Python takes for equal, and that no stage need treat alike."""

from __future__ import annotations

from typing import Annotated

import pytest
from msgspec import Meta, field

from cbspec.catalog import Catalog
from cbspec.language import explain_values, load
from cbspec.stage import Measure, Parameters, Stage


class Share(Parameters, frozen=True, kw_only=True, forbid_unknown_fields=True):
    batches: Annotated[int | float | bool | str, Meta(description="how many, or which share")]
    sizes: Annotated[dict[str, int | float | bool], Meta(description="by name")] = field(
        default_factory=dict
    )


LOSS = Measure("nats", "mean loss")
STAGES = (
    Stage(
        "evaluate", "loss on batches", "sample:run", Share, measures={"loss": LOSS}, kind="result"
    ),
)
EQUAL = {"1": 1, "1.0": 1.0, "true": True, "0": 0, "-0.0": -0.0, "0.0": 0.0, "'1'": "1"}


def claim(name: str, value: str, more: str = "") -> str:
    return f"""\
id: {name}
title: A loss
phase: 1
status: active
source: {{memo: notebook}}
experiment: {{stage: evaluate, batches: {value}}}
arms: {{all: {{}}}}
assert: [{{kind: threshold, measure: loss, arms: [all], below: 10}}]
scales: [quick]
{more}"""


@pytest.fixture
def project(project):
    """Another engine, whose parameter may be a number, true or a word."""
    project.catalog = Catalog(STAGES, "share_engine")
    project.write("defaults.yaml", "alpha: 0.05\nseeds: [1, 2, 3]\nscales: {quick: {n: 1}}\n")
    return project


def spelled(value: object) -> str:
    return f"{type(value).__name__} {value}"


def test_claims_do_not_share_calls_of_equal_values(project):
    """1, 1.0 and true are three stage calls, whichever claim is read first, and so are 0, 0.0 and
    -0.0.
    """
    for place, value in enumerate(EQUAL):
        project.write(f"{place}.yaml", claim(f"c.{place}", value))
    forwards = load([project.root], catalog=project.catalog, scale="quick")
    paths = [project.root / f"{place}.yaml" for place in reversed(range(len(EQUAL)))]
    backwards = load(paths, catalog=project.catalog, scale="quick")

    for claims in (forwards, tuple(reversed(backwards))):
        values = [one.arms["all"].parameters.batches for one in claims]
        assert list(map(spelled, values)) == list(map(spelled, EQUAL.values()))
        assert len({one.arms["all"].digest for one in claims}) == len(EQUAL)


def test_cells_do_not_share_calls_of_equal_values(project):
    """A matrix may have 1, 1.0 and true; each cell keeps its own value, and its id says which."""
    text = claim("c", "$b", "matrix: {b: [1, 1.0, true, 0.0, -0.0]}\n")
    cells = project.claims(text=text)

    assert {one.id: spelled(one.arms["all"].parameters.batches) for one in cells} == {
        "c[b=1]": "int 1",
        "c[b=1.0]": "float 1.0",
        "c[b=true]": "bool True",
        "c[b=0.0]": "float 0.0",
        "c[b=-0.0]": "float -0.0",
    }
    assert len({one.digest for one in cells}) == 5


def test_values_within_a_mapping_are_told_apart(project):
    """What a parameter holds at any depth counts."""
    texts = [claim(f"c.{n}", "1").replace("1}", f"1, sizes: {{a: {n}}}}}") for n in ("1", "1.0")]
    first, second = (project.claims(text=text, name=f"{text[4:9]}.yaml")[0] for text in texts)

    assert spelled(first.arms["all"].parameters.sizes["a"]) == "int 1"
    assert spelled(second.arms["all"].parameters.sizes["a"]) == "float 1.0"


def test_an_override_that_equals_what_it_overrides_counts(project):
    """An arm that says 1.0 where the experiment says 1 has 1.0, also as it is shown."""
    text = claim("c", "1").replace("{all: {}}", "{all: {batches: 1.0}, true: {batches: true}}")
    [one] = project.claims(text=text)
    shown = {value.key: spelled(value.value) for value in explain_values(one)}

    assert shown["arms.all.batches"] == "float 1.0"
    assert shown["arms.true.batches"] == "bool True"
    assert one.arms["all"].digest != one.arms["true"].digest


def test_a_size_keeps_its_type(project):
    """A size that is 1.0 at one scale and 1 at another is two values; a claim may override it by an
    equal one.
    """
    project.write(
        "defaults.yaml",
        "alpha: 0.05\nseeds: [1, 2, 3]\nscales: {quick: {n: 1}, memo: {n: 1.0}}\n",
    )
    text = claim("c", "$n").replace("[quick]", "[quick, memo]")
    both = {one: project.claims(text=text, scale=one)[0] for one in ("quick", "memo")}
    own = project.claims(text=text.replace("[quick, memo]", "{quick: {n: 1.0}}"), name="own.yaml")

    assert {name: spelled(one.arms["all"].parameters.batches) for name, one in both.items()} == {
        "quick": "int 1",
        "memo": "float 1.0",
    }
    assert spelled(own[0].arms["all"].parameters.batches) == "float 1.0"


def test_mappings_in_another_order_are_one_call(project):
    """Two mappings that differ in the order of their keys are one call, which a stage sees in one
    order, to any depth.
    """
    written = claim("c", "1").replace(
        "{all: {}}", "{up: {sizes: {b: 1, a: 2}}, down: {sizes: {a: 2, b: 1}}}"
    )
    [one] = project.claims(text=written.replace("arms: [all]", "arms: [up]"))

    assert one.arms["up"].digest == one.arms["down"].digest
    assert list(one.arms["up"].parameters.sizes.items()) == [("a", 2), ("b", 1)]
