"""Mean and standard deviation over seeds, exact for equal values and for values of any size."""

from __future__ import annotations

import numpy as np

from cbspec.statistics.sample import Array


def mean(values: Array) -> Array:
    """Return the mean over seeds, shape `[...]` from `[..., seed]`."""
    # The plain mean of equal values may differ from them in the last bit, and a test would then see
    # an effect without any noise
    first = values[..., :1]
    return np.asarray(first[..., 0] + np.mean(values - first, axis=-1))


def deviation(values: Array) -> Array:
    """Return the standard deviation over seeds, shape `[...]` from `[..., seed]`."""
    # Scaled to size 1 first, so that squares neither overflow nor become 0
    centred = values - values[..., :1]
    size = np.max(np.abs(centred), axis=-1, keepdims=True)
    size = np.where(size > 0, size, 1.0)
    return np.asarray(np.std(centred / size, axis=-1, ddof=1) * size[..., 0])
