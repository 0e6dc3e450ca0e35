"""Blockwise training: every block learns from its credit by a local rule, the head by the loss."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from cbspec.stage import Artifact, Job, NoParameters, Replica
from engine.credit.dfa import DFA
from engine.credit.estimator import PREFIX, Estimator, normalise, open_estimator
from engine.credit.fitting import fit_epoch
from engine.forward import ForwardPass
from engine.parameters import TrainLocal
from engine.randomness import generator
from engine.replicas import Replicas
from engine.rules import RULES, block_gradients, embedding_gradient, head_gradient
from engine.snapshot import Snapshot
from engine.tasks import Task
from engine.training import TrainingRun
from engine.weights import OPTIMISER, tensors_of


class Mixture:
    """The credit that blocks learn from: the estimator's, DFA's, or a blend of both, per replica.

    ``w * norm(a_est) + (1 - w) * norm(a_dfa)`` (phase 9A), w = 0 during the warm-up; noise in place
    of a_est, or DFA rescaled to the blend's norm, where a control asks for it (phase 10A.5). Raw
    credit is blended as it is.
    """

    def __init__(self, estimator: Estimator, parameters: Sequence[TrainLocal]) -> None:
        self.estimator, self.parameters = estimator, parameters
        none = [NoParameters()] * len(parameters)
        self.dfa = DFA(none, estimator.seeds, estimator.architecture, estimator.device)
        self.scaled = normalise if parameters[0].credit == "normalised" else _as_it_is
        rescaled: list[float] = []
        self._weights: list[float] = []
        for replica in parameters:
            # DFA blended with DFA is DFA, whatever the weight: at 1 to the last bit, so that a
            # replica does not depend on those it shares the batch with.
            same = isinstance(estimator, DFA) and replica.source != "gaussian"
            self._weights.append(1.0 if same else replica.blend)
            rescaled.append(replica.source == "dfa_rescaled" and not same)
        self._any_rescaled = any(rescaled)
        self._rescaled = self._mask(rescaled).bool()
        self._alone = set(self._weights) == {1.0} and not self._any_rescaled
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Set the blend and start the noise of an epoch."""
        warming = []
        weights = list(self._weights)
        self._streams: dict[int, torch.Generator] = {}
        for replica, parameters in enumerate(self.parameters):
            # In floats .07 of 100 epochs is a little more than 7
            warming.append(epoch < round(parameters.warmup * parameters.epochs, 9))
            if warming[replica]:
                weights[replica] = 0.0
            if parameters.source == "gaussian":
                seed, name = self.estimator.seeds[replica], f"gaussian {epoch}"
                self._streams[replica] = generator(seed, "train_local", name, self.estimator.device)
        self._warming, self._only_dfa = any(warming), all(warming)
        self._w = self._mask(weights)

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        """Return `[replica, level, batch, d]`, normalised or raw as the parameters say."""
        if self._only_dfa:
            return self.scaled(self.dfa.credit(forward, levels))
        estimated = self.estimator.credit(forward, levels)
        for replica, stream in self._streams.items():
            estimated[replica].normal_(generator=stream)
        estimated = self.scaled(estimated)
        if self._alone and not self._warming:
            return estimated
        dfa = self.scaled(self.dfa.credit(forward, levels))
        blend = self._w * estimated + (1 - self._w) * dfa
        if not self._any_rescaled:
            return blend
        size = dfa.norm(dim=-1, keepdim=True)
        length = torch.where(size == 0, 0.0, blend.norm(dim=-1, keepdim=True) / size)
        return torch.where(self._rescaled, dfa * length, blend)

    def _mask(self, values: Sequence[float]) -> Tensor:
        """Return one number per replica, `[replica, 1, 1, 1]`."""
        mask = torch.tensor(values, dtype=torch.float32, device=self.estimator.device)
        return mask.view(-1, 1, 1, 1)


def _as_it_is(credit: Tensor) -> Tensor:
    return credit


