"""What a network learns: a task is one file that yields batches on the replica axis, named by its catalog entry."""

from engine.tasks.task import Batch, Task, open_task, root_of, task_of

__all__ = ["Batch", "Task", "open_task", "root_of", "task_of"]
