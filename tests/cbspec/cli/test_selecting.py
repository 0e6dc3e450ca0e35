"""validate, list, show, schema: looking at claims without running anything."""

import json

import pytest

from cbspec.selection import ids
from tests.support.claim_text import LIGHT, WEIGHT


def test_valid_claims_are_counted(laboratory):
    """Valid claims and files are counted, and the status is 0."""
    result = laboratory.cbspec("validate")

    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "2 claims in 2 files: valid\n",
        "",
    )


def test_all_mistakes_of_all_files_are_told(laboratory):
    """Every mistake of every file goes to stderr at its line, with a count, and the status is 1."""
    laboratory.write(
        "claims/phase1/1.a.yaml",
        LIGHT.replace("kind: order", "kind: ordre").replace("status: active", "status: on"),
    )
    laboratory.write("claims/phase2/2.a.yaml", WEIGHT.replace("measure: weight", "measure: wight"))

    result = laboratory.cbspec("validate")

    assert result.exit_code == 1
    assert result.stdout == ""
    heads = [
        line.split(": ")[0] for line in result.stderr.splitlines() if line.startswith("claims/")
    ]
    assert heads == [
        "claims/phase1/1.a.yaml:4:9",
        "claims/phase1/1.a.yaml:11:12",
        "claims/phase2/2.a.yaml:12:28",
    ]
    assert "did you mean 'order'?" in result.stderr
    assert result.stderr.splitlines()[-1] == "3 mistakes in 2 of 2 files"


def test_mistakes_of_the_canary_are_told_with_all_others(laboratory):
    """What is wrong at the canaries' scale alone does not wait until the rest is right."""
    laboratory.edit("pyproject.toml", "[tool.cbspec]", '[tool.cbspec]\ncanary = "toy"')
    laboratory.edit(
        "claims/defaults.yaml", "memo: {days: 30}", "memo: {days: 30}\n  toy: {days: -1}"
    )
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("status: active", "status: on"))

    result = laboratory.cbspec("validate")

    heads = [line.partition("; ")[0] for line in result.stderr.splitlines() if "claims/" in line]
    assert heads == [
        "claims/defaults.yaml:8:29: stages.plant.day: must be at least 0, got -1 (by $days)",
        "claims/phase1/1.a.yaml:4:9: status: unknown value 'on' (one of active, open-question, retracted)",
    ]


def test_margin_that_the_record_rules_out(laboratory):
    """A margin that the seeds cannot show with the spread on record is a warning at its line, with
    the seeds it takes.
    """
    assertion = "{kind: equivalence, measure: height, arms: [bright], to: 24, margin: 0.1}"
    order = "{kind: order, measure: height, arms: [dark, bright], direction: ascending}"
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace(order, assertion))
    before = laboratory.cbspec("validate")
    laboratory.record(laboratory.run())

    result = laboratory.cbspec("validate")

    assert (before.stderr, result.exit_code, result.stdout) == (
        "",
        0,
        "2 claims in 2 files: valid, 1 warning\n",
    )
    message, line, _ = result.stderr.splitlines()
    assert message.startswith(
        "warning: claims/phase1/1.a.yaml:11:5: assert[0]: 3 seeds can never show bright to lie within 0.1 of 24 where"
    )
    assert message.endswith("seeds are needed (on record: 1.a at scale quick)")
    assert line == f"      - {assertion}"
    assert len(json.loads(laboratory.cbspec("validate", "--json").stdout)["warnings"]) == 1


def test_margins_are_checked_at_every_scale_of_a_claim(laboratory):
    """A margin that only the record of another scale than the project's rules out is told as well."""
    assertion = (
        "{kind: equivalence, measure: height, arms: [bright], to: 240, margin: 0.1, test: robust}"
    )
    order = "{kind: order, measure: height, arms: [dark, bright], direction: ascending}"
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace(order, assertion))
    laboratory.record(laboratory.run(scale="memo"))

    result = laboratory.cbspec("validate")

    message, *_ = result.stderr.splitlines()
    assert "3 seeds can never show bright to lie within 0.1 of 240" in message
    assert message.endswith("(on record: 1.a at scale memo)")
    assert (result.exit_code, result.stdout) == (0, "2 claims in 2 files: valid, 1 warning\n")


