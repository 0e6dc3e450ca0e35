import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from cbspec.execution.module_state import ModuleState
from cbspec.stage import vouching
from engine.data import Cifar10Images, DataUnavailable, load, obtain, provider
from engine.data.cifar10 import Identity, moments
from engine.data.progress import Progress
from engine.data.sources import SourceFailed

DRAW = np.random.default_rng(0)
DATA = Cifar10Images(
    train_images=DRAW.integers(0, 256, (20, 3, 32, 32), dtype=np.uint8),
    train_labels=np.arange(20) % 10,
    test_images=DRAW.integers(0, 256, (10, 3, 32, 32), dtype=np.uint8),
    test_labels=np.arange(10),
)


class Desk:
    """Hands out sources and keeps the names of those that were asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.monkeypatch = monkeypatch

    def offer(self, **answers: Cifar10Images | BaseException) -> None:
        self.monkeypatch.setattr(
            provider,
            "SOURCES",
            {name: self.source(name, answer) for name, answer in answers.items()},
        )

    def source(
        self, name: str, answer: Cifar10Images | BaseException
    ) -> Callable[[Path, Progress], Cifar10Images]:
        def ask(folder: Path, _: Progress) -> Cifar10Images:
            self.asked.append(name)
            (folder / "half").write_bytes(b"half a download")
            if isinstance(answer, BaseException):
                raise answer
            return answer

        return ask


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Desk:
    """An empty cache in which the set looked for is `DATA`."""
    mean, std = moments(DATA.train_images)
    monkeypatch.setattr(
        provider, "IDENTITY", Identity(20, 10, tuple(mean), tuple(std), DATA.sha256)
    )
    monkeypatch.setenv("CBSPEC_CACHE", str(tmp_path / "cache"))
    return Desk(monkeypatch)


def kept() -> set[str]:
    return {path.name for path in provider.cache().iterdir()} - {"cifar10.lock"}


def same(data: Cifar10Images) -> bool:
    return all(
        np.array_equal(getattr(data, name), getattr(DATA, name))
        for name in ("train_images", "train_labels", "test_images", "test_labels")
    )


def test_sources_are_tried_in_order_until_one_yields(desk: Desk) -> None:
    """A failed source is followed by the next, and none is asked after the first success."""
    desk.offer(first=SourceFailed("deaf"), second=DATA, third=DATA)

    assert same(load())
    assert desk.asked == ["first", "second"]
    assert kept() == {provider.place().name}


def test_what_is_stored_is_not_obtained_again(desk: Desk) -> None:
    """A second obtain or load asks no source."""
    desk.offer(only=DATA)
    obtain()

    assert obtain() == provider.place()
    assert same(load(verify=True))
    assert desk.asked == ["only"]


def test_no_source_yields_one_message_with_every_reason(desk: Desk) -> None:
    """The message lists each source with its reason, in order, and how to point to a local copy;
    nothing is kept.
    """
    desk.offer(first=SourceFailed("not set"), second=SourceFailed("timed out"))

    with pytest.raises(DataUnavailable) as caught:
        load()

    lines = str(caught.value).splitlines()
    assert lines[1:3] == ["  first: not set", "  second: timed out"]
    assert "Point CBSPEC_DATA to a folder that holds cifar-10-batches-py" in lines[3]
    assert kept() == set()


def test_other_data_is_refused_and_not_kept(desk: Desk) -> None:
    """A source that yields another set fails with the mismatch, and leaves nothing behind."""
    labels = np.roll(DATA.train_labels, 1)
    desk.offer(only=Cifar10Images(DATA.train_images, labels, DATA.test_images, DATA.test_labels))

    with pytest.raises(
        DataUnavailable,
        match=f"only: what it yields is not CIFAR-10: the SHA-256 .* not {DATA.sha256}",
    ):
        obtain()
    assert kept() == set()


def test_an_interrupted_source_leaves_nothing(desk: Desk) -> None:
    """Ctrl-C passes through and no half file stays; running again obtains the set."""
    desk.offer(only=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        obtain()
    assert kept() == set()

    desk.offer(only=DATA)
    assert same(load())


def test_an_interrupted_write_leaves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C between two of the files leaves neither of them."""
    desk.offer(only=DATA)
    save = iter([np.save])

    def interrupted(*args: object) -> None:
        next(save, raise_interrupt)(*args)

    monkeypatch.setattr(provider.np, "save", interrupted)

    with pytest.raises(KeyboardInterrupt):
        obtain()
    assert kept() == set()


