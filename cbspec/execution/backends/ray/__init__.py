"""The back end that computes on a Ray cluster.

`driving.py` is the side of the process that judges, `worksite.py` that of a worker, and `parcel.py`
has what travels between them. Ray is imported only to compute; ``pip install "cbspec[ray]"``
installs it.
"""

from cbspec.execution.backends.ray.driving import Ray

__all__ = ["Ray"]
