"""The implementations of the stages."""

import numpy as np

DIMENSIONS = 10
DISTANCE = 1.5  # between the centres of the two clouds
TESTED = 1000


def train(job):
    """Train each replica's perceptron, from its last saved epoch where there is one."""
    last = job.replicas[0].parameters.epoch
    weights = []
    for replica in job.replicas:
        if replica.resumed:
            weights.append(np.array(replica.resumed.series["weights"]))
        else:
            weights.append(initial(replica.seed))
    for epoch in range(job.start, last + 1):
        for index, replica in enumerate(job.replicas):
            x, y = clouds(replica.seed, "training", replica.parameters.points)
            if epoch > job.start:
                weights[index] = step(weights[index], x, y, replica.parameters.rate)
            if job.wants(epoch):
                job.emit(
                    index,
                    point=epoch,
                    measures={"loss": loss(weights[index], x, y)},
                    series={"weights": weights[index].tolist()},
                )
        job.advance(epoch, last, "epoch")


def test(job):
    """Measure each replica's perceptron on fresh points."""
    for index, replica in enumerate(job.replicas):
        weights = np.array(replica.inputs["model"].series["weights"])
        job.emit(
            index,
            measures={"accuracy": accuracy(weights, replica.seed, replica.parameters.noise)},
        )


def clouds(seed, purpose, points):
    """Return points `[point, dimension]` and their sides, -1 or 1; each purpose has its own."""
    chance = np.random.default_rng([seed, len(purpose)])
    sides = chance.choice([-1.0, 1.0], size=points)
    x = chance.normal(size=(points, DIMENSIONS))
    x[:, 0] += sides * DISTANCE / 2
    return x, sides


def initial(seed):
    return 0.1 * np.random.default_rng(seed).normal(size=DIMENSIONS)


def loss(weights, x, y):
    return float(np.mean(np.logaddexp(0, -y * (x @ weights))))


def step(weights, x, y, rate):
    """Return the weights after one step of gradient descent."""
    pull = y / (1 + np.exp(y * (x @ weights)))
    return weights + rate * (pull @ x) / len(y)


def accuracy(weights, seed, noise):
    x, y = clouds(seed, "test", TESTED)
    x = x + noise * np.random.default_rng([seed, 99]).normal(size=x.shape)
    return float(np.mean(np.sign(x @ weights) == y))
