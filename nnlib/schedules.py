"""Learning-rate schedules: the learning rate as a function of how far training has come."""

from math import cos, pi

SCHEDULES = ("constant", "step", "cosine")


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
        lr_decay: factor an epoch, for "step".
        warmup: share of the run that warms up, 0 <= warmup < 1.

    Raises:
        ValueError: the schedule is unknown, or base or warmup is out of range.

    Source: Loshchilov and Hutter, "SGDR: stochastic gradient descent with warm restarts", 2017, eq. 5 (one period);
    warm-up: Goyal et al., "Accurate, large minibatch SGD", 2017, section 2.2.
    """
    if schedule not in SCHEDULES:
        raise ValueError(f"there is no schedule {schedule!r}: choose one of {', '.join(SCHEDULES)}.")
    if not 0 <= base < float("inf"):
        raise ValueError(f"the learning rate is {base}, but must be a number of at least 0.")
    if not 0 <= warmup < 1:
        raise ValueError(f"warmup is a share of the run, but is {warmup}: choose 0 <= warmup < 1.")
    climb = round(warmup * num_iterations)
    if t < climb:
        return base * (t + 1) / climb
    if schedule == "step":
        return base * lr_decay ** (t // iterations_per_epoch)
    if schedule == "cosine":
        return base * (1 + cos(pi * (t - climb) / (num_iterations - climb))) / 2
    return base
