"""Claims over tables: judged without an engine, re-judged when the file changes."""

import random

import pytest

from cbspec.project import Project
from tests.support.table_text import ADAM, CLAIM, DEFAULTS, SGD, table


def test_a_table_is_judged_without_an_engine(study):
    """A claim on the rows of a file gets its verdict; no stage of the project's own is needed."""
    status, output = study.pytest()

    (record,) = study.report.records
    assert status == 0, output
    assert record.judgement.verdict == "holds"
    (effect,) = record.judgement.findings[0].effects
    assert (effect.n, round(effect.estimate, 6)) == (5, 3.2)


def test_each_arm_has_its_own_runs(study):
    """Arms differ in n, and the values of an arm end with its last run."""
    study.claim("1.a.yaml", CLAIM.replace("assert:", "  sgd: {where: {optimizer: sgd}}\nassert:"))
    study.record(study.run())

    values = Project(study.root).values("1.a")
    by_arm = {}
    for value in values.records():
        by_arm.setdefault(value.arm, []).append(value.value)
    assert by_arm == {"adam": list(ADAM), "sgd": list(SGD)}
    assert values.own == {"adam": 5, "sgd": 7}


def test_a_run_that_is_added_is_one_more_replicate(study):
    """Its verdict stands on one run more, and no goalpost was moved."""
    study.record(study.run())

    study.write("runs.csv", table(adam=(*ADAM, 3.17), sgd=SGD))
    status, output = study.pytest()

    (record,) = study.report.records
    assert status == 0, output
    assert len(record.judgement.seeds) == 6
    assert record.comparison.change in ("same", "drift")
    assert record.comparison.goalposts == ()


def test_a_run_that_is_edited_can_flip_the_verdict(study):
    """Other values are a flip, and no moved goalpost."""
    study.record(study.run())

    study.write("runs.csv", table(adam=tuple(value + 1 for value in ADAM), sgd=SGD))
    status, _ = study.pytest()

    (record,) = study.report.records
    assert status == 1
    assert (record.judgement.verdict, record.comparison.change) == ("refuted", "flip")
    assert record.comparison.goalposts == ()


def test_a_run_without_a_value_makes_the_claim_invalid(study):
    """Unless the claim says why such runs are left out."""
    study.write("runs.csv", table(adam=ADAM, sgd=SGD).replace("adam-2,adam,3.19", "adam-2,adam,"))
    invalid = study.run().records[0].judgement
    study.claim("1.a.yaml", CLAIM.replace("}}", "}, exclude: its machine was taken away}", 1))

    excluded = study.run().records[0].judgement

    assert invalid.verdict == "invalid"
    assert "run adam-2 of runs.csv has no value (`exclude: WHY` leaves it out)" in invalid.reason
    assert (excluded.verdict, len(excluded.seeds)) == ("holds", 4)
    assert (
        "4 runs, and 1 of adam without a value left out (its machine was taken away): 3.21"
        in excluded.reason
    )


def test_arms_over_runs_of_their_own_are_not_paired(study):
    """Which run would stand beside which is an accident of the file, so an order is refused."""
    text = CLAIM.replace("assert:", "  sgd: {where: {optimizer: sgd}}\nassert:").replace(
        "{kind: threshold, measure: loss, arms: [adam], below: 3.3}",
        "{kind: order, measure: loss, arms: [adam, sgd], direction: ascending}",
    )
    study.claim("1.a.yaml", text)

    result = study.cbspec("validate")

    assert result.exit_code == 1
    assert "claims/1.a.yaml:11:12: assert[0].kind: order compares arms run by run" in result.stderr


@pytest.mark.parametrize(
    "assertion",
    [
        "{kind: equivalence, measure: loss, arms: [adam], to: 3.2, margin: 0.2}",
        "{kind: correlation, measures: [loss, steps], arms: [adam], below: 0.999}",
    ],
)
def test_a_statement_about_the_runs_of_one_arm_pairs_none(study, assertion):
    """An arm beside a number, and two measures of the same runs, need no runs of another arm."""
    steps = [f"{line},{number**2}" for number, line in enumerate(table(adam=ADAM).splitlines()[1:])]
    study.write("runs.csv", "\n".join(["run,optimizer,loss,steps", *steps]))
    measures = "measures: {steps: {unit: step}, "
    study.write("claims/defaults.yaml", DEFAULTS.replace("measures: {", measures))
    study.claim("1.a.yaml", CLAIM[: CLAIM.index("  - {kind")] + f"  - {assertion}\n")

    result = study.cbspec("validate")
    [record] = study.run().records

    assert result.exit_code == 0, result.stderr
    assert record.judgement.verdict == "holds"


