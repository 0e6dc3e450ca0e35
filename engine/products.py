"""Products of matrices, one for each replica, by the library that is faster for them.

On the CPU torch multiplies float32 matrices by MKL, which has no AVX-512 for processors of AMD.
oneDNN, which torch also brings, has it: a product of a layer as in the memos takes half the time.
Where there is no AVX-512 the two are alike, and MKL is kept.
"""

from __future__ import annotations

import torch
from torch import Tensor

AVX512 = torch.backends.mkldnn.is_available() and (
    torch.backends.cpu.get_cpu_capability() == "AVX512"
)
LEAST = 2**22  # multiplications of one replica; below, oneDNN's start takes longer than it saves


def product(a: Tensor, b: Tensor, out: Tensor | None = None) -> Tensor:
    """Return ``a b``, `[replica, rows, columns]`, written to `out` if it is given.

    Args:
        a: `[replica, rows, inner]`.
        b: `[replica, inner, columns]`.
    """
    if not _is_for_onednn(a, b):
        return torch.bmm(a, b) if out is None else torch.bmm(a, b, out=out)
    return _by_onednn(None, a, b, out)


def affine(bias: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """Return ``bias + x weight``, `[replica, rows, out]`.

    Args:
        bias: `[replica, 1, out]`.
        x: `[replica, rows, in]`.
        weight: `[replica, in, out]`.
    """
    if not _is_for_onednn(x, weight):
        return torch.baddbmm(bias, x, weight)
    return _by_onednn(bias, x, weight, None)


def add_affine(h: Tensor, bias: Tensor, x: Tensor, weight: Tensor) -> None:
    """Add ``bias + x weight`` to h `[replica, rows, out]` in place; see `affine`."""
    if _is_for_onednn(x, weight):
        h += _by_onednn(bias, x, weight, None)
    else:
        h.add_(bias).baddbmm_(x, weight)


def _is_for_onednn(a: Tensor, b: Tensor) -> bool:
    if not AVX512 or a.dtype != torch.float32 or not a.is_cpu:
        return False
    return a.shape[1] * b.shape[1] * b.shape[2] >= LEAST


def _by_onednn(bias: Tensor | None, a: Tensor, b: Tensor, out: Tensor | None) -> Tensor:
    products = []
    for replica in range(len(a)):
        row = None if bias is None else bias[replica, 0]
        weight = b[replica].t()  # as torch.nn.Linear has it, `[out, in]`
        products.append(torch.ops.mkldnn._linear_pointwise(a[replica], weight, row, "none", [], ""))
    return torch.stack(products) if out is None else torch.stack(products, out=out)
