"""Products of matrices: the same whichever library multiplies, a replica by itself or with others."""

import pytest
import torch

from engine import products
from engine.products import add_affine, affine, product

ROWS, INNER, COLUMNS = 160, 256, 192  # above `LEAST`


@pytest.fixture(params=[False, True], ids=["MKL", "oneDNN"])
def library(request, monkeypatch):
    """Either library multiplies, whatever this processor has."""
    monkeypatch.setattr(products, "AVX512", request.param)


def matrices(*shapes, dtype=torch.float32):
    """Normal matrices of these shapes."""
    stream = torch.Generator().manual_seed(3)
    return [torch.randn(*shape, generator=stream, dtype=dtype) for shape in shapes]


@pytest.fixture(params=[ROWS, 5], ids=["large", "small"])
def rows(request):
    """Rows of a product that is worth oneDNN's start, and of one that is not."""
    assert (request.param * INNER * COLUMNS >= products.LEAST) == (request.param == ROWS)
    return request.param


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("replicas", [1, 3])
def test_products_are_those_of_float64(rows, replicas):
    """Each product has the value that float64 gives, to float32's rounding."""
    x, weight, bias, h = matrices(
        (replicas, rows, INNER), (replicas, INNER, COLUMNS), (replicas, 1, COLUMNS),
        (replicas, rows, COLUMNS),
    )  # fmt: skip
    exact = x.double() @ weight.double()
    moved = h.clone()

    add_affine(moved, bias, x, weight)

    for found, wanted in (
        (product(x, weight), exact),
        (affine(bias, x, weight), exact + bias),
        (moved, h + exact + bias),
    ):
        torch.testing.assert_close(found.double(), wanted, rtol=1e-5, atol=1e-4)


@pytest.mark.usefixtures("library")
def test_a_product_with_transposed_matrices_is_written_where_it_belongs(rows):
    """A weight's gradient, x^T g, and what goes back, g W^T; the former into a part of a tensor."""
    x, g, weight = matrices((3, rows, INNER), (3, rows, COLUMNS), (3, INNER, COLUMNS))
    flat = torch.full((3, 2 * INNER * COLUMNS), 7.0)
    into = flat[:, : INNER * COLUMNS].view(3, INNER, COLUMNS)

    product(x.transpose(1, 2), g, out=into)
    back = product(g, weight.transpose(1, 2))

    at_weight = x.double().transpose(1, 2) @ g.double()
    torch.testing.assert_close(into.double(), at_weight, rtol=1e-5, atol=1e-4)
    assert (flat[:, INNER * COLUMNS :] == 7).all()
    exact = g.double() @ weight.double().transpose(1, 2)
    torch.testing.assert_close(back.double(), exact, rtol=1e-5, atol=1e-4)


def test_a_replica_has_the_same_bits_alone(monkeypatch):
    """What oneDNN multiplies does not depend on the replicas beside it."""
    monkeypatch.setattr(products, "AVX512", True)
    x, weight, bias = matrices((3, ROWS, INNER), (3, INNER, COLUMNS), (3, 1, COLUMNS))

    together = affine(bias, x, weight)

    alone = [affine(bias[i : i + 1], x[i : i + 1], weight[i : i + 1]) for i in range(3)]
    assert torch.equal(together, torch.cat(alone))


@pytest.mark.usefixtures("library")
def test_float64_is_multiplied_by_torch():
    """In float64, for which oneDNN has no product, the values are torch's own to the last bit."""
    x, weight = matrices((2, ROWS, INNER), (2, INNER, COLUMNS), dtype=torch.float64)

    assert torch.equal(product(x, weight), torch.bmm(x, weight))
