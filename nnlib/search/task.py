"""A worker's share of a search, as a pool has it."""

from typing import Any

from nnlib.workers import Task


class SearchTask(Task):
    """Does trials of a study, in a worker process; see `nnlib.search.work.work`."""

    def __init__(self, study: str, url: str, owner: str = "", seconds: float | None = None):
        super().__init__("nnlib.search.work:work", {"study": study, "storage": url, "seconds": seconds}, owner)
        self.more = False

    def on_event(self, event: dict[str, Any]) -> None:
        self.attempts = 1  # it got on: how often a trial may kill its worker is the study's to know
        self.more = event.get("more", False)
