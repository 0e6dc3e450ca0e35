"""A step of the engine and the same step in JAX (`tests.bench.jax_peer`), for every kind of stage.

Each function here returns both, for three seeds at one width; a step returns numbers that have to
agree: the loss of each seed, or what is measured. Unless random numbers are `drawn` by each for
itself, JAX is given those of the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, cycle
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import torch

from engine import descent
from engine.credit.fitted import FittedEstimator
from engine.credit.scalar_bridge import AVERAGE, ScalarBridgeEstimator
from engine.credit.state_bridge import StateBridgeEstimator
from engine.credit.vector_field import VectorFieldEstimator
from engine.data.augment import PAD, epoch_views
from engine.forward import ForwardPass
from engine.measures import correlation
from engine.nets import cross_entropy
from engine.randomness import epoch_order
from engine.training import BackPropagation
from tests.bench import jax_peer
from tests.bench.steps import BATCH, DEPTH, SEEDS, Setting

Step = Callable[[], Any]


def back_propagation(width: int, *, drawn: bool) -> tuple[Step, Step]:
    """A step of train_bp."""
    setting = Setting(width)
    learner = BackPropagation(setting.snapshot)
    w, (padded, batches) = _arrays(setting.snapshot.network.weights), _data(setting)
    step = Running(partial(jax_peer.bp_step, DEPTH), w, (None, 0))
    return lambda: _trained(learner, setting), lambda: step(padded, next(batches))


def feedback_alignment(width: int, *, drawn: bool) -> tuple[Step, Step]:
    """A step of train_local by DFA."""
    setting = Setting(width)
    learner = setting.local_learner()
    w, (padded, batches) = _arrays(setting.snapshot.network.weights), _data(setting)
    step = Running(partial(jax_peer.dfa_step, DEPTH), w, (None, 0, 0))
    matrices = jnp.array(setting.feedback().feedback.numpy())
    return lambda: _trained(learner, setting), lambda: step(padded, next(batches), matrices)


def vector_field(width: int, *, drawn: bool) -> tuple[Step, Step]:
    """A step of a vector field's fit."""
    setting = Setting(width)
    field, twin = (setting.fitted(VectorFieldEstimator) for _ in range(2))
    draw = partial(jax_peer.directions, depth=DEPTH, batch=BATCH, width=width) if drawn else None

    def engines() -> torch.Tensor:
        return twin._directions(torch.empty(len(SEEDS), DEPTH, BATCH, width))

    own = _arrays(field.network.weights)
    return lambda: _fit(field, setting), _random(setting, jax_peer.vec_step, own, draw, engines)


def state_bridge(width: int, *, drawn: bool) -> tuple[Step, Step]:
    """A step of a state bridge's fit."""
    setting = Setting(width)
    bridge = setting.fitted(StateBridgeEstimator)
    own = _arrays(bridge.network.weights)
    step = Running(partial(jax_peer.sb_step, DEPTH), own, (None, 0, 0))
    w, (padded, batches) = _arrays(setting.snapshot.network.weights), _data(setting)
    return lambda: _fit(bridge, setting), lambda: step(padded, next(batches), w)


def scalar_bridge(width: int, *, drawn: bool) -> tuple[Step, Step]:
    """A step of a scalar bridge's fit."""
    setting = Setting(width)
    bridge, twin = (setting.fitted(ScalarBridgeEstimator) for _ in range(2))
    draw = partial(jax_peer.noise, depth=DEPTH, batch=BATCH, width=width) if drawn else None

    def engines() -> torch.Tensor:
        xi = torch.empty(len(SEEDS), DEPTH, jax_peer.SAMPLES, BATCH, width)
        for own, stream in zip(xi, twin._streams, strict=True):
            for level in own:
                level.normal_(generator=stream)
        return xi

    own = _arrays(bridge.network.weights)
    own |= {AVERAGE + name: value for name, value in _arrays(bridge.average.weights).items()}
    return lambda: _fit(bridge, setting), _random(setting, jax_peer.cb_step, own, draw, engines)


def credit_quality(width: int, *, drawn: bool) -> tuple[Step, Step]:
    """A batch of credit_quality, for DFA's credit."""
    setting = Setting(width)
    probe, twin = setting.probe(), setting.probe()
    batches = setting.sample("test")
    ours, theirs = cycle(batches), cycle(_jax(batches))

    def measured() -> Any:
        found = probe.measure(next(ours))
        rho = correlation(found["predicted"], found["changed"])
        names = ("reference_norm", "hidden_norm", "float32_agreement", "steadiness")
        columns = [found["gamma"], rho, found["nudge"], *[found[name] for name in names]]
        return torch.cat(columns, 1).flatten()

    def measuring(x: Any, y: Any, matrices: Any, source: Any, w: Any) -> Any:
        v = jax_peer.probes(source, DEPTH, width) if drawn else source
        return jax_peer.quality(DEPTH, x, y, matrices, v, w)

    with jax.enable_x64(True):
        w, matrices, keys = *_double(setting), _keys()
        compiled = jax.jit(jax.vmap(measuring))

    def other() -> Any:
        with jax.enable_x64(True):
            if drawn:
                source = next(keys)
            else:
                shaped = torch.empty(len(SEEDS), DEPTH, BATCH, width, dtype=torch.float64)
                source = jnp.array(twin._directions(shaped).numpy()) / probe.parameters.eps
            found = compiled(*next(theirs), matrices, source, w)
            return jax.block_until_ready(found).ravel()

    return measured, other


