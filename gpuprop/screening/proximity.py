"""Proximity watch: which pairs stay near each other, for how long, and how."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from gpuprop.errors import InputError
from gpuprop.proximity_table import KINDS, TRENDS, ProximityEpisodes
from gpuprop.screening import episodes, tracks
from gpuprop.screening.describe import identified, worded
from gpuprop.screening.episodes import Motion
from gpuprop.screening.job import Job
from gpuprop.screening.plan import LARGEST_THRESHOLD_KM, checked
from gpuprop.screening.refine import Pairs
from gpuprop.screening.selection import Selection
from gpuprop.screening.stretches import CELL_NS
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy.typing as npt

    from gpuprop.catalog import Catalog
    from gpuprop.screening.encounters import Intervals
    from gpuprop.screening.refine import Ints
    from gpuprop.screening.stretches import Stretches

__all__ = ["watch"]

_FASTEST_KM_S = 25.0
_MISSING = np.iinfo(np.int64).min
# Samples of tracks that are held at once
_BATCH_SAMPLES = 200_000


class Rule(NamedTuple):
    """What makes an episode."""

    range_km: float
    relative_speed_km_s: float
    dwell_ns: int


def watch(
    catalog: Catalog,
    start: Any,
    stop: Any,
    *,
    assets: npt.ArrayLike | Catalog | None,
    range_km: float = 200.0,
    relative_speed_km_s: float = 0.01,
    dwell_s: float = 86_400.0,
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] = "afspc",
    step_s: float | None = None,
    max_memory: int | str | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ProximityEpisodes:
    """Find the objects that stay near an asset: within a range, below a relative speed, for a time.

    The ranges come from a screening at `range_km`, which misses no encounter; in those that last long enough
    the relative speed is followed. So no episode is missed either, within the model. Whatever lasts
    less than `dwell_s` inside the window is left out, episodes that the window cuts too.

    Parameters
    ----------
    catalog : Catalog
        Assets and everything that may come near them.
    start, stop : time
        Window: datetime64, datetime, ISO string or (jd, fr) pair, UTC.
    assets : array_like of int or bool, Catalog, or None
        The objects to be watched, like the primaries of `gpuprop.screen`: catalog numbers, a mask of shape
        (n,), or another catalog. None for all objects.
    range_km : float
        Largest range, km; at most 1000.
    relative_speed_km_s : float
        Largest relative speed, km/s, between SGP4's velocities, as in encounter tables. In the geostationary
        belt each is 0.07 m/s off the derivative of SGP4's positions as a rule, 0.25 m/s at most.
    dwell_s : float
        Shortest episode, s.
    engine, mode, step_s, max_memory, progress
        As in `gpuprop.screen`.

    Returns
    -------
    ProximityEpisodes
        One row per episode, in the order of assets.

    Raises
    ------
    InputError
        If an asset is not in the catalog, the window is shorter than `dwell_s`, or a number cannot be used.
    EngineUnavailable
        If the engine asked for cannot run here.

    Examples
    --------
    >>> import gpuprop
    >>> catalog = gpuprop.Catalog.sample().select(ids=[25544, 48274, 49044])
    >>> episodes = gpuprop.watch(
    ...     catalog, "2024-11-01T00:00Z", "2024-11-01T06:00Z", assets=[25544], range_km=10, dwell_s=3600
    ... )
    >>> episodes.norad_id_2.tolist(), episodes.dwell_s.tolist(), episodes.kind.tolist()
    ([49044], [21600.0], ['co-orbital drift'])
    """
    rule = Rule(
        checked(range_km, "range_km", 0.0, LARGEST_THRESHOLD_KM),
        checked(relative_speed_km_s, "relative_speed_km_s", 0.0, _FASTEST_KM_S),
        round(checked(dwell_s, "dwell_s", 0.0, math.inf, closed=True) * 1e9),
    )
    start_ns, stop_ns = instant_ns(start, name="start"), instant_ns(stop, name="stop")
    if stop_ns - start_ns < rule.dwell_ns:
        raise InputError(f"dwell_s is {dwell_s:g}, longer than the window; give a longer window")
    job = Job(
        catalog,
        start_ns,
        stop_ns,
        threshold_km=rule.range_km,
        engine=engine,
        mode=mode,
        step_s=step_s,
        max_memory=max_memory,
        selection=Selection.of(catalog, primaries=assets, called="assets"),
    )
    return _Watch(job, rule).run(progress)


class _Watch:
    """A screening whose encounters are narrowed down to episodes."""

    def __init__(self, job: Job, rule: Rule) -> None:
        self.job = job
        self.rule = rule

    def run(self, progress: Callable[[int, int], None] | None) -> ProximityEpisodes:
        tables, _, failures = self.job.search(progress=progress, refine=self.refine)
        job, rule = self.job, self.rule
        parameters = job.parameters | {
            "range_km": rule.range_km,
            "relative_speed_km_s": rule.relative_speed_km_s,
            "dwell_s": rule.dwell_ns / 1e9,
        }
        del parameters["threshold_km"]
        found = identified(tables, job.catalog, order=ProximityEpisodes.order)
        found["kind"], found["trend"] = worded(found["kind"], KINDS), worded(found["trend"], TRENDS)
        report = failures.report(job.engine, job.model, job.catalog, job.plan)
        return ProximityEpisodes.from_columns(found, parameters=parameters, report=report)

    def refine(self, stretches: Stretches) -> list[dict[str, Any]]:
        """Drop what cannot last long enough, and describe the rest."""
        cells = stretches.last - stretches.first + 1
        long = cells * CELL_NS >= self.rule.dwell_ns
        return self.job.each(stretches.take(long), self.describe)

    def describe(self, pairs: Pairs, found: Intervals) -> dict[str, Any]:
        """Turn encounters into the columns of episodes, with rows of the catalog in place of objects."""
        long = np.flatnonzero(found.exit_ns - found.enter_ns >= self.rule.dwell_ns)
        parts = [self._episodes(pairs, found, some) for some in _batches(found, long)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _episodes(self, pairs: Pairs, found: Intervals, which: Ints) -> dict[str, Any]:
        pairs = self._from_assets(pairs, which)
        samples = tracks.grid(found.enter_ns[which], found.exit_ns[which], self.job.plan.start_ns)
        motion = Motion.of(pairs, samples)
        runs = tracks.slow_runs(pairs, samples, motion.speed**2, self.rule.relative_speed_km_s**2)
        runs = runs.take(runs.exit_ns - runs.enter_ns >= self.rule.dwell_ns)
        enter_seen = runs.enter_crosses | found.enter_seen[which][runs.pair]
        exit_seen = runs.exit_crosses | found.exit_seen[which][runs.pair]
        found_tracks = episodes.tracks_of(pairs, runs, samples, motion)
        some = pairs.take(runs.pair)
        return episodes.columns(some, found_tracks, self.job.catalog, self.job.model.a_km) | {
            "enter": np.where(enter_seen, runs.enter_ns, _MISSING),
            "exit": np.where(exit_seen, runs.exit_ns, _MISSING),
        }

    def _from_assets(self, pairs: Pairs, which: Ints) -> Pairs:
        """Return pairs with the asset first."""
        row_1, row_2 = pairs.row_1[which], pairs.row_2[which]
        turned = ~self.job.selection.primary[row_1]
        first, second = np.where(turned, row_2, row_1), np.where(turned, row_1, row_2)
        return Pairs(self.job.engine, self.job.model, first, second)


def _batches(found: Intervals, which: Ints) -> Iterator[Ints]:
    """Cut into pieces with a bounded number of samples; at least one piece."""
    cells = (found.exit_ns[which] - found.enter_ns[which]) // CELL_NS + 2
    number = (np.cumsum(cells) - cells) // _BATCH_SAMPLES
    return iter(np.split(which, np.flatnonzero(np.diff(number)) + 1))
