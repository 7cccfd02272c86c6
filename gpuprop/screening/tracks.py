"""Pairs over an interval of time: their relative motion, and when it is slow.

The range needs no more than positions; the relative speed is formed with SGP4's velocities, as
in encounter tables and in every tool that users compare with. Sampled every ten seconds,
a square of range or speed has at most one extremum between two neighbours of a sample: relative
motion has the periods of the orbits and their fractions, not of seconds. Where an extremum next to
a sample may lie beyond a limit that the sample does not cross, it is looked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpuprop.screening.describe import ric_axes
from gpuprop.screening.stretches import CELL_NS

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from gpuprop.screening.refine import Floats, Ints, Pairs

    Bools = NDArray[np.bool_]
    Quantity = Callable[[Pairs, Ints], Floats]

_EXTREMUM_NS = 1_000_000
_CROSSING_NS = 1_000


class Samples(NamedTuple):
    """Instants of pairs, sorted by pair and time; all (n,)."""

    pair: Ints
    time_ns: Ints

    def merged(self, pair: Ints, time_ns: Ints) -> Samples:
        """Add instants."""
        pair, time_ns = np.concatenate([self.pair, pair]), np.concatenate([self.time_ns, time_ns])
        order = np.lexsort((time_ns, pair))
        pair, time_ns = pair[order], time_ns[order]
        new = np.append(True, (np.diff(pair) != 0) | (np.diff(time_ns) != 0)) if len(pair) else order > 0
        return Samples(pair[new], time_ns[new])


class Runs(NamedTuple):
    """Maximal intervals in which a quantity stays within a limit; all (n,)."""

    pair: Ints
    enter_ns: Ints
    exit_ns: Ints
    enter_crosses: Bools  # the limit; or else the interval that was looked at begins there
    exit_crosses: Bools

    def take(self, which: Bools) -> Runs:
        """Return some of them."""
        return Runs(
            self.pair[which],
            self.enter_ns[which],
            self.exit_ns[which],
            self.enter_crosses[which],
            self.exit_crosses[which],
        )


def speed2(pairs: Pairs, times_ns: Ints) -> Floats:
    """Square of the relative speed, km^2/s^2, of pair i at times_ns[i]."""
    _, v1, _, v2 = pairs.states(times_ns)
    return np.asarray(np.einsum("ij,ij->i", v2 - v1, v2 - v1))


def range2(pairs: Pairs, times_ns: Ints) -> Floats:
    """Square of the range, km^2, of pair i at times_ns[i]."""
    return pairs.range2(times_ns)


def relative_motion(pairs: Pairs, times_ns: Ints) -> tuple[Floats, Floats]:
    """Position of the second object in the RIC frame of the first, km, and relative speed, km/s."""
    r1, v1, r2, v2 = pairs.states(times_ns)
    return np.einsum("nij,nj->ni", ric_axes(r1, v1), r2 - r1), np.linalg.norm(v2 - v1, axis=1)


def grid(begin_ns: Ints, end_ns: Ints, start_ns: int) -> Samples:
    """Sample intervals at the borders of cells, counted from start_ns, and at both ends."""
    first = (begin_ns - start_ns) // CELL_NS + 1
    count = np.maximum((end_ns - start_ns - 1) // CELL_NS - first + 1, 0)
    pair = np.repeat(np.arange(len(count)), count)
    number = np.arange(len(pair)) - np.repeat(np.cumsum(count) - count, count)
    inner = Samples(pair, start_ns + (first[pair] + number) * CELL_NS)
    ends = np.arange(len(count))
    return inner.merged(np.concatenate([ends, ends]), np.concatenate([begin_ns, end_ns]))


def lows(values: Floats) -> Ints:
    """Values that are no higher than their neighbours."""
    return np.flatnonzero((values[1:-1] <= values[:-2]) & (values[1:-1] < values[2:])) + 1


def lowest(pairs: Pairs, quantity: Quantity, low_ns: Ints, high_ns: Ints, *, sign: float = 1.0) -> Ints:
    """Instant, to 1 ms, of the one minimum that a quantity has in an interval, by thirds.

    With a sign of -1 it is that of the maximum.
    """
    low_ns, high_ns = low_ns.copy(), high_ns.copy()
    while len(low_ns) and (high_ns - low_ns > _EXTREMUM_NS).any():
        third = (high_ns - low_ns) // 3
        left, right = low_ns + third, high_ns - third
        rises = sign * quantity(pairs, left) <= sign * quantity(pairs, right)
        high_ns, low_ns = np.where(rises, right, high_ns), np.where(rises, low_ns, left)
    return low_ns + (high_ns - low_ns) // 2


def slow_runs(pairs: Pairs, samples: Samples, values: Floats, limit2: float) -> Runs:
    """Find the intervals in which the relative speed is within a limit.

    Parameters
    ----------
    pairs : Pairs
        The pairs that the samples number.
    samples : Samples
        From `grid`.
    values : ndarray of float64, (n,)
        Square of the relative speed at the samples, km^2/s^2.
    limit2 : float
        Square of the limit.
    """
    samples, values = _with_flips(pairs, samples, values, limit2)
    inside = values <= limit2
    same = np.diff(samples.pair) == 0
    starts, stops = inside.copy(), inside.copy()
    starts[1:] &= ~(inside[:-1] & same)
    stops[:-1] &= ~(inside[1:] & same)
    first, last = np.flatnonzero(starts), np.flatnonzero(stops)

    def border(at: Ints, step: int) -> tuple[Ints, Bools]:
        """Instant of the border, and whether the limit is crossed there."""
        beyond = np.clip(at + step, 0, len(inside) - 1)
        crosses = (beyond != at) & (samples.pair[beyond] == samples.pair[at])
        instant = samples.time_ns[at].copy()
        some = pairs.take(samples.pair[at[crosses]])
        instant[crosses] = _last_within(some, limit2, instant[crosses], samples.time_ns[beyond[crosses]])
        return instant, crosses

    enter_ns, enter_crosses = border(first, -1)
    exit_ns, exit_crosses = border(last, 1)
    return Runs(samples.pair[first], enter_ns, exit_ns, enter_crosses, exit_crosses)


def _with_flips(pairs: Pairs, samples: Samples, values: Floats, limit2: float) -> tuple[Samples, Floats]:
    """Add extrema on the other side of the limit than the samples around them."""
    found = [(np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for sign in (1.0, -1.0):
        signed = sign * values
        at = lows(signed)
        at = at[(samples.pair[at - 1] == samples.pair[at]) & (samples.pair[at + 1] == samples.pair[at])]
        # A parabola falls below its lowest sample by an eighth of the step to a neighbour at most.
        room = np.maximum(signed[at - 1], signed[at + 1]) - signed[at]
        at = at[(signed[at] > sign * limit2) & (signed[at] - room <= sign * limit2)]
        some = pairs.take(samples.pair[at])
        instant = lowest(some, speed2, samples.time_ns[at - 1], samples.time_ns[at + 1], sign=sign)
        found.append((samples.pair[at], instant))
    pair, time_ns = (np.concatenate(column) for column in zip(*found, strict=True))
    if not len(pair):
        return samples, values
    extra = speed2(pairs.take(pair), time_ns)
    pair, time_ns = np.concatenate([samples.pair, pair]), np.concatenate([samples.time_ns, time_ns])
    order = np.lexsort((time_ns, pair))
    return Samples(pair[order], time_ns[order]), np.concatenate([values, extra])[order]


def _last_within(pairs: Pairs, limit2: float, inside_ns: Ints, outside_ns: Ints) -> Ints:
    """Bisect, to 1 us, for the last instant within the limit on the way to one beyond it."""
    inside, outside = inside_ns.copy(), outside_ns.copy()
    while len(inside) and (np.abs(outside - inside) > _CROSSING_NS).any():
        middle = inside + (outside - inside) // 2
        within = speed2(pairs, middle) <= limit2
        inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
    return inside
