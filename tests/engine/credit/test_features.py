"""What estimator networks see: LayerNorm of h, embedding of t, s."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from engine.architecture import Architecture, initialise
from engine.credit import features
from engine.forward import ForwardPass
from engine.nets import ResidualMLP

SHAPE = Architecture(inputs=32, width=16, depth=3)


def forward_pass() -> ForwardPass:
    stream = torch.Generator().manual_seed(3)
    x = torch.randn(2, 4, 32, generator=stream, dtype=torch.float64)
    y = torch.randint(10, (2, 4), generator=stream)
    return ForwardPass(
        ResidualMLP(SHAPE, initialise(SHAPE, (42, 123), "cpu").to(torch.float64)), x, y
    )


def test_time_embedding_by_hand() -> None:
    """Sixteen sines, then sixteen cosines, of t at 10000^(-k/16); t = 0 is zeros and ones, and
    every level of L = 12 differs.
    """
    found = features.time_embedding(torch.tensor(0.25, dtype=torch.float64))

    angles = [0.25 * 10_000 ** (-k / 16) for k in range(16)]
    assert found.tolist() == pytest.approx(
        [math.sin(a) for a in angles] + [math.cos(a) for a in angles], rel=1e-12
    )
    assert features.time_embedding(torch.tensor(0.0)).tolist() == [0.0] * 16 + [1.0] * 16
    levels = features.time_embedding(torch.arange(13) / 12)
    assert torch.pdist(levels).min() > 0.05


@pytest.mark.parametrize(
    ("s_type", "width"), [("eT", 10), ("deltaL", 16), ("eT_hL", 26), ("deltaL_hL", 32)]
)
def test_condition_is_output_error_or_terminal_gradient_and_may_append_the_last_state(
    s_type: str, width: int
) -> None:
    """eT is softmax - onehot, deltaL autograd's dCE/dh_L per sample, neither divided by the batch;
    _hL appends h_L as it is.
    """
    forward = forward_pass()
    h = forward.trace.hidden[-1].clone().requires_grad_()
    losses = F.cross_entropy(
        forward.network.logits(h, SHAPE.depth).flatten(0, 1), forward.y.flatten(), reduction="sum"
    )
    delta = torch.autograd.grad(losses, h)[0]
    error = torch.softmax(forward.trace.logits, -1) - F.one_hot(forward.y, 10)

    s = features.condition(forward, s_type)

    assert s.shape[-1] == features.condition_width(SHAPE, s_type) == width
    own = error if s_type.startswith("eT") else delta
    torch.testing.assert_close(s[..., : own.shape[-1]], own)
    torch.testing.assert_close(
        s[..., own.shape[-1] :], forward.trace.hidden[-1][..., : width - own.shape[-1]]
    )


def test_features_are_norm_time_and_condition_of_each_level_in_turn() -> None:
    """Level after level, sample after sample: LayerNorm of h without affine part, embedding of t =
    l / L, s.
    """
    forward = forward_pass()
    s = features.condition(forward, "eT")

    found = features.features(forward.at([3, 1]), [3, 1], SHAPE.depth, s).unflatten(1, (2, 4))

    assert found.shape[-1] == features.width(SHAPE, "eT") == 16 + 32 + 10
    for at, level in enumerate((3, 1)):
        h, t = (
            F.layer_norm(forward.trace.hidden[level], (16,)),
            torch.tensor(level / 3, dtype=torch.float64),
        )
        torch.testing.assert_close(
            found[:, at], torch.cat([h, features.time_embedding(t).expand(2, 4, -1), s], -1)
        )


def test_hidden_from_the_estimator_means_zero() -> None:
    """A replica that is blind to h or t sees zeros and the embedding of nothing in its place; the
    others see all.
    """
    forward = forward_pass()
    s = features.condition(forward, "eT")
    mask = torch.tensor([1.0, 0.0], dtype=torch.float64)

    found = features.features(forward.at([2]), [2], SHAPE.depth, s, sees_h=mask, sees_t=mask)

    whole = features.features(forward.at([2]), [2], SHAPE.depth, s)
    assert torch.equal(found[0], whole[0])
    assert found[1, :, :48].count_nonzero() == 0
    assert torch.equal(found[1, :, 48:], s[1])
