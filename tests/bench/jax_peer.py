"""Training and measuring as one would write it in JAX: `jit`, with `vmap` over the seeds.

Weights are pytrees of arrays `[seed, ...]`, named as the engine names them; every function here is
of one seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from engine.credit.estimator import FLOOR
from engine.credit.features import TIME_WIDTH
from engine.data.augment import MEAN, SIDE, STD
from engine.measures import UNITS
from engine.nets import EPSILON
from engine.weights import AdamW

Params = dict[str, Array]
DIRECTIONS, EPS, TERMINAL_WEIGHT, RATE = 4, 1e-2, 1.0, 1e-3  # definitions, section 4
SAMPLES, SIGMA, SOFTNESS, TGW, KEPT = 8, 0.1, 0.1, 1.0, 0.995
PROBES, PROBE, NUDGE = 32, 1e-3, 3e-3  # section 7
STEP_SIZES = (1e-3, 3e-3, 1e-2, 3e-2)


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
        return losses(w, x @ w["embed.weight"] + w["embed.bias"], y, depth).mean()

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


def features(states: Array, times: Sequence[float], s: Array) -> Array:
    """What an estimator sees of states `[level, batch, d]` at these times, given s `[batch, n]`."""
    levels, batch, _ = states.shape
    embedded = jnp.stack(list(map(embedding, times)))[:, None]
    context = [
        jnp.broadcast_to(embedded, (levels, batch, TIME_WIDTH)),
        jnp.broadcast_to(s, (levels, *s.shape)),
    ]
    return jnp.concatenate([norm(states), *context], -1)


def passed(depth: int, w: Params, x: Array) -> list[Array]:
    """States h_0 to h_L of a batch."""
    states = [x @ w["embed.weight"] + w["embed.bias"]]
    for level in range(depth):
        states.append(block(w, level, states[-1]))
    return states


def output_error(w: Params, h_L: Array, y: Array) -> Array:
    """e_T of each sample."""
    return jax.nn.softmax(head(w, h_L)) - jax.nn.one_hot(y, w["head.bias"].shape[-1])


def terminal_gradient(w: Params, h_L: Array, error: Array) -> Array:
    """deltaL of each sample."""
    return jax.vjp(partial(head, w), h_L)[1](error)[0]


def normalised(credit: Array) -> Array:
    """Credit over its RMS."""
    return credit / (jnp.sqrt(jnp.square(credit).mean(-1, keepdims=True)) + FLOOR)


def directions(key: Array, depth: int, batch: int, width: int) -> Array:
    """Directions for `vec_step`, drawn anew."""
    return jax.random.normal(key, (depth, DIRECTIONS, batch, width))


def vec_step(
    depth: int, padded: Array, data: Any, v: Array, w: Params, a: Params, moments: Any, count: Array
) -> Any:
    """One step of a vector field's fit, along directions v `[level, M, batch, d]`."""
    index, view, y = data
    states = passed(depth, w, views(padded, index, view))
    rest = partial(losses, w, y=y, depth=depth)
    error = output_error(w, states[-1], y)
    terminal = terminal_gradient(w, states[-1], error)
    times = [level / depth for level in range(depth + 1)]
    measured = []
    for level in range(depth):
        ahead, behind = (rest(states[level] + s * EPS * v[level], level=level) for s in (1.0, -1.0))
        measured.append((ahead - behind) / (2 * EPS))

    def objective(a: Params) -> Array:
        credit = perceptron(a, features(jnp.stack(states), times, error))
        miss = (credit[:-1, None] * v).sum(-1) - jnp.stack(measured)
        end = jnp.square(credit[-1] - terminal).sum(-1).mean()
        return jnp.square(miss).mean((1, 2)).sum() + TERMINAL_WEIGHT * end

    loss, gradient = jax.value_and_grad(objective)(a)
    return *adamw(a, moments, gradient, count, 0.0), loss