def test_mistakes_as_json(laboratory):
    """With --json mistakes go to stdout with path, line, column, key and message."""
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("status: active", "status: on"))

    result = laboratory.cbspec("validate", "claims/phase1", "--json")

    content = json.loads(result.stdout)
    assert result.exit_code == 1
    assert (content["files"], content["claims"]) == (1, 0)
    [mistake] = content["mistakes"]
    assert {**mistake, "message": ""} == {
        "path": "claims/phase1/1.a.yaml",
        "line": 4,
        "column": 9,
        "key": "status",
        "message": "",
    }


def test_list_shows_the_verdicts_on_record(laboratory, pinned):
    """Each claim stands in one line with phase, status, verdicts on record and title."""
    laboratory.record(laboratory.run())
    laboratory.write("claims/phase1/1.b.yaml", LIGHT.replace("id: 1.a", "id: 1.b"))

    result = laboratory.cbspec("list")

    pinned(result.stdout)


def test_list_filters(laboratory):
    """Phase, status and verdict each narrow the list down, alone and together."""
    laboratory.record(laboratory.run())
    laboratory.write(
        "claims/phase1/1.b.yaml",
        LIGHT.replace("id: 1.a", "id: 1.b").replace(
            "status: active", "status: retracted\nretracted_by: [2.a]"
        ),
    )

    def listed(*filters):
        return [row["id"] for row in laboratory.json("list", *filters)]

    assert listed("--phase", "1") == ["1.a", "1.b"]
    assert listed("--phase", "2a") == ["2.a"]
    laboratory.write(
        "claims/phase10/10.a.yaml",
        LIGHT.replace("id: 1.a", "id: 10.a").replace("phase: 1A", "phase: 10A"),
    )
    assert listed("--phase", "1") == ["1.a", "1.b"]
    assert listed("--phase", "10A") == ["10.a"]
    (laboratory.root / "claims/phase10/10.a.yaml").unlink()
    assert listed("--status", "retracted") == ["1.b"]
    assert listed("--verdict", "holds") == ["1.a", "2.a"]
    assert listed("--verdict", "none") == ["1.b"]
    assert listed("--verdict", "holds", "--phase", "1") == ["1.a"]
    assert listed("--verdict", "holds", "--scale", "memo") == []


def test_graph_follows_revisions(laboratory, pinned):
    """--graph shows, below each claim that was taken up, who revised or retracted it."""
    retracted = LIGHT.replace("id: 1.a", "id: 1.b").replace(
        "status: active", "status: retracted\nretracted_by: [1.a]"
    )
    laboratory.write("claims/phase1/1.b.yaml", retracted)

    result = laboratory.cbspec("list", "--graph")

    pinned(result.stdout)


def test_graph_of_claims_without_revisions(laboratory):
    """--graph says so where no claim was taken up by another."""
    (laboratory.root / "claims" / "phase2" / "2.a.yaml").unlink()

    none = laboratory.cbspec("list", "--graph")

    assert none.stdout == "no claim revises or retracts another\n"


def test_show_names_the_origin_of_each_value(laboratory):
    """A claim is printed resolved at a scale, each value with the line that it comes from."""
    result = laboratory.cbspec("show", "1.a", "--scale", "memo")

    lines = dict(
        line.split("  ", 1) for line in (row.strip() for row in result.stdout.splitlines()[1:])
    )
    assert result.stdout.splitlines()[0] == "1.a at scale memo"
    assert lines["arms.dark.day: 30"].strip() == "claims/defaults.yaml:5"
    assert lines["arms.dark.light: 2.0"].strip() == "claims/phase1/1.a.yaml:8"
    assert lines["arms.dark.thirsty: false"].strip() == "default of the stage"
    assert lines["assert[0].kind: order"].strip() == "claims/phase1/1.a.yaml:11"


