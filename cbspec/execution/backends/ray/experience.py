"""The experience of a run with its stages: the memory that tasks hold, and the time they take."""

from __future__ import annotations

from collections import defaultdict, deque

from cbspec.execution.planned import PlannedJob
from cbspec.execution.task import StageTask

CALL_SECONDS = 0.2  # of tasks that go in one call; no node is without work for longer because of it
SEEN = 8  # tasks of a stage that tell how long the next one takes; the first ones start processes


class Experience:
    """Learns from each task that has ended, for the next ones of its stage."""

    def __init__(self) -> None:
        self._memory: dict[str, int] = {}
        self._pace: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=SEEN))

    def learn(self, task: StageTask, memory: int, seconds: float) -> None:
        """Record the memory in bytes and the seconds of a task that has ended."""
        stage, cost = task.stage.name, PlannedJob(task.cells).cost
        self._memory[stage] = max(memory, self._memory.get(stage, 0))
        if cost:
            self._pace[stage].append(seconds / cost)

    def memory(self, stage: str) -> int:
        """Return the greatest memory of a stage's tasks so far, in bytes; 0 before the first."""
        return self._memory.get(stage, 0)

    def together(self, task: StageTask) -> int:
        """Return how many tasks like this one to send in one call, which costs milliseconds."""
        pace = self._pace[task.stage.name]
        if len(pace) < SEEN:
            return 1
        seconds = max(pace) * PlannedJob(task.cells).cost
        return max(int(CALL_SECONDS / seconds), 1) if seconds else 1