def dfa_step(
    depth: int, padded: Array, data: Any, feedback: Array, w: Params, moments: Any, count: Array
) -> Any:
    """One step of local training by DFA's normalised credit, feedback `[level, classes, d]`."""
    index, view, y = data
    x = views(padded, index, view)
    states = passed(depth, w, x)
    credit = normalised(output_error(w, states[-1], y) @ feedback[:-1])

    def objective(w: Params) -> Array:
        entering = x @ w["embed.weight"] + w["embed.bias"]
        total = (entering * credit[0]).sum(-1).mean() + local(w, states, credit)
        return total + losses(w, states[-1], y, 0).mean()

    gradient = jax.grad(objective)(w)
    loss = losses(w, states[-1], y, 0).mean()
    return *adamw(w, moments, gradient, count, 0.01), loss


def local(w: Params, states: Sequence[Array], credit: Array) -> Array:
    """What the blocks minimise, each for itself: the mean of <F_l, a_l>."""
    total = jnp.zeros(())
    for level in range(len(states) - 1):
        own = block(w, level, states[level]) - states[level]
        total += (own * credit[level]).sum(-1).mean()
    return total


def sb_step(
    depth: int, padded: Array, data: Any, w: Params, a: Params, moments: Any, count: Array
) -> Any:
    """One step of a state bridge's fit."""
    index, view, y = data
    states = passed(depth, w, views(padded, index, view))
    times = [level / depth for level in range(depth)]
    seen = features(jnp.stack(states[:-1]), times, output_error(w, states[-1], y))
    scale = jnp.square(states[-1]).sum(-1).mean()

    def objective(a: Params) -> Array:
        return jnp.square(perceptron(a, seen) - states[-1]).sum(-1).mean() / scale

    loss, gradient = jax.value_and_grad(objective)(a)
    return *adamw(a, moments, gradient, count, 0.0), loss


def noise(key: Array, depth: int, batch: int, width: int) -> Array:
    """Noise for `cb_step`, drawn anew."""
    return jax.random.normal(key, (depth, SAMPLES, batch, width))


def cb_step(
    depth: int,
    padded: Array,
    data: Any,
    xi: Array,
    w: Params,
    a: Params,
    moments: Any,
    count: Array,
) -> Any:
    """One step of a scalar bridge's fit; xi is noise `[level, K, batch, d]`.

    The average of V is among the weights, by names that begin with ``average.``.
    """
    index, view, y = data
    states = passed(depth, w, views(padded, index, view))
    error = output_error(w, states[-1], y)
    terminal, loss_at_end = terminal_gradient(w, states[-1], error), losses(w, states[-1], y, 0)
    times = [level / depth for level in range(depth + 1)]
    own = {name: value for name, value in a.items() if not name.startswith("average.")}
    average = {name: a[f"average.{name}"] for name in own}
    targets = []
    for level in range(1, depth + 1):
        noisy = states[level] + SIGMA * xi[level - 1]
        values = value_of(average, noisy, times[level], error)
        targets.append(jnp.log(SAMPLES) - jax.nn.logsumexp(values / -SOFTNESS, 0))
    target = jnp.concatenate([SOFTNESS * jnp.stack(targets), loss_at_end[None]])

    def objective(own: Params) -> Array:
        values = perceptron(own, features(jnp.stack(states), times, error))[..., 0]
        at_end = jax.grad(lambda h: value_of(own, h, 1.0, error).sum())(states[-1])
        miss = jnp.square(at_end - terminal).sum(-1).mean()
        return jnp.square(values - target).mean(1).sum() + TGW * miss

    loss, gradient = jax.value_and_grad(objective)(own)
    own, moments = adamw(own, moments, gradient, count, 0.0)
    moved = {f"average.{name}": KEPT * average[name] + (1 - KEPT) * own[name] for name in own}
    return own | moved, moments, loss


def value_of(a: Params, h: Array, t: float, s: Array) -> Array:
    """V of states `[..., batch, d]`; what t and s add to the first layer runs once."""
    batch, width = h.shape[-2:]
    context = jnp.concatenate([jnp.broadcast_to(embedding(t), (batch, TIME_WIDTH)), s], -1)
    x = jax.nn.silu(norm(h) @ a["w1"][:width] + (context @ a["w1"][width:] + a["b1"]))
    return (jax.nn.silu(x @ a["w2"] + a["b2"]) @ a["w3"] + a["b3"])[..., 0]


def probes(key: Array, depth: int, width: int) -> Array:
    """Unit directions for `quality`, drawn anew in float32 as the engine does."""
    v = jax.random.normal(key, (depth, PROBES, width), jnp.float32)
    return (v / jnp.linalg.norm(v, axis=-1, keepdims=True)).astype(jnp.float64)


