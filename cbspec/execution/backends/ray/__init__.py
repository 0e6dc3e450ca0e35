"""The back end that computes on a Ray cluster. Nothing here imports Ray before a task is computed
on it: it comes with ``pip install "cbspec[ray]"``.
"""

from cbspec.execution.backends.ray.driving import Ray

__all__ = ["Ray"]
