"""Scripted visitors: each changes values, plays, pauses, sweeps, changes pages and leaves, and another one comes."""

import asyncio
import random
import re
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from websockets.exceptions import WebSocketException

from bench.client import Tab, shown, words

PARTS = {  # of pages that have several: what their links have them by
    "layers?lay_part": ("steps", "depth"),
    "gradient_check?gc_part": ("cells", "step", "published", "zoo"),
    "optimizers?opt_part": ("step", "effective", "race", "data"),
    "batchnorm?bn_part": ("batch", "modes", "sizes", "backward", "steps"),
    "batchnorm_deep?bd_part": ("pair", "scales", "batches"),
    "layernorm?ln_part": ("axis", "steps", "fail", "sizes", "preprocessing"),
    "train_best_model?train_part": ("train", "search&search_guess=hidden layers", "compare", "examine"),
}
LINKS = ["", "overfit", *(f"{page}={part}" for page, parts in PARTS.items() for part in parts)]  # by which they come
STAYS, THINKS = (60.0, 480.0), (1.0, 5.0)  # seconds: on the site, and between two acts
ACTS = {"change": 6, "press": 3, "go": 1}  # and how often each is chosen
# Not for visitors: what would fetch data, and a search, which goes on for ten minutes without them.
LEFT_ALONE = re.compile(r"-(download|search_\w+)$")
HASTY = 0.5  # the share of those who leave while something is still on its way, without a word
STEPS = 3  # of a field for numbers, at most, at once


@dataclass
class Seen:
    """What visitors saw since it was last looked at: seconds a rerun and a poll took, and faults."""

    visits: int = 0
    reruns: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


class Visitors:
    """So many at once, for so long.

    Attributes:
        seen: what they saw; to be replaced by whoever has taken note of it.
    """

    def __init__(self, url: str, count: int, seconds: float, seed: int):
        self.url, self.count, self.seed = url, count, seed
        self.seen, self._end = Seen(), monotonic() + seconds

    async def come(self) -> None:
        """Returns when all have left."""
        await asyncio.gather(*(self._seat(i) for i in range(self.count)))

    async def _seat(self, i: int) -> None:
        await asyncio.sleep(i)
        number = 0
        while monotonic() < self._end:
            number += 1
            rng = random.Random(f"{self.seed} {i} {number}")  # noqa: S311
            try:
                await self._visit(rng, min(self._end, monotonic() + rng.uniform(*STAYS)))
            except (OSError, TimeoutError, WebSocketException) as fault:
                self.seen.faults.append(f"{type(fault).__name__}: {fault}")
                await asyncio.sleep(1)

    async def _visit(self, rng: random.Random, end: float) -> None:
        self.seen.visits += 1
        async with Tab(self.url, rng.choice(LINKS)) as tab:
            self.seen.reruns.append(await tab.ask())
            while monotonic() < end:
                self.seen.polls += await tab.idle(rng.uniform(*THINKS))
                self.seen.reruns += await act(tab, rng)
                self.seen.faults += tab.faults
                tab.faults.clear()
            if rng.random() < HASTY:
                with suppress(TimeoutError):
                    await asyncio.wait_for(act(tab, rng), 0.02)
                tab.cut()


async def act(tab: Tab, rng: random.Random) -> list[float]:
    """Do one thing; the seconds that it took, if there was something to do."""
    free = {key: kind for key, (kind, facts) in tab.widgets.items() if not facts.disabled}
    chosen = rng.choices([*ACTS], [*ACTS.values()])[0]
    if chosen == "go":
        return [await tab.ask(page=rng.choice([*tab.pages.values()]))]
    buttons = [key for key, kind in free.items() if kind == "button"]
    fitting = [key for key in buttons if not LEFT_ALONE.search(key)] if chosen == "press" else free.keys() - buttons
    if not fitting:
        return []
    widget = rng.choice(sorted(fitting))
    if chosen == "press":
        return [await tab.ask(press=widget)]
    return [await tab.change(widget, another(*tab.widgets[widget], rng))]


def another(kind: str, facts: Any, rng: random.Random) -> Any:
    """A value that a person could choose."""
    if kind == "checkbox":
        return rng.random() < 0.5
    if kind == "number_input":
        low, high = facts.min if facts.has_min else 0.0, facts.max if facts.has_max else 100.0
        value = (shown(kind, facts) or low) + rng.randint(-STEPS, STEPS) * (facts.step or 1)
        return min(max(value, low), high)
    if kind == "slider" and not facts.options:
        steps = int((facts.max - facts.min) / facts.step)
        return sorted(facts.min + rng.randint(0, steps) * facts.step for _ in facts.default)
    options = words(facts)
    if kind in ("slider", "multiselect") or facts.DESCRIPTOR.name == "ButtonGroup":
        count = max(1, len(facts.default)) if kind != "multiselect" else rng.randint(1, len(options))
        chosen = set(rng.sample(options, count))
        return [option for option in options if option in chosen]
    return rng.choice(options)
