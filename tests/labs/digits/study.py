"""Makes runs.csv: three classifiers on scikit-learn's digits, each over random splits of its own.

Runs in about a minute: ``python study.py`` (needs scikit-learn). Fits that take longer than their
share are given up on, as on a shared machine, and leave a run without an accuracy.
"""

import csv
import random
from pathlib import Path

from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

METHODS = {
    "logistic": (LogisticRegression(max_iter=2000), 22),
    "neighbours": (KNeighborsClassifier(3), 26),
    "svm": (SVC(gamma=0.001), 24),
}
LOST = 0.1  # share of the runs whose machine is taken away

chance = random.Random(2024)
images, labels = load_digits(return_X_y=True)
with (Path(__file__).parent / "runs.csv").open("w", newline="") as file:
    table = csv.writer(file, lineterminator="\n")
    table.writerow(["run", "method", "accuracy", "wrong"])
    for method, (model, runs) in METHODS.items():
        for number in range(1, runs + 1):
            split = chance.randrange(2**31)
            train, test, known, truth = train_test_split(
                images, labels, train_size=400, test_size=1000, random_state=split
            )
            if chance.random() < LOST:
                table.writerow([f"{method}-{number}", method, "", ""])
                continue
            wrong = int((model.fit(train, known).predict(test) != truth).sum())
            table.writerow([f"{method}-{number}", method, (1000 - wrong) / 1000, wrong])
