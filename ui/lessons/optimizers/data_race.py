"""A race of update rules on data: its experiment, and how the rules stand in it, each over its seeds."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import fmean

from nnlib.experiments import EXPERIMENTS, Comparison, Experiment, Result, RunState, compare
from nnlib.experiments.presets import race
from nnlib.optim import DEFAULTS, RULES
from nnlib.runs.spec import RunSpec
from ui.runs.history import Smooth

PRESETS = {"digits": EXPERIMENTS["digits_update_rule_race"], "cifar10": EXPERIMENTS["update_rule_race"]}
# For rules that the course does not race, where another rate than the default was the best of a few, over three seeds.
OTHER_RATES = {
    "digits": {"nesterov_momentum": 5e-2},
    "cifar10": {"nesterov_momentum": 5e-3, "adagrad": 2e-3},
}
Range = tuple[float, float, float]  # mean, least, greatest


def rates(data: str) -> dict[str, float]:
    """A learning rate for every rule: the experiment's own, and for the rest one that suits."""
    usual = {rule: settings["learning_rate"] for rule, settings in DEFAULTS.items()}
    return usual | {run.update_rule: run.learning_rate for run in PRESETS[data].runs} | OTHER_RATES[data]


def make(data: str, chosen: Mapping[str, float], num_epochs: int, seeds: Iterable[int]) -> Experiment:
    """The experiment of the course with these rules and learning rates; with one seed all start alike."""
    preset = PRESETS[data]
    return race(preset.name, replace(preset.runs[0], num_epochs=num_epochs), chosen).with_seeds(seeds)


@dataclass(frozen=True)
class Standing:
    """One rule at one moment: a run a seed."""

    rule: str
    runs: tuple[RunState, ...]

    @property
    def spec(self) -> RunSpec:
        return self.runs[0].spec

    @property
    def results(self) -> list[Result]:
        """Of the runs that have records."""
        return [run.result for run in self.runs if run.result is not None and run.result.records]

    @property
    def finished(self) -> list[Result]:
        """Of the runs that have come to their end, and not to a divergence."""
        return [result for result in self.results if result.status == "finished"]

    def over_seeds(self, figure: Callable[[Result], float | None]) -> Range | None:
        """Mean, least and greatest of a figure over the finished runs; None where it is not there."""
        values = [value for result in self.finished if (value := figure(result)) is not None]
        return (fmean(values), min(values), max(values)) if values else None


def standings(runs: Sequence[RunState]) -> list[Standing]:
    """By rule, in the order of `RULES`."""
    grouped = {rule: tuple(run for run in runs if run.spec.update_rule == rule) for rule in RULES}
    return [Standing(rule, own) for rule, own in grouped.items() if own]


@dataclass(frozen=True)
class Verdict:
    """Who has the highest validation accuracy at the end.

    leaders: those that share it, to the last digit. best: theirs, 0 to 1, the mean over the seeds. lead: over the next
    one, None if there is none. wins: in how many seeds one of them is not behind anybody.
    """

    leaders: tuple[str, ...]
    best: float
    lead: float | None
    wins: int


def verdict(all_standings: Sequence[Standing]) -> Verdict | None:
    """Among the rules whose runs have all finished; None if there are none."""
    table = {
        s.rule: [result.val_acc or 0.0 for result in s.finished]
        for s in all_standings
        if len(s.finished) == len(s.runs)
    }
    if not table:
        return None
    means = {rule: fmean(values) for rule, values in table.items()}
    best = max(means.values())
    leaders = tuple(rule for rule, value in means.items() if best - value < 1e-9)
    others = [value for rule, value in means.items() if rule not in leaders]
    seeds = zip(*table.values(), strict=True)
    wins = sum(max(seed) in [dict(zip(table, seed, strict=True))[rule] for rule in leaders] for seed in seeds)
    return Verdict(leaders, best, best - max(others) if others else None, wins)


def smoothed(result: Result) -> list[float]:
    """The losses, averaged over about twenty steps."""
    smooth = Smooth()
    return [smooth.add(loss) for loss in result.losses]


def published(data: str, results: Sequence[Result | None]) -> dict[tuple[str, str], list[Comparison]]:
    """(rule, quantity) -> the comparison with the published figure for each seed run with the published settings."""
    preset = PRESETS[data]
    found = {result.spec: result for result in results if result is not None and result.status == "finished"}
    compared: dict[tuple[str, str], list[Comparison]] = {}
    for seed in sorted({spec.seed for spec in found}):
        whole = preset.with_settings(seed=seed)
        for comparison in compare(whole, [found.get(run) for run in whole.runs]):
            rule = preset.runs[comparison.figure.run].update_rule
            compared.setdefault((rule, comparison.figure.quantity), []).append(comparison)
    return compared
