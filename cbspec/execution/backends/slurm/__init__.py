"""The back end that computes in Slurm jobs, which share the project's folder and its store.

`driving.py` is the side of the process that judges, `helping.py` that of a Slurm job, and
`counter.py` the folder through which they exchange tasks. submitit is imported only to submit jobs;
``pip install "cbspec[slurm]"`` installs it.
"""

from cbspec.execution.backends.slurm.driving import Slurm
from cbspec.execution.backends.slurm.helping import Helper, open_runs

__all__ = ["Helper", "Slurm", "open_runs"]
