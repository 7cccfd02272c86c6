"""Refinement on the device: stretches of candidate steps in, intervals within the threshold out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from gpuprop.engines.cuda.blocks import in_halves, slices
from gpuprop.engines.cuda.history import Span

if TYPE_CHECKING:
    import numpy.typing as npt

    from gpuprop.engines.cuda.device import Device
    from gpuprop.engines.cuda.model import Model

__all__ = ["FoundIntervals", "Stretch", "find_intervals"]

# Ranks, offsets and first intervals of a stretch; number and value of a sample
_BYTES_PER_STRETCH = 160
_BYTES_PER_SAMPLE = 24
ENTER_SEEN, EXIT_SEEN, CUT_BY_ERROR = 1, 2, 4


class Stretch(NamedTuple):
    """Pairs of catalog rows, and the cells of time in which they have to be looked at; all (n,) int64."""

    row_1: Any
    row_2: Any
    first: Any
    last: Any


class FoundIntervals(NamedTuple):
    """Maximal intervals within the threshold, in the order of stretch and time, on the host; all (n,)."""

    row_1: npt.NDArray[np.int64]
    row_2: npt.NDArray[np.int64]
    stretch: npt.NDArray[np.int64]
    enter_ns: npt.NDArray[np.int64]
    exit_ns: npt.NDArray[np.int64]
    tca_ns: npt.NDArray[np.int64]
    n_minima: npt.NDArray[np.int64]
    flags: npt.NDArray[np.int64]
    farthest_km: npt.NDArray[np.float64]


def find_intervals(
    device: Device,
    model: Model,
    stretches: Stretch,
    window_ns: tuple[int, int],
    cell_ns: int,
    threshold_km: float,
) -> FoundIntervals:
    """Find the encounters of stretches, which are on the device.

    Cells of ``cell_ns`` are counted from the start of the window. A stretch is sampled at the
    borders of its cells and one beyond on either side.
    """
    xp = device.xp
    n = len(stretches.first)
    if not n:
        none = np.zeros(0, np.int64)
        return FoundIntervals(none, none, none, none, none, none, none, none, np.zeros(0))
    n_samples = stretches.last - stretches.first + 4
    low = window_ns[0] + (int(stretches.first.min()) - 1) * cell_ns
    high = window_ns[0] + (int(stretches.last.max()) + 2) * cell_ns
    # A minimum is looked for a few seconds around a sample
    span = Span(times_ns=(low - cell_ns, high + cell_ns))
    groups = xp.concatenate([group.history.cover(span) for group in model.groups])

    def run(piece: slice) -> FoundIntervals:
        part = Stretch(*(column[piece] for column in stretches))
        found = _found(device, model, groups, part, n_samples[piece], window_ns, cell_ns, threshold_km)
        return found._replace(stretch=found.stretch + piece.start)

    bytes_each = _BYTES_PER_STRETCH + _BYTES_PER_SAMPLE * (int(n_samples.sum()) // n + 1)
    parts = [found for block in slices(device, n, bytes_each) for found in in_halves(device, run, block)]
    return FoundIntervals(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _found(
    device: Device,
    model: Model,
    groups: Any,
    part: Stretch,
    n_samples: Any,
    window_ns: tuple[int, int],
    cell_ns: int,
    threshold_km: float,
) -> FoundIntervals:
    """Refine stretches that fit into memory together."""
    xp, n = device.xp, len(n_samples)
    rank_1, rank_2 = model.rank[part.row_1], model.rank[part.row_2]
    begin_ns = window_ns[0] + (part.first - 1) * cell_ns
    offset = xp.zeros(n + 1, np.int64)
    offset[1:] = xp.cumsum(n_samples)
    total = int(offset[-1])
    stretch = xp.searchsorted(offset, xp.arange(total), side="right") - 1
    range2 = xp.empty(total)
    pairs = groups, rank_1, rank_2, begin_ns
    device.launch("sample_stretches", total, *pairs, stretch, offset, total, cell_ns, range2)
    room = 1024 + 2 * n
    while True:
        whole, farthest = xp.empty((room, 6), np.int64), xp.empty(room)
        count = xp.zeros(1, np.uint64)
        window = cell_ns, range2, *window_ns, float(threshold_km)
        device.launch("find_intervals", n, *pairs, offset, n, *window, whole, farthest, room, count)
        needed = int(device.to_host(count)[0])
        if needed <= room:
            break
        room = needed
    order = xp.lexsort(xp.stack([whole[:needed, 1], whole[:needed, 0]]))
    whole, farthest = whole[order], farthest[order]
    of = whole[:, 0]
    found = part.row_1[of], part.row_2[of], *whole.T, farthest
    return FoundIntervals(*(device.to_host(column) for column in found))
