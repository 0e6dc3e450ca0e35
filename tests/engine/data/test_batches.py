import torch

from engine.data.augment import augment, epoch_views, normalise
from engine.data.batches import Batches
from engine.randomness import epoch_order

N = 37
IMAGES = torch.randint(
    0, 256, (N, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)
LABELS = torch.arange(N)  # a label tells the image it belongs to


def test_an_epoch_visits_every_image_once_per_replica() -> None:
    """The batches of an epoch, the smaller last one included, hold each image once, under its own
    label.
    """
    batches = Batches(IMAGES, LABELS, [42, 123], size=8, augmented=False)

    epoch = list(batches.epoch(3))

    assert [tuple(y.shape) for _, y in epoch] == [(2, 8)] * 4 + [(2, 5)]
    assert len(batches) == 5
    labels = torch.cat([y for _, y in epoch], dim=1)
    assert torch.equal(labels.sort(dim=1).values, LABELS.expand(2, N))
    assert torch.equal(torch.cat([x for x, _ in epoch], dim=1), normalise(IMAGES)[labels])


def test_batches_are_the_draws_of_their_epoch() -> None:
    """Images, crops and flips are those that the seed and the epoch draw."""
    order, views = epoch_order([42], 2, N), epoch_views([42], 2, N)

    epoch = list(Batches(IMAGES.numpy(), LABELS.numpy(), [42], size=8).epoch(2))

    assert torch.equal(torch.cat([x for x, _ in epoch], dim=1), augment(IMAGES, order, views))
    assert torch.equal(torch.cat([y for _, y in epoch], dim=1), order)


def test_a_replica_sees_the_same_batches_in_any_company() -> None:
    """Whichever other seeds share the batch, a seed's batches are bit for bit the same."""
    alone = Batches(IMAGES, LABELS, [123], size=8).epoch(0)
    third = Batches(IMAGES, LABELS, [7, 42, 123], size=8).epoch(0)

    for (x, y), (x3, y3) in zip(alone, third, strict=True):
        assert torch.equal(x[0], x3[2])
        assert torch.equal(y[0], y3[2])


def test_an_epoch_can_be_reached_without_those_before_it() -> None:
    """Epoch 5 of a fresh object equals epoch 5 after five epochs: resuming needs no generator
    state.
    """
    through = Batches(IMAGES, LABELS, [42], size=8)
    for epoch in range(5):
        list(through.epoch(epoch))

    resumed = list(Batches(IMAGES, LABELS, [42], size=8).epoch(5))

    assert all(
        torch.equal(x, again) for (x, _), (again, _) in zip(through.epoch(5), resumed, strict=True)
    )
