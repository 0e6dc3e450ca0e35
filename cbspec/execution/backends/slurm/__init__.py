"""The back end that computes in jobs of Slurm, which share the project's folder and its store.
Nothing here imports submitit before a helper is submitted: it comes with
``pip install "cbspec[slurm]"``.
"""

from cbspec.execution.backends.slurm.driving import Slurm
from cbspec.execution.backends.slurm.helping import Helper, open_runs

__all__ = ["Helper", "Slurm", "open_runs"]
