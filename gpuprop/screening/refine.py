"""Range of pairs from the elements themselves: its minima and its crossings of the threshold.

Everything here works on positions. SGP4's velocity is not the derivative of its position,
so a range rate formed with it has its zero elsewhere: by up to minutes for slow pairs.
Instants are int64 ns, so that a result depends on the instants asked for and on nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

NS_PER_S = 1e9
# Half width of the parabola that finds a minimum: wide enough for the range to change by far more
# than its rounding (50 m of relative travel), narrow enough for relative motion to be straight.
_TRAVEL_KM = 0.05
_NARROWEST_S, _WIDEST_S = 0.02, 5.0
_PASSES = 8
_CROSSING_NS = 1000


class Bracket(NamedTuple):
    """Three samples of each pair, the middle one not above the outer ones; all (n,)."""

    left_ns: Ints
    middle_ns: Ints
    right_ns: Ints
    left: Floats
    middle: Floats
    right: Floats


class StateSource(Protocol):
    """The one verb of an engine that refinement needs."""

    def states_at(
        self, model: Any, rows: Ints, times_ns: Ints, *, velocity: bool = True
    ) -> tuple[Floats, Floats | None, NDArray[np.uint8]]:
        """Return states of arbitrary (object, time) requests."""


class Pairs:
    """Pairs of rows of a model, asked for their relative motion at instants."""

    def __init__(self, engine: StateSource, model: Any, row_1: Ints, row_2: Ints) -> None:
        self._engine = engine
        self._model = model
        self.row_1 = row_1
        self.row_2 = row_2

    def take(self, which: NDArray[Any]) -> Pairs:
        """Return some of the pairs, in any order, repeated as may be."""
        return Pairs(self._engine, self._model, self.row_1[which], self.row_2[which])

    def range2(self, times_ns: Ints) -> Floats:
        """Square of the distance, km^2, of pair i at times_ns[i]; NaN where a state failed."""
        r, _, _ = self._states(times_ns, velocity=False)
        n = len(times_ns)
        delta = r[n:] - r[:n]
        return np.einsum("ij,ij->i", delta, delta)

    def states(self, times_ns: Ints) -> tuple[Floats, Floats, Floats, Floats]:
        """Positions and velocities of both objects of pair i at times_ns[i]: r1, v1, r2, v2."""
        r, v, _ = self._states(times_ns, velocity=True)
        assert v is not None
        n = len(times_ns)
        return r[:n], v[:n], r[n:], v[n:]

    def usable(self, times_ns: Ints) -> NDArray[np.bool_]:
        """Whether both objects of pair i have a state at times_ns[i]."""
        return np.isfinite(self.range2(times_ns))

    def _states(self, times_ns: Ints, *, velocity: bool) -> tuple[Floats, Floats | None, NDArray[np.uint8]]:
        rows = np.concatenate([self.row_1, self.row_2])
        return self._engine.states_at(self._model, rows, np.concatenate([times_ns] * 2), velocity=velocity)


def last_usable(pairs: Pairs, good_ns: Ints, bad_ns: Ints) -> Ints:
    """Bisect, to the nanosecond, for the last usable instant between a usable and a failed one."""
    good, bad = good_ns.copy(), bad_ns.copy()
    while len(good) and (np.abs(bad - good) > 1).any():
        middle = good + (bad - good) // 2
        usable = pairs.usable(middle)
        good = np.where(usable, middle, good)
        bad = np.where(usable, bad, middle)
    return good


def vertex_s(
    left_s: Floats, right_s: Floats, left: Floats, middle: Floats, right: Floats
) -> tuple[Floats, Floats]:
    """Vertex (s from the middle) and curvature of the parabola through three values.

    left_s < 0 < right_s are the outer abscissas. Where the parabola has no minimum, the curvature
    is not above 0 and the vertex is the lowest of the three.
    """
    slope_left = (left - middle) / left_s
    slope_right = (right - middle) / right_s
    curvature = (slope_right - slope_left) / (right_s - left_s)
    slope = slope_left - curvature * left_s
    lowest = np.where(left < right, left_s, right_s) * (np.minimum(left, right) < middle)
    with np.errstate(divide="ignore", invalid="ignore"):
        vertex = np.where(curvature > 0.0, -0.5 * slope / curvature, lowest)
    return np.clip(vertex, left_s, right_s), curvature


def minima(pairs: Pairs, bracket: Bracket) -> tuple[Ints, Floats]:
    """Instant and squared range of the minimum inside each bracket.

    A parabola through three positions close to the estimate gives the next one, until it
    stays within their spacing.
    """
    left_ns, middle_ns, right_ns, left, middle, right = bracket
    offset, curvature = vertex_s(
        (left_ns - middle_ns) / NS_PER_S, (right_ns - middle_ns) / NS_PER_S, left, middle, right
    )
    speed = np.sqrt(np.maximum(curvature, 1e-12))
    half_ns = np.rint(np.clip(_TRAVEL_KM / speed, _NARROWEST_S, _WIDEST_S) * NS_PER_S).astype(np.int64)
    best = middle_ns + np.rint(offset * NS_PER_S).astype(np.int64)
    todo = np.arange(len(best))
    for _ in range(_PASSES):
        now = best[todo]
        moved = now + _step_ns(pairs.take(todo), now, half_ns[todo])
        best[todo] = np.clip(moved, left_ns[todo], right_ns[todo])
        todo = todo[np.abs(best[todo] - now) >= half_ns[todo]]
        if not len(todo):
            break
    found = pairs.range2(best)
    worse = ~(found <= middle)
    return np.where(worse, middle_ns, best), np.where(worse, middle, found)


def _step_ns(pairs: Pairs, now_ns: Ints, half_ns: Ints) -> Ints:
    """Step from an instant to the vertex of the parabola through it and half_ns on both sides."""
    thrice = pairs.take(np.tile(np.arange(len(now_ns)), 3))
    range2 = thrice.range2(np.concatenate([now_ns - half_ns, now_ns, now_ns + half_ns]))
    before, here, after = range2.reshape(3, -1)
    # Next to a failure one side has no state: what is known there is that it is no lower.
    before, after = np.where(np.isnan(before), here, before), np.where(np.isnan(after), here, after)
    half_s = half_ns / NS_PER_S
    step, _ = vertex_s(-half_s, half_s, before, here, after)
    return np.rint(step * NS_PER_S).astype(np.int64)


def crossings(
    pairs: Pairs, threshold2: float, inside: tuple[Ints, Floats], outside: tuple[Ints, Floats]
) -> Ints:
    """Last instant within the threshold on the way from an instant inside to one outside, to 1 us.

    Both are given as instants and squared ranges. False position with the Illinois correction,
    on the root of the growth of the squared range, which on a straight line past the minimum is
    proportional to time. An estimate is kept off both ends, so that the bracket closes.
    """
    start, end = np.sqrt(threshold2 - inside[1]), np.sqrt(outside[1] - inside[1])
    a, b, fa, fb = inside[0].copy(), outside[0].copy(), -start, end - start
    todo = np.flatnonzero(np.abs(b - a) > _CROSSING_NS)
    kept = np.zeros(len(a), np.int8)
    while len(todo):
        width = (b - a)[todo]
        guard = np.minimum(_CROSSING_NS // 2, np.abs(width) // 2)
        # Estimates may stay on one side although the other end has been halved again and again.
        part = np.where(np.abs(kept[todo]) > 3, 0.5, fa[todo] / (fa[todo] - fb[todo]))
        ahead = np.clip(np.rint(part * np.abs(width)).astype(np.int64), guard, np.abs(width) - guard)
        now = a[todo] + np.sign(width) * ahead
        growth = np.maximum(pairs.take(todo).range2(now) - inside[1][todo], 0.0)
        value = np.sqrt(growth) - start[todo]
        within = value <= 0.0
        new_inside, new_outside = todo[within], todo[~within]
        a[new_inside], fa[new_inside] = now[within], value[within]
        b[new_outside], fb[new_outside] = now[~within], value[~within]
        fb[todo[within & (kept[todo] > 0)]] *= 0.5
        fa[todo[~within & (kept[todo] < 0)]] *= 0.5
        side = np.where(within, 1, -1).astype(np.int8)
        kept[todo] = np.where(np.sign(kept[todo]) == side, kept[todo] + side, side)
        todo = todo[np.abs((b - a)[todo]) > _CROSSING_NS]
    return a