def test_runs_that_share_seeds_are_paired(study):
    """With the seed as the run's id, arms are compared seed by seed, as an engine's are."""
    lines = ["seed,optimizer,loss"]
    for seed in range(1, 7):
        lines += [f"{seed},adam,{seed + 0.1 * (seed % 2)}", f"{seed},sgd,{seed + 1}"]
    study.write("runs.csv", "\n".join(lines))
    study.write(
        "claims/defaults.yaml",
        DEFAULTS.replace("run: run", "run: seed, paired: true") + "seeds: 1..6\n",
    )
    text = CLAIM.replace("assert:", "  sgd: {where: {optimizer: sgd}}\nassert:").replace(
        "{kind: threshold, measure: loss, arms: [adam], below: 3.3}",
        "{kind: order, measure: loss, arms: [adam, sgd], direction: ascending}",
    )
    study.claim("1.a.yaml", text)

    (record,) = study.run().records

    (effect,) = record.judgement.findings[0].effects
    assert record.judgement.verdict == "holds"
    assert (effect.n, round(effect.estimate, 6)) == (6, 0.95)


def test_a_table_and_an_engine_in_one_claim(laboratory):
    """Arms that are computed stand beside runs that exist already, each over its own number."""
    laboratory.write("old.csv", "pot,height\n" + "".join(f"p{i},{4 + i / 10}\n" for i in range(8)))
    laboratory.claim(
        "phase1/1.a.yaml",
        "id: 1.a\ntitle: t\nphase: 1\nstatus: active\nsource: {memo: m}\n"
        "experiment: plant\n"
        "arms:\n"
        "  dark: {light: 2.0}\n"
        "  old: {stage: table, file: old.csv, run: pot, measures: {height: {unit: cm}}}\n"
        "assert:\n"
        "  - {kind: range, measure: height, arms: [dark, old], low: 0, high: 10}\n"
        "scales: [quick]\n".replace("\n", "\n"),
    )
    run = laboratory.run()

    laboratory.record(run)
    values = Project(laboratory.root).values("1.a")
    assert values.own == {"dark": 3, "old": 8}
    assert values.arms["old"]["height"] == tuple(4 + i / 10 for i in range(8))
    effects = run.records[0].judgement.findings[0].effects
    assert [(effect.label, effect.n) for effect in effects] == [("dark", 3), ("old", 8)]


def test_mistakes_of_a_table_are_told_at_their_arm(study):
    """A column that the file does not have is a mistake of the claim, with its place."""
    study.edit("claims/1.a.yaml", "where: {optimizer: adam}", "where: {optimiser: adam}")

    result = study.cbspec("validate")

    assert (
        "claims/1.a.yaml:8:3: arms.adam: table: runs.csv has no column 'optimiser'; "
        "did you mean 'optimizer'?" in result.stderr
    )


def test_a_claim_of_a_table_draws_no_seeds(study):
    """Seeds of its own would choose among the runs that there are."""
    study.claim("1.a.yaml", CLAIM + "seeds: [1, 2, 3]\n")

    result = study.cbspec("validate")

    assert "seeds: no arm draws seeds: the runs are those of the tables" in result.stderr


def test_a_new_claim_draws_more_seeds_only_where_an_arm_draws_any(laboratory):
    """The whole pool of its folder goes to a claim over stages, and none to one over a table, which
    is written without a word about seeds.
    """
    laboratory.write("runs.csv", table(adam=ADAM))
    laboratory.write("claims/phase4/defaults.yaml", "seeds: {pool: 1..20, start: 3, max: 6}\n")
    runs = "{stage: table, file: runs.csv, run: run, measures: {loss: {unit: nats}}}"
    asserted = "{{kind: threshold, measure: {}, arms: [one], below: 100}}"
    words = ("--title", "t", "--memo", "m", "--arm", "one={}")

    of_table = laboratory.cbspec(
        *("new", "4.a", "--phase", "4", "--experiment", runs, *words),
        *("--assert", asserted.format("loss")),
    )
    of_stage = laboratory.cbspec(
        *("new", "4.b", "--phase", "4", "--experiment", "plant", *words),
        *("--assert", asserted.format("height")),
    )

    assert (of_table.exit_code, of_table.stderr) == (0, "")
    assert (of_stage.exit_code, of_stage.stderr) == (0, "")
    assert "seeds" not in (laboratory.root / "claims/phase4/4.a.yaml").read_text()
    assert "seeds: {max: 20}\n" in (laboratory.root / "claims/phase4/4.b.yaml").read_text()


UNPAIRED = "  - {kind: unpaired, measure: loss, arms: [adam, sgd], below: 0}\n"


def compared(study, assertion=UNPAIRED):
    """The claim over both arms, each over its own runs."""
    text = CLAIM.replace("assert:", "  sgd: {where: {optimizer: sgd}}\nassert:")
    study.claim("1.a.yaml", text[: text.index("  - {kind")] + assertion)
    return study


def test_unpaired_arms_are_compared_by_welch(study):
    """Five runs against seven: p and interval are SciPy's."""
    from scipy.stats import ttest_ind

    judgement = compared(study).run().records[0].judgement

    oracle = ttest_ind(ADAM, SGD, equal_var=False, alternative="less")
    (effect,) = judgement.findings[0].effects
    assert judgement.verdict == "holds"
    assert effect.p == pytest.approx(oracle.pvalue, rel=1e-9)
    assert effect.estimate == pytest.approx(sum(ADAM) / 5 - sum(SGD) / 7)


