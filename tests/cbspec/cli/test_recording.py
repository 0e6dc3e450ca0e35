"""accept, status, diff: the verdicts on record."""

from msgspec.structs import replace

from cbspec.ledger import Key, Ledger, accept
from cbspec.ledger.editing import LOCK
from cbspec.ledger.withdrawn import withdrawn_of
from cbspec.project import Project
from cbspec.store import Locks
from tests.support.claim_text import LIGHT


def altered(laboratory, **changed):
    """Have the ledger say other things of 1.a."""
    entry = laboratory.ledger.get(Key("1.a", "quick", "cpu"))
    laboratory.ledger.recording([replace(entry, **changed)]).save(
        laboratory.root / "reports" / "ledger.json"
    )


def test_accepting_one_claim(laboratory, pinned):
    """The named claim of the last run goes on record, and no other."""
    laboratory.run()

    result = laboratory.cbspec("accept", "1.a")

    assert result.exit_code == 0
    pinned(result.stdout)
    assert [entry.claim for entry in laboratory.ledger] == ["1.a"]


def test_accepting_all(laboratory):
    """--all takes every claim of the last run; once more changes nothing."""
    laboratory.run()

    first = laboratory.json("accept", "--all")
    text = (laboratory.root / "reports" / "ledger.json").read_text()
    laboratory.run()
    second = laboratory.json("accept", "--all")

    assert [row["change"] for row in first] == ["new", "new"]
    assert [row["change"] for row in second] == ["same", "same"]
    assert (laboratory.root / "reports" / "ledger.json").read_text() == text


def test_changes_of_the_ledger_wait_for_each_other(laboratory, monkeypatch):
    """While one command changes the ledger no other does, so that neither loses what the other
    recorded.
    """
    laboratory.run()
    monkeypatch.chdir(laboratory.root)

    with Project().editing() as before:
        refused = Locks(laboratory.root / "reports").attempt(LOCK)
    laboratory.cbspec("accept", "1.a")
    with Project().editing() as after:
        pass

    assert (len(before), refused, len(after)) == (0, None, 1)


def test_a_mistake_in_another_claim_is_no_hindrance(laboratory):
    """A claim is accepted beside a file that is broken; a claim whose own file is broken is not."""
    laboratory.run()
    laboratory.write("claims/phase2/2.a.yaml", "id: 2.a\ntitle: [half of a file\n")

    taken, refused = (laboratory.cbspec("accept", claim) for claim in ("1.a", "2.a"))

    assert (taken.exit_code, refused.exit_code) == (0, 1)
    assert "claims/phase2/2.a.yaml:" in refused.stderr
    assert [entry.claim for entry in laboratory.ledger] == ["1.a"]


def test_a_claim_that_is_gone_is_not_accepted(laboratory):
    """A verdict of the last run whose claim file was deleted since is refused by name."""
    laboratory.run()
    (laboratory.root / "claims/phase1/1.a.yaml").unlink()

    result = laboratory.cbspec("accept", "1.a")

    assert result.exit_code == 1
    assert "  1.a: no claim file has it any more" in result.stderr


def test_a_verdict_that_is_on_record_by_now_is_not_new(laboratory):
    """What is accepted is compared with the record of now, and no longer with that of the run."""
    laboratory.run()

    first, second = (laboratory.cbspec("accept", "1.a").stdout for _ in range(2))

    assert first.startswith("1.a (quick, cpu): new: not on record -> holds\n")
    assert second == (
        "1.a (quick, cpu): same: holds\nnothing to record: reports/ledger.json has it all\n"
    )


def test_an_upgrade_of_torch_is_recorded(laboratory, monkeypatch):
    """After an upgrade that changed no figure, accept makes the verdict current; a second time there
    is nothing to record, and it says so.
    """
    laboratory.record(laboratory.run())
    monkeypatch.setattr("cbspec.execution.numerics.torch_build", lambda: ("2.12.0+cpu", None))
    laboratory.run()

    first, second = (laboratory.cbspec("accept", "1.a").stdout for _ in range(2))

    same = "1.a (quick, cpu): same: holds\n"
    assert first == f"{same}recorded in reports/ledger.json\n"
    assert second == f"{same}nothing to record: reports/ledger.json has it all\n"
    assert laboratory.ledger.get(Key("1.a", "quick", "cpu")).provenance.torch == "2.12.0+cpu"
    [row] = laboratory.json("status", "1.a", "--scale", "quick")
    assert (row["currency"], row["moved"]) == ("current", [])


