"""How a run of the overfit lesson went: the epoch at 100 %, or what the loss shows of why it was not reached."""

import math

import numpy as np

from nnlib.experiments import Result
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
    facts = {"first": _short(losses[0]), "last": _short(float(np.mean(losses[-LAST:]))), "peak": _short(max(losses))}
    facts |= {"times": f"{times:.0f}" if times >= 10 else f"{times:.1f}", "chance": f"{CHANCE:.2f}"}
    facts |= {"epoch": str(result.first_epoch_at(1.0)), "epochs": str(epochs), "step": str(len(result.losses) + 1)}
    facts |= {"best": f"{100 * best:.0f}", "best_epoch": str(best_epoch), "end": f"{100 * (result.train_acc or 0):.0f}"}
    return lesson.text(PAGE, f"outcome {verdict(result)}", **facts)


def counts(result: Result) -> bool:
    """Whether the map takes it: a run to its end, or one that has reached 100 %."""
    return result.status in ("finished", "diverged") or result.first_epoch_at(1.0) is not None


def _short(loss: float) -> str:
    """Four digits; from 100,000 on two, as 1.2e5."""
    return f"{loss:.4g}" if loss < 1e5 else f"{loss:.1e}".replace("e+0", "e").replace("e+", "e")
