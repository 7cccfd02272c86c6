"""From stretches to encounters: sample, find minima, cut at the threshold, describe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.screening.refine import Bracket, Pairs, crossings, last_usable, minima
from gpuprop.screening.stretches import CELL_NS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.screening.plan import Plan
    from gpuprop.screening.refine import Floats, Ints
    from gpuprop.screening.stretches import Stretches

    Bools = NDArray[np.bool_]

GRID, EDGE, MINIMUM = 0, 1, 2
"""Where a sample comes from: the grid of cells, a failure or the end of the window, a minimum."""


class Samples(NamedTuple):
    """Squared ranges of stretches at instants, sorted by stretch and time; all (n,)."""

    stretch: Ints
    time_ns: Ints
    range2: Floats
    origin: NDArray[np.int8]
    cut: Bools  # an object failed next to this instant

    def take(self, which: Any) -> Samples:
        """Return some of them."""
        return Samples(*(column[which] for column in self))


def merged(*parts: Samples) -> Samples:
    """Put samples in the order of stretch and time, each instant once."""
    parts = tuple(part for part in parts if len(part.stretch)) or parts[:1]
    if len(parts) == 1:
        return parts[0]
    samples = Samples(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
    samples = samples.take(np.lexsort((samples.time_ns, samples.stretch)))
    repeated = (np.diff(samples.stretch) == 0) & (np.diff(samples.time_ns) == 0)
    # What is known of an instant (a cut, a minimum) must survive if the grid has it too.
    origin, cut = samples.origin.copy(), samples.cut.copy()
    at = np.flatnonzero(repeated)
    origin[at + 1] = np.maximum(origin[at], origin[at + 1])
    cut[at + 1] |= cut[at]
    keep = np.append(~repeated, True)
    return Samples(samples.stretch, samples.time_ns, samples.range2, origin, cut).take(keep)


def sample_grid(pairs: Pairs, stretches: Stretches, start_ns: int) -> tuple[Samples, Bools]:
    """Sample every stretch at the borders of its cells and one beyond, and say which are usable."""
    count = stretches.last - stretches.first + 4
    stretch = np.repeat(np.arange(len(count)), count)
    number = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    time_ns = start_ns + (stretches.first[stretch] - 1 + number) * CELL_NS
    range2 = pairs.take(stretch).range2(time_ns)
    n = len(stretch)
    samples = Samples(stretch, time_ns, range2, np.full(n, GRID, np.int8), np.zeros(n, bool))
    return samples, np.isfinite(range2)


def failure_edges(pairs: Pairs, samples: Samples, usable: Bools) -> Samples:
    """Sample the last (or first) usable instant next to a failure between two grid samples."""
    same = np.diff(samples.stretch) == 0
    ends = np.flatnonzero(same & usable[:-1] & ~usable[1:])
    begins = np.flatnonzero(same & ~usable[:-1] & usable[1:]) + 1
    good, bad = np.concatenate([ends, begins]), np.concatenate([ends + 1, begins - 1])
    stretch = samples.stretch[good]
    some = pairs.take(stretch)
    time_ns = last_usable(some, samples.time_ns[good], samples.time_ns[bad])
    n = len(good)
    return Samples(stretch, time_ns, some.range2(time_ns), np.full(n, EDGE, np.int8), np.ones(n, bool))


def window_edges(pairs: Pairs, stretches: Stretches, plan: Plan) -> Samples:
    """Sample both ends of the window in the stretches that reach them."""
    borders = plan.start_ns + (stretches.first - 1) * CELL_NS, plan.start_ns + (stretches.last + 2) * CELL_NS
    parts = []
    for instant in (plan.start_ns, plan.stop_ns):
        stretch = np.flatnonzero((borders[0] <= instant) & (instant <= borders[1]))
        time_ns = np.full(len(stretch), instant)
        range2 = pairs.take(stretch).range2(time_ns)
        n = len(stretch)
        part = Samples(stretch, time_ns, range2, np.full(n, EDGE, np.int8), np.zeros(n, bool))
        parts.append(part.take(np.isfinite(range2)))
    return merged(*parts)


def linked(samples: Samples) -> Bools:
    """Whether sample i and i + 1 belong together: one stretch, and no failure between them."""
    return (np.diff(samples.stretch) == 0) & ~(samples.cut[:-1] & samples.cut[1:])


def with_minima(pairs: Pairs, samples: Samples) -> Samples:
    """Refine every sample that is no higher than its neighbours, and put the minima in their places."""
    _, time_ns, range2, _, _ = samples
    together = linked(samples)
    low = together[:-1] & together[1:] & (range2[1:-1] <= range2[:-2]) & (range2[1:-1] < range2[2:])
    at = np.flatnonzero(low) + 1
    bracket = Bracket(
        time_ns[at - 1], time_ns[at], time_ns[at + 1], range2[at - 1], range2[at], range2[at + 1]
    )
    found_ns, found = minima(pairs.take(samples.stretch[at]), bracket)
    origin = samples.origin.copy()
    there = found_ns == time_ns[at]
    origin[at[there]] = MINIMUM
    new = ~there
    place = at[new] + (found_ns[new] > time_ns[at[new]])
    return Samples(
        np.insert(samples.stretch, place, samples.stretch[at[new]]),
        np.insert(time_ns, place, found_ns[new]),
        np.insert(range2, place, found[new]),
        np.insert(origin, place, np.int8(MINIMUM)),
        np.insert(samples.cut, place, False),
    )


class Intervals(NamedTuple):
    """Maximal intervals within the threshold; all (n,)."""

    stretch: Ints
    enter_ns: Ints
    exit_ns: Ints
    tca_ns: Ints
    n_minima: Ints
    farthest_km: Floats
    enter_seen: Bools
    exit_seen: Bools
    cut_by_window: Bools
    cut_by_error: Bools


def intervals(pairs: Pairs, samples: Samples, plan: Plan) -> Intervals:
    """Cut sampled stretches at the threshold."""
    threshold2 = plan.geometry.threshold_km**2
    inside = samples.range2 <= threshold2
    together = linked(samples)
    starts = inside.copy()
    starts[1:] &= ~(inside[:-1] & together)
    stops = inside.copy()
    stops[:-1] &= ~(inside[1:] & together)
    first, last = np.flatnonzero(starts), np.flatnonzero(stops)

    def border(at: Ints, beyond: Ints) -> tuple[Ints, Bools]:
        """Instant of the border, and whether it is a crossing rather than a cut."""
        instant = samples.time_ns[at].copy()
        exists = (beyond >= 0) & (beyond < len(inside))
        exists[exists] = together[np.minimum(at, beyond)[exists]]
        near, far = at[exists], beyond[exists]
        instant[exists] = crossings(
            pairs.take(samples.stretch[near]),
            threshold2,
            (samples.time_ns[near], samples.range2[near]),
            (samples.time_ns[far], samples.range2[far]),
        )
        return instant, exists

    enter_ns, enter_seen = border(first, first - 1)
    exit_ns, exit_seen = border(last, last + 1)
    error = (~enter_seen & samples.cut[first]) | (~exit_seen & samples.cut[last])
    members = np.flatnonzero(inside)
    number = np.cumsum(starts)[members] - 1
    lowest = members[np.lexsort((samples.time_ns[members], samples.range2[members], number))]
    begins = np.searchsorted(number, np.arange(len(first)))
    return Intervals(
        stretch=samples.stretch[first],
        enter_ns=enter_ns,
        exit_ns=exit_ns,
        tca_ns=samples.time_ns[lowest[begins]],
        n_minima=np.bincount(number[samples.origin[members] == MINIMUM], minlength=len(first)),
        farthest_km=np.sqrt(np.maximum.reduceat(samples.range2[members], begins))
        if len(first)
        else np.zeros(0),
        enter_seen=enter_seen,
        exit_seen=exit_seen,
        cut_by_window=~(enter_seen & exit_seen) & ~error,
        cut_by_error=error,
    )


def find_intervals(pairs: Pairs, stretches: Stretches, plan: Plan) -> Intervals:
    """Find the encounters of stretches."""
    grid, usable = sample_grid(pairs, stretches, plan.start_ns)
    samples = merged(
        grid.take(usable), failure_edges(pairs, grid, usable), window_edges(pairs, stretches, plan)
    )
    samples = with_minima(pairs, samples)
    in_window = (samples.time_ns >= plan.start_ns) & (samples.time_ns <= plan.stop_ns)
    return intervals(pairs, samples.take(in_window), plan)