def test_runs_too_few_for_any_verdict_are_refused(study):
    """One run of an arm beside seven of another can never show this, and that is told when the claim
    is read.
    """
    study.write("runs.csv", table(adam=ADAM[:1], sgd=SGD))
    compared(study, "  - {kind: sooner, measure: loss, arms: [adam, sgd], limit: 9}\n")
    refused = study.cbspec("validate").stderr

    assert "with so few runs (1 of adam and 7 of sgd) this can never be shown" in refused
    assert "p is at least 0.12 and held to 0.05" in refused


def test_the_order_of_the_file_decides_nothing(study):
    """Twenty shufflings of the rows give one p-value, to the last digit that counts."""
    text = compared(study).root.joinpath("claims/1.a.yaml").read_text()
    head, *rows = table(adam=ADAM, sgd=SGD).splitlines()
    for number in range(20):
        random.Random(number).shuffle(rows)
        study.write(f"runs-{number}.csv", "\n".join([head, *rows]) + "\n")
        shuffled = text.replace(
            "experiment: runs", f"experiment: {{use: runs, file: runs-{number}.csv}}"
        )
        study.claim(f"1.{number}.yaml", shuffled, id=f"1.shuffled{number}")

    effects = [record.judgement.findings[0].effects[0] for record in study.run().records]

    assert len(effects) == 21
    assert len({effect.p for effect in effects}) == 1


def test_a_run_is_judged_again_from_its_evidence(study):
    """The values on record give the verdict without the table."""
    compared(study)
    study.record(study.run())
    (study.root / "runs.csv").write_text(table(adam=SGD, sgd=ADAM))

    (judged,) = study.json("judge")

    assert judged["recorded"] == "holds"
    assert judged["comparison"]["new"]["verdict"] == "holds"


def test_evidence_in_another_unit_is_left_alone(study):
    """Recorded values keep the unit that they were recorded in, and are judged in no other."""
    study.record(study.run())
    study.edit("claims/defaults.yaml", "unit: nats", "unit: bits")
    study.edit("claims/1.a.yaml", "below: 3.3", "below: 3.1")

    status = study.cbspec("judge").exit_code
    (judged,) = study.json("judge")
    rows = study.json("values", "1.a", "--device", "cpu")
    (record,) = study.run().records

    assert (status, judged["comparison"]) == (0, None)
    assert judged["reason"] == (
        "no longer the measure that was recorded: loss was in nats and is in bits; run it again"
    )
    assert {row["unit"] for row in rows} == {"nats"}
    assert record.comparison.change == "goalposts"


READER = """\
def read(path):
    optimizer, number = path.stem.split("-")
    *_, last = path.read_text().splitlines()
    return {"run": path.stem, "optimizer": optimizer, "loss": last.removeprefix("loss ")}
"""


@pytest.fixture
def logs(study):
    """The same runs, each as a log that a function of the project reads."""
    (study.root / "runs.csv").unlink()
    for number, loss in enumerate(ADAM, start=1):
        study.write(f"logs/adam-{number}.txt", f"loss 9.0\nloss {loss}\n")
    study.write("lab/logs.py", READER)
    study.edit("claims/defaults.yaml", "file: runs.csv", "file: logs/, reader: lab.logs:read")
    return study


def test_a_folder_of_logs_is_a_table(logs):
    """A function of the project makes rows of its files, in a process without an engine."""
    status, output = logs.pytest()

    (effect,) = logs.report.records[0].judgement.findings[0].effects
    assert status == 0, output
    assert (effect.n, round(effect.estimate, 6)) == (5, 3.2)


def test_logs_and_what_reads_them_are_part_of_the_key(logs):
    """Another log, an edited one and an edited reader are computed anew, and named."""
    logs.record(logs.run())
    before = set(logs.stored())

    logs.write("logs/adam-6.txt", "loss 3.17\n")
    (added,) = logs.run().records
    grown = set(logs.stored())
    logs.edit("lab/logs.py", 'removeprefix("loss ")', 'replace("loss 3", "4")')
    (flipped,) = logs.run().records
    explained = logs.cbspec("explain", "1.a").stdout

    assert (added.judgement.verdict, len(added.judgement.seeds)) == ("holds", 6)
    assert (flipped.judgement.verdict, flipped.comparison.change) == ("refuted", "flip")
    assert (len(before), len(grown), len(logs.stored())) == (5, 11, 17)
    assert "logs/ changed" in explained
    assert "lab/logs.py" in explained


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("lab.logs:read", "lab.logs:reed", "reader lab.logs:reed: lab.logs has no function 'reed'"),
        ("lab.logs:read", "lab.log:read", "cannot be imported"),
        ("logs/, r", "log/, r", "the file 'log/' is not there"),
        ("logs/, r", "logs, r", "is a folder; name its files one by one, or end it with /"),
    ],
)
def test_a_reader_that_is_not_there_is_a_mistake_of_the_claim(logs, old, new, message):
    """Function, module and folder are looked for where the claim is read."""
    logs.edit("claims/defaults.yaml", old, new)

    result = logs.cbspec("validate")

    assert result.exit_code == 1
    assert message in result.stderr