def test_flip_needs_a_reason(laboratory, pinned):
    """A flip is refused without a reason, leaving the ledger as it is; with one it is recorded, the
    reason kept.
    """
    laboratory.record(laboratory.run())
    altered(laboratory, verdict="refuted")
    laboratory.run()

    refused = laboratory.cbspec("accept", "1.a")
    before = laboratory.ledger.get(Key("1.a", "quick", "cpu"))
    taken = laboratory.cbspec("accept", "1.a", "--reason", "the lamp was off")
    after = laboratory.ledger.get(Key("1.a", "quick", "cpu"))

    assert refused.exit_code == 1
    pinned(refused.stderr)
    assert before.verdict == "refuted"
    assert taken.exit_code == 0
    assert (after.verdict, after.accepted[-1].reason) == ("holds", "the lamp was off")


def test_outdated_run_is_not_recorded(laboratory, pinned):
    """A run of other code or of another claim than they are now is refused, naming what was edited."""
    laboratory.run()
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("light: 2.0", "light: 1.0"))
    laboratory.edit("lab/catalog.py", '"weight": 2 *', '"weight": 3 *')

    result = laboratory.cbspec("accept", "--all")

    assert result.exit_code == 1
    pinned(result.stderr)
    assert not (laboratory.root / "reports" / "ledger.json").exists()


def test_nothing_to_accept(laboratory, pinned):
    """No run, a damaged report, an unknown claim, and neither claim nor --all are each one clear
    message.
    """
    no_run = laboratory.cbspec("accept", "1.a")
    laboratory.run()
    strange = laboratory.cbspec("accept", "1.b")
    neither = laboratory.cbspec("accept")
    laboratory.write("reports/latest.json", '{"scale": 3}')
    damaged = laboratory.cbspec("accept", "--all")

    exits = [result.exit_code for result in (no_run, strange, neither, damaged)]
    assert exits == [1, 2, 2, 1]
    pinned(no_run.stderr)
    pinned(strange.stderr)
    assert damaged.stderr.startswith("reports/latest.json: not the report of a run: ")


def test_a_canary_scale_that_nothing_names_has_its_remedy(laboratory):
    """Without the setting there is no scale to run, and the setting is named instead."""
    laboratory.run()

    refused = laboratory.cbspec("accept", "--canary", "--reason", "anew")

    assert refused.exit_code == 1
    assert 'add canary = "NAME"' in refused.stderr
    assert "run it first" not in refused.stderr


def test_status_tells_current_from_stale(laboratory, monkeypatch):
    """Each claim at each scale: current after recording, stale once its code or torch moved,
    unrecorded, or orphaned.
    """
    laboratory.record(laboratory.run())

    def standing():
        return {(row["claim"], row["scale"]): row["currency"] for row in laboratory.json("status")}

    def moved():
        return {row["claim"]: row["moved"] for row in laboratory.json("status", "--scale", "quick")}

    assert standing() == {
        ("1.a", "quick"): "current",
        ("1.a", "memo"): "unrecorded",
        ("2.a", "quick"): "current",
    }

    laboratory.edit("lab/catalog.py", '"weight": 2 *', '"weight": 3 *')
    assert standing() == {
        ("1.a", "quick"): "current",
        ("1.a", "memo"): "unrecorded",
        ("2.a", "quick"): "stale",
    }
    assert moved() == {"1.a": [], "2.a": ["code"]}

    (laboratory.root / "claims" / "phase2" / "2.a.yaml").unlink()
    assert standing() == {
        ("1.a", "quick"): "current",
        ("1.a", "memo"): "unrecorded",
        ("2.a", "quick"): "orphaned",
    }

    monkeypatch.setattr("cbspec.execution.numerics.torch_build", lambda: ("2.12.0", None))
    assert standing()["1.a", "quick"] == "stale"
    assert moved()["1.a"] == ["torch 2.11.0 -> 2.12.0"]
    assert "stale: torch 2.11" in laboratory.cbspec("status", "1.a").stdout


