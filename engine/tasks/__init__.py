"""What a network learns: a task is one file, named by its catalog entry.

It yields batches on the replica axis.
"""

from engine.tasks.task import Batch, Task, open_task, root_of, task_of

__all__ = ["Batch", "Task", "open_task", "root_of", "task_of"]
