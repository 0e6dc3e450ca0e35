"""Where a claim's stages stand, and what is said to have changed."""

import shutil

from msgspec.structs import replace

from cbspec.execution.numerics import Numerics
from cbspec.execution.plan import Planner
from cbspec.explain import History, Standings, edits_since, explain
from cbspec.ledger import Key
from tests.support.claim_text import LIGHT
from tests.support.laboratory import NUMERICS

GROWTH = "replica.parameters.light * (day + 1)"
FASTER = "3 * replica.parameters.light * (day + 1)"


def standings(laboratory, numerics=NUMERICS):
    evaluation = laboratory.evaluation(numerics)
    code = evaluation.sources
    history = History(code, evaluation.store)

    def every_call():
        return [
            call
            for scale in ("quick", "memo")
            for claim in laboratory.claims(scale)
            for call in claim.arms.values()
        ]

    return Standings(
        Planner(code.fingerprint, numerics),
        evaluation.store,
        code,
        history,
        laboratory.root,
        every_call,
    )


def explained(laboratory, claim="2.a", recorded=None, numerics=NUMERICS):
    found = next(each for each in laboratory.claims() if each.id == claim)
    return explain(found, standings(laboratory, numerics), recorded)


def rows(laboratory, claim="2.a", recorded=None, numerics=NUMERICS):
    """(stage, state, causes) of each of the claim's stages, arms merged."""
    stages = explained(laboratory, claim, recorded, numerics).stages
    return list(
        dict.fromkeys(
            (stage.stage, stage.state, tuple(cause.text for cause in stage.causes))
            for stage in stages
        )
    )


def test_nothing_was_ever_computed(laboratory):
    """On an empty store every stage is missing, without a cause."""
    assert rows(laboratory) == [("grow @3", "missing", ()), ("weigh", "missing", ())]


def test_stored_results_are_current(laboratory):
    """After a run every stage is current, and an edit of a comment leaves it so."""
    laboratory.run()
    laboratory.edit("lab/catalog.py", '"""Height after', '"""How high it is after')

    assert rows(laboratory) == [("grow @3", "current", ()), ("weigh", "current", ())]


def test_stage_is_stale_by_the_definition_that_changed(laboratory):
    """An edited function is named with file and line, and what takes its result as input is stale
    by that input.
    """
    laboratory.run()
    laboratory.edit("lab/catalog.py", GROWTH, FASTER)
    line = (laboratory.root / "lab" / "catalog.py").read_text().split("def grow")[0].count("\n") + 1

    assert rows(laboratory) == [
        ("grow @3", "stale", (f"lab/catalog.py:{line}: grow changed",)),
        ("weigh", "stale", ("input plant changed: grow @3",)),
    ]


def test_only_the_stages_that_reach_the_edit_are_stale(laboratory):
    """An edit of the scales leaves the plants current."""
    laboratory.run()
    laboratory.edit("lab/catalog.py", 'measures={"weight": 2 *', 'measures={"weight": 3 *')

    assert [(stage, state) for stage, state, _ in rows(laboratory)] == [
        ("grow @3", "current"),
        ("weigh", "stale"),
    ]


def test_stage_is_stale_by_a_version(laboratory):
    """Another minor version of torch is named with both versions."""
    laboratory.run()

    grow, _ = rows(laboratory, numerics=Numerics(device="cpu", torch="2.12"))

    assert grow == ("grow @3", "stale", ("torch: 2.11.0 -> 2.12",))


def test_other_device_family_is_missing(laboratory):
    """What was computed on a CPU is no earlier state of what a GPU would compute."""
    laboratory.run()

    assert rows(laboratory, numerics=Numerics(device="cuda", torch="2.11.0"))[0] == (
        "grow @3",
        "missing",
        (),
    )


def test_stage_is_stale_by_a_parameter(laboratory):
    """A parameter that a claim's edit changed is named with both values, if no claim asks for the
    old one any more.
    """
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("light: 2.0", "light: 1.5"))
    laboratory.run()
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("light: 2.0", "light: 1.0"))

    states = {
        stage.arms: (stage.state, [cause.text for cause in stage.causes])
        for stage in explained(laboratory, "1.a").stages
    }

    assert states == {
        ("dark",): ("stale", ["parameter light: 1.5 -> 1.0"]),
        ("bright",): ("current", []),
    }


def test_a_tuple_is_no_other_parameter_once_stored(laboratory):
    """A parameter that JSON gives back as a list is not named as changed beside the one that was."""
    pot = "    thirsty: bool = False\n"
    laboratory.edit("lab/catalog.py", pot, f"{pot}    hours: tuple[int, ...] = (6, 18)\n")
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("light: 2.0", "light: 1.5"))
    laboratory.run()
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("light: 2.0", "light: 1.0"))

    [dark, _] = explained(laboratory, "1.a").stages

    assert [cause.text for cause in dark.causes] == ["parameter light: 1.5 -> 1.0"]


