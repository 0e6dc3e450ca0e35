"""The experiments: tasks, networks, credit estimators, learning rules and measures.

Every tensor leads with the replica axis. Knows nothing of pytest, YAML or verdicts;
`engine.catalog` is what a harness loads.
"""
