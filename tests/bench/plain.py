"""BP on CIFAR-10 as most people would write it: DataLoader, torchvision transforms, nn.Module, one
seed after another.
"""

from __future__ import annotations

from itertools import islice

import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from engine.data import load
from engine.data.augment import MEAN, STD


class Block(nn.Module):
    """A residual block."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm, self.first, self.second = (
            nn.LayerNorm(width),
            nn.Linear(width, width),
            nn.Linear(width, width),
        )
        nn.init.normal_(self.second.weight, std=0.01)
        nn.init.zeros_(self.second.bias)

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        return h + self.second(F.gelu(self.first(self.norm(h))))


class Images(Dataset):
    """CIFAR-10 with the memos' augmentation, sample by sample."""

    def __init__(self) -> None:
        data = load()
        self.images, self.labels = data.train_images.transpose(0, 2, 3, 1), data.train_labels
        crop = [
            transforms.RandomCrop(32, padding=4),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
        ]
        self.transform = transforms.Compose([*crop, transforms.Normalize(MEAN, STD)])

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.images[index])).flatten(), int(
            self.labels[index]
        )


def train(seeds: tuple[int, ...], batches: int, width: int = 256, depth: int = 4) -> None:
    """Some batches of BP for each seed."""
    for seed in seeds:
        torch.manual_seed(seed)
        blocks = [Block(width) for _ in range(depth)]
        model = nn.Sequential(
            nn.Linear(3072, width), *blocks, nn.LayerNorm(width), nn.Linear(width, 10)
        )
        optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
        for x, y in islice(DataLoader(Images(), batch_size=128, shuffle=True), batches):
            optimiser.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimiser.step()
