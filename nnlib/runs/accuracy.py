"""So many right out of so many: a share, its standard error, and an interval for the true one."""

from math import sqrt
from typing import NamedTuple


class Accuracy(NamedTuple):
    """So many right out of so many, and how far chance alone may have moved that share."""

    right: int
    count: int

    @property
    def share(self) -> float:
        """0 to 1; 0 if there are none."""
        return self.right / self.count if self.count else 0.0

    @property
    def standard_error(self) -> float:
        """sqrt(p (1 - p) / N)."""
        return sqrt(self.share * (1 - self.share) / self.count) if self.count else 0.0

    def interval(self, z: float = 1.959964) -> tuple[float, float]:
        """Wilson's interval for the true share, 95 % by default: unlike p +- z * standard error it stays within 0..1.

        Source: Wilson, "Probable inference, the law of succession, and statistical inference", 1927.
        """
        if not self.count:
            return 0.0, 1.0
        p, N = self.share, self.count
        middle = (p + z * z / (2 * N)) / (1 + z * z / N)
        reach = z / (1 + z * z / N) * sqrt(p * (1 - p) / N + z * z / (4 * N * N))
        return max(0.0, middle - reach), min(1.0, middle + reach)
