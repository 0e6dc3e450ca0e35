"""Words that name claims: ids and paths of one spelling, and pytest's own names."""

import pytest

from tests.support.claim_text import LIGHT, WEIGHT


@pytest.mark.parametrize("folder", ["1.a", "claims/1.a"])
def test_an_id_that_is_a_folder_too_is_the_id(laboratory, monkeypatch, folder):
    """A folder that happens to have the name of a claim hides no claim."""
    laboratory.write(f"{folder}/notes.txt", "")
    monkeypatch.chdir((laboratory.root / folder).parent)

    assert laboratory.cbspec("show", "1.a").stdout.startswith("1.a at scale quick")
    assert [row["claim"] for row in laboratory.json("status", "1.a")] == ["1.a", "1.a"]


def test_a_path_is_said_with_a_slash(laboratory):
    """With ``./`` a word is the folder, whatever claims are called."""
    laboratory.write("phase2/2.b.yaml", WEIGHT.replace("id: 2.a", "id: 2.b"))
    laboratory.edit("claims/phase1/1.a.yaml", "id: 1.a", "id: phase2")
    laboratory.edit("claims/phase2/2.a.yaml", "[1.a]", "[phase2]")

    assert [row["claim"] for row in laboratory.json("interim", "phase2")] == []
    assert laboratory.cbspec("show", "phase2").stdout.startswith("phase2 at scale quick")
    assert laboratory.cbspec("show", "claims/phase2").stdout.startswith("2.a at scale quick")
    assert "2.b" not in laboratory.cbspec("show", "./claims/phase2").stdout


@pytest.mark.parametrize("word", ["lab", "lab/", "./lab"])
def test_a_folder_without_claims_is_a_mistake(laboratory, word):
    """A folder that holds no claim is no answer to anything."""
    result = laboratory.cbspec("show", word)

    assert (result.exit_code, result.stderr) == (2, f"{word}: there is no claim in this folder\n")


@pytest.mark.parametrize("id", ["1.a.yaml", "a.yaml"])
def test_an_id_may_end_as_a_file_does(laboratory, id):
    """An id that ends in .yaml is found, and taken by pytest."""
    laboratory.edit("claims/phase1/1.a.yaml", "id: 1.a", f"id: {id}")
    laboratory.edit("claims/phase2/2.a.yaml", "[1.a]", f"[{id}]")

    assert laboratory.cbspec("show", id).stdout.startswith(f"{id} at scale quick")
    assert laboratory.json("plan", id)["claims"] == 1


def test_a_file_that_is_not_there_is_a_mistake(laboratory):
    """A name of a file that does not exist is told, and not passed over."""
    result = laboratory.cbspec("show", "claims/phase1/9.z.yaml")

    assert result.exit_code != 0
    assert "claims/phase1/9.z.yaml" in result.stderr


def test_the_name_that_pytest_prints_names_a_claim(laboratory):
    """A cell of a matrix is named by its id, and as pytest prints it."""
    matrix = "matrix: {late: [3, 4]}\nexperiment: {use: plant, day: $late}"
    laboratory.write("claims/phase1/1.a.yaml", LIGHT.replace("experiment: plant", matrix))

    for name in ("1.a[late=4]", "claims/phase1/1.a.yaml::1.a[late=4]"):
        assert [claim["id"] for claim in laboratory.json("show", name)] == ["1.a[late=4]"]
    assert len(laboratory.json("show", "claims/phase1/1.a.yaml::1.a")) == 2
    unknown = laboratory.cbspec("show", "claims/phase1/1.a.yaml::1.b")
    assert unknown.exit_code == 2
    assert unknown.stderr.startswith("unknown claim '1.b'; did you mean '1.a'?")


def test_a_mistake_in_another_file_keeps_nothing_off_the_record(laboratory):
    """A verdict is accepted while another file is being written."""
    laboratory.run()
    laboratory.write("claims/phase2/2.a.yaml", "id: 2.a\ntitle: half a cl")

    result = laboratory.cbspec("accept", "1.a")

    assert result.exit_code == 0, result.stderr
    assert "1.a (quick, cpu): new: not on record -> holds" in result.stdout
