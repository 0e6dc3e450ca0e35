"""Cells of a plan, and the processes that compute them together into one store."""
