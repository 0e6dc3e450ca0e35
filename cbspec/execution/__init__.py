"""Execution: plan the stage calls of all claims, and compute the missing results into one store.

Four words, from small to large:

- A **cell** is one stage call for one seed. It is the unit of storage.
- A **lane** is one trajectory for one seed, with all its points. It is the unit of locking.
- A **job** is a set of lanes that are computed together, as one tensor program. It is the unit of
  planning.
- A **task** is the part of a job that a worker computes now: the cells that are still missing and
  that no other worker computes.

Start with `executor.py`, the loop, and `plan.py`, the graph that it works through.
"""
