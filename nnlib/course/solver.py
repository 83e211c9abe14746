"""The course's Solver: nnlib's, which looks for update rules by name in `nnlib.course.optim` too."""

from typing import Any

from nnlib import solver
from nnlib.course import optim
from nnlib.optim import Step

__all__ = ["Solver"]


class Solver(solver.Solver):
    """`nnlib.Solver`, whose `update_rule` may be the name of a function in `nnlib.course.optim`."""

    def _find_rule(self, update_rule: str | Step) -> tuple[str, Step]:
        here = getattr(optim, update_rule, update_rule) if isinstance(update_rule, str) else update_rule
        found: Any = here if callable(here) else update_rule
        return super()._find_rule(found)

    def _validate(self) -> None:
        if type(self.print_every) is int:
            self.print_every = abs(self.print_every)  # as in the course: a line where t % print_every is 0
        super()._validate()