def test_new_arm_is_missing_beside_its_neighbours(laboratory):
    """A call that differs from others only in a parameter, which claims still ask for, is missing
    and not stale.
    """
    laboratory.run()
    laboratory.write(
        "claims/phase1/1.b.yaml",
        LIGHT.replace("id: 1.a", "id: 1.b").replace("light: 2.0", "light: 4.0"),
    )

    assert rows(laboratory, "1.b") == [("grow @3", "missing", ()), ("grow @3", "current", ())]


def test_longer_run_is_missing_a_point(laboratory):
    """Of a longer run of the same plant the stored day is named: it continues from there."""
    laboratory.run()
    laboratory.edit("claims/defaults.yaml", "quick: {days: 3}", "quick: {days: 5}")

    assert rows(laboratory)[0] == ("grow @5", "missing", ("its trajectory is stored at day 3",))


def test_new_arm_is_missing_beside_what_was_saved_on_the_way(laboratory):
    """A point that lies on a trajectory which claims ask for is no earlier state of another arm."""
    laboratory.run()
    laboratory.edit("claims/defaults.yaml", "quick: {days: 3}", "quick: {days: 5}")
    laboratory.run()
    laboratory.write(
        "claims/phase1/1.b.yaml",
        LIGHT.replace("id: 1.a", "id: 1.b").replace("light: 2.0", "light: 4.0"),
    )

    assert rows(laboratory, "1.b") == [("grow @5", "missing", ()), ("grow @5", "current", ())]


def test_fresh_machine_learns_from_the_recorded_commit(laboratory):
    """With an empty store, what changed since the verdict on record is read from the commit that it
    was recorded at.
    """
    laboratory.commit()
    ledger = laboratory.record(laboratory.run())
    laboratory.edit("lab/catalog.py", GROWTH, FASTER)
    entry = ledger.get(Key("2.a", "quick", "cpu"))
    laboratory.evaluation().store.root.rename(laboratory.root / "elsewhere")

    found = explained(laboratory, recorded=entry)

    assert [(stage.stage, stage.state) for stage in found.stages][:2] == [
        ("grow @3", "stale"),
        ("weigh", "missing"),
    ]
    assert [(edit.path, edit.definition, edit.stage) for edit in found.edits] == [
        ("lab/catalog.py", "grow", "grow")
    ]
    assert found.remarks == ()


def test_unknown_commit_is_said(laboratory):
    """Where neither the store nor the repository knows the recorded code, that is said, and no
    definition is blamed.
    """
    ledger = laboratory.record(laboratory.run())
    laboratory.edit("lab/catalog.py", GROWTH, FASTER)
    entry = ledger.get(Key("1.a", "quick", "cpu"))
    entry = replace(entry, provenance=replace(entry.provenance, commit="0123456789abcdef"))
    laboratory.evaluation().store.root.rename(laboratory.root / "elsewhere")

    found = explained(laboratory, "1.a", recorded=entry)

    assert found.edits == ()
    assert found.remarks == (
        "the recorded code of grow is not known here; commit 0123456789 may have it (git fetch --unshallow)",
    )


def test_moved_claim_and_version_are_remarked(laboratory):
    """A claim that was edited since, and another torch, are told beside the code."""
    ledger = laboratory.record(laboratory.run())
    entry = ledger.get(Key("1.a", "quick", "cpu"))
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("light: 2.0", "light: 1.0"))

    found = explained(
        laboratory, "1.a", recorded=entry, numerics=Numerics(device="cpu", torch="2.12")
    )

    assert found.remarks == ("arm dark: parameter light: 2.0 -> 1.0", "torch 2.11.0 -> 2.12")


def test_a_moved_parameter_is_told_when_its_results_are_stored_too(laboratory):
    """A run after the edit takes away nothing of what changed, in a stage that the arm takes as
    input either.
    """
    ledger = laboratory.record(laboratory.run())
    laboratory.edit("claims/phase2/2.a.yaml", "{light: 2.0}", "{light: 3.0}")
    laboratory.run()

    found = explained(laboratory, "2.a", recorded=ledger.get(Key("2.a", "quick", "cpu")))

    assert {stage.state for stage in found.stages} == {"current"}
    assert found.remarks == ("arm dark: plant: parameter light: 2.0 -> 3.0",)


def test_an_arm_whose_recorded_results_are_gone_is_named(laboratory):
    """Without them nobody knows what its parameters were."""
    ledger = laboratory.record(laboratory.run())
    entry = ledger.get(Key("1.a", "quick", "cpu"))
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("light: 2.0", "light: 1.0"))
    shutil.rmtree(laboratory.evaluation().store.root / "entries")

    found = explained(laboratory, "1.a", recorded=entry)

    assert found.remarks == ("the claim itself is another one than recorded: arms dark",)


