from types import ModuleType

import pytest
import torch
from torch import Tensor

from engine.data.augment import MEAN, STD, augment, normalise

IMAGES = torch.randint(
    0, 256, (7, 3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)
# Every one there is.
VIEWS = torch.cartesian_prod(torch.arange(9), torch.arange(9), torch.arange(2)).view(2, 81, 3)
# The first and the last image among them, and both at the batch's ends.
INDEX = torch.arange(162).view(2, 81) % 7


@pytest.fixture(scope="module")
def transforms() -> ModuleType:
    """torchvision's, which every worker would import for seconds where it collects this file."""
    from torchvision.transforms import functional

    return functional


def torchvision_view(
    transforms: ModuleType, image: Tensor, top: int, left: int, flipped: int
) -> Tensor:
    picture = transforms.crop(transforms.pad(transforms.to_pil_image(image), 4), top, left, 32, 32)
    picture = transforms.hflip(picture) if flipped else picture
    return transforms.normalize(transforms.to_tensor(picture), MEAN, STD).flatten()


def test_every_view_agrees_with_torchvision(transforms: ModuleType) -> None:
    """Each of the 162 crops and flips equals torchvision's pad, crop, hflip, to_tensor and
    normalize.
    """
    expected = torch.stack(
        [
            torchvision_view(transforms, IMAGES[i], *v.tolist())
            for i, v in zip(INDEX.flatten(), VIEWS.view(-1, 3), strict=True)
        ]
    )

    torch.testing.assert_close(
        augment(IMAGES, INDEX, VIEWS).view(162, 3072), expected, rtol=0, atol=1e-6
    )


def test_replicas_do_not_see_each_other() -> None:
    """A replica's batch is bit for bit the same alone and beside another."""
    alone = [augment(IMAGES, INDEX[r : r + 1], VIEWS[r : r + 1]) for r in range(2)]

    assert torch.equal(augment(IMAGES, INDEX, VIEWS), torch.cat(alone))


def test_the_centred_view_is_the_image() -> None:
    """A crop at (4, 4), not flipped, is the normalised image itself."""
    views = torch.tensor([4, 4, 0]).expand(1, 7, 3)

    assert torch.equal(augment(IMAGES, torch.arange(7)[None], views)[0], normalise(IMAGES))


def test_normalise_agrees_with_torchvision(transforms: ModuleType) -> None:
    """Test images get torchvision's to_tensor and normalize, flattened in channel, row, column
    order.
    """
    expected = torch.stack(
        [transforms.normalize(image.float() / 255, MEAN, STD).flatten() for image in IMAGES]
    )

    torch.testing.assert_close(normalise(IMAGES), expected, rtol=0, atol=1e-6)
    assert torch.equal(
        normalise(IMAGES[:6].view(2, 3, 3, 32, 32)), normalise(IMAGES[:6]).view(2, 3, 3072)
    )


def test_augment_leaves_the_images_alone() -> None:
    """The shared images are only read."""
    before = IMAGES.clone()

    augment(IMAGES, INDEX, VIEWS)

    assert torch.equal(IMAGES, before)
