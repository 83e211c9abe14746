"""Worker processes, one a core: tasks go in, events come back."""

from nnlib.workers.pool import Pool, Task

__all__ = ["Pool", "Task"]
