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
    """Snapshots of a run: dicts with an "iteration" and a "picture", which may be None.

    At most `limit` of them, with at most `max_bytes` of pictures: when full, the one goes whose neighbours are closest
    to each other, so that what is left covers the whole run evenly. The first and the newest stay.
    """

    def __init__(self, limit: int = 160, max_bytes: float = 8e6):
        self.limit, self.max_bytes, self._bytes = limit, max_bytes, 0
        self._frames: list[dict[str, Any]] = []

    def add(self, frame: dict[str, Any]) -> None:
        self._frames.append(frame)
        self._bytes += len(frame["picture"] or "")
        while len(self._frames) > 2 and (len(self._frames) > self.limit or self._bytes > self.max_bytes):
            at = [frame["iteration"] for frame in self._frames]
            closest = min(range(1, len(at) - 1), key=lambda i: at[i + 1] - at[i - 1])
            self._bytes -= len(self._frames.pop(closest)["picture"] or "")

    def after(self, iteration: int | None = None) -> list[dict[str, Any]]:
        """The frames later than an iteration; None: all."""
        return [frame for frame in self._frames if iteration is None or frame["iteration"] > iteration]

    def __len__(self) -> int:
        return len(self._frames)


class Smooth:
    """An exponential average over about `span` values, corrected for its start like Adam's m."""

    def __init__(self, span: int = 20):
        self.keep, self._sum, self._weight = 1 - 1 / span, 0.0, 0.0

    def add(self, value: float) -> float:
        self._sum = self.keep * self._sum + (1 - self.keep) * value
        self._weight = self.keep * self._weight + (1 - self.keep)
        return self._sum / self._weight
