"""The flat weights and their AdamW."""

from __future__ import annotations

import torch

from engine.weights import LANES, AdamW, Layout, Weights, cosine

SHAPES = {"w": (5, 7), "b": (7,), "v": (3,)}


def random_weights(replicas: int, seed: int = 0) -> Weights:
    weights = Weights.zeros(Layout(SHAPES), replicas, "cpu")
    for view in weights.values():
        view.copy_(torch.randn(view.shape, generator=torch.Generator().manual_seed(seed)))
    return weights


def test_views_share_memory_with_the_flat_tensor_and_start_at_whole_lanes() -> None:
    """Writing to a named view writes to the flat tensor at a multiple of 64 floats, and nowhere
    else.
    """
    weights = Weights.zeros(Layout(SHAPES), 2, "cpu")

    weights["b"][1] = torch.arange(1.0, 8.0)

    offset = weights.layout.offsets["b"]
    assert offset % LANES == 0
    assert weights.flat[1, offset : offset + 7].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert weights.flat.count_nonzero() == 7


def test_adamw_is_torchs_adamw_per_parameter() -> None:
    """Ten fused steps over the flat tensor equal torch.optim.AdamW over the separate parameters."""
    weights = random_weights(2)
    separate = [view.clone().requires_grad_() for view in weights.values()]
    reference, optimiser = (
        torch.optim.AdamW(separate, lr=1e-2, weight_decay=0.1),
        AdamW(weights, 0.1),
    )

    for step in range(10):
        for parameter, view, gradient in zip(
            separate, random_weights(2, step + 1).values(), optimiser.gradient.values(), strict=True
        ):
            parameter.grad = view.clone()
            gradient.copy_(view)
        reference.step()
        optimiser.step(1e-2)

    for parameter, view in zip(separate, weights.values(), strict=True):
        torch.testing.assert_close(view, parameter.detach(), rtol=1e-6, atol=1e-7)


def test_saved_optimiser_state_continues_bit_for_bit() -> None:
    """Weights and state that were stored per replica and stacked again move exactly as the
    originals.
    """
    first = AdamW(random_weights(2), 0.1)
    first.gradient.flat.copy_(random_weights(2, 1).flat)
    first.step(1e-2)
    stored = [first.weights.of(replica) | first.of(replica, "o.") for replica in range(2)]

    second = AdamW(Weights.stack(Layout(SHAPES), stored, "cpu"), 0.1)
    second.load(stored, "o.")
    for optimiser in (first, second):
        optimiser.gradient.flat.copy_(random_weights(2, 2).flat)
        optimiser.step(5e-3)

    assert torch.equal(first.weights.flat, second.weights.flat)


def test_cosine_is_torchs_schedule() -> None:
    """The closed form gives the learning rates of CosineAnnealingLR stepped once per epoch."""
    optimiser = torch.optim.SGD([torch.zeros(1)], lr=1e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, T_max=20)

    for epoch in range(21):
        torch.testing.assert_close(
            cosine(1e-3, epoch, 20), schedule.get_last_lr()[0], rtol=1e-9, atol=1e-15
        )
        optimiser.step()
        schedule.step()
