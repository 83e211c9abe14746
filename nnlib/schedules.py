"""Learning-rate schedules: the learning rate as a function of how far training has come."""

from math import cos, pi

from nnlib.checks import require_choice, require_number, require_whole

SCHEDULES = ("constant", "step", "cosine")
EXACT = 2**53  # up to here every whole number is a float


def learning_rate(
    schedule: str,
    base: float,
    t: int,
    num_iterations: int,
    iterations_per_epoch: int = 1,
    lr_decay: float = 1.0,
    warmup: float = 0.0,
) -> float:
    """Learning rate for iteration t.

    Each schedule first warms up, climbing linearly to `base`. Then "constant" stays there, "step" multiplies by
    `lr_decay` after every epoch, and "cosine" falls along half a cosine, reaching 0 just after the last iteration.

    Args:
        schedule: one of `SCHEDULES`.
        base: the learning rate at the top.
        t: the iteration, counted from 0.
        num_iterations: of the whole run.
        iterations_per_epoch: for "step".
        lr_decay: factor an epoch, for "step", at least 0.
        warmup: share of the run that warms up, 0 <= warmup < 1.

    Raises:
        ValueError: the schedule is unknown, or a number is out of range.

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, eq. 5 (one period);
    warm-up: Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2.
    """
    require_choice("schedule", schedule, SCHEDULES)
    base = require_number("learning_rate", base, least=0)
    lr_decay, warmup = require_number("lr_decay", lr_decay, least=0), require_number("warmup", warmup, least=0, below=1)
    require_whole("iterations_per_epoch", iterations_per_epoch, most=EXACT)
    require_whole("num_iterations", num_iterations, most=EXACT)
    require_whole("t", t, least=0, most=EXACT)
    climb = round(warmup * num_iterations)
    if t < climb:
        return base * (t + 1) / climb
    if schedule == "step":
        try:
            return base * lr_decay ** (t // iterations_per_epoch)
        except OverflowError:
            raise ValueError(f"lr_decay is {lr_decay}, which grows beyond all numbers: choose at most 1.") from None
    if schedule == "cosine":
        return base * (1 + cos(pi * (t - climb) / max(num_iterations - climb, 1))) / 2
    return base