class LocalLearner:
    """Networks and estimators learning together, all on one forward pass; meets `Learner`.

    A step is the credit, then the estimator's step, then the network's.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        mixture: Mixture,
        task: Task,
        parameters: Sequence[TrainLocal],
    ) -> None:
        self.snapshot, self.mixture, self.task = snapshot, mixture, task
        self.shared = parameters[0]  # for what does not vary between replicas
        self.rule = RULES[self.shared.rule]
        self.estimator = mixture.estimator
        self._learns = list(map(_trains, parameters))
        self._fits = self.estimator.fits and any(self._learns)
        self._active = torch.tensor(self._learns, device=self.estimator.device)
        self._epoch = 0

    def begin(self, epoch: int) -> None:
        self._epoch = epoch
        self.mixture.begin(epoch)
        every = self.shared.recalibrate_every
        if self._fits and every and epoch % every == 0:
            self._recalibrate(epoch)
        self.estimator.begin("online", epoch)

    def _recalibrate(self, epoch: int) -> None:
        """Refit the estimator while the network pauses."""
        network, size = self.snapshot.network, self.shared.batch_size
        for pause in range(self.shared.recalibrate_epochs):
            purpose = f"pause {pause}"
            fit_epoch(network, self.estimator, self.task, purpose, epoch, size, self._active)

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        forward, into = ForwardPass(self.snapshot.network, x, y), self.snapshot.gradient
        rule, eta = self.rule, self.shared.eta
        blocks = range(self.snapshot.network.depth)
        block_levels = rule.levels(blocks)
        levels = sorted({0, *block_levels})
        if self._fits:
            self.estimator.see(forward)
        credit = dict(zip(levels, self.mixture.credit(forward, levels).unbind(1), strict=True))
        block_credit = [credit[level] for level in block_levels]
        block_gradients(forward, blocks, block_credit, rule, eta, into)
        embedding_gradient(forward, credit[0], rule, eta, into)
        head_gradient(forward, into)
        if self.shared.clamp:
            into.flat.clamp_(-1, 1)
        if self._fits:
            self.estimator.fit(forward, self._active)
        self.snapshot.step(self._epoch)
        return forward.trace.logits

    def of(self, replica: int) -> dict[str, Tensor]:
        carried = self.estimator.of(replica, PREFIX)
        if not self._learns[replica]:  # it has no optimiser, whatever the others of the batch have
            carried = _without(carried, PREFIX + OPTIMISER)
        return self.snapshot.of(replica) | carried


def _trains(parameters: TrainLocal) -> bool:
    """Tell whether the estimator learns along: noise in its place leaves it nothing to do."""
    return parameters.trainable and parameters.source != "gaussian"


def _without(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name: value for name, value in tensors.items() if not name.startswith(prefix)}


def train_local(job: Job[TrainLocal]) -> None:
    """Train all replicas of a job locally; see `engine.parameters.TrainLocal`.

    Replicas may branch from different epochs of their runs, with estimators whose Adam has taken
    different numbers of steps: each group of equal start is one tensor program.
    """
    starts: dict[tuple[int, int], list[int]] = {}
    for lane, replica in enumerate(job.replicas):
        steps = _carried(replica).get(f"{OPTIMISER}step", torch.zeros(()))
        begin = job.start or _origin(replica).call.point
        starts.setdefault((begin, int(steps)), []).append(lane)
    for (begin, _), lanes in sorted(starts.items()):
        _train(Replicas(job, lanes), begin)


def _origin(replica: Replica[TrainLocal]) -> Artifact:
    """Return what a replica goes on from."""
    return replica.resumed or replica.inputs["snapshot"]


def _carried(replica: Replica[TrainLocal]) -> dict[str, Tensor]:
    """Return what a run takes over of its estimator.

    Its Adam is among it where an earlier run carried the estimator along and this one trains on.
    """
    estimator = replica.inputs["estimator"]
    tensors = dict(estimator.tensors)
    if _trains(replica.parameters) and estimator.call.stage.name == "online_estimator":
        return tensors
    return _without(tensors, OPTIMISER)


def _train(replicas: Replicas[TrainLocal], begin: int) -> None:
    """Train replicas that start at the same epoch, as one tensor program."""
    job, parameters, members = replicas.job, replicas.parameters, replicas.members
    wanted = sorted(replica.epoch for replica in parameters)
    first, last = wanted[0], wanted[-1]
    if begin > first:
        message = f"train_local: epoch {first} lies before its snapshot's epoch {begin}"
        raise ValueError(message)
    origins = list(map(_origin, members))
    snapshot = Snapshot.continued(origins, replicas.task, replicas.shared, job.device)
    estimator = open_estimator(replicas.inputs("estimator"), snapshot.network)
    estimator.load(list(map(_carried, members)), optimiser=True)
    if job.start:
        estimator.load(tensors_of(origins), PREFIX, optimiser=True)
    learner = LocalLearner(snapshot, Mixture(estimator, parameters), replicas.task, parameters)
    curves = [list(origin.series["train_loss"]) for origin in origins]
    TrainingRun(replicas, learner, begin, curves).follow(last, replicas.shared.batch_size)
