"""Places the nodes of a computation graph: in layers from left to right, every edge with room of its own.

The method is Sugiyama's: give each node a layer, let long edges pass through a point in every layer between, order the
layers so that few edges cross, then pull each point towards its neighbours. The same graph always looks the same.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

SWEEPS = 24  # over all layers, to and fro; small graphs settle in far fewer
ROW, LANE = 74.0, 30.0  # height of a node's row, and of an edge that passes by
GAP, CHARACTER, PADDING = 38.0, 9.6, 24.0  # between layers; a letter's width; around a name

Point = tuple[float, float]


class Layout(NamedTuple):
    """In px, from the upper left corner."""

    width: float
    height: float
    nodes: list[Point]  # the centre of each node
    widths: list[float]  # the width of each node's box
    edges: list[list[Point]]  # the points through which each edge passes, between its two nodes


def place(names: Sequence[str], edges: Sequence[tuple[int, int]]) -> Layout:
    """Lay out a graph whose nodes are numbered in the order of the computation.

    Args:
        names: what is written in each node.
        edges: (from, to); from < to.
    """
    n = len(names)
    ranks = _ranks(n, edges)
    points, links, chains = list(ranks), [], []  # points: the layer of each node and then of each bend
    for a, b in edges:
        chain = [a, *range(len(points), len(points) + ranks[b] - ranks[a] - 1), b]
        points += range(ranks[a] + 1, ranks[b])
        links += list(pairwise(chain))
        chains.append(chain[1:-1])
    layers = [[p for p, rank in enumerate(points) if rank == r] for r in range(max(points, default=0) + 1)]
    neighbours = _neighbours(len(points), links)
    _order(layers, neighbours, points, links)
    y = _heights(layers, neighbours, n)
    widths = [CHARACTER * max(len(name), 3) + PADDING for name in names]
    x = _columns(layers, widths)
    low = min(y, default=0.0) - ROW / 2
    at = [(round(x[points[p]], 1), round(y[p] - low, 1)) for p in range(len(points))]
    width = x[-1] + max((widths[p] for p in layers[-1] if p < n), default=0) / 2 + PADDING / 2
    height = max(y, default=0.0) + ROW / 2 - low
    return Layout(round(width, 1), round(height, 1), at[:n], widths, [[at[p] for p in chain] for chain in chains])


def _ranks(n: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    """The layer of each node: one more than its last parent's; what has no parents stands just before its first use."""
    ranks = [0] * n
    for a, b in sorted(edges, key=lambda edge: edge[1]):
        ranks[b] = max(ranks[b], ranks[a] + 1)
    used = {b for _, b in edges}
    for a in set(range(n)) - used:
        ranks[a] = min((ranks[b] for start, b in edges if start == a), default=1) - 1
    return ranks


def _neighbours(count: int, links: Sequence[tuple[int, int]]) -> list[list[int]]:
    near: list[list[int]] = [[] for _ in range(count)]
    for a, b in links:
        near[a].append(b)
        near[b].append(a)
    return near


def _order(layers: list[list[int]], neighbours: list[list[int]], rank: list[int], links) -> None:
    """Sort each layer by the mean place of its points' neighbours, to and fro; keep the order with fewest crossings."""
    best, fewest = [list(layer) for layer in layers], _crossings(layers, links)
    for sweep in range(SWEEPS):
        forward = sweep % 2 == 0
        for layer in layers[1:] if forward else layers[-2::-1]:
            before = rank[layer[0]] + (-1 if forward else 1)
            place = {p: i for i, p in enumerate(layers[before])}
            near = {p: [place[q] for q in neighbours[p] if q in place] for p in layer}
            layer.sort(
                key=lambda p, near=near, layer=tuple(layer): sum(near[p]) / len(near[p]) if near[p] else layer.index(p)
            )
        crossings = _crossings(layers, links)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layers], crossings
    layers[:] = best


def _crossings(layers: list[list[int]], links: Sequence[tuple[int, int]]) -> int:
    place = {p: (r, i) for r, layer in enumerate(layers) for i, p in enumerate(layer)}
    spans = [(*place[a], place[b][1]) for a, b in links]
    return sum(r == s and (a - c) * (b - d) < 0 for i, (r, a, b) in enumerate(spans) for s, c, d in spans[i + 1 :])


def _heights(layers: list[list[int]], neighbours: list[list[int]], n: int) -> list[float]:
    """The height of each point: near its neighbours' mean, with enough room above and below."""
    y = [0.0] * sum(map(len, layers))

    def need(p: int, q: int) -> float:
        return ((ROW if p < n else LANE) + (ROW if q < n else LANE)) / 2

    for sweep in range(SWEEPS):
        for layer in layers if sweep % 2 == 0 else layers[::-1]:
            wish = [_pull(p, y, neighbours[p], n) for p in layer]
            down, up = list(wish), list(wish)
            for i in range(1, len(layer)):
                down[i] = max(down[i], down[i - 1] + need(layer[i - 1], layer[i]))
            for i in range(len(layer) - 2, -1, -1):
                up[i] = min(up[i], up[i + 1] - need(layer[i], layer[i + 1]))
            for p, a, b in zip(layer, down, up, strict=True):
                y[p] = (a + b) / 2
    return y


def _pull(p: int, y: list[float], neighbours: list[int], n: int) -> float:
    """The mean height of the neighbours; points of long edges count more, so that these run straight."""
    weights = [4 if p >= n and q >= n else 1 for q in neighbours]
    return sum(w * y[q] for w, q in zip(weights, neighbours, strict=True)) / sum(weights) if weights else y[p]


def _columns(layers: list[list[int]], widths: list[float]) -> list[float]:
    """The middle of each layer, from left to right."""
    middles, x = [], PADDING / 2
    for layer in layers:
        wide = max((widths[p] for p in layer if p < len(widths)), default=0.0)
        middles.append(x + wide / 2)
        x += wide + GAP
    return middles