def test_show_has_the_discussion(laboratory):
    """What a person says of the differences is printed with its line."""
    laboratory.edit(
        "claims/phase1/1.a.yaml",
        "status: active\n",
        "status: active\ndiscussion: the lamp was off\n",
    )

    lines = dict(
        line.split("  ", 1)
        for line in map(str.strip, laboratory.cbspec("show", "1.a").stdout.splitlines()[1:])
    )

    assert lines["discussion: the lamp was off"].strip() == "claims/phase1/1.a.yaml:5"


def test_id_without_cell_stands_for_all_cells(laboratory):
    """Of a matrix, the bare id names every cell and the full id one."""
    matrix = LIGHT.replace(
        "experiment: plant", "matrix: {late: [3, 4]}\nexperiment: {use: plant, day: $late}"
    )
    laboratory.write("claims/phase1/1.a.yaml", matrix)

    shown = laboratory.json("status", "1.a")

    assert {row["claim"] for row in shown} == {"1.a[late=3]", "1.a[late=4]"}
    assert {row["claim"] for row in laboratory.json("status", "1.a[late=4]")} == {"1.a[late=4]"}


def test_unknown_claim_is_a_usage_mistake(laboratory):
    """An id that no file has is refused with the nearest one, and status 2."""
    for command in ("show", "explain", "plan", "status", "run"):
        result = laboratory.cbspec(command, "1.b")

        assert (result.exit_code, result.stdout) == (2, "")
        assert result.stderr == "unknown claim '1.b'; did you mean '1.a'? (one of 1.a, 2.a)\n"


def test_an_empty_word_is_no_folder(laboratory):
    """An unset variable of a shell names nothing, and not everything below the working directory."""
    result = laboratory.cbspec("run", "")

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("unknown claim ''")


ELSEWHERE = (
    *(("status",), ("explain",), ("explain", "--scale", "memo"), ("plan", "--scale", "memo")),
    *(("show",), ("values",), ("interim",), ("verify",)),
    *(("judge", "--accept", "--reason", "more light"), ("withdraw", "--reason", "too small")),
)


@pytest.mark.parametrize("command", ELSEWHERE, ids=" ".join)
def test_mistakes_elsewhere_do_not_hinder(laboratory, command):
    """What is asked of one claim is done although another file is broken, also where the results
    of other claims are looked at for it.
    """
    laboratory.record(laboratory.run())
    if command[0] == "withdraw":
        laboratory.edit("claims/phase1/1.a.yaml", "scales: [quick, memo]", "scales: [memo]")
    if command[0] in ("judge", "explain", "plan"):
        laboratory.edit("claims/phase1/1.a.yaml", "dark: {light: 2.0}", "dark: {light: 2.5}")
    laboratory.write("claims/phase2/2.a.yaml", "id: 2.a\ntitle: [half of a file\n")

    one, broken = (laboratory.cbspec(*command[:1], id, *command[1:]) for id in ("1.a", "2.a"))

    assert (one.exit_code, one.stderr) == (0, "")
    assert broken.exit_code == 1
    assert "claims/phase2/2.a.yaml:3:1: not YAML" in broken.stderr


def test_a_comparison_is_drawn_beside_a_broken_file(laboratory):
    """The page of two ledgers has the titles of the claims that can be read."""
    laboratory.record(laboratory.run())
    laboratory.write("claims/phase2/2.a.yaml", "id: 2.a\ntitle: [half of a file\n")
    ledger = "reports/ledger.json"

    result = laboratory.cbspec("diff", ledger, ledger, "--all", "--html", "page.html")

    assert (result.exit_code, result.stderr) == (0, "")
    assert "More light makes taller plants" in (laboratory.root / "page.html").read_text()


