"""From stretches to encounters: sample, find minima, cut at the threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpuprop.engines.cpu import samples as scan
from gpuprop.engines.cpu.samples import CUT, Samples
from gpuprop.screening.refine import crossings, last_usable, minima, sampled
from gpuprop.screening.stretches import CELL_NS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.screening.plan import Plan
    from gpuprop.screening.refine import Floats, Ints, Pairs
    from gpuprop.screening.stretches import Stretches

    Bools = NDArray[np.bool_]


def sample_stretches(pairs: Pairs, stretches: Stretches, plan: Plan) -> Samples:
    """Sample every stretch at the borders of its cells and one beyond, and at what cuts it."""
    offset = np.append(0, np.cumsum(stretches.last - stretches.first + 4))
    begin_ns = plan.start_ns + (stretches.first - 1) * CELL_NS
    range2 = sampled(pairs, plan.geometry.threshold_km**2, begin_ns, offset, CELL_NS)
    edges = [
        failure_edges(pairs, begin_ns, offset, range2),
        window_edge(pairs, begin_ns, offset, plan.start_ns),
        window_edge(pairs, begin_ns, offset, plan.stop_ns),
    ]
    extra = Samples(*(np.concatenate(columns) for columns in zip(*edges, strict=True)))
    extra = extra.take(np.lexsort((extra.time_ns, extra.stretch)))
    return scan.lay_out(offset, begin_ns, CELL_NS, range2, extra)


def failure_edges(pairs: Pairs, begin_ns: Ints, offset: Ints, range2: Floats) -> Samples:
    """Sample the last (or first) usable instant next to a failure between two grid samples."""
    if not np.isnan(range2).any():
        return Samples(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.uint8))
    stretch, good, bad = scan.failures(offset, range2)
    some = pairs.take(stretch)
    good_ns, bad_ns = (begin_ns[stretch] + (at - offset[stretch]) * CELL_NS for at in (good, bad))
    time_ns = last_usable(some, good_ns, bad_ns)
    return Samples(stretch, time_ns, some.range2(time_ns), np.full(len(stretch), CUT, np.uint8))


def window_edge(pairs: Pairs, begin_ns: Ints, offset: Ints, instant_ns: int) -> Samples:
    """Sample an end of the window in the stretches that reach it."""
    end_ns = begin_ns + (np.diff(offset) - 1) * CELL_NS
    stretch = np.flatnonzero((begin_ns <= instant_ns) & (instant_ns <= end_ns))
    time_ns = np.full(len(stretch), instant_ns)
    range2 = pairs.take(stretch).range2(time_ns)
    edge = Samples(stretch, time_ns, range2, np.zeros(len(stretch), np.uint8))
    return edge.take(np.flatnonzero(np.isfinite(range2)))


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


def intervals(pairs: Pairs, samples: Samples, threshold_km: float) -> Intervals:
    """Cut sampled stretches at the threshold."""
    found = scan.insides(samples, threshold_km**2)
    # Entries, then exits: the last sample within on either side, and the one outside next to it
    near, far = np.concatenate([found.first, found.last]), np.concatenate([found.before, found.beyond])
    seen = far >= 0
    border_ns = samples.time_ns[near]
    near, far = near[seen], far[seen]
    border_ns[seen] = crossings(
        pairs.take(samples.stretch[near]),
        threshold_km**2,
        samples.range2[np.tile(found.lowest, 2)[seen]],
        (samples.time_ns[near], samples.range2[near]),
        (samples.time_ns[far], samples.range2[far]),
    )
    enter_ns, exit_ns = np.split(border_ns, 2)
    enter_seen, exit_seen = np.split(seen, 2)
    cut_first, cut_last = (samples.flags[at] & CUT > 0 for at in (found.first, found.last))
    error = (~enter_seen & cut_first) | (~exit_seen & cut_last)
    return Intervals(
        stretch=samples.stretch[found.first],
        enter_ns=enter_ns,
        exit_ns=exit_ns,
        tca_ns=samples.time_ns[found.lowest],
        n_minima=found.n_minima,
        farthest_km=np.sqrt(found.highest),
        enter_seen=enter_seen,
        exit_seen=exit_seen,
        cut_by_window=~(enter_seen & exit_seen) & ~error,
        cut_by_error=error,
    )


def find_intervals(pairs: Pairs, stretches: Stretches, plan: Plan) -> Intervals:
    """Find the encounters of stretches, of whatever has a range as a function of time."""
    samples = sample_stretches(pairs, stretches, plan)
    at = scan.lows(samples)
    found = minima(pairs.take(samples.stretch[at]), *scan.brackets(samples, at))
    samples = scan.with_minima(samples, at, *found, plan.start_ns, plan.stop_ns)
    return intervals(pairs, samples, plan.geometry.threshold_km)
