"""Credit estimators: one file each, named by its catalog entry.

All meet `engine.credit.estimator.Estimator`.
"""
