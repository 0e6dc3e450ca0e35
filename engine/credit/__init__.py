"""Credit estimators: one file each, all meeting `engine.credit.estimator.Estimator`, each named by its catalog entry."""