def test_ids_are_found_however_they_are_written(laboratory):
    """Quotes, comments, Windows line ends, a mark of the byte order, JSON and indentation do not
    hide an id.
    """
    folder = laboratory.root / "claims"
    laboratory.write("claims/a.yaml", "# id: no\nid: '7.x'  # the first\n")
    laboratory.write("claims/b.yaml", 'title: x\r\nid: "7.y"\r\n')
    laboratory.write("claims/c.yaml", "title: no id\nsource: {id: 9}\n")
    laboratory.write("claims/d.yaml", "\ufeffid: 7.z\n")
    laboratory.write("claims/e.yaml", '{"title": "x", "id": "8.a"}')
    laboratory.write("claims/f.yaml", "  title: x\n  id: 8.b\n")
    laboratory.write("claims/g.yaml", "title: [broken\n")

    assert sorted(ids(folder)) == ["1.a", "2.a", "7.x", "7.y", "7.z", "8.a", "8.b"]


def test_defaults_stand_for_the_claims_that_share_them(laboratory):
    """A hook that passes the changed files may pass a defaults.yaml: the claims of its folder are
    meant.
    """
    result = laboratory.cbspec("validate", "claims/defaults.yaml", "claims/phase1/1.a.yaml")

    assert (result.exit_code, result.stdout, result.stderr) == (
        0,
        "2 claims in 2 files: valid\n",
        "",
    )


def test_schema_is_printed_and_written(laboratory):
    """A project that cbspec is not part of gets its schema beside its claims; writing again changes
    nothing.
    """
    printed = json.loads(laboratory.cbspec("schema").stdout)
    first = laboratory.cbspec("schema", "--write")
    second = laboratory.json("schema", "--write")

    assert "stage.grow" in printed["$defs"]
    assert (
        json.loads((laboratory.root / "claims" / "schema" / "claim.schema.json").read_text())
        == printed
    )
    assert first.stdout == "2 files of 2 changed in claims/schema\n"
    assert second == {"changed": []}


def test_show_has_parameters_that_are_mappings(laboratory):
    """A mapping given as one parameter is one value of the claim."""
    pot = "    thirsty: bool = False\n"
    laboratory.edit("lab/catalog.py", pot, f"{pot}    soil: dict[str, float] = {{}}\n")
    laboratory.edit(
        "claims/phase1/1.a.yaml",
        "  bright: {light: 8.0}",
        "  bright: {light: 8.0, soil: {sand: 1.0}}",
    )

    result = laboratory.cbspec("show", "1.a")

    assert 'arms.bright.soil: {"sand": 1.0}' in result.stdout


@pytest.mark.parametrize("command", ["judge", "status", "list"])
@pytest.mark.parametrize("scale", ["quikc", ""])
def test_a_scale_that_is_none_is_refused(laboratory, command, scale):
    """A misspelt scale, or an unset variable, is a mistake and no empty answer."""
    result = laboratory.cbspec(command, "--scale", scale)

    assert result.exit_code == 2
    assert "scale" in result.stderr


def test_only_the_folder_of_all_claims_knows_them_all(laboratory):
    """A folder with defaults of its own may name claims of another one; in all claims each name is
    looked up, wherever the defaults are.
    """
    defaults = laboratory.root / "claims" / "defaults.yaml"
    laboratory.write("claims/phase1/defaults.yaml", defaults.read_text())
    laboratory.write("claims/phase2/defaults.yaml", defaults.read_text())
    defaults.unlink()
    part, whole = laboratory.cbspec("validate", "claims/phase2"), laboratory.cbspec("validate")
    laboratory.write("defaults.yaml", "alpha: 0.05\n")
    laboratory.edit("claims/phase2/2.a.yaml", "revises: [1.a]", "revises: [1.x]")
    wrong = laboratory.cbspec("validate")

    assert (part.exit_code, whole.exit_code, wrong.exit_code) == (0, 0, 1)
    assert "unknown claim '1.x'" in wrong.stderr
