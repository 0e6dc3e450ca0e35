"""Blockwise training: every block learns from its credit by a local rule, only the head sees the true loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from cbspec.stage import Artifact, Job, Replica
from engine.credit.dfa import DFA
from engine.credit.estimator import PREFIX, Estimator, normalise, open_estimator
from engine.credit.fitting import fit_epoch
from engine.forward import ForwardPass
from engine.randomness import generator
from engine.rules import RULES, block_gradients, embedding_gradient, head_gradient
from engine.snapshot import OPTIMISER, Snapshot
from engine.tasks import Task, open_task
from engine.training import Run


class Mixture:
    """The credit that blocks learn from: the estimator's, DFA's, or a blend of both, per replica.

    ``w * norm(a_est) + (1 - w) * norm(a_dfa)`` (phase 9A), w = 0 during the warm-up; noise in place of a_est, or DFA rescaled to
    the blend's norm, where a control asks for it (phase 10A.5). Raw credit is blended as it is.
    """

    def __init__(self, estimator: Estimator, parameters: Sequence[Any]) -> None:
        self.estimator, self.parameters = estimator, parameters
        self.dfa = DFA([None] * len(parameters), estimator.seeds, estimator.architecture, estimator.device)
        self.scaled = normalise if parameters[0].credit == "normalised" else _as_it_is
        self._alone = isinstance(estimator, DFA) or all(p.blend == 1 and p.source == "estimator" for p in parameters)
        self._rescaled = self._mask([p.source == "dfa_rescaled" for p in parameters]).bool()
        self.begin(0)

    def begin(self, epoch: int) -> None:
        """Set the blend and start the noise of an epoch."""
        warming = [epoch < p.warmup * p.epochs for p in self.parameters]
        self._warming, self._only_dfa = any(warming), all(warming)
        self._w = self._mask([0.0 if warm else p.blend for warm, p in zip(warming, self.parameters, strict=True)])
        self._streams = {
            replica: generator(self.estimator.seeds[replica], "train_local", f"gaussian {epoch}", self.estimator.device)
            for replica, p in enumerate(self.parameters)
            if p.source == "gaussian"
        }

    def credit(self, forward: ForwardPass, levels: Sequence[int]) -> Tensor:
        """`[replica, level, batch, d]`, normalised or raw as the parameters say."""
        if self._only_dfa:
            return self.scaled(self.dfa.credit(forward, levels))
        own = self.estimator.credit(forward, levels)
        for replica, stream in self._streams.items():
            own[replica].normal_(generator=stream)
        own = self.scaled(own)
        if self._alone and not self._warming:
            return own
        dfa = self.scaled(self.dfa.credit(forward, levels))
        blend = self._w * own + (1 - self._w) * dfa
        if not any(p.source == "dfa_rescaled" for p in self.parameters):
            return blend
        length = blend.norm(dim=-1, keepdim=True) / dfa.norm(dim=-1, keepdim=True)
        return torch.where(self._rescaled, dfa * length, blend)

    def _mask(self, values: Sequence[float]) -> Tensor:
        return torch.tensor(values, dtype=torch.float32, device=self.estimator.device).view(-1, 1, 1, 1)


def _as_it_is(credit: Tensor) -> Tensor:
    return credit


class LocalLearner:
    """Networks and estimators learning together: credit, the estimator's step, the network's step, all on one forward pass."""

    def __init__(self, snapshot: Snapshot, mixture: Mixture, task: Task, parameters: Sequence[Any]) -> None:
        self.snapshot, self.mixture, self.task = snapshot, mixture, task
        self.own = parameters[0]  # what does not vary between replicas
        self.rule = RULES[self.own.rule]
        self.estimator = mixture.estimator
        self._learns = [p.trainable and p.source != "gaussian" for p in parameters]
        self._fits = self.estimator.fits and any(self._learns)
        self._active = torch.tensor(self._learns, device=self.estimator.device)
        self._epoch = 0

    def begin(self, epoch: int) -> None:
        self._epoch = epoch
        self.mixture.begin(epoch)
        every = self.own.recalibrate_every
        if self._fits and every and epoch % every == 0:
            for pause in range(self.own.recalibrate_epochs):
                fit_epoch(
                    self.snapshot.network, self.estimator, self.task, f"pause {pause}", epoch, self.own.batch_size, self._active
                )
        self.estimator.begin("online", epoch)

    def step(self, x: Tensor, y: Tensor) -> Tensor:
        forward, into = ForwardPass(self.snapshot.network, x, y), self.snapshot.gradient
        blocks = range(self.snapshot.network.depth)
        levels = sorted({0, *self.rule.levels(blocks)})
        if self._fits:
            self.estimator.see(forward)
        credit = dict(zip(levels, self.mixture.credit(forward, levels).unbind(1), strict=True))
        block_gradients(forward, blocks, [credit[level] for level in self.rule.levels(blocks)], self.rule, self.own.eta, into)
        embedding_gradient(forward, credit[0], self.rule, self.own.eta, into)
        head_gradient(forward, into)
        if self.own.clamp:
            into.flat.clamp_(-1, 1)
        if self._fits:
            self.estimator.fit(forward, self._active)
        self.snapshot.step(self._epoch)
        return forward.trace.logits

    def of(self, replica: int) -> dict[str, Tensor]:
        own = self.estimator.of(replica, PREFIX)
        if not self._learns[replica]:  # it has no optimiser, whatever the others of the batch have
            own = {name: value for name, value in own.items() if not name.startswith(PREFIX + OPTIMISER)}
        return self.snapshot.of(replica) | own


def train_local(job: Job) -> None:
    """Local training for all replicas of a job; see `engine.parameters.TrainLocal`.

    Replicas may branch from different epochs of their runs, with estimators whose Adam has taken different numbers of steps: each
    group of equal start is one tensor program.
    """
    starts: dict[tuple[int, int], list[int]] = {}
    for lane, replica in enumerate(job.replicas):
        steps = _carried(replica).get(f"{OPTIMISER}step", torch.zeros(()))
        starts.setdefault((job.start or _origin(replica).call.point, int(steps)), []).append(lane)
    for (begin, _), lanes in sorted(starts.items()):
        _train(job, lanes, begin)


def _origin(replica: Replica) -> Artifact:
    return replica.resumed or replica.inputs["snapshot"]


def _carried(replica: Replica) -> dict[str, Tensor]:
    """What a run takes over of its estimator: the Adam too of one that an earlier run carried along and this one trains on."""
    estimator, own = replica.inputs["estimator"], replica.parameters
    goes_on = estimator.call.stage.name == "online_estimator" and own.trainable and own.source != "gaussian"
    return {name: value for name, value in estimator.tensors.items() if goes_on or not name.startswith(OPTIMISER)}


def _train(job: Job, lanes: Sequence[int], begin: int) -> None:
    replicas = [job.replicas[lane] for lane in lanes]
    parameters = [replica.parameters for replica in replicas]
    if begin > min(p.epoch for p in parameters):
        raise ValueError(f"train_local: epoch {min(p.epoch for p in parameters)} lies before its snapshot's epoch {begin}")
    origins, seeds = [_origin(replica) for replica in replicas], [replica.seed for replica in replicas]
    task = open_task(origins, seeds, job.device)
    snapshot = Snapshot.continued(origins, task, parameters[0], job.device)
    given = [replica.inputs["estimator"] for replica in replicas]
    estimator = open_estimator(given, snapshot.network.architecture, job.device)
    estimator.load([_carried(replica) for replica in replicas], optimiser=True)
    if job.start:
        estimator.load([origin.tensors for origin in origins], PREFIX, optimiser=True)
    learner = LocalLearner(snapshot, Mixture(estimator, parameters), task, parameters)
    curves = [list(origin.series["train_loss"]) for origin in origins]
    Run(job, lanes, learner, task, begin, curves).follow(parameters[0].batch_size)
