"""The coarse stage for few primaries: only the states of objects that can come near one of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.engines.cpu.all_orbits import mean_orbits
from gpuprop.engines.cpu.arc_meetings import ArcMeetings
from gpuprop.engines.cpu.coplanar import coplanar_windows
from gpuprop.engines.cpu.crossings import Crossings
from gpuprop.engines.cpu.drivers import NS_PER_MINUTE
from gpuprop.engines.cpu.extents import extents
from gpuprop.engines.cpu.mean_orbits import keep_rows
from gpuprop.engines.cpu.sieve_some import (
    cut_windows,
    gate_windows,
    path_bounds,
    primary_arcs,
    sweep_followed,
)
from gpuprop.engines.geometry import MAX_SPEED_KM_S, SieveGeometry
from gpuprop.screening.perturbations import unmodelled_acceleration
from gpuprop.screening.sieving import Sieved
from gpuprop.screening.stretches import Stretches, concatenated, from_candidates, from_windows
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from gpuprop.screening.plan import Plan
    from gpuprop.screening.selection import Selection

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["SomeSieve", "are_few"]

# Where sieving everybody and leaving out the rest becomes cheaper
_FEW, _SHARE = 64, 0.1
# States that are worth a task of their own
_STATES_PER_TASK = 100_000
# For how long mean orbits are taken to stand still, and how long a window of the gate is at most
_SPAN_NS, _WINDOW_MIN = 12 * 3600 * 10**9, 2.0
# Arcs of one that looks, in each step
_ARCS_PER_STEP = 4
# Borders of the classes of eccentricity in which objects are put in order
_ECCENTRICITIES, _APART_KM = (0.003, 0.01, 0.05), 1e6
# km/s^2, that paths which mean orbits describe are allowed to bend beyond three times J2: a fifth of
# gravity, which matters little in windows of seconds to two minutes
_GENEROUS_KM_S2 = 2e-3
# Primaries whose windows are held at once, and windows that pass the gate together
_AT_ONCE, _GATED = 256, 1 << 17


def are_few(selection: Selection) -> bool:
    """Whether so few objects are primaries (or secondaries) that `SomeSieve` is worth it."""
    looking = min(selection.primary.sum(), selection.secondary.sum())
    return bool(looking <= max(_FEW, _SHARE * len(selection.catalog)))


class Span(NamedTuple):
    """Some blocks for which mean orbits stand still.

    Attributes
    ----------
    middle_ns, half_minutes
        Middle, ns UTC, and half of the length.
    known : ndarray of int64
        Objects that mean orbits describe, of those that can come near one that looks.
    orbits : ndarray
        Their orbits, in their order.
    followed : ndarray of int64
        The others of these.
    highest_km : float
        Largest radius of `known`.
    crossings : Crossings
        Who of `known` meet each other.
    """

    middle_ns: int
    half_minutes: float
    known: Ints
    orbits: Floats
    followed: Ints
    highest_km: float
    crossings: Crossings


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
        self._looks = selection.primary if few_primaries else selection.secondary
        stop_ns = int(plan.sample_times(plan.n_steps, 0)[0])
        self._bounds = extents(model, plan.start_ns, stop_ns)
        self._unsafe = np.flatnonzero(~self._bounds.safe)
        self._semi_major_km = np.nan_to_num(model.a_km, nan=1.0)
        self._unmodelled = np.full(len(model), _GENEROUS_KM_S2)
        self._is_measured = np.zeros(len(model), np.bool_)
        self._gradient, self._bulge = path_bounds(plan.geometry, self._bounds.lower_km, self._unmodelled)
        self._looking = model.order[self._looks[model.order]]
        # Neighbours in radius together, those on eccentric orbits apart
        near = np.flatnonzero(self._bounds.in_reach(self._looks, plan.geometry.threshold_km))
        classes = np.searchsorted(_ECCENTRICITIES, selection.catalog.eccentricity[near])
        self._near = near[np.argsort(self._bounds.lower_km[near] + _APART_KM * classes)]

    def run(self, blocks: Iterable[tuple[int, int]]) -> Iterator[Sieved]:
        """Yield what is sieved of blocks, given by first step and number of steps, some at a time."""
        at_once = max(1, _SPAN_NS // (self.plan.step_ns * self.plan.steps_per_block))
        remaining = list(blocks)
        pieces = [remaining[first : first + at_once] for first in range(0, len(remaining), at_once)]
        for first in range(0, len(pieces), get_num_threads()):
            some = pieces[first : first + get_num_threads()]
            spans = map_blocks(self._span, some)
            self._measure(np.concatenate([span.followed for span in spans]))
            # All of them together: the threads are done at about the same time
            tasks = [self._tasks(piece, span) for piece, span in zip(some, spans, strict=True)]
            found = map_blocks(lambda task: task(), [task for part in tasks for task in part])
            for piece, part in zip(some, tasks, strict=True):
                yield _joined_parts(piece, [found.pop(0) for _ in part])

    def _tasks(self, blocks: list[tuple[int, int]], span: Span) -> list[Callable[[], Sieved]]:
        """Cut the sieving of consecutive blocks into tasks, the last of which give all of the blocks."""
        looking = np.flatnonzero(self._looks[span.known])
        pieces = np.array_split(looking, max(get_num_threads(), -(-len(looking) // _AT_ONCE)))
        followed = self._joined(blocks, len(span.followed))
        return [
            *(partial(self._meet, span, blocks[0][0], piece) for piece in pieces if len(piece)),
            *(partial(self._follow, span, *block) for block in followed),
        ]

    def _joined(self, blocks: list[tuple[int, int]], n_followed: int) -> list[tuple[int, int]]:
        """Join blocks as far as they take no more memory than one of all objects.

        All threads get some, unless there is too little work for that.
        """
        n = max(1, n_followed + int(self._looks.sum()))
        least = _STATES_PER_TASK // (n * self.plan.steps_per_block)
        at_once = max(1, min(max(least, len(blocks) // get_num_threads()), len(self._looks) // n))
        firsts = blocks[::at_once]
        ends = [*(first for first, _ in firsts[1:]), blocks[-1][0] + blocks[-1][1]]
        return [(first, end - first) for (first, _), end in zip(firsts, ends, strict=True)]

    def _span(self, blocks: list[tuple[int, int]]) -> Span:
        n_steps = sum(count for _, count in blocks)
        begin_ns, end_ns = self.plan.sample_times(blocks[0][0], n_steps)[[0, -1]].tolist()
        middle_ns, half_minutes = (begin_ns + end_ns) // 2, 0.5 * (end_ns - begin_ns) / NS_PER_MINUTE
        # Half a nanosecond of the middle
        orbits, is_known = mean_orbits(self.model, middle_ns, half_minutes + 1e-9, self._near)
        orbits = orbits[: keep_rows(orbits, is_known)]
        known, followed = self._near[is_known], np.zeros(len(self.model), np.bool_)
        followed[self._near[~is_known]] = True
        order = self.model.order
        return Span(
            middle_ns,
            half_minutes,
            known,
            orbits,
            order[followed[order]],
            float(self._bounds.upper_km[known].max(initial=0.0)),
            Crossings(orbits, half_minutes, self.plan.geometry.threshold_km),
        )

    def _meet(self, span: Span, first: int, looking: Ints) -> Sieved:
        """Sieve pairs of objects that mean orbits describe."""
        threshold_km = self.plan.geometry.threshold_km
        met = span.crossings(looking)
        pairs, windows = coplanar_windows(met.coplanar, span.orbits, span.half_minutes, threshold_km)
        pairs, windows = np.concatenate([met.pair, pairs]), np.concatenate([met.window, windows])
        near = concatenated(
            self._gate(span, span.known[pairs[begin : begin + _GATED]], windows[begin : begin + _GATED])
            for begin in range(0, len(pairs), _GATED)
        )
        return Sieved(first, 0, near, np.zeros((1, 0), bool), np.zeros(0, np.int64))

    def _follow(self, span: Span, first: int, count: int) -> Sieved:
        """Sieve pairs of which at least one is followed, in the steps first..first+count-1."""
        times_ns = self.plan.sample_times(first, count)
        stretches = []
        if len(span.followed):
            positions, _ = self._positions(span.followed, times_ns)
            looking = self._within_reach(positions)
            positions = np.concatenate([positions, self._positions(looking, times_ns)[0]], axis=2)
            objects = np.concatenate([span.followed, looking])
            candidate, part = sweep_followed(
                self.plan.geometry, positions, self._semi_major_km[objects], self._unmodelled[objects],
                objects, len(span.followed), first,
            )  # fmt: skip
            stretches.append(from_candidates(candidate, part, objects, self.plan))
        apart = span.followed[self._looks[span.followed]]
        # Others are above all that mean orbits describe
        apart = apart[self._bounds.lower_km[apart] <= span.highest_km + self.plan.geometry.threshold_km]
        if len(apart):
            stretches.append(self._gate(span, *self._towards(span, apart, times_ns)))
        # Nobody else can fail
        _, status = self._positions(self._unsafe, times_ns)
        columns = np.flatnonzero(status.any(axis=0))
        return Sieved(first, count, concatenated(stretches), status[:, columns] != 0, self._unsafe[columns])

    def _within_reach(self, positions: Floats) -> Ints:
        """Return who of those that look can come to objects with such positions at the ends of steps."""
        radius = np.sqrt((positions * positions).sum(axis=1))
        roam_km = self.plan.geometry.threshold_km + MAX_SPEED_KM_S * self.plan.step_s
        # None at all leaves nobody
        least = np.nanmin(radius, initial=np.inf) - roam_km
        largest = np.nanmax(radius, initial=-np.inf) + roam_km
        lower_km, upper_km = self._bounds.lower_km[self._looking], self._bounds.upper_km[self._looking]
        return self._looking[(lower_km <= largest) & (upper_km >= least)]

    def _positions(self, rows: Ints, times_ns: Ints) -> tuple[Floats, NDArray[np.uint8]]:
        """Compute positions (n_time, 3, n) and their status (n_time, n)."""
        positions = np.empty((len(times_ns), 3, len(rows)))
        status = np.empty((len(times_ns), len(rows)), np.uint8)
        self.engine.positions(self.model, rows, times_ns, positions, status)
        return positions, status

    def _towards(self, span: Span, apart: Ints, times_ns: Ints) -> tuple[Ints, Floats]:
        """Return who of those that mean orbits describe may come to those that look and are not, and when."""
        step_ns = self.plan.step_ns // _ARCS_PER_STEP
        times_ns = np.append(
            (times_ns[:-1, None] + step_ns * np.arange(_ARCS_PER_STEP)).ravel(), times_ns[-1]
        )
        positions, _ = self._positions(apart, times_ns)
        geometry = SieveGeometry.of(self.plan.geometry.threshold_km, (step_ns + _ARCS_PER_STEP) / 1e9)
        arcs = primary_arcs(geometry, positions, self._semi_major_km[apart], self._unmodelled[apart])
        begins = (times_ns - span.middle_ns) / NS_PER_MINUTE
        found = ArcMeetings(span.orbits)(arcs, float(begins[0]), geometry.step_s / 60.0)
        step, which, other = found.T
        # Who has a position at one end of a step only may be anywhere
        missing = np.isnan(positions[:, 0])
        cut_step, cut = np.nonzero(missing[:-1] != missing[1:])
        every = np.arange(len(span.known))
        step = np.concatenate([step, np.repeat(cut_step, len(every))])
        which = np.concatenate([which, np.repeat(cut, len(every))])
        other = np.concatenate([other, np.tile(every, len(cut))])
        pairs = np.stack([apart[which], span.known[other]], axis=1)
        return pairs, np.stack([begins[step], begins[step + 1]], axis=1)

    def _gate(self, span: Span, pairs: Ints, windows: Floats) -> Stretches:
        """Pass pairs through the gate in their windows, minutes from the middle of a span."""
        rows, times_ns = cut_windows(pairs, windows, _WINDOW_MIN, span.middle_ns)
        r, _, _ = self.engine.states_at(self.model, rows.ravel(), times_ns.ravel(), velocity=False)
        inside = gate_windows(
            self.plan.geometry.threshold_km, r.reshape(-1, 4, 3), rows, times_ns, self._gradient, self._bulge
        )
        near = (inside[:, 0] <= 1.0) & (inside[:, 1] >= 0.0)
        begins, _, ends, _ = times_ns[near].T
        return from_windows(rows[near, :2], inside[near], begins, ends, self.plan)

    def _measure(self, rows: Ints) -> None:
        """Measure the unmodelled accelerations of followed objects for which they are not known yet."""
        new = np.unique(rows[~self._is_measured[rows]])
        if len(new):
            window = self.plan.start_ns, self.plan.stop_ns
            found = unmodelled_acceleration(self.engine, self.model, self._catalog, *window, rows=new)[new]
            self._gradient[new], self._bulge[new] = path_bounds(
                self.plan.geometry, self._bounds.lower_km[new], found
            )
            self._unmodelled[new] = found
            self._is_measured[new] = True


def _joined_parts(blocks: list[tuple[int, int]], parts: list[Sieved]) -> Sieved:
    """Put what was found in consecutive blocks together."""
    first, count = blocks[0][0], sum(n_steps for _, n_steps in blocks)
    stretches = concatenated(part.stretches for part in parts)
    failing = np.unique(np.concatenate([part.failing for part in parts]))
    failed = np.zeros((count + 1, len(failing)), bool)
    for part in parts:
        begin = part.first_step - first
        columns = np.searchsorted(failing, part.failing)
        failed[begin : begin + part.n_steps + 1, columns] |= part.failed
    return Sieved(first, count, stretches, failed, failing)
