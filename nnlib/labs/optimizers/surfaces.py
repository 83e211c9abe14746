"""Loss surfaces of two variables, on which one can watch update rules walk."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from nnlib.optim import DEFAULTS

RATED: tuple[str, ...] = ("sgd", "sgd_momentum", "nesterov_momentum", "adagrad", "rmsprop", "adam")


@dataclass(frozen=True)
class Surface:
    """A loss of two variables.

    Attributes:
        name, title: for code, for people.
        formula: in LaTeX.
        value: points (..., 2) -> losses (...).
        gradient: points (..., 2) -> gradients (..., 2).
        minima: the lowest points, (M, 2).
        lowest: the loss there.
        extent: (x from, x to, y from, y to), the part worth looking at.
        start: (x, y) from which rules differ plainly.
        unit: the loss above `lowest` at which contour lines begin to lie wider apart.
        steps: how many show the difference.
        rates: a learning rate that suits here for each of `RATED`; AdaGrad's is large since its steps shrink.
        source: who it comes from.
        bands: how many bands of a contour picture show its shape.
    """

    name: str
    title: str
    formula: str
    value: Callable[[ndarray], ndarray]
    gradient: Callable[[ndarray], ndarray]
    minima: tuple[tuple[float, float], ...]
    extent: tuple[float, float, float, float]
    start: tuple[float, float]
    unit: float
    steps: int
    rates: tuple[float, ...]
    source: str
    lowest: float = 0.0
    bands: int = 14

    def learning_rate(self, rule: str) -> float:
        """The one of `rates`; adamw has Adam's, and a rule that was not tried here its default."""
        known = dict(zip(RATED, self.rates, strict=True))
        like = "adam" if rule == "adamw" else rule
        return known[like] if like in known else DEFAULTS[rule]["learning_rate"]


# ------------------------------------------------------------------------------------------- an ill-conditioned bowl
CURVATURES = np.array([1.0, 50.0])  # along x and y; their ratio is the condition number


def bowl(w: ndarray) -> ndarray:
    """(x^2 + 50 y^2) / 2: steep across, flat along. Above a learning rate of 2/50 gradient descent diverges."""
    return 0.5 * (CURVATURES * w**2).sum(axis=-1)


def bowl_gradient(w: ndarray) -> ndarray:
    return CURVATURES * w


# ----------------------------------------------------------------------------------------------- a bent, flat valley
def rosenbrock(w: ndarray) -> ndarray:
    """(1 - x)^2 + 100 (y - x^2)^2: into the valley is easy, along its floor is not."""
    x, y = w[..., 0], w[..., 1]
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def rosenbrock_gradient(w: ndarray) -> ndarray:
    x, y = w[..., 0], w[..., 1]
    rise = y - x**2
    return np.stack([-2 * (1 - x) - 400 * x * rise, 200 * rise], axis=-1)


# ---------------------------------------------------------------------------------------------------------- a saddle
def saddle(w: ndarray) -> ndarray:
    """x^2 / 2 + y^4 / 4 - y^2 / 2: flat at (0, 0), which is lowest along x and highest along y."""
    x, y = w[..., 0], w[..., 1]
    return x**2 / 2 + y**4 / 4 - y**2 / 2


def saddle_gradient(w: ndarray) -> ndarray:
    x, y = w[..., 0], w[..., 1]
    return np.stack([x, y**3 - y], axis=-1)


# ------------------------------------------------------------------------------------------ steep walls, flat inside
BEALE = ((1, 1.5), (2, 2.25), (3, 2.625))  # power of y, constant


def beale(w: ndarray) -> ndarray:
    """The sum of (c_k - x (1 - y^k))^2 for k = 1, 2, 3: cliffs at the corners, nearly flat around the minimum."""
    x, y = w[..., 0], w[..., 1]
    return sum(((c - x * (1 - y**k)) ** 2 for k, c in BEALE), start=np.zeros_like(x))


def beale_gradient(w: ndarray) -> ndarray:
    x, y = w[..., 0], w[..., 1]
    dx, dy = np.zeros_like(x), np.zeros_like(y)
    for k, c in BEALE:
        residual = c - x * (1 - y**k)
        dx += 2 * residual * (y**k - 1)
        dy += 2 * residual * x * k * y ** (k - 1)
    return np.stack([dx, dy], axis=-1)


# ------------------------------------------------------------------------------------------------------- many minima
def rastrigin(w: ndarray) -> ndarray:
    """20 + x^2 + y^2 - 10 cos(2 pi x) - 10 cos(2 pi y): a dent at nearly every pair of whole numbers."""
    return 20 + (w**2 - 10 * np.cos(2 * np.pi * w)).sum(axis=-1)


def rastrigin_gradient(w: ndarray) -> ndarray:
    return 2 * w + 20 * np.pi * np.sin(2 * np.pi * w)


