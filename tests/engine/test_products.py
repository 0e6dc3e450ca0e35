"""Products of matrices: the same whichever library multiplies, a replica by itself or with others."""

import pytest
import torch

from engine import products
from engine.products import add_affine, affine, product

ROWS, INNER, COLUMNS = 160, 256, 192  # above `LEAST`


@pytest.fixture(params=["torch", "oneDNN", "NumPy"])
def library(request, monkeypatch):
    """Each library multiplies, whatever this processor has; small products are not for oneDNN."""
    monkeypatch.setattr(products, "AVX512", request.param == "oneDNN")
    torch.set_num_threads(2 if request.param == "torch" else 1)
    yield request.param
    torch.set_num_threads(1)


def matrices(*shapes, dtype=torch.float32):
    """Normal matrices of these shapes."""
    stream = torch.Generator().manual_seed(3)
    return [torch.randn(*shape, generator=stream, dtype=dtype) for shape in shapes]


@pytest.fixture(params=[ROWS, 5], ids=["large", "small"])
def rows(request):
    """Rows of a product that is worth oneDNN's start, and of one that is not."""
    assert (request.param * INNER * COLUMNS >= products.LEAST) == (request.param == ROWS)
    return request.param


def test_the_library_is_the_fastest_that_can(library, rows):
    """Of one thread NumPy multiplies, of several torch does, large float32 matrices oneDNN; what
    autograd follows is torch's.
    """
    x, weight = matrices((1, rows, INNER), (1, INNER, COLUMNS))
    without_onednn = "NumPy" if library == "oneDNN" else library

    assert products._library(x, weight) == (library if rows == ROWS else without_onednn)
    assert products._library(x.double(), weight.double()) == without_onednn
    assert products._library(x.requires_grad_(), weight) == "torch"
    assert products._library(weight.transpose(1, 2), x.transpose(1, 2)) == "torch"


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


@pytest.mark.usefixtures("library")
def test_a_replica_has_the_same_bits_alone():
    """A product does not depend on the replicas beside it."""
    x, weight, bias = matrices((3, ROWS, INNER), (3, INNER, COLUMNS), (3, 1, COLUMNS))

    together = affine(bias, x, weight)

    alone = [affine(bias[i : i + 1], x[i : i + 1], weight[i : i + 1]) for i in range(3)]
    assert torch.equal(together, torch.cat(alone))


@pytest.mark.usefixtures("library")
def test_float64_keeps_its_digits(rows):
    """Products of whole numbers that float64 holds and float32 does not are exact."""
    stream = torch.Generator().manual_seed(3)
    shapes = ((2, rows, INNER), (2, INNER, COLUMNS), (2, 1, COLUMNS), (2, rows, COLUMNS))
    x, weight, bias, h = (torch.randint(-9999, 9999, shape, generator=stream) for shape in shapes)
    moved = h.double()

    add_affine(moved, bias.double(), x.double(), weight.double())

    assert torch.equal(product(x.double(), weight.double()).long(), x @ weight)
    assert torch.equal(affine(bias.double(), x.double(), weight.double()).long(), x @ weight + bias)
    assert torch.equal(moved.long(), h + x @ weight + bias)


@pytest.mark.usefixtures("library")
def test_autograd_follows_a_product(rows):
    """The gradient of a sum of products is that of float64's."""
    x, weight, bias = matrices((2, rows, INNER), (2, INNER, COLUMNS), (2, 1, COLUMNS))
    h = x.clone().requires_grad_()

    slope = torch.autograd.grad(affine(bias, h, weight).square().sum(), h)[0]

    exact = 2 * (x.double() @ weight.double() + bias) @ weight.double().transpose(1, 2)
    torch.testing.assert_close(slope.double(), exact, rtol=1e-4, atol=1e-2)


@pytest.mark.usefixtures("library")
@pytest.mark.filterwarnings("error")
def test_numbers_that_overflow_go_on_without_a_warning():
    """A network that diverges is noticed by its losses; its products say nothing."""
    huge = torch.full((1, 2, 2), 1e300, dtype=torch.float64)

    assert product(huge, huge).isinf().all()
    assert product(huge / 0, huge * 0).isnan().all()
