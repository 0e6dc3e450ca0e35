"""Products of matrices, one for each replica, by the library that is fastest for them.

On the CPU torch multiplies by MKL, which has no AVX-512 for processors of AMD. oneDNN, which torch
also brings, has it for float32, but takes long to start. NumPy's OpenBLAS has it for float64, too,
starts fast, and takes a tenth less time than MKL where there is AVX2 alone.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
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
    match _library(a, b):
        case "torch":
            return torch.bmm(a, b, out=out)
        case "oneDNN":
            return _by_onednn(None, a, b, out)
        case "NumPy":
            return _by_numpy(None, a, b, out)


def affine(bias: Tensor, x: Tensor, weight: Tensor) -> Tensor:
    """Return ``bias + x weight``, `[replica, rows, out]`.

    Args:
        bias: `[replica, 1, out]`.
        x: `[replica, rows, in]`.
        weight: `[replica, in, out]`.
    """
    match _library(x, weight):
        case "torch":
            return torch.baddbmm(bias, x, weight)
        case "oneDNN":
            return _by_onednn(bias, x, weight, None)
        case "NumPy":
            return _by_numpy(bias, x, weight, None)


def add_affine(h: Tensor, bias: Tensor, x: Tensor, weight: Tensor) -> None:
    """Add ``bias + x weight`` to h `[replica, rows, out]` in place; see `affine`."""
    match _library(x, weight):
        case "torch":
            h.add_(bias).baddbmm_(x, weight)
        case "oneDNN":
            h += _by_onednn(bias, x, weight, None)
        case "NumPy":
            h += _by_numpy(bias, x, weight, None)


def _library(a: Tensor, b: Tensor) -> Literal["torch", "oneDNN", "NumPy"]:
    """Return what multiplies. Autograd follows torch alone, which also has the GPU."""
    if not a.is_cpu or a.requires_grad or b.requires_grad:
        return "torch"
    size = a.shape[1] * b.shape[1] * b.shape[2]
    if AVX512 and a.dtype == torch.float32 and size >= LEAST:
        return "oneDNN"
    # OpenBLAS has threads of its own, which would take the cores from torch's as they wait
    return "NumPy" if torch.get_num_threads() == 1 else "torch"


def _by_onednn(bias: Tensor | None, a: Tensor, b: Tensor, out: Tensor | None) -> Tensor:
    products = []
    for replica in range(len(a)):
        row = None if bias is None else bias[replica, 0]
        weight = b[replica].t()  # as torch.nn.Linear has it, `[out, in]`
        products.append(torch.ops.mkldnn._linear_pointwise(a[replica], weight, row, "none", [], ""))
    return torch.stack(products) if out is None else torch.stack(products, out=out)


def _by_numpy(bias: Tensor | None, a: Tensor, b: Tensor, out: Tensor | None) -> Tensor:
    if out is None:
        out = a.new_empty(len(a), a.shape[1], b.shape[2])
    with np.errstate(all="ignore"):  # what diverges is noticed later, as in torch's products
        np.matmul(a.numpy(), b.numpy(), out=out.numpy())
    return out if bias is None else out.add_(bias)
