"""Rates: what stages took per unit of cost."""

from __future__ import annotations

import pytest

from cbspec.store import Store


def put(
    store: Store, number: int, seconds: float | None, cost: float | None, **provenance: object
) -> None:
    store.put(
        f"{number:064x}",
        provenance={"seconds": seconds, "cost": cost, "stage": "train", **provenance},
    )


def test_median_rate(store: Store) -> None:
    """The rate is the median of seconds per unit of cost, known to another process."""
    for number, (seconds, cost) in enumerate([(1.0, 10.0), (3.0, 10.0), (100.0, 10.0)]):
        put(store, number, seconds, cost)

    assert 0.3 == store.rate("train") == Store(store.root).rate("train")


def test_cheap_results_do_not_set_the_rate(store: Store) -> None:
    """Results that cost next to nothing and took a moment to set up leave the rate to those that
    cost something.
    """
    put(store, 0, 200.0, 100.0)
    put(store, 1, 10.0, 4.0)
    for number in range(2, 102):
        put(store, number, 1.0, 0.01)

    assert store.rate("train") == 2.0


def test_rate_per_stage_and_device(store: Store) -> None:
    """Stages, and device families, have rates of their own; one without results has none."""
    put(store, 0, 8.0, 2.0, numerics={"device": "cpu"})
    put(store, 1, 1.0, 2.0, numerics={"device": "cuda"})
    put(store, 2, 6.0, 2.0, stage="net/../align")

    rates = [
        store.rate("train"),
        store.rate("train", "cuda"),
        store.rate("net/../align"),
        store.rate("net/../align", "cuda"),
    ]
    assert rates == [4.0, 0.5, 3.0, None]


def test_newest_results_count(store: Store) -> None:
    """The newest 50 results of a size make the rate: what ran before on a slower machine is
    forgotten.
    """
    for number in range(100):
        put(store, number, 100.0, 1.0)
    for number in range(100, 150):
        put(store, number, 1.0, 1.0)

    assert store.rate("train") == 1.0
    put(store, 150, 100.0, 1.0)
    assert store.rate("train") == 1.0


def test_a_file_of_rates_stays_short(store: Store) -> None:
    """Whatever number of results there were, those that count are kept, and few besides."""
    path = store.root / "rates" / "train.cpu.json"
    for number in range(900):
        store.count({"seconds": float(number), "cost": 1.0, "stage": "train"})
        assert path.stat().st_size < 2**14 + 100

    assert store.rate("train") == 874.0


def test_dropped_result_does_not_count(store: Store) -> None:
    """A result that was there already leaves the rate as it is."""
    put(store, 0, 1.0, 1.0)
    put(store, 0, 5.0, 1.0)

    assert store.rate("train") == 1.0


@pytest.mark.parametrize(("seconds", "cost"), [(None, 1.0), (1.0, None), (1.0, 0.0), (1.0, -1.0)])
def test_result_without_rate(store: Store, seconds: float | None, cost: float | None) -> None:
    """A result that does not say seconds and cost is stored, and makes no rate."""
    put(store, 0, seconds, cost)

    assert (store.has(f"{0:064x}"), store.rate("train")) == (True, None)


def test_damaged_rates_are_forgotten(store: Store) -> None:
    """A damaged file of rates reads as none, and the next result begins it anew."""
    put(store, 0, 1.0, 1.0)
    path = store.root / "rates" / "train.cpu.json"
    path.write_bytes(path.read_bytes()[:-4])

    assert store.rate("train") is None
    put(store, 1, 2.0, 1.0)
    assert store.rate("train") == 2.0
