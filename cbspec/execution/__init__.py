"""Cells of a plan, and the processes that compute them together into one store.

A **cell** is one stage call for one seed: the unit that is stored. A **lane** is one trajectory for
one seed, all its points: the unit that is locked. A **job** is a set of lanes computed together as
one tensor program: the unit that is planned. A **task** is what a worker is given of a job: the
cells that are still missing and that nobody else computes.
"""