def test_status_shows_a_scale_that_the_claim_gave_up(laboratory):
    """A verdict at a scale that its claim no longer names is orphaned, also where only this claim
    is asked about.
    """
    laboratory.record(laboratory.run())
    laboratory.edit("claims/phase1/1.a.yaml", "scales: [quick, memo]", "scales: [memo]")

    def standing(*claims):
        return {
            (row["claim"], row["scale"]): row["currency"]
            for row in laboratory.json("status", *claims)
        }

    assert standing("1.a") == {("1.a", "memo"): "unrecorded", ("1.a", "quick"): "orphaned"}
    assert standing("2.a") == {("2.a", "quick"): "current"}
    assert standing() == standing("1.a") | standing("2.a")


def test_diff_of_commits(laboratory):
    """Two commits are compared entry by entry, flips first; a changed verdict is status 1, none is
    0.
    """
    laboratory.record(laboratory.run())
    laboratory.commit()
    altered(laboratory, verdict="refuted", reason="the lamp was off")
    laboratory.commit()

    changed = laboratory.cbspec("diff", "HEAD~1", "HEAD")
    same = laboratory.cbspec("diff", "HEAD")

    assert changed.exit_code == 1
    assert changed.stdout.startswith("1.a (quick, cpu): flip: holds -> refuted\n")
    assert changed.stdout.endswith("1 flip\n")
    assert laboratory.json("diff", "HEAD~1", "--all")[1]["change"] == "same"
    assert (same.exit_code, same.stdout) == (0, "no difference\n")


def test_diff_of_what_has_no_reason(laboratory):
    """With --unexplained a changed verdict counts until it is accepted with a reason, and a missing
    one until it is withdrawn.
    """
    laboratory.record(laboratory.run())
    before, path = laboratory.ledger, laboratory.root / "reports" / "ledger.json"
    before.save(laboratory.root / "before.json")
    first, second = before
    flipped = replace(first, verdict="refuted")

    def diff(after):
        after.save(path)
        found = laboratory.cbspec("diff", "before.json", "--unexplained")
        return found.exit_code, found.stdout.splitlines()[-1]

    assert diff(before.recording([flipped])) == (1, "1 flip")
    assert diff(Ledger([first])) == (1, "1 gone")
    explained = accept(before, [flipped], "the lamp was off").withdrawing(
        [withdrawn_of(second, "2026-01-02", "too small")]
    )
    assert diff(explained) == (0, "no difference without a reason")
    assert laboratory.cbspec("diff", "before.json").exit_code == 1


def test_diff_with_the_report_of_a_run(laboratory):
    """A run is compared with a ledger, or with another run, by what it judged; the page has both
    sides' values.
    """
    run = laboratory.run()
    laboratory.record(run)
    report = laboratory.root / "reports" / "latest.json"
    earlier = laboratory.write("earlier.json", report.read_text())
    altered(laboratory, verdict="refuted", reason="the lamp was off")
    page = laboratory.root / "diff.html"

    changed = laboratory.cbspec("diff", "reports/ledger.json", str(report), "--html", str(page))
    runs = laboratory.cbspec("diff", str(earlier), str(report))
    text = page.read_text()

    assert changed.exit_code == 1
    assert changed.stdout.startswith("1.a (quick, cpu): flip: refuted -> holds\n")
    assert (runs.exit_code, runs.stdout) == (0, "no difference\n")
    assert "More light makes taller plants" in text
    assert "1 flip." in text
    assert text.count('class="plot seeds"') == 2


def test_diff_of_what_is_not_there(laboratory):
    """A word that is neither file nor commit is told as such."""
    laboratory.commit()

    result = laboratory.cbspec("diff", "nowhere")

    assert result.exit_code == 2
    assert "'nowhere' is neither a ledger file nor a commit" in result.stderr
