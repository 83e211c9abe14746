"""What has gone wrong in a task, in a sentence for people."""

import traceback


def sentence(fault: BaseException) -> str:
    """A refusal's own words; what is a fault of ours goes to the log, and is named."""
    if isinstance(fault, MemoryError):
        return "There was not enough memory: choose a smaller network or batch."
    if isinstance(fault, ValueError | OSError):
        return str(fault)
    traceback.print_exception(fault)
    return f"The run ended with an unexpected {type(fault).__name__}."
