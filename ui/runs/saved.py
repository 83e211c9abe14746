"""Long runs on disk: checkpoints in the cache folder, from which a run goes on after the app was restarted."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from nnlib.checks import require_number, require_whole
from nnlib.data.cache import age, cache_folder
from nnlib.files import written_whole
from nnlib.runs.spec import RunSpec
from nnlib.solver import Solver

MOST = 20  # runs kept
MAX_AGE = 7 * 24 * 3600.0  # seconds


@dataclass(frozen=True)
class Saved:
    """What is known of a saved run without reading its checkpoint. place: what its page calls it."""

    run_id: str
    place: str
    spec: RunSpec
    iteration: int
    epoch: int
    seconds: float

    @property
    def checkpoint(self) -> Path:
        return _path(self.run_id, "npz")


def save(run_id: str, place: str, spec: RunSpec, solver: Solver, seconds: float) -> bool:
    """Write a run's checkpoint, then its description; False: they cannot be written (a full disk)."""
    facts = {"place": place, "spec": asdict(spec), "iteration": solver.iteration, "epoch": solver.epoch}
    try:
        solver.save(_path(run_id, "npz"))
        with written_whole(_path(run_id, "json")) as file:
            file.write(json.dumps(facts | {"seconds": seconds}).encode())
        _prune()
    except OSError:
        return False
    return True


def find(run_id: str) -> Saved | None:
    """The saved run of this id; None if there is none that can be read."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", run_id):
        return None
    try:
        facts = json.loads(_path(run_id, "json").read_text(encoding="utf-8"))
        facts["spec"] = RunSpec(**facts["spec"])
        saved = Saved(run_id, **facts)
        require_whole("iteration", saved.iteration, 0, 2**53)
        require_whole("epoch", saved.epoch, 0, saved.spec.num_epochs)
        require_number("seconds", saved.seconds, least=0)
        return saved if isinstance(saved.place, str) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _path(run_id: str, ending: str) -> Path:
    return cache_folder() / "runs" / f"{run_id}.{ending}"


def _prune() -> None:
    """Remove what is a week old, and all but the newest."""
    found = sorted(_path("any", "npz").parent.glob("*.npz"), key=age)
    for place, path in enumerate(found):
        if place >= MOST or age(path) > MAX_AGE:
            path.unlink(missing_ok=True)
            path.with_suffix(".json").unlink(missing_ok=True)
