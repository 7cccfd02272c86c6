"""When an object is inside a volume around another one: nothing slips through between samples.

In the rotating frame of the centre the path between two instants is the chord of its ends plus a bulge of
at most dt^2/8 max|x''|. Volumes are convex, so the chord decides: if all of it is farther out than the bulge,
the object is outside all the time; if both ends are farther in than that, it is inside all the time. Anything
else is halved until the bulge is below a micrometre, or the interval shorter than a microsecond.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu import samples as scan
from gpuprop.engines.cpu.constants import MU
from gpuprop.engines.cpu.samples import CUT, MINIMUM, Samples
from gpuprop.screening.describe import ric_axes
from gpuprop.screening.encounters import Intervals, sample_stretches
from gpuprop.screening.refine import minima

if TYPE_CHECKING:
    from gpuprop.screening.plan import Plan
    from gpuprop.screening.refine import Floats, Ints, Pairs
    from gpuprop.screening.stretches import Stretches
    from gpuprop.screening.volumes import VolumeTable

_SMALLEST_BULGE_KM = 1e-9
_SHORTEST_NS = 1000


class Centred:
    """Pairs as seen from those of their objects whose volume counts.

    Parameters
    ----------
    pairs : Pairs
        Whose rows are those of the table.
    table : VolumeTable
        The volumes.
    counts : ndarray of bool, shape (n_objects,)
        Whose volume counts.
    """

    def __init__(self, pairs: Pairs, table: VolumeTable, counts: Any) -> None:
        self.pairs = pairs
        self._table = table
        self._counts = counts

    def look(self, pair: Ints, times_ns: Ints) -> dict[str, Floats]:
        """Say of pairs at instants: place and measure in both frames, and how much the path may bend.

        ``x`` (2, n, 3) km, ``m`` (2, n), infinite where the volume does not count, ``bend`` (n,) km/s^2.
        """
        some = self.pairs.take(pair)
        r1, v1, r2, v2 = some.states(times_ns)
        x = np.stack(
            [
                np.einsum("nij,nj->ni", ric_axes(r1, v1), r2 - r1),
                np.einsum("nij,nj->ni", ric_axes(r2, v2), r1 - r2),
            ]
        )
        rows = some.row_1, some.row_2
        m = np.stack(
            [
                np.where(self._counts[row], self._table.measure(row, place), np.inf)
                for row, place in zip(rows, x, strict=True)
            ]
        )
        distance, speed = np.linalg.norm(r2 - r1, axis=1), np.linalg.norm(v2 - v1, axis=1)
        lower = np.minimum(np.linalg.norm(r1, axis=1), np.linalg.norm(r2, axis=1))
        turn = np.maximum(np.linalg.norm(v1, axis=1), np.linalg.norm(v2, axis=1)) / lower
        # Gravity's gradient, the frame's own acceleration and Coriolis; J2 and SGP4's own velocity error
        bend = (2.2 * MU / lower**3 + 3.5 * turn**2) * distance + 2.2 * turn * (speed + 0.05) + 2e-4
        return {"x": x, "m": m, "bend": bend}

    def limits(self, pair: Ints) -> Floats:
        """Return the shortest limit of both volumes of pairs, (2, n)."""
        some = self.pairs.take(pair)
        return np.stack([self._table.smallest_km(some.row_1), self._table.smallest_km(some.row_2)])

    def may_enter(self, pair: Ints, a: Floats, b: Floats, slack: Floats) -> Any:
        """Tell for which pairs the chord a-b (2, n, 3) comes as near as slack (2, n) to a volume."""
        some = self.pairs.take(pair)
        touches = np.zeros(len(pair), bool)
        for k, rows in enumerate((some.row_1, some.row_2)):
            at = np.flatnonzero(self._counts[rows])
            touches[at] |= self._table.may_enter(rows[at], a[k, at], b[k, at], slack[k, at])
        return touches


def _resolved(centred: Centred, samples: Samples) -> Samples:
    """Add samples until between any two neighbours the object is inside, or outside, or just crosses."""
    state = centred.look(samples.stretch, samples.time_ns)
    work = np.flatnonzero(scan.links(samples.stretch, samples.flags))
    pair = samples.stretch[work]
    t = samples.time_ns[work], samples.time_ns[work + 1]
    ends = [_take(state, work), _take(state, work + 1)]
    added = []
    while len(pair):
        open_ = _undecided(centred, pair, t, ends)
        pair, t = pair[open_], (t[0][open_], t[1][open_])
        ends = [_take(end, open_) for end in ends]
        middle = t[0] + (t[1] - t[0]) // 2
        new = centred.look(pair, middle)
        added.append((pair, middle))
        pair, t = np.tile(pair, 2), (np.concatenate([t[0], middle]), np.concatenate([middle, t[1]]))
        ends = [_join(ends[0], new), _join(new, ends[1])]
    if not added:
        return samples
    stretch, times = (np.concatenate(columns) for columns in zip(*added, strict=True))
    more = Samples(stretch, times, centred.pairs.take(stretch).range2(times), np.zeros(len(times), np.uint8))
    together = Samples(*(np.concatenate(columns) for columns in zip(samples, more, strict=True)))
    return together.take(np.lexsort((together.time_ns, together.stretch)))


def _undecided(centred: Centred, pair: Ints, t: tuple[Ints, Ints], ends: list[dict[str, Floats]]) -> Any:
    a, b = ends
    seconds = (t[1] - t[0]) / 1e9
    bulge = 0.125 * seconds**2 * 1.1 * np.maximum(a["bend"], b["bend"])
    slack = bulge / centred.limits(pair)
    inside = (np.maximum(a["m"], b["m"]) + slack <= 1.0).any(axis=0)
    fine = (bulge <= _SMALLEST_BULGE_KM) | (t[1] - t[0] <= _SHORTEST_NS)
    undecided = ~(inside | fine)
    at = np.flatnonzero(undecided)
    undecided[at] = centred.may_enter(pair[at], a["x"][:, at], b["x"][:, at], slack[:, at])
    return undecided


def _take(end: dict[str, Floats], which: Any) -> dict[str, Floats]:
    return {"x": end["x"][:, which], "m": end["m"][:, which], "bend": end["bend"][which]}


def _join(one: dict[str, Floats], two: dict[str, Floats]) -> dict[str, Floats]:
    return {
        "x": np.concatenate([one["x"], two["x"]], axis=1),
        "m": np.concatenate([one["m"], two["m"]], axis=1),
        "bend": np.concatenate([one["bend"], two["bend"]]),
    }


def _border(centred: Centred, pair: Ints, inside_ns: Ints, outside_ns: Ints) -> Ints:
    """Last instant inside on the way out, to a microsecond."""
    inside, outside = inside_ns.copy(), outside_ns.copy()
    while len(pair) and (np.abs(outside - inside) > _SHORTEST_NS).any():
        middle = inside + (outside - inside) // 2
        within = centred.look(pair, middle)["m"].min(axis=0) <= 1.0
        inside, outside = np.where(within, middle, inside), np.where(within, outside, middle)
    return inside


def find_volume_intervals(
    pairs: Pairs, stretches: Stretches, plan: Plan, table: VolumeTable, counts: Any
) -> Intervals:
    """Find the maximal intervals in which one object is inside the other one's volume.

    TCA is where the distance is least within the interval.
    """
    samples = sample_stretches(pairs, stretches, plan)
    at = scan.lows(samples)
    found = minima(pairs.take(samples.stretch[at]), *scan.brackets(samples, at))
    samples = scan.with_minima(samples, at, *found, plan.start_ns, plan.stop_ns)
    centred = Centred(pairs, table, counts)
    samples = _resolved(centred, samples)
    return _cut(centred, samples)


def _cut(centred: Centred, samples: Samples) -> Intervals:
    """Cut sampled stretches at the surface of the volume."""
    inside = centred.look(samples.stretch, samples.time_ns)["m"].min(axis=0) <= 1.0
    together = scan.links(samples.stretch, samples.flags)
    starts, stops = inside.copy(), inside.copy()
    starts[1:] &= ~(inside[:-1] & together)
    stops[:-1] &= ~(inside[1:] & together)
    first, last = np.flatnonzero(starts), np.flatnonzero(stops)

    def border(at: Ints, beyond: Ints) -> tuple[Ints, Any]:
        instant = samples.time_ns[at].copy()
        exists = (beyond >= 0) & (beyond < len(inside))
        exists[exists] = together[np.minimum(at, beyond)[exists]]
        near, far = at[exists], beyond[exists]
        instant[exists] = _border(centred, samples.stretch[near], samples.time_ns[near], samples.time_ns[far])
        return instant, exists

    enter_ns, enter_seen = border(first, first - 1)
    exit_ns, exit_seen = border(last, last + 1)
    error = (~enter_seen & (samples.flags[first] & CUT > 0)) | (~exit_seen & (samples.flags[last] & CUT > 0))
    # The distance at both borders counts as well: the closest point may be on the surface
    stretch = samples.stretch[first]
    members = np.flatnonzero(inside)
    number = np.concatenate([np.cumsum(starts)[members] - 1, *[np.arange(len(first))] * 2])
    times = np.concatenate([samples.time_ns[members], enter_ns, exit_ns])
    edges = centred.pairs.take(np.tile(stretch, 2)).range2(np.concatenate([enter_ns, exit_ns]))
    range2 = np.concatenate([samples.range2[members], edges])
    order = np.lexsort((times, range2, number))
    begins = np.searchsorted(number[order], np.arange(len(first)))
    ends = np.searchsorted(number[order], np.arange(len(first)), side="right") - 1
    is_minimum = samples.flags[members] & MINIMUM > 0
    return Intervals(
        stretch=stretch,
        enter_ns=enter_ns,
        exit_ns=exit_ns,
        tca_ns=times[order][begins],
        n_minima=np.bincount(number[: len(members)][is_minimum], minlength=len(first)),
        farthest_km=np.sqrt(range2[order][ends]),
        enter_seen=enter_seen,
        exit_seen=exit_seen,
        cut_by_window=~(enter_seen & exit_seen) & ~error,
        cut_by_error=error,
    )
