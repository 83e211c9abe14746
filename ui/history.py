"""What a run remembers in bounded memory: curves and frames, thinned out evenly as it grows, never cut off."""

from typing import Any


class Curve:
    """Rows (iteration, values...) with at most `limit` kept: when full, every other one goes and the stride doubles.

    The newest row is always part of `rows()`.
    """

    def __init__(self, limit: int = 600):
        self.limit, self.stride, self.count = limit, 1, 0
        self._kept: list[tuple] = []
        self._newest: tuple | None = None

    def add(self, *row: Any) -> None:
        self._newest = row
        if self.count % self.stride == 0:
            self._kept.append(row)
            if len(self._kept) > self.limit:
                self._kept = self._kept[::2]
                self.stride *= 2
        self.count += 1

    def rows(self, limit: int | None = None) -> list[tuple]:
        """The kept rows, thinned out to about `limit`, and the newest."""
        kept = self._kept
        if limit is not None and len(kept) > limit:
            kept = kept[:: -(-len(kept) // limit)]
        if self._newest is not None and (not kept or kept[-1] is not self._newest):
            kept = [*kept, self._newest]
        return list(kept)


class Frames:
    """Snapshots of a run (dicts with an "iteration"), at most `limit`: when full, every other one goes."""

    def __init__(self, limit: int = 160):
        self.limit = limit
        self._frames: list[dict[str, Any]] = []

    def add(self, frame: dict[str, Any]) -> None:
        if len(self._frames) >= self.limit:
            self._frames = self._frames[::2]
        self._frames.append(frame)

    def all(self) -> list[dict[str, Any]]:
        return list(self._frames)

    def last(self, count: int) -> list[dict[str, Any]]:
        return self._frames[-count:]


class Smooth:
    """An exponential average over about `span` values, corrected for its start like Adam's m."""

    def __init__(self, span: int = 20):
        self.keep, self._sum, self._weight = 1 - 1 / span, 0.0, 0.0

    def add(self, value: float) -> float:
        self._sum = self.keep * self._sum + (1 - self.keep) * value
        self._weight = self.keep * self._weight + (1 - self.keep)
        return self._sum / self._weight