def raise_interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def test_leftovers_of_a_killed_process_are_removed(desk: Desk) -> None:
    """What a killed process left in the cache is cleared by the next one that obtains."""
    leftover = provider.cache() / f"{provider.STAGING}killed"
    leftover.mkdir(parents=True)
    (leftover / "train_images.npy").write_bytes(b"half")
    desk.offer(only=DATA)

    obtain()

    assert kept() == {provider.place().name}


@pytest.mark.parametrize(
    "damage", [lambda file: file.write_bytes(file.read_bytes()[:-1]), Path.unlink]
)
def test_a_short_or_missing_file_is_obtained_again(
    desk: Desk, damage: Callable[[Path], object]
) -> None:
    """The cheap checks of every load notice a file that is cut or gone."""
    desk.offer(only=DATA)
    damage(obtain() / "test_images.npy")

    assert same(load())
    assert desk.asked == ["only", "only"]


def test_verify_replaces_a_set_with_a_changed_byte(desk: Desk) -> None:
    """A changed pixel passes the cheap checks, and is found and mended by ``verify=True``."""
    desk.offer(only=DATA)
    flip_a_pixel(obtain() / "train_images.npy")

    assert not same(load())
    assert same(load(verify=True))
    assert same(load())


def flip_a_pixel(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def test_a_damaged_set_is_noticed_before_a_result_is_stored(desk: Desk) -> None:
    """A set with a changed byte loads, and fails the job that loaded it, once it is settled."""
    desk.offer(only=DATA)
    flip_a_pixel(obtain() / "train_images.npy")

    vouching.begin()
    load()

    for _ in range(2):
        with pytest.raises(DataUnavailable, match=r"is damaged: its SHA-256 .*`python -m engine"):
            vouching.settle()
    vouching.begin()
    vouching.settle()  # a job that does not load it


def test_an_intact_set_is_hashed_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that load the set one after the other share one check, until a file changes; it is no
    global that is set back after each.
    """
    desk.offer(only=DATA)
    obtain()
    compared = []
    compare = provider._compare
    monkeypatch.setattr(provider, "_compare", lambda *them: compared.append(compare(*them)))

    for _ in range(3):
        state = ModuleState([provider])
        vouching.begin()
        load().train_images[0] = 0  # which is nobody else's
        vouching.settle()
        assert not state.restore()
    assert len(compared) == 1

    flip_a_pixel(provider.place() / "test_images.npy")
    vouching.begin()
    load()
    with pytest.raises(DataUnavailable):
        vouching.settle()
    vouching.begin()


def test_writing_to_a_loaded_array_does_not_reach_the_file(desk: Desk) -> None:
    """The arrays are writable, as torch wants them, yet private to the process."""
    desk.offer(only=DATA)
    data = load()
    data.train_images[0] = 0

    assert same(load(verify=True))
    assert desk.asked == ["only"]


def test_of_several_at_once_one_obtains(desk: Desk) -> None:
    """Those that find the lock taken wait, and find the set stored."""
    desk.offer(only=DATA)
    told: list[str] = []
    threads = [
        threading.Thread(target=obtain, args=(lambda _done, _total, what: told.append(what),))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert desk.asked == ["only"]
    assert told.count("store") == 1


def test_a_cache_that_cannot_be_written_is_named(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cache folder that cannot be made yields one message with its place and the variable that
    moves it.
    """
    desk.offer(only=DATA)
    (tmp_path / "file").touch()
    monkeypatch.setenv("CBSPEC_CACHE", str(tmp_path / "file" / "cache"))

    with pytest.raises(
        DataUnavailable,
        match=r"cannot be stored in .*file/cache .*; CBSPEC_CACHE names another folder",
    ):
        obtain()


def test_progress_is_told_in_plain_lines_off_a_terminal(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a callback and a terminal, each step and each failed source is one line on stderr."""
    desk.offer(first=SourceFailed("deaf"), second=DATA)

    obtain()

    assert capsys.readouterr().err.splitlines() == [
        "CIFAR-10: first: deaf",
        "CIFAR-10: verify",
        "CIFAR-10: store",
    ]
