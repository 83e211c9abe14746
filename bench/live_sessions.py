"""Many visitors at once, without browsers: sessions that open the start page and poll as a browser does."""

import asyncio
from time import perf_counter

from bench.client import Tab

OVER = ("finished", "stopped", "diverged")


class Visit(Tab):
    """A session that watches the run on its page until it is over, and what it saw.

    Attributes:
        first: seconds until the page had been drawn for the first time.
        answers: seconds each poll took.
        seconds: in all.
    """

    def __init__(self, url: str):
        super().__init__(url)
        self.first = self.seconds = 0.0
        self.answers: list[float] = []

    async def watch(self, timeout: float) -> "Visit":
        """Poll until the run is over, or the time is."""
        started = perf_counter()
        async with self:
            await self.ask()
            self.first = perf_counter() - started
            while self.every and perf_counter() - started < timeout:
                self.answers += await self.idle(min(self.every.values()) + 0.01)
        self.seconds = perf_counter() - started
        return self


def visit_all(url: str, count: int, timeout: float, apart: float = 0.1) -> list[Visit]:
    """So many sessions, each coming `apart` seconds after the one before; at most `timeout` seconds a session."""

    async def come(i: int) -> Visit:
        await asyncio.sleep(i * apart)
        return await Visit(url).watch(timeout)

    async def everybody() -> list[Visit]:
        return await asyncio.gather(*(come(i) for i in range(count)))

    return asyncio.run(everybody())
