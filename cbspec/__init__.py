"""The harness: YAML claims become a plan of stages, measurements and statistical verdicts.

It knows no engine, and all that it knows of torch stands in `cbspec.pytorch`.
"""

__version__ = "0.1.0"
