"""interim: what the stored results say so far."""

LACKING = "claims without all results of a first interim analysis; cbspec plan names them\n"


def test_nothing_is_said_before_the_first_look(laboratory):
    """Without results, or with those of one arm alone, a claim has no verdict yet, and nothing is
    computed for one.
    """
    assert laboratory.cbspec("interim", "--device", "cpu").stdout == f"2 {LACKING}"
    assert not (laboratory.root / ".cbspec" / "store").exists()

    evaluation, [claim, _] = laboratory.evaluation(), laboratory.claims()
    one_arm = list(
        evaluation.planner.cells({"dark": claim.arms["dark"]}, claim.seeds.first).values()
    )
    evaluation.executor.plan_cells(one_arm)
    assert len(evaluation.executor.ensure(one_arm)) == 3
    assert laboratory.cbspec("interim", "--device", "cpu").stdout == f"2 {LACKING}"


def test_a_verdict_that_stands(laboratory, pinned):
    """A claim that its first look decides is told with its reason, and what is on record where that
    is another verdict.
    """
    run = laboratory.run()
    laboratory.record(run)
    found = laboratory.json("interim", "--device", "cpu")
    told = laboratory.cbspec("interim", "1.a", "--device", "cpu").stdout

    assert [
        (each["judgement"]["claim"], each["judgement"]["verdict"], each["next"]) for each in found
    ] == [
        ("1.a", "holds", None),
        ("2.a", "holds", None),
    ]
    assert run.records[0].judgement.reason in told
    pinned(told)
    ledger = laboratory.root / "reports" / "ledger.json"
    ledger.write_text(ledger.read_text().replace('"verdict": "holds"', '"verdict": "refuted"'))
    pinned(laboratory.cbspec("interim", "1.a", "--device", "cpu").stdout)


def test_a_verdict_that_awaits_more_seeds(doubtful, pinned):
    """A claim that its stored seeds leave open is told as far as it got; with the further seeds
    stored it stands.
    """
    doubtful.run()
    doubtful.draw_more()
    before = doubtful.json("interim", "1.a", "--device", "cpu")
    told = doubtful.cbspec("interim", "1.a", "--device", "cpu").stdout
    doubtful.run()
    [after] = doubtful.json("interim", "1.a", "--device", "cpu")

    assert [(each["judgement"]["seeds"], each["next"]) for each in before] == [([1, 2, 3], 5)]
    pinned(told)
    assert (after["judgement"]["seeds"], after["next"]) == ([1, 2, 3, 4, 5], None)


def test_a_claim_that_is_not_decidable_is_left_out(laboratory):
    """At a scale at which one of two claims can be decided only that one is spoken of."""
    assert (
        laboratory.cbspec("interim", "--scale", "memo", "--device", "cpu").stdout
        == f"1 {LACKING.replace('claims', 'claim', 1)}"
    )
