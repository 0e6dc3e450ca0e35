"""store: what is stored, whether it is intact, and how to make it smaller."""

import pytest

from cbspec.cli.size import size, size_text


def test_ls_sums_up(laboratory):
    """Every result is listed with stage, seed and size; --stage narrows it down."""
    laboratory.run()

    rows = laboratory.json("store", "ls")
    weigh = laboratory.json("store", "ls", "--stage", "weigh")

    assert sorted((row["stage"], row["seed"]) for row in rows) == [
        (s, n) for s in ("grow", "weigh") for n in (1, 1, 2, 2, 3, 3)
    ]
    assert [row["stage"] for row in weigh] == ["weigh"] * 6
    folders = laboratory.evaluation().store.root / "entries"
    assert sum(row["bytes"] for row in rows) == sum(
        path.stat().st_size for path in folders.rglob("*.json")
    )
    assert laboratory.cbspec("store", "ls").stdout.splitlines()[-1].startswith("12 results, ")


def test_verify_finds_damage(laboratory):
    """An intact store is status 0; a damaged result is told, moved away, and status 1; after that
    all is well again.
    """
    laboratory.run()
    intact = laboratory.cbspec("store", "verify")
    record = next((laboratory.root / ".cbspec" / "store" / "entries").rglob("record.json"))
    record.write_bytes(record.read_bytes()[:-20])

    damaged = laboratory.cbspec("store", "verify")
    again = laboratory.json("store", "verify")

    assert (intact.exit_code, intact.stdout) == (0, "12 results in .cbspec/store: none damaged\n")
    assert (damaged.exit_code, damaged.stdout) == (1, "12 results in .cbspec/store: 1 damaged\n")
    assert damaged.stderr.startswith(f"stored result {record.parent.name[:12]} is damaged: ")
    assert again == {"checked": 11, "damaged": []}


def test_gc_shrinks_to_the_limit(laboratory):
    """Least recently used results go until what is left fits."""
    laboratory.run()
    total = sum(row["bytes"] for row in laboratory.json("store", "ls"))

    found = laboratory.json("store", "gc", "--limit", str(total // 2))

    assert found["left"] <= total // 2
    assert found["freed"] + found["left"] == total
    assert laboratory.cbspec("store", "gc", "--limit", "1GB").stdout.startswith(
        "0 results removed, 0 B; "
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5GB", 5 * 10**9),
        ("1.5 GiB", 3 * 2**29),
        ("500m", 5 * 10**8),
        ("12", 12),
        ("2kb", 2000),
        ("1TiB", 2**40),
    ],
)
def test_sizes_are_read_as_people_write_them(text, wanted):
    """Decimal and binary units, with or without B, in either case."""
    assert size(text) == wanted


def test_size_that_is_none_is_refused(laboratory):
    """What is no size is a usage mistake that shows how to write one."""
    result = laboratory.cbspec("store", "gc", "--limit", "much")

    assert result.exit_code == 2
    assert "'much' is not a size; write 5GB, 1.5GiB or a number of bytes" in result.stderr


def test_sizes_are_written_short():
    """Three digits and a unit."""
    assert [size_text(size) for size in (0, 999, 1000, 1.25e6, 5e9, 7e12)] == [
        "0 B",
        "999 B",
        "1.0 kB",
        "1.2 MB",
        "5.0 GB",
        "7.0 TB",
    ]


def test_results_are_shared(laboratory, tmp_path_factory):
    """What one store has goes to a shared one, and from there into another, for the claims that are
    named; the second time nothing moves.
    """
    laboratory.run()
    shared = str(tmp_path_factory.mktemp("shared"))
    size = sum(row["bytes"] for row in laboratory.json("store", "ls"))

    dry = laboratory.cbspec("store", "push", shared, "--dry-run")
    sent = laboratory.cbspec("store", "push", shared)
    again = laboratory.json("store", "push", shared)
    laboratory.cbspec("store", "gc", "--limit", "0")
    some = laboratory.json("store", "pull", shared, "2.a", "--dry-run")
    deep = laboratory.json("store", "pull", shared, "2.a", "--dry-run", "--inputs")
    taken, back = laboratory.json("store", "sync", shared)

    told = f"{shared}, {size_text(size)}; 0 there before; 0 not stored here\n"
    assert (dry.exit_code, dry.stdout) == (0, f"12 results would be sent to {told}")
    assert (sent.exit_code, sent.stdout) == (0, f"12 results sent to {told}")
    assert (again["moved"], again["there"], again["bytes"]) == (0, 12, 0)
    assert (some["results"], some["moved"]) == (6, 6)
    assert (deep["results"], deep["moved"]) == (12, 12)
    assert (taken["moved"], taken["bytes"], taken["absent"]) == (12, size, 0)
    assert (back["moved"], back["there"]) == (0, 12)


def test_a_refused_result_is_status_1(laboratory, tmp_path_factory):
    """A result that is not what its key says is told in one sentence, and the status is 1."""
    laboratory.run()
    shared = tmp_path_factory.mktemp("shared")
    laboratory.write(
        "pyproject.toml", f'[tool.cbspec]\nengine = "lab.catalog"\nremote = "{shared}"\n'
    )
    laboratory.cbspec("store", "push")
    laboratory.cbspec("store", "gc", "--limit", "0")
    record = min((shared / "entries").rglob("*.json"))
    record.write_bytes(record.read_bytes().replace(b"height", b"weight"))

    pulled = laboratory.cbspec("store", "pull")

    assert pulled.exit_code == 1
    assert pulled.stderr == (
        f"{shared}: result {record.stem[:12]} is refused: record.json does not match its checksum\n"
    )
    assert "11 results taken from" in pulled.stdout
    assert "; 1 refused; 0 not there" in pulled.stdout


def test_without_a_shared_store(laboratory):
    """Where no remote is named, the message shows how to name one."""
    for verb in ("push", "pull", "sync"):
        result = laboratory.cbspec("store", verb, "1.a")

        assert result.exit_code == 2
        assert result.stderr.startswith("no shared store: name one (cbspec store push s3://")
