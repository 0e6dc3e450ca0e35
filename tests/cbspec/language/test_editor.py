"""What an editor says of a claim: asked of the real language server, by the schema of a project."""

import itertools

import pytest

from cbspec.language.vocabulary import vocabulary
from tests.support.claim_text import DEFAULTS, LIGHT, WEIGHT
from tests.support.laboratory import working_in
from tests.support.yaml_server import COMMAND, YamlServer, server_command

FIRST = "# yaml-language-server: $schema=schema/claim.schema.json\n"
NUMBER = itertools.count()  # a file is opened once
CALLS = "  tall: {use: plant, light: 20.0}\n  heavy: {stage: weigh, plant: tall}\n"


@pytest.fixture(scope="module")
def garden(tmp_path_factory):
    """A project with two claims whose schema was written."""
    with working_in(tmp_path_factory.mktemp("garden").resolve()) as laboratory:
        laboratory.furnish()
        laboratory.write("claims/defaults.yaml", DEFAULTS + CALLS)
        laboratory.claim("1.a.yaml", FIRST + LIGHT)
        laboratory.claim("2.a.yaml", FIRST + WEIGHT)
        laboratory.cbspec("schema", "--write")
        yield laboratory


@pytest.fixture(scope="module")
def server(garden):
    command = server_command()
    if command is None:
        pytest.skip(f"there is no yaml-language-server, neither on PATH nor as {COMMAND}")
    with YamlServer(command, garden.root) as running:
        yield running


def opened(garden, server, text):
    """A claim that is open in the editor, and its marks: the marked word -> the message."""
    path = garden.claim(f"open{next(NUMBER)}.yaml", FIRST + text)
    marks = {}
    for mark in server.open(path):
        start, end = mark["range"]["start"], mark["range"]["end"]
        line = path.read_text().splitlines()[start["line"]]
        marks[line[start["character"] : end["character"]]] = mark["message"]
    path.unlink()
    return path, marks


def place(text, before):
    """Line and column, counted from 0, behind some words of a claim whose first line is the schema's."""
    head = (FIRST + text).partition(before)[0] + before
    return head.count("\n"), len(head.rpartition("\n")[2])


def test_the_names_of_a_project_are_those_of_its_files(garden):
    """Calls with their stage, arms, scales and what `$` may stand before."""
    names = vocabulary(garden.root / "claims")

    assert names.calls == {"plant": "grow", "tall": "grow", "heavy": "weigh"}
    assert (names.arms, names.scales) == (("dark", "bright"), ("quick", "memo"))
    assert names.placeholders == ("days",)


def test_a_valid_claim_has_no_mark(garden, server):
    """What the reader takes, the editor takes."""
    assert opened(garden, server, LIGHT)[1] == {}
    assert opened(garden, server, WEIGHT)[1] == {}


@pytest.mark.parametrize(
    ("text", "before", "right", "wrong", "noun"),
    [
        (LIGHT, "measure: ", "height", "hight", "measure"),
        (LIGHT, "arms: [", "dark", "drak", "arm"),
        (LIGHT, "experiment: ", "plant", "plnat", "named call"),
        (LIGHT, "scales: [", "quick", "quik", "scale"),
        (LIGHT, "figures: {", "height", "heigth", "measure"),
        (WEIGHT, "weigh, plant: ", "plant", "plnat", "named call that yields plant"),
    ],
)
def test_a_misspelt_name_is_marked(garden, server, text, before, right, wrong, noun):
    """The mark is at the word, and says of what it is no name."""
    _, marks = opened(garden, server, text.replace(before + right, before + wrong, 1))

    assert marks == {wrong: f"no {noun} of this project; if it is new: cbspec schema --write"}


@pytest.mark.parametrize(
    ("text", "before", "expected"),
    [
        (LIGHT, "measure: ", {"height", "weight"}),
        (LIGHT, "arms: [", {"dark", "bright"}),
        (LIGHT, "scales: [", {"quick", "memo"}),
        (LIGHT, "experiment: ", {"plant", "tall", "heavy", "$days"}),
        (WEIGHT, "weigh, plant: ", {"plant", "tall", "$days"}),
        (WEIGHT, "{stage: ", {"grow", "weigh", "table", "reported"}),
        (
            LIGHT.replace("order, ", "collapse, ").replace(", direction: a", ", reference: a"),
            "reference: ",
            {"dark", "bright"},
        ),
        (LIGHT.replace("experiment: plant", "experiment: {use: p}"), "{use: ", {"plant", "tall"}),
        (LIGHT.replace("light: 2.0", "day: $"), "day: ", {"$days"}),
    ],
)
def test_names_are_completed(garden, server, text, before, expected):
    """Where a name is expected, those of the project are offered."""
    path, _ = opened(garden, server, text)

    labels = {item["label"] for item in server.completions(path, *place(text, before))}

    assert labels >= expected
    assert "height" not in labels or before == "measure: "


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        ("{stage: ", "`weigh`: puts a plant on the scales"),
        ("weigh, plant: ", "`plant`: lets a plant grow"),
        ("measure: ", "`weight`: weight of the plant (g)"),
        ("direction: ", "`ascending`"),
    ],
)
def test_a_word_says_what_it_means(garden, server, before, sentence):
    """On hover a stage, a call and a measure have their own sentence, ahead of all others'."""
    path, _ = opened(garden, server, WEIGHT)
    line, column = place(WEIGHT, before)

    shown = server.hover(path, line, column + 1)

    first, *_ = [row for row in shown.splitlines() if row.startswith("* ")]
    assert first.removeprefix("* ") == sentence
