"""Objects that no mean orbit describes against those that look: in long steps while both are high.

By Kepler's third law a step of 300 s low above the Earth and one of 20 minutes at 2.5 times the radius are
alike, so that what bounds a path between two states holds in the long one as well. Where an object comes
lower at either end of a long step, or one that looks may come to it from below, its states are computed at
all ends of the plan's steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.engines.cpu.constants import MU
from gpuprop.engines.cpu.sieve_some import sweep_followed
from gpuprop.engines.geometry import MAX_SPEED_KM_S, SieveGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.engines.cpu.extents import Extents
    from gpuprop.screening.plan import Plan

    Bytes = NDArray[np.uint8]
    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Follower", "Found", "lowest_km"]

# Long steps: of objects that stay high enough for them all the time, and of all others
_ALWAYS_HIGH_S, _LONG_S = 2400.0, 1200.0
# Largest mu dt^2 / (4 R^3) at the ends of a step
_SWING = 0.019
# An object may dip to its radius at the nearer end over this
_DIP = 1.01
# Long steps in which those that are too low in one of them are followed together
_TOGETHER = 4
# Rounding of parts of a step, which are float32
_PART_MARGIN = 1e-5


def lowest_km(step_s: float) -> float:
    """Radius, km, at both ends of a step from which on the sieve's bounds hold in between.

    If the radius is least, r_m, within the step, then r^2 is at most r_m^2 + mu t^2 / r_m a time t from
    there, as (r^2)'' = 2 mu (1/r - 1/a). One end is within dt/2 of it, so its radius R obeys
    R^2 <= r_m^2 + mu dt^2 / (4 r_m). The right side is convex in r_m; it is below R^2 at the Earth's surface,
    and at R / 1.01 where mu dt^2 / (4 R^3) <= 0.0195, so r_m lies above that, as `trace_arcs` takes it to.
    0.019 leaves room for sun, moon and J2. The step is that of 300 s at 7800 km then, enlarged.
    """
    return float(np.cbrt(0.25 * MU * step_s**2 / _SWING))


class Found(NamedTuple):
    """What following some objects through some steps gives.

    Attributes
    ----------
    candidate, part : ndarray
        Candidates (m, 3) of single steps, two rows of the catalog and the number of the step, and
        where in it (m, 2).
    pair, begin_ns, end_ns : ndarray
        Rows (k, 2) that may meet in a longer time, and from when to when, ns UTC.
    """

    candidate: NDArray[np.int32]
    part: NDArray[np.float32]
    pair: Ints
    begin_ns: Ints
    end_ns: Ints


class _Watch(NamedTuple):
    """Long steps.

    Attributes
    ----------
    step_s : float
        How long they are; the last one may be shorter.
    ends : ndarray of int64, shape (n_steps + 1,)
        Which ends of the plan's steps theirs are.
    looks_high : ndarray of bool, shape (n_steps, n)
        Which of those that look are high at both ends.
    floor_km : ndarray of float64, shape (n_steps,)
        Radius at both ends that keeps an object in the range of long steps, and away from all others.
    """

    step_s: float
    ends: Ints
    looks_high: NDArray[np.bool_]
    floor_km: Floats


class _Close(NamedTuple):
    """Objects that are too low for long steps, and their positions at the ends of these."""

    objects: Ints
    ends: Ints
    positions: Floats


class _Long(NamedTuple):
    """What long steps of some objects leave: pairs and windows, and objects to be followed closely."""

    pair: Ints
    begin_ns: Ints
    end_ns: Ints
    close: list[_Close]


class Follower:
    """Follows objects through steps of a plan.

    Parameters
    ----------
    engine, model
        What to compute with.
    plan : Plan
        Steps.
    bounds : Extents
        Where objects are at all, during the plan.
    looking : ndarray of int64
        Rows of the objects that look.
    semi_major_km, unmodelled : ndarray of float64
        By row, as the sieve takes them; the second may be filled later.
    """

    def __init__(
        self,
        engine: Any,
        model: Any,
        plan: Plan,
        bounds: Extents,
        looking: Ints,
        *,
        semi_major_km: Floats,
        unmodelled: Floats,
    ) -> None:
        self._engine, self._model, self._plan, self._bounds = engine, model, plan, bounds
        self.looking = looking
        self._semi_major_km, self._unmodelled = semi_major_km, unmodelled

    def follow(self, objects: Ints, first: int, count: int) -> Found:
        """Find who may meet one that looks in the steps first..first+count-1."""
        times_ns = self._plan.sample_times(first, count)
        here, _ = self.positions(self.looking, times_ns)
        safe = self._bounds.safe[objects]
        watches = [self._watch(here, step_s) for step_s in (_ALWAYS_HIGH_S, _LONG_S)]
        high = safe & (self._bounds.lower_km[objects] >= watches[0].floor_km.max())
        unsafe = objects[~safe]
        found = [self._sweep(unsafe, self.positions(unsafe, times_ns)[0], here, first)]
        long = [
            self._in_long_steps(objects[high], watches[0], times_ns, here),
            self._in_long_steps(objects[safe & ~high], watches[1], times_ns, here),
        ]
        found += [self._closely(close, times_ns, here, first) for part in long for close in part.close]
        candidate, part = (np.concatenate(columns) for columns in zip(*found, strict=True))
        pair, begin_ns, end_ns = (
            np.concatenate(columns) for columns in zip(*(part[:3] for part in long), strict=True)
        )
        return Found(candidate, part, pair, begin_ns, end_ns)

    def positions(self, rows: Ints, times_ns: Ints) -> tuple[Floats, Bytes]:
        """Compute positions (n_time, 3, n) and their status (n_time, n)."""
        positions = np.empty((len(times_ns), 3, len(rows)))
        status = np.empty((len(times_ns), len(rows)), np.uint8)
        self._engine.positions(self._model, rows, times_ns, positions, status)
        return positions, status

    def _sweep(
        self, followed: Ints, positions: Floats, here: Floats, first: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find candidates in consecutive steps of the plan."""
        objects = np.concatenate([followed, self.looking])
        candidate, part = sweep_followed(
            self._plan.geometry, np.concatenate([positions, here], axis=2), self._semi_major_km[objects],
            self._unmodelled[objects], objects, len(followed), first,
        )  # fmt: skip
        return _by_row(candidate, objects), part

    def _closely(
        self, close: _Close, times_ns: Ints, here: Floats, first: int
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Find candidates in steps of the plan of those that are too low for long ones."""
        objects, known, at_known = close
        begin, n_ends = known[0], known[-1] + 1 - known[0]
        positions = np.empty((n_ends, 3, len(objects)))
        positions[known - begin] = at_known
        others = np.setdiff1d(np.arange(n_ends), known - begin, assume_unique=True)
        positions[others], _ = self.positions(objects, times_ns[begin + others])
        return self._sweep(objects, positions, here[begin : begin + n_ends], first + int(begin))

    def _watch(self, here: Floats, step_s: float) -> _Watch:
        """Cut steps of the plan, whose ends those that look are at, into long ones of at most step_s."""
        per_step = int(step_s * 1e9) // self._plan.step_ns
        step_s = per_step * self._plan.step_s
        ends = np.append(np.arange(0, len(here) - 1, per_step), len(here) - 1)
        near, _ = _least_and_largest(here[ends])
        lowest = lowest_km(step_s)
        looks_high = self._bounds.safe[self.looking] & (near >= lowest)
        ceiling_km = np.where(looks_high, 0.0, self._ceiling(here, ends, step_s)).max(axis=1, initial=0.0)
        floor_km = np.maximum(lowest, _DIP * (ceiling_km + self._plan.geometry.threshold_km))
        return _Watch(step_s, ends, looks_high, floor_km)

    def _in_long_steps(self, followed: Ints, watch: _Watch, times_ns: Ints, here: Floats) -> _Long:
        """Find who may meet in long steps, and who comes too low for them in which."""
        step_s, ends, looks_high, floor_km = watch
        positions, _ = self.positions(followed, times_ns[ends])
        least, _ = _least_and_largest(positions)
        taken = least >= floor_km[:, None]
        some = np.flatnonzero(looks_high.any(axis=0))
        objects = np.concatenate([followed, self.looking[some]])
        threshold_km = self._plan.geometry.threshold_km
        candidate, part = sweep_followed(
            SieveGeometry.of(threshold_km, step_s, lowest_km=lowest_km(step_s) / _DIP),
            np.concatenate([positions, here[ends][:, :, some]], axis=2),
            self._semi_major_km[objects], self._unmodelled[objects], objects, len(followed), 0,
            np.concatenate([taken, looks_high[:, some]], axis=1).astype(np.uint8),
        )  # fmt: skip
        begin_ns, end_ns = _windows(candidate[:, 2], part, times_ns[ends])
        close = []
        for k in range(0, len(taken), _TOGETHER):
            low = np.flatnonzero(~taken[k : k + _TOGETHER].all(axis=0))
            if len(low):
                known = ends[k : k + _TOGETHER + 1]
                close.append(_Close(followed[low], known, positions[k : k + _TOGETHER + 1, :, low]))
        return _Long(objects[candidate[:, :2]], begin_ns, end_ns, close)

    def _ceiling(self, here: Floats, ends: Ints, step_s: float) -> Floats:
        """Bound the radii (n_long, n) of those that look in long steps, by where they are at all ends.

        (r^2)'' >= -2 mu / a, so r^2 rises above its larger end by mu dt^2 / (4 a) at most; 0.9 is for what
        is not two-body motion. Those that may lose their state have a bounded speed, and matter as long as
        they have one.
        """
        _, far = _least_and_largest(here[ends])
        rise = 0.25 * MU * step_s**2 / (0.9 * self._semi_major_km[self.looking])
        radius = np.nan_to_num(np.sqrt((here * here).sum(axis=1)))
        nearby = np.maximum.reduceat(np.maximum(radius[:-1], radius[1:]), ends[:-1], axis=0)
        leap = np.where(nearby > 0.0, nearby + MAX_SPEED_KM_S * self._plan.step_s, 0.0)
        bounded = np.where(self._bounds.safe[self.looking], np.sqrt(far * far + rise), leap)
        return np.minimum(bounded, self._bounds.upper_km[self.looking])


def _windows(step: Ints, part: NDArray[np.float32], ends_ns: Ints) -> tuple[Ints, Ints]:
    """Return from when to when parts of steps are, ns UTC, a little widened."""
    begin_ns, length_ns = ends_ns[step], ends_ns[step + 1] - ends_ns[step]
    inside = np.clip(part.astype(np.float64) + (-_PART_MARGIN, _PART_MARGIN), 0.0, 1.0)
    first, last = np.floor(inside[:, 0] * length_ns), np.ceil(inside[:, 1] * length_ns)
    return begin_ns + first.astype(np.int64), begin_ns + last.astype(np.int64)


def _by_row(candidate: NDArray[np.int32], objects: Ints) -> NDArray[np.int32]:
    """Put catalog rows in place of the numbers that the sweep gives."""
    return np.concatenate([objects.astype(np.int32)[candidate[:, :2]], candidate[:, 2:]], axis=1)


def _least_and_largest(positions: Floats) -> tuple[Floats, Floats]:
    """Return the least and the largest radius (n_steps, n) at the ends of steps; NaN where one has none."""
    radius = np.sqrt((positions * positions).sum(axis=1))
    return np.minimum(radius[:-1], radius[1:]), np.maximum(radius[:-1], radius[1:])