def quality(depth: int, x: Array, y: Array, feedback: Array, v: Array, w: Params) -> Array:
    """What one batch says of DFA's credit, float64, along directions v `[level, probe, d]`.

    Returns:
        Gamma, rho of this batch, nudge, the norms of gradient and state, and the agreement of the
        gradients in float32 and of those where the input moved by some units in its last place.
    """
    entering = x.astype(jnp.float64) @ w["embed.weight"] + w["embed.bias"]
    reference, states = gradients(depth, w, entering, y)
    loss = losses(w, states[-1], y, 0)
    credit = output_error(w, states[-1], y) @ feedback[:-1]
    rest = partial(losses, w, y=y, depth=depth)
    rho, nudge = [], []
    for level in range(depth):
        h = states[level]
        moved = rest(h + PROBE * v[level][:, None], level=level) - loss
        predicted = PROBE * v[level] @ credit[level].T
        rho.append(jnp.corrcoef(predicted.ravel(), moved.ravel())[0, 1])
        nudge.append((rest(h - NUDGE * normalised(credit[level]), level=level) - loss).mean())
    single = {name: value.astype(jnp.float32) for name, value in w.items()}
    rough = gradients(depth, single, x @ single["embed.weight"] + single["embed.bias"], y)[0]
    signs = jnp.where(jnp.arange(entering.shape[-1]) % 2, 1, -1)
    shaken = entering * (1 + UNITS * jnp.finfo(jnp.float64).eps * signs)
    steady = gradients(depth, w, shaken, y)[0]
    found = [cosine(credit, reference), jnp.stack(rho), jnp.stack(nudge)]
    found += [jnp.linalg.norm(part, axis=-1).mean(-1) for part in (reference, states)]
    found += [cosine(part.astype(jnp.float64), reference) for part in (rough, steady)]
    return jnp.concatenate(found)


def gradients(depth: int, w: Params, h: Array, y: Array) -> tuple[Array, Array]:
    """True gradients at h_0 to h_{L-1} of each sample, and the states h_0 to h_L."""
    states, pulls = [h], []
    for level in range(depth):
        h, pull = jax.vjp(partial(block, w, level), h)
        states.append(h)
        pulls.append(pull)
    downwards = terminal_gradient(w, h, output_error(w, h, y).astype(h.dtype))
    found = []
    for pull in pulls[::-1]:
        (downwards,) = pull(downwards)
        found.append(downwards)
    return jnp.stack(found[::-1]), jnp.stack(states)


def cosine(a: Array, b: Array) -> Array:
    """Cosine over features, mean over the batch."""
    length = jnp.linalg.norm(a, axis=-1) * jnp.linalg.norm(b, axis=-1)
    return ((a * b).sum(-1) / length).mean(-1)


def descent(depth: int, update: Any, held: Any, feedback: Array, w: Params, totals: Any) -> Any:
    """One plain step of every size from the snapshot, by DFA's normalised credit, in float64.

    Args:
        update, held: images and labels.
        totals: sum of the gradients, and of their squared norms: after a single step the change of
            weights is a multiple of it.

    Returns:
        The totals, and the changes of the loss on both batches `[step size, 2]`.
    """
    x, y = (jnp.stack(part) for part in zip(update, held, strict=True))
    entering = x.astype(jnp.float64) @ w["embed.weight"] + w["embed.bias"]
    states = passed(depth, w, x[0].astype(jnp.float64))
    credit = normalised(output_error(w, states[-1], y[0]) @ feedback[:-1])
    blocks = {name: value for name, value in w.items() if name.startswith("blocks.")}
    gradient = jax.grad(lambda moving: local(w | moving, states, credit))(blocks)
    before = losses(w, entering, y, depth).mean(-1)
    found = []
    for size in STEP_SIZES:
        moved = w | {name: blocks[name] - size * value for name, value in gradient.items()}
        found.append(losses(moved, entering, y, depth).mean(-1) - before)
    sums, squares = totals
    sums = {name: sums[name] + value for name, value in gradient.items()}
    squares += sum(jnp.square(value).sum() for value in gradient.values())
    return (sums, squares), jnp.stack(found)