# --------------------------------------------------------------------------------------------------------- a plateau
INPUTS, TARGETS = np.array([-1.0, 1.0]), np.array([0.25, 0.75])


def plateau(w: ndarray) -> ndarray:
    """Squared error of one sigmoid unit with weight x and bias y on two examples: flat where the sigmoid saturates.

    mean over (i, t) = (-1, 1/4), (1, 3/4) of (sigmoid(x i + y) - t)^2; lowest at x = ln 3, y = 0.
    """
    return np.mean((_activations(w) - TARGETS) ** 2, axis=-1)


def plateau_gradient(w: ndarray) -> ndarray:
    a = _activations(w)  # (..., 2 examples)
    dsum = 2 * (a - TARGETS) * a * (1 - a) / len(TARGETS)
    return np.stack([(dsum * INPUTS).sum(axis=-1), dsum.sum(axis=-1)], axis=-1)


def _activations(w: ndarray) -> ndarray:
    """The unit's output for both examples, (..., 2); tanh does not overflow."""
    sums = w[..., :1] * INPUTS + w[..., 1:]
    return 0.5 * (1 + np.tanh(0.5 * sums))


# fmt: off
SURFACES: dict[str, Surface] = {surface.name: surface for surface in (
    Surface("bowl", "Ill-conditioned bowl", r"\tfrac{1}{2}\left(x^2 + 50\,y^2\right)", bowl, bowl_gradient,
        minima=((0.0, 0.0),), extent=(-5.0, 5.0, -3.0, 3.0), start=(-4.0, 1.5), unit=0.3, steps=120,
        rates=(0.035, 0.015, 0.005, 0.5, 0.05, 0.1),
        source="A quadratic of condition number 50; Goh, “Why momentum really works”, 2017, is about these."),
    Surface("rosenbrock", "Rosenbrock’s valley", r"(1-x)^2 + 100\,(y-x^2)^2", rosenbrock, rosenbrock_gradient,
        minima=((1.0, 1.0),), extent=(-2.0, 2.0, -1.0, 3.0), start=(-1.2, 1.0), unit=0.5, steps=600,
        rates=(0.001, 0.001, 0.001, 0.5, 0.02, 0.2),
        source="Rosenbrock, “An automatic method for finding the greatest or least value of a function”, 1960."),
    Surface("saddle", "Saddle", r"\tfrac{1}{2}x^2 + \tfrac{1}{4}y^4 - \tfrac{1}{2}y^2", saddle, saddle_gradient,
        minima=((0.0, 1.0), (0.0, -1.0)), extent=(-2.0, 2.0, -1.6, 1.6), start=(-1.8, 0.001), unit=0.05, steps=120,
        rates=(0.1, 0.02, 0.025, 0.5, 0.05, 0.1), lowest=-0.25,
        source="Nesterov, “Introductory lectures on convex optimization”, 2004, example 1.2.2."),
    Surface("beale", "Beale’s cliffs", r"\textstyle\sum_{k=1}^{3} \left(c_k - x + x y^k\right)^2",
        beale, beale_gradient,
        minima=((3.0, 0.5),), extent=(-4.5, 4.5, -3.0, 3.0), start=(1.0, 1.5), unit=0.3, steps=300,
        rates=(0.02, 0.002, 0.002, 1.0, 0.05, 0.2),
        source="Beale, “On an iterative method for finding a local minimum of a function”, 1958."),
    Surface("rastrigin", "Many minima",
        r"\begin{gathered} 20 + x^2 + y^2 \\ {} - 10\cos 2\pi x - 10\cos 2\pi y \end{gathered}",
        rastrigin, rastrigin_gradient,
        minima=((0.0, 0.0),), extent=(-3.5, 3.5, -3.5, 3.5), start=(-2.4, 1.7), unit=20.0, steps=150,
        rates=(0.002, 0.005, 0.003, 2.0, 0.2, 0.5), bands=6,
        source="Rastrigin, “Systems of extremal control”, 1974."),
    Surface("plateau", "Plateau of a sigmoid",
        r"\begin{gathered} \tfrac{1}{2}\left(\sigma(y-x)-\tfrac{1}{4}\right)^2 \\"
        r" {} + \tfrac{1}{2}\left(\sigma(y+x)-\tfrac{3}{4}\right)^2 \end{gathered}", plateau, plateau_gradient,
        minima=((float(np.log(3)), 0.0),), extent=(-6.0, 6.0, -5.0, 5.0), start=(-5.0, 2.0), unit=0.05, steps=350,
        rates=(3.0, 0.5, 0.5, 1.0, 0.05, 0.2),
        source="One sigmoid unit with squared error, the case of Rumelhart, Hinton and Williams, 1986."),
)}
# fmt: on
