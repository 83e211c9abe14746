"""How a run of the overfit lesson went: the epoch at 100 %, or what the loss shows of why it was not reached."""

import math

import numpy as np

from nnlib.experiments import Result
from nnlib.numerals import fixed, short, whole
from ui import lesson

PAGE = "overfit"
CHANCE = math.log(10)  # nats: the loss of guessing among ten classes
LARGE = 2.0  # times chance: a first loss above comes from weights that are too large
NOTHING = 1e-3  # nats: a first loss so near to chance comes from scores next to zero
FLAT = 0.9  # times chance: who ends above has learnt next to nothing
JUMP = 3.0  # times what it was at first: the loss went up, not down
LAST = 4  # losses that the last one is the mean of


def verdict(result: Result) -> str:
    """What a run that is over shows: a name, in assets/prose/overfit.md a part "outcome NAME"."""
    losses = np.array(result.losses or [math.inf])
    first, last, peak = losses[0], losses[-LAST:].mean(), losses.max()
    if result.first_epoch_at(1.0) is not None:
        return "reached" if result.train_acc == 1.0 else "lost again"
    if result.status == "diverged":
        return "diverged large" if not first < LARGE * CHANCE else "diverged"
    if result.status == "stopped":
        return "stopped"
    if peak > JUMP * max(first, CHANCE) and last > FLAT * CHANCE:
        return "thrown out"
    if first > LARGE * CHANCE:
        return "large"
    if last > FLAT * CHANCE:
        return "small" if abs(first - CHANCE) < NOTHING else "slow"
    return "unsteady" if peak > 1.5 * max(first, CHANCE) else "on its way"


def sentence(result: Result) -> str:
    """The outcome in words, with the numbers that it rests on."""
    losses = result.losses or [math.inf]
    epochs, best = result.spec.num_epochs, result.best_train_acc or 0.0
    best_epoch = result.first_epoch_at(best) if result.measured else 0
    times = losses[0] / CHANCE
    facts = {
        "first": short(losses[0], 4),
        "last": short(float(np.mean(losses[-LAST:])), 4),
        "peak": short(max(losses), 4),
    }
    facts |= {"times": whole(times) if times >= 10 else fixed(times, 1), "chance": fixed(CHANCE, 2)}
    facts |= {"epoch": str(result.first_epoch_at(1.0)), "epochs": str(epochs), "step": str(len(result.losses) + 1)}
    facts |= {"best": whole(100 * best), "best_epoch": str(best_epoch), "end": whole(100 * (result.train_acc or 0))}
    return lesson.text(PAGE, f"outcome {verdict(result)}", **facts)


def counts(result: Result) -> bool:
    """Whether the map takes it: a run to its end, or one that has reached 100 %."""
    return result.status in ("finished", "diverged") or result.first_epoch_at(1.0) is not None
