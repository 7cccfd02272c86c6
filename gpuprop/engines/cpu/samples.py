"""Samples of the ranges of pairs: laid out by time, searched for minima, cut at the threshold.

A stretch's samples stand together in the order of time. A sample may be *cut*: an object failed next to
it. Between two cut samples there was no state.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpuprop.engines.cpu.compile import inlined, kernel

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Bools, Bytes, Floats, Ints

CUT, MINIMUM = 1, 2
"""Flags of a sample."""


class Samples(NamedTuple):
    """Squared ranges of stretches at instants, sorted by stretch and time; all (n,)."""

    stretch: Ints
    time_ns: Ints
    range2: Floats
    flags: Bytes

    def take(self, which: Ints) -> Samples:
        """Return some of them."""
        stretch, time_ns, range2, flags = self
        return Samples(stretch[which], time_ns[which], range2[which], flags[which])


@inlined
def _append(samples: Samples, n: int, stretch: int, time_ns: int, range2: float, flags: int) -> int:
    """Write a sample behind n others, or its flags into the last one if it is of the same instant."""
    if n > 0 and samples.stretch[n - 1] == stretch and samples.time_ns[n - 1] == time_ns:
        samples.flags[n - 1] |= flags
        return n
    samples.stretch[n], samples.time_ns[n], samples.range2[n] = stretch, time_ns, range2
    samples.flags[n] = flags
    return n + 1


@kernel
def _room(n: int) -> Samples:
    """Make room for n samples."""
    return Samples(np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n), np.empty(n, np.uint8))


@kernel
def _first(samples: Samples, n: int) -> Samples:
    """Return the first n samples."""
    return Samples(samples.stretch[:n], samples.time_ns[:n], samples.range2[:n], samples.flags[:n])


@kernel
def links(stretch: Ints, flags: Bytes) -> Bools:
    """Whether samples i and i + 1 belong together: one stretch, and no failure between them; (n - 1,)."""
    together = np.empty(max(len(stretch) - 1, 0), np.bool_)
    for i in range(len(together)):
        together[i] = stretch[i] == stretch[i + 1] and not (flags[i] & flags[i + 1] & CUT)
    return together


@kernel
def failures(offset: Ints, range2: Floats) -> tuple[Ints, Ints, Ints]:
    """Stretches, usable samples and failed (NaN) ones where a grid goes from one to the other."""
    stretch, good, bad = np.empty_like(offset), np.empty_like(offset), np.empty_like(offset)
    n = 0
    for s in range(len(offset) - 1):
        for k in range(offset[s] + 1, offset[s + 1]):
            if math.isnan(range2[k - 1]) != math.isnan(range2[k]):
                if n == len(stretch):
                    more = np.empty(n, np.int64)
                    stretch, good, bad = np.append(stretch, more), np.append(good, more), np.append(bad, more)
                ends = math.isnan(range2[k])
                stretch[n], good[n], bad[n] = s, k - 1 if ends else k, k if ends else k - 1
                n += 1
    return stretch[:n], good[:n], bad[:n]


@kernel
def lay_out(offset: Ints, begin_ns: Ints, cell_ns: int, range2: Floats, extra: Samples) -> Samples:
    """Merge the usable samples of the grids with others, which are sorted by stretch and time.

    Stretch s has the grid samples offset[s] to offset[s + 1], from begin_ns[s] on, cell_ns apart.
    """
    samples = _room(len(range2) + len(extra.stretch))
    n, e = 0, 0
    for s in range(len(begin_ns)):
        for k in range(offset[s], offset[s + 1]):
            now = begin_ns[s] + (k - offset[s]) * cell_ns
            while e < len(extra.stretch) and extra.stretch[e] == s and extra.time_ns[e] < now:
                n = _append(samples, n, s, extra.time_ns[e], extra.range2[e], extra.flags[e])
                e += 1
            if math.isfinite(range2[k]):
                n = _append(samples, n, s, now, range2[k], 0)
        while e < len(extra.stretch) and extra.stretch[e] == s:
            n = _append(samples, n, s, extra.time_ns[e], extra.range2[e], extra.flags[e])
            e += 1
    return _first(samples, n)


@kernel
def lows(samples: Samples) -> Ints:
    """Numbers of the samples that are no higher than their neighbours."""
    stretch, _, range2, flags = samples
    together = links(stretch, flags)
    found = np.empty(len(stretch), np.int64)
    n = 0
    for i in range(1, len(stretch) - 1):
        low = range2[i] <= range2[i - 1] and range2[i] < range2[i + 1]
        if low and together[i - 1] and together[i]:
            found[n] = i
            n += 1
    return found[:n].copy()


@kernel
def brackets(samples: Samples, at: Ints) -> tuple[Ints, Floats]:
    """Instants and squared ranges (n, 3) of samples and their neighbours."""
    time_ns, range2 = np.empty((len(at), 3), np.int64), np.empty((len(at), 3))
    for i in range(len(at)):
        for k in range(3):
            time_ns[i, k], range2[i, k] = samples.time_ns[at[i] + k - 1], samples.range2[at[i] + k - 1]
    return time_ns, range2


@kernel
def with_minima(
    samples: Samples, at: Ints, found_ns: Ints, found: Floats, start_ns: int, stop_ns: int
) -> Samples:
    """Put the minimum next to each sample `at`, and leave out what is not in the window."""
    result = _room(len(samples.stretch) + len(at))
    n, m = 0, 0
    for i in range(len(samples.stretch)):
        stretch, now, flags = samples.stretch[i], samples.time_ns[i], samples.flags[i]
        own = m < len(at) and at[m] == i
        minimum_ns = found_ns[m] if own else now
        if own and minimum_ns == now:
            flags |= MINIMUM
        if minimum_ns < now and start_ns <= minimum_ns <= stop_ns:
            n = _append(result, n, stretch, minimum_ns, found[m], MINIMUM)
        if start_ns <= now <= stop_ns:
            n = _append(result, n, stretch, now, samples.range2[i], flags)
        if minimum_ns > now and start_ns <= minimum_ns <= stop_ns:
            n = _append(result, n, stretch, minimum_ns, found[m], MINIMUM)
        if own:
            m += 1
    return _first(result, n)


class Insides(NamedTuple):
    """Runs of linked samples within the threshold, by the numbers of samples; all (n,)."""

    first: Ints
    before: Ints  # the sample before the first one, if it belongs to it, else -1
    last: Ints
    beyond: Ints
    lowest: Ints
    n_minima: Ints
    highest: Floats  # squared range


@kernel
def _starts(range2: Floats, together: Bools, threshold2: float) -> int:
    """Count the runs of linked samples within the threshold."""
    n = 0
    for i in range(len(range2)):
        if range2[i] <= threshold2 and not (i > 0 and together[i - 1] and range2[i - 1] <= threshold2):
            n += 1
    return n


@kernel
def insides(samples: Samples, threshold2: float) -> Insides:
    """Find the runs of linked samples within the threshold."""
    stretch, _, range2, flags = samples
    together = links(stretch, flags)
    n, room = len(range2), _starts(range2, together, threshold2)
    first, before, last = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    beyond, lowest, n_minima = np.empty(room, np.int64), np.empty(room, np.int64), np.zeros(room, np.int64)
    highest = np.zeros(room)
    run = -1
    inside = False
    for i in range(n):
        follows = i > 0 and together[i - 1]
        within = range2[i] <= threshold2
        if inside and not (follows and within):
            last[run], beyond[run] = i - 1, i if follows else -1
        if within:
            if not (inside and follows):
                run += 1
                first[run], before[run], lowest[run] = i, i - 1 if follows else -1, i
            if range2[i] < range2[lowest[run]]:
                lowest[run] = i
            highest[run] = max(highest[run], range2[i])
            n_minima[run] += (flags[i] & MINIMUM) // MINIMUM
        inside = within
    if inside:
        last[run], beyond[run] = n - 1, -1
    return Insides(first, before, last, beyond, lowest, n_minima, highest)
