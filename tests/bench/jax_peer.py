"""Training of the definitions as one would write it in JAX: `jit`, with `vmap` over the seeds.

Weights are pytrees of arrays `[seed, ...]`, named as the engine names them; every function here is
of one seed.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from engine.credit.features import TIME_WIDTH
from engine.data.augment import MEAN, SIDE, STD
from engine.nets import EPSILON
from engine.weights import AdamW

Params = dict[str, Array]
DIRECTIONS, EPS, TERMINAL_WEIGHT, RATE = 4, 1e-2, 1.0, 1e-3  # definitions, section 4


def norm(h: Array) -> Array:
    """LayerNorm without its affine part."""
    centred = h - h.mean(-1, keepdims=True)
    return centred * lax.rsqrt((centred * centred).mean(-1, keepdims=True) + EPSILON)


def block(w: Params, level: int, h: Array) -> Array:
    """One residual block, its skip included."""
    own = {name: w[f"blocks.{level}.{name}"] for name in ("w1", "b1", "w2", "b2")}
    scaled = norm(h) * w[f"blocks.{level}.norm.weight"] + w[f"blocks.{level}.norm.bias"]
    active = jax.nn.gelu(scaled @ own["w1"] + own["b1"], approximate=False)
    return h + active @ own["w2"] + own["b2"]


def head(w: Params, h: Array) -> Array:
    """Logits of h_L."""
    scaled = norm(h) * w["norm.weight"] + w["norm.bias"]
    return scaled @ w["head.weight"] + w["head.bias"]


def losses(w: Params, h: Array, y: Array, depth: int, level: int = 0) -> Array:
    """Loss of each sample whose state enters at a level."""
    for entered in range(level, depth):
        h = block(w, entered, h)
    logits = jax.nn.log_softmax(head(w, h))
    labels = jnp.broadcast_to(y, logits.shape[:-1])[..., None]
    return -jnp.take_along_axis(logits, labels, -1)[..., 0]


def views(padded: Array, index: Array, view: Array) -> Array:
    """Crop, flip, normalise and flatten images `[n, 3, 40, 40]` that were padded beforehand."""

    def one(image: Array, corner: Array) -> Array:
        crop = lax.dynamic_slice(image, (0, corner[0], corner[1]), (3, SIDE, SIDE))
        return jnp.where(corner[2] == 1, crop[:, :, ::-1], crop)

    crops = jax.vmap(one)(padded[index], view).astype(jnp.float32)
    mean, std = (255 * jnp.array(value)[:, None, None] for value in (MEAN, STD))
    return ((crops - mean) / std).reshape(len(index), -1)


def adamw(w: Params, moments: Params, gradient: Params, count: Array, decay: float) -> Any:
    """One step of AdamW at the engine's rate; `count` is 1 at the first."""
    b1, b2 = AdamW.BETAS

    def one(p: Array, m: Array, v: Array, g: Array) -> tuple[Array, Array, Array]:
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        root = jnp.sqrt(v / (1 - b2**count)) + AdamW.EPSILON
        return p * (1 - RATE * decay) - RATE * (m / (1 - b1**count)) / root, m, v

    moved = {name: one(w[name], *moments[name], gradient[name]) for name in w}
    return {n: p for n, (p, _, _) in moved.items()}, {n: (m, v) for n, (_, m, v) in moved.items()}


def bp_step(depth: int, padded: Array, data: Any, w: Params, moments: Any, count: Array) -> Any:
    """One step of back-propagation on a batch of images.

    Args:
        padded: what `views` takes.
        data: index, view and label of each sample.
        moments: the first and second of each weight.
    """
    index, view, y = data

    def objective(w: Params, x: Array) -> Array:
        h = x @ w["embed.weight"] + w["embed.bias"]
        return losses(w, h, y, depth).mean()

    loss, gradient = jax.value_and_grad(objective)(w, views(padded, index, view))
    return *adamw(w, moments, gradient, count, 0.01), loss


def perceptron(a: Params, x: Array) -> Array:
    """The network inside an estimator."""
    x = jax.nn.silu(x @ a["w1"] + a["b1"])
    return jax.nn.silu(x @ a["w2"] + a["b2"]) @ a["w3"] + a["b3"]


def embedding(t: float) -> Array:
    """Sines and cosines of t."""
    half = TIME_WIDTH // 2
    angles = t * 10_000.0 ** (-jnp.arange(half) / half)
    return jnp.concatenate([jnp.sin(angles), jnp.cos(angles)])


def field(a: Params, states: Array, error: Array, depth: int) -> Array:
    """Credit of a vector field at every level `[level, batch, d]`."""
    levels, batch, _ = states.shape
    times = jnp.stack([embedding(level / depth) for level in range(levels)])
    context = [
        jnp.broadcast_to(times[:, None], (levels, batch, TIME_WIDTH)),
        jnp.broadcast_to(error, (levels, *error.shape)),
    ]
    return perceptron(a, jnp.concatenate([norm(states), *context], -1))


def directions(key: Array, depth: int, batch: int, width: int) -> Array:
    """Directions for `vec_step`, drawn anew."""
    return jax.random.normal(key, (depth, DIRECTIONS, batch, width))


def vec_step(
    depth: int, padded: Array, data: Any, v: Array, w: Params, a: Params, moments: Any, count: Array
) -> Any:
    """One step of a vector field's fit, along directions v `[level, M, batch, d]`."""
    index, view, y = data
    states = [views(padded, index, view) @ w["embed.weight"] + w["embed.bias"]]
    for level in range(depth):
        states.append(block(w, level, states[-1]))
    rest = partial(losses, w, y=y, depth=depth)
    error = jax.nn.softmax(head(w, states[-1])) - jax.nn.one_hot(y, w["head.bias"].shape[-1])
    terminal = jax.vjp(partial(head, w), states[-1])[1](error)[0]
    measured = []
    for level in range(depth):
        ahead, behind = (rest(states[level] + s * EPS * v[level], level=level) for s in (1.0, -1.0))
        measured.append((ahead - behind) / (2 * EPS))

    def objective(a: Params) -> Array:
        credit = field(a, jnp.stack(states), error, depth)
        miss = (credit[:-1, None] * v).sum(-1) - jnp.stack(measured)
        end = jnp.square(credit[-1] - terminal).sum(-1).mean()
        return jnp.square(miss).mean((1, 2)).sum() + TERMINAL_WEIGHT * end

    loss, gradient = jax.value_and_grad(objective)(a)
    return *adamw(a, moments, gradient, count, 0.0), loss
