"""What anybody may have written to a shared store enters ours only where it is what its key says."""

import hashlib
import os
import pickle

import pytest
import torch

from cbspec.store import ADOPTED, Pull, Remote, Store
from cbspec.store.arrival import RefusedEntry, offered, record_name, tensors_name
from cbspec.store.record import seal
from tests.support.shared_store import (
    KEYS,
    VERSIONS,
    contents,
    expected,
    fill,
    pull,
    push,
    rewrite,
    states,
    tensors_path,
)

KEY = KEYS[2]


@pytest.fixture
def shared(tmp_path, store):
    """The folder of a shared store that has six results."""
    fill(store)
    (tmp_path / "shared").mkdir()
    push(store, Remote(str(tmp_path / "shared")))
    return tmp_path / "shared"


def taken(shared, tmp_path):
    """Take everything into a new store; the store, and what is said of what it refused."""
    other = Store(tmp_path / "other")
    moved = pull(other, Remote(str(shared)))
    return other, [result.reason for result in moved if result.state == "refused"]


def provenance(**changed):
    return lambda record: record["provenance"].update(changed)


def tensors(**changed):
    return lambda record: record["tensors"].update(changed)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda record: record.update(key=KEYS[3]), f"record.json belongs to {KEYS[3][:12]}"),
        (provenance(seed=9), "record.json is of another seed"),
        (provenance(stage="grow", code="0ther"), "record.json is of another stage, code"),
        (lambda record: record["provenance"].pop("lane"), "record.json is of another lane"),
        (provenance(adopted="yes"), "record.json is none of ours (Expected `object"),
        (provenance(replicas=7), "record.json is none of ours (Expected `array"),
        (lambda record: record["measures"].update(accuracy=True), "is not the JSON that was"),
        (lambda record: record["measures"].update(speed=1.0), "has other measures than accuracy"),
        (lambda record: record["measures"].update(loss=1.0), "has other measures than accuracy"),
        (lambda record: record["measures"].pop("accuracy"), "has other measures than accuracy"),
        (lambda record: record["undefined"].update(loss="\x1b[2J"), "has control characters"),
        (tensors(sha256="../../secret"), "has no SHA-256 for its tensors"),
        (tensors(sha256="ab" * 32), "tensors.safetensors is missing"),
        (tensors(names=["w", "c"]), "tensors.safetensors holds other tensors than its record"),
        (tensors(bytes=10**15), "tensors.safetensors would have 1000000000000000 bytes"),
        (tensors(bytes=-1), "tensors.safetensors would have -1 bytes"),
        (tensors(bytes=10**6), "tensors.safetensors ends after "),
        (tensors(bytes=5), "tensors.safetensors does not match its checksum"),
    ],
)
def test_a_record_that_contradicts_its_key_is_refused(shared, tmp_path, change, reason):
    """A record that was changed and sealed again is refused in one sentence, and everything else is
    taken.
    """
    rewrite(shared, KEY, change)

    other, refusals = taken(shared, tmp_path)

    assert len(refusals) == 1
    assert refusals[0].startswith(f"{shared}: result {KEY[:12]} is refused: ")
    assert reason in refusals[0]
    assert "\n" not in refusals[0]
    assert sorted(contents(other)) == sorted(set(KEYS) - {KEY})
    assert list((other.root / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "record.json is not the JSON"),
        (b'{"sha256":"00","content":{}}', "record.json does not match its checksum"),
        (b"[" * 100_000, "record.json is not the JSON"),
        (b" " * 2**23, "record.json is larger than 8 MB"),
        (pickle.dumps({"key": KEY}), "record.json is not the JSON"),
    ],
    ids=["empty", "checksum", "deep", "large", "pickle"],
)
def test_what_is_no_record_is_refused(shared, tmp_path, data, reason):
    """Bytes under the name of a record that are none are refused."""
    (shared / record_name(KEY)).write_bytes(data)

    other, refusals = taken(shared, tmp_path)

    assert len(refusals) == 1
    assert reason in refusals[0]
    assert sorted(contents(other)) == sorted(set(KEYS) - {KEY})