def test_an_edited_assertion_is_told_from_moved_arms(laboratory):
    """Where the arms are as recorded, something else of the claim is not."""
    ledger = laboratory.record(laboratory.run())
    entry = ledger.get(Key("1.a", "quick", "cpu"))
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("ascending", "descending"))

    found = explained(laboratory, "1.a", recorded=entry)

    assert found.remarks == (
        "the claim itself is another one than recorded: assertions, seeds or error rate",
    )


def test_a_cause_in_another_file_says_why_that_file_counts(laboratory):
    """What is imported counts, also where no name of it is used."""
    laboratory.write("lab/soil.py", "import json\n\nCOUNT = len(json.dumps(1))\n")
    laboratory.edit("lab/catalog.py", "from cbspec.stage", "import lab.soil\nfrom cbspec.stage")
    laboratory.run()
    laboratory.edit("lab/soil.py", "dumps(1)", "dumps(12)")
    line = (laboratory.root / "lab/catalog.py").read_text().splitlines().index("import lab.soil")

    causes = rows(laboratory, "1.a")[0][2]

    why = f"lab/catalog.py:{line + 1} imports it"
    assert causes == (f"lab/soil.py:3: COUNT changed (lab/soil.py counts because {why})",)


def edits_of(laboratory, ledger, claim):
    """What changed in the code since the ledger's verdict on a claim."""
    evaluation = laboratory.evaluation()
    return edits_since(
        ledger.get(Key(claim, "quick", "cpu")),
        next(each for each in laboratory.claims() if each.id == claim).arms.values(),
        code=evaluation.sources,
        history=History(evaluation.sources, evaluation.store),
        root=laboratory.root,
    )


def test_edits_name_a_definition_once_with_all_its_stages(laboratory):
    """A definition that two stages reach is one edit that names both."""
    laboratory.edit(
        "lab/catalog.py",
        "def grow(job: Job) -> None:",
        "FACTOR = 2\n\n\ndef grow(job: Job) -> None:",
    )
    laboratory.edit("lab/catalog.py", GROWTH, f"FACTOR * {GROWTH}")
    laboratory.edit("lab/catalog.py", '"weight": 2 *', '"weight": FACTOR *')
    ledger = laboratory.record(laboratory.run())
    laboratory.edit("lab/catalog.py", "FACTOR = 2", "FACTOR = 3")

    edits = edits_of(laboratory, ledger, "2.a")

    assert [(edit.definition, edit.stage) for edit in edits] == [("FACTOR", "grow, weigh")]


def test_edits_say_what_came_and_what_went(laboratory):
    """A definition that the stage has come to reach is added, one that it no longer does removed;
    an import is not told.
    """
    laboratory.edit(
        "lab/catalog.py",
        "def grow(job: Job) -> None:",
        "FACTOR = 2\n\n\ndef grow(job: Job) -> None:",
    )
    laboratory.edit("lab/catalog.py", GROWTH, f"FACTOR * {GROWTH}")
    ledger = laboratory.record(laboratory.run())
    laboratory.edit(
        "lab/catalog.py", "FACTOR = 2\n", "from math import floor\n\nBASE = floor(2.5)\n"
    )
    laboratory.edit("lab/catalog.py", f"FACTOR * {GROWTH}", f"BASE * {GROWTH}")

    edits = edits_of(laboratory, ledger, "1.a")

    assert {edit.definition: edit.what for edit in edits} == {
        "BASE": "added",
        "FACTOR": "removed",
        "grow": "changed",
    }
    assert [edit.line for edit in edits if edit.what == "removed"] == [1]
    assert "FACTOR removed (stage grow)" in next(
        edit.text for edit in edits if edit.what == "removed"
    )


def test_flip_carries_the_edit_that_made_it(laboratory):
    """A claim that flips after an edit is reported with that edit; one that stands is reported
    without.
    """
    laboratory.record(laboratory.run())
    laboratory.edit("lab/catalog.py", GROWTH, f"-{GROWTH}")

    evaluation = laboratory.evaluation()
    for cell in evaluation.planner.cells(laboratory.claims()[0].arms, (1, 2, 3)).values():
        height = -cell.call.parameters.light * 3 + cell.seed / 1000
        evaluation.store.put(cell.key, measures={"height": height})
    record = evaluation.evaluate(laboratory.claims()[0])

    assert record.comparison.headline == "flip: holds -> refuted"
    assert [(edit.path, edit.definition) for edit in record.edits] == [("lab/catalog.py", "grow")]
