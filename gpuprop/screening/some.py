"""The coarse stage for few primaries: only the states of objects that can come near one of them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.extents import extents
from gpuprop.engines.cpu.initialize import NEAR
from gpuprop.engines.cpu.sieve_some import Reach, path_bounds, primary_arcs, sieve_pairs
from gpuprop.screening.perturbations import unmodelled_acceleration
from gpuprop.screening.sieving import Sieved, in_threads
from gpuprop.screening.stretches import from_candidates
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from numpy.typing import NDArray

    from gpuprop.screening.plan import Plan
    from gpuprop.screening.selection import Selection

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["SomeSieve", "are_few"]

# Where sieving everybody and leaving out the rest becomes cheaper
_FEW, _SHARE = 64, 0.05
# Blocks whose pairs are held at once
_BLOCKS_AT_ONCE = 64


def are_few(selection: Selection) -> bool:
    """Whether so few objects are primaries (or secondaries) that `SomeSieve` is worth it."""
    return _n_looking(selection) <= max(_FEW, _SHARE * len(selection.catalog))


def _n_looking(selection: Selection) -> int:
    return int(min(selection.primary.sum(), selection.secondary.sum()))


class SomeSieve:
    """Runs the coarse stage on blocks of a plan, for the CPU engine.

    Parameters
    ----------
    engine, model
        What to compute with; the rows of the model are those of the selection.
    selection : Selection
        Whom to screen against whom.
    plan : Plan
        Steps and blocks.
    """

    def __init__(self, engine: Any, model: Any, selection: Selection, plan: Plan) -> None:
        self.engine = engine
        self.model = model
        self.plan = plan
        self._catalog = selection.catalog
        few_primaries = selection.primary.sum() <= selection.secondary.sum()
        looking = selection.primary if few_primaries else selection.secondary
        self._looking = model.order[looking[model.order]]
        stop_ns = int(plan.sample_times(plan.n_steps, 0)[0])
        self._bounds = extents(model, plan.start_ns, stop_ns)
        self._deep = model.order[(model.regime > NEAR)[model.order]]
        self._reach = Reach(model, self._bounds, self._looking, plan.geometry)
        self._unmodelled = np.full(len(model), np.nan)
        self._measure(np.union1d(self._looking, np.flatnonzero(~self._bounds.safe)))

    def run(self, blocks: Iterable[tuple[int, int]]) -> Iterator[Sieved]:
        """Yield the sieved blocks, each given by first step and number of steps, in their order."""
        remaining = iter(blocks)
        while some := list(islice(remaining, _BLOCKS_AT_ONCE)):
            pairs = map_blocks(self._pairs, some)
            self._measure(np.unique(np.concatenate(pairs)))
            yield from in_threads(self._sieve, zip(some, pairs, strict=True))

    def _pairs(self, block: tuple[int, int]) -> Ints:
        """Pairs that may meet in a block."""
        times_ns = self.plan.sample_times(*block)
        return self._reach(int(times_ns[0]), self._arcs(times_ns), self._deep_radii(times_ns))

    def _sieve(self, block: tuple[int, int], pairs: Ints) -> Sieved:
        """Sieve pairs in the steps first..first+count-1."""
        first, count = block
        times_ns = self.plan.sample_times(first, count)
        active = ~self._bounds.safe
        active[pairs.ravel()] = True
        rows = self.model.order[active[self.model.order]]
        place = np.empty(len(active), np.int64)
        place[rows] = np.arange(len(rows))
        positions, status = self._positions(rows, times_ns)
        candidate, span = sieve_pairs(
            self.plan.geometry, place[pairs], positions, *self._path_bounds(rows), first
        )
        stretches = from_candidates(candidate, span, rows, self.plan)
        bad = np.flatnonzero(status.any(axis=0))
        return Sieved(first, count, stretches, status[:, bad] != 0, rows[bad])

    def _positions(self, rows: Ints, times_ns: Ints) -> tuple[Floats, NDArray[np.uint8]]:
        positions = np.empty((len(times_ns), 3, len(rows)))
        status = np.empty((len(times_ns), len(rows)), np.uint8)
        self.engine.positions(self.model, rows, times_ns, positions, status)
        return positions, status

    def _arcs(self, times_ns: Ints) -> Floats:
        """Arcs of those that look, step by step."""
        positions, _ = self._positions(self._looking, times_ns)
        a_km = np.nan_to_num(self.model.a_km[self._looking], nan=1.0)
        return primary_arcs(self.plan.geometry, positions, a_km, self._unmodelled[self._looking])

    def _deep_radii(self, times_ns: Ints) -> tuple[Ints, Floats, Floats]:
        """Bounds of the radii of deep-space objects, from where they are at both ends of a block."""
        ends = times_ns[[0, -1]]
        positions, _ = self._positions(self._deep, ends)
        middle = np.linalg.norm(positions, axis=1).mean(axis=0)
        climb = self._bounds.climb_km_s[self._deep] * (0.5e-9 * float(ends[1] - ends[0]))
        known = np.isfinite(middle)
        lower, upper = np.where(known, middle - climb, 0.0), np.where(known, middle + climb, np.inf)
        return self._deep, lower, upper

    def _path_bounds(self, rows: Ints) -> tuple[Floats, Floats]:
        return path_bounds(self.plan.geometry, self._bounds.lower_km[rows], self._unmodelled[rows])

    def _measure(self, rows: Ints) -> None:
        """Measure the unmodelled accelerations of objects for which they are not known yet."""
        new = rows[np.isnan(self._unmodelled[rows])]
        window = self.plan.start_ns, self.plan.stop_ns

        def run(part: Ints) -> None:
            found = unmodelled_acceleration(self.engine, self.model, self._catalog, *window, rows=part)
            self._unmodelled[part] = found[part]

        if len(new):
            map_blocks(run, np.array_split(new, get_num_threads()))