def test_a_pickle_in_place_of_tensors_is_never_loaded(shared, tmp_path):
    """A file with the right checksum that torch.load would run code of is refused unread."""
    fired = tmp_path / "fired"

    class Bomb:
        def __reduce__(self):
            return (os.mkdir, (str(fired),))

    torch.save(Bomb(), tmp_path / "bomb")
    data = (tmp_path / "bomb").read_bytes()
    digest = hashlib.sha256(data).hexdigest()
    path = shared / tensors_name(digest)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    rewrite(shared, KEY, tensors(sha256=digest, bytes=len(data)))

    _, refusals = taken(shared, tmp_path)

    assert len(refusals) == 1
    assert "tensors.safetensors holds no tensors" in refusals[0]
    assert not fired.exists()


@pytest.mark.parametrize("place", ["record", "tensors"])
@pytest.mark.parametrize("kind", ["link", "fifo", "folder"])
def test_what_is_no_file_is_refused(shared, tmp_path, place, kind):
    """A link, a pipe that never ends or a folder under a name is not read."""
    path = shared / record_name(KEY) if place == "record" else tensors_path(shared, KEY)
    path.rename(tmp_path / "aside")
    if kind == "link":
        path.symlink_to(tmp_path / "aside")
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        path.mkdir()

    other, refusals = taken(shared, tmp_path)

    assert len(refusals) == 1
    assert refusals[0].endswith("is no regular file")
    assert sorted(contents(other)) == sorted(set(KEYS) - {KEY})


def test_every_flipped_bit_of_a_result_is_noticed(shared, tmp_path):
    """A result one bit of which differs is refused, wherever it is."""
    other, remote = Store(tmp_path / "other"), Remote(str(shared))
    refused = tried = 0
    for path in (shared / record_name(KEY), tensors_path(shared, KEY)):
        whole = path.read_bytes()
        for place in range(0, len(whole), 37):
            path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            (moved,) = Pull(other, remote).move([expected(KEY)])
            refused += moved.state == "refused"
            tried += 1
        path.write_bytes(whole)

    assert tried > 20
    assert refused == tried
    assert contents(other) == {}


def test_packages_are_what_their_digest_says(shared, tmp_path):
    """Which packages were installed comes along with a result, and nothing else under its name."""
    good, _ = taken(shared, tmp_path)
    note = next((shared / "packages").iterdir())
    note.write_bytes(seal({"torch": "2.12.0"}))
    bad = Store(tmp_path / "bad")

    pull(bad, Remote(str(shared)))

    assert good.packages.of(note.stem) == VERSIONS
    assert bad.packages.of(note.stem) is None
    assert len(contents(bad)) == len(KEYS)


def test_adopted_results_can_be_left(shared, tmp_path):
    """A result that was adopted from other code says so, and is taken only where adoption is."""
    rewrite(shared, KEY, provenance(**{ADOPTED: {"key": KEYS[0], "code": "01d"}}))
    strict, lenient = Store(tmp_path / "strict"), Store(tmp_path / "lenient")

    strictly = states(pull(strict, Remote(str(shared)), adopted=False))
    pull(lenient, Remote(str(shared)))

    assert strictly == {"moved": 5, "absent": 1}
    assert lenient.get(KEY).provenance[ADOPTED]["code"] == "01d"


def test_an_offer_tells_its_size(shared, store):
    """The size of a result is that of its two files."""
    offer = offered(Remote(str(shared)), expected(KEY))
    folder = store.intact(KEY)

    assert offer.bytes == sum(path.stat().st_size for path in folder.iterdir())
    assert offered(Remote(str(shared)), expected("f" * 64)) is None


def test_a_refusal_names_remote_key_and_reason(shared):
    """The sentence of a refusal is one that a person can act on."""
    rewrite(shared, KEY, provenance(seed=9))

    with pytest.raises(RefusedEntry) as refusal:
        offered(Remote(str(shared)), expected(KEY))

    assert str(refusal.value) == (
        f"{shared}: result {KEY[:12]} is refused: record.json is of another seed"
    )