def local_descent(width: int, *, drawn: bool) -> tuple[Step, Step]:
    """An update batch of local_descent, for DFA's credit."""
    setting = Setting(width)
    sgd, update, held = setting.sgd(), setting.sample("train"), setting.sample("test")
    ours = cycle(zip(update, held, strict=True))
    theirs = cycle(zip(_jax(update), _jax(held), strict=True))
    outcome = descent.DescentOutcome()

    def measured() -> Any:
        descent._measure(sgd, *next(ours), outcome)
        return outcome.losses[-1].flatten()

    with jax.enable_x64(True):
        w, matrices = _double(setting)
        mapped = jax.vmap(partial(jax_peer.descent, DEPTH))
        compiled = jax.jit(mapped, donate_argnums=4)
        total = {name: jnp.zeros_like(w[name]) for name in w if name.startswith("blocks.")}
        totals = [total, jnp.zeros(len(SEEDS))]

    def other() -> Any:
        with jax.enable_x64(True):
            totals[:], found = compiled(*next(theirs), matrices, w, tuple(totals))
            return jax.block_until_ready(found).ravel()

    return measured, other


PEERS = {
    "BP": back_propagation,
    "DFA": feedback_alignment,
    "Vec_M4 fit": vector_field,
    "SB fit": state_bridge,
    "CB fit": scalar_bridge,
    "credit_quality": credit_quality,
    "local_descent": local_descent,
}


class Running:
    """A compiled step with the weights and moments that it moves.

    Args:
        step: of one seed; takes inputs, weights, moments and the number of the step.
        weights: of all seeds, as arrays.
        axes: of the inputs, that of the seeds, as `jax.vmap` takes them.
    """

    def __init__(
        self, step: Callable[..., Any], weights: dict[str, Any], axes: tuple[int | None, ...]
    ) -> None:
        mapped = jax.vmap(step, in_axes=(*axes, 0, 0, None))
        self._step = jax.jit(mapped, donate_argnums=(len(axes), len(axes) + 1))
        self.weights, self.count = weights, 0
        self.moments = {
            name: (jnp.zeros_like(w), jnp.zeros_like(w)) for name, w in self.weights.items()
        }

    def __call__(self, *inputs: Any) -> Any:
        """Take a step and wait for it; return the loss of each seed."""
        self.count += 1
        moved = self._step(*inputs, self.weights, self.moments, float(self.count))
        self.weights, self.moments, loss = jax.block_until_ready(moved)
        return loss


def _trained(learner: Any, setting: Setting) -> torch.Tensor:
    """Take a step on the next batch; return the loss of each seed before it."""
    x, y = setting.next()
    return cross_entropy(learner.step(x, y), y).mean(1)


def _fit(estimator: FittedEstimator[Any], setting: Setting) -> torch.Tensor:
    """Take a step on the next batch; return the objective of each seed before it."""
    return estimator.fit(ForwardPass(setting.snapshot.network, *setting.next()))


def _random(
    setting: Setting,
    fit: Callable[..., Any],
    own: dict[str, Any],
    draw: Callable[[Any], Any] | None,
    engines: Callable[[], torch.Tensor],
) -> Step:
    """A step in JAX of a fit that takes random numbers.

    Args:
        own: the estimators' weights.
        draw: random numbers of one seed from its key; None: those of the engine are taken.
        engines: draws what the engine's next step does.
    """

    def stepping(padded: Any, data: Any, source: Any, *rest: Any) -> Any:
        return fit(DEPTH, padded, data, draw(source) if draw else source, *rest)

    step = Running(stepping, own, (None, 0, 0, 0))
    w, (padded, batches) = _arrays(setting.snapshot.network.weights), _data(setting)
    keys = _keys()

    def other() -> Any:
        source = next(keys) if draw else jnp.array(engines().numpy())
        return step(padded, next(batches), source, w)

    return other


def _keys() -> Iterator[Any]:
    """Keys of all seeds, step by step, for ever; of the generator that XLA is fastest with."""
    keys = jax.random.split(jax.random.key(0, impl="unsafe_rbg"), len(SEEDS))
    for number in count():
        yield jax.vmap(partial(jax.random.fold_in, data=number))(keys)


def _double(setting: Setting) -> tuple[dict[str, Any], Any]:
    """The networks' weights and DFA's matrices in float64."""
    feedback = setting.feedback(torch.float64).feedback
    return _arrays(setting.double.weights), jnp.array(feedback.numpy())


def _arrays(weights: Any) -> dict[str, Any]:
    return {name: jnp.array(value.numpy()) for name, value in weights.items()}


def _jax(batches: Any) -> list[Any]:
    return [tuple(jnp.array(part.numpy()) for part in batch) for batch in batches]


def _data(setting: Any) -> tuple[Any, Iterator[Any]]:
    """The padded images, and index, view and label of each sample, batch by batch, for ever."""
    images, labels = setting.task.images["train"].numpy(), setting.task.labels["train"].numpy()
    margin = (PAD, PAD)

    def batches() -> Iterator[Any]:
        epoch = 0
        while True:
            order = epoch_order(SEEDS, epoch, len(images)).split(BATCH, 1)
            views = epoch_views(SEEDS, epoch, len(images)).split(BATCH, 1)
            for index, view in zip(order, views, strict=True):
                yield tuple(map(jnp.array, (index.numpy(), view.numpy(), labels[index.numpy()])))
            epoch += 1

    return jnp.array(np.pad(images, ((0, 0), (0, 0), margin, margin))), batches()
