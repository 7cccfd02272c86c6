"""Range of pairs from the elements themselves: its minima and its crossings of the threshold.

Everything here works on positions. SGP4's velocity is not the derivative of its position,
so a range rate formed with it has its zero elsewhere: by up to minutes for slow pairs.
Instants are int64 ns, so that a result depends on the instants asked for and on nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from gpuprop.engines.cpu import refine as tasks_of
from gpuprop.engines.cpu.refine import CROSSING, LAST_USABLE, MINIMUM, NEXT, NS_PER_S, SAMPLE, Tasks
from gpuprop.engines.cpu.ric import motion_of_states

if TYPE_CHECKING:
    from typing import Any

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_NOTHING = np.zeros(0)


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
        x, y, z = (r[n:] - r[:n]).T
        return np.asarray(
            x * x + y * y + z * z
        )  # in this order, like the engine that has its own verb for it

    def search(self, tasks: Tasks) -> Ints:
        """Run tasks, one per pair, as far as the engine can by itself; return which are left."""
        verb = getattr(self._engine, "search", None)
        return (
            np.arange(len(self.row_1)) if verb is None else verb(self._model, self.row_1, self.row_2, tasks)
        )

    def states(self, times_ns: Ints) -> tuple[Floats, Floats, Floats, Floats]:
        """Positions and velocities of both objects of pair i at times_ns[i]: r1, v1, r2, v2."""
        r, v, _ = self._states(times_ns, velocity=True)
        assert v is not None
        n = len(times_ns)
        return r[:n], v[:n], r[n:], v[n:]

    def motion(self, times_ns: Ints) -> Floats:
        """Relative motion (8, n) of pair i at times_ns[i], as in `gpuprop.engines.cpu.ric`."""
        verb = getattr(self._engine, "relative_motion", None)
        if verb is None:
            return motion_of_states(*self.states(times_ns))
        motion, left = verb(self._model, self.row_1, self.row_2, times_ns)
        if len(left):
            motion[:, left] = motion_of_states(*self.take(left).states(times_ns[left]))
        return motion

    def usable(self, times_ns: Ints) -> NDArray[np.bool_]:
        """Whether both objects of pair i have a state at times_ns[i]."""
        return np.isfinite(self.range2(times_ns))

    def _states(self, times_ns: Ints, *, velocity: bool) -> tuple[Floats, Floats | None, NDArray[np.uint8]]:
        rows = np.concatenate([self.row_1, self.row_2])
        return self._engine.states_at(self._model, rows, np.concatenate([times_ns] * 2), velocity=velocity)


def left_by(pairs: Pairs, tasks: Tasks) -> Ints:
    """Let the pairs run tasks, one each, as far as they can by themselves; return which are left."""
    search = getattr(pairs, "search", None)
    return search(tasks) if len(tasks.whole) and search is not None else np.arange(len(tasks.whole))


def run(pairs: Pairs, tasks: Tasks) -> None:
    """Feed tasks, one per pair, with ranges until each is done."""
    todo = left_by(pairs, tasks)
    while len(todo):
        range2 = pairs.take(todo).range2(tasks.whole[todo, NEXT])
        todo = tasks_of.feed_all(tasks.kind, tasks.whole, tasks.real, tasks.out, todo, range2)


def new_tasks(kind: int, n: int, out: Floats, low_ns: Ints, high_ns: Ints, *, margin_ns: int = 0) -> Tasks:
    """Make room for tasks about instants between the lowest and highest given, and a margin."""
    span = (int(low_ns.min()) - margin_ns, int(high_ns.max()) + margin_ns) if n else (0, 0)
    return Tasks(kind, np.empty((n, tasks_of.N_WHOLE), np.int64), np.empty((n, tasks_of.N_REAL)), out, span)


def sampled(pairs: Pairs, threshold2: float, begin_ns: Ints, offset: Ints, cell_ns: int) -> Floats:
    """Squared ranges of pair i, offset[i] to offset[i + 1], at begin_ns[i] and every cell_ns after it.

    The first or last one is infinite where it is not needed to tell what the others do at the threshold.
    """
    count = np.diff(offset)
    range2 = np.full(int(offset[-1]), np.inf)
    tasks = new_tasks(SAMPLE, len(count), range2, begin_ns, begin_ns + count * cell_ns)
    tasks_of.begin_samples(threshold2, begin_ns, offset, cell_ns, tasks.whole, tasks.real)
    left = left_by(pairs, tasks)
    # All instants are known: no need to ask for them one after the other.
    which = np.repeat(left, count[left])
    number = np.arange(len(which)) - np.repeat(np.cumsum(count[left]) - count[left], count[left])
    range2[offset[which] + number] = pairs.take(which).range2(begin_ns[which] + number * cell_ns)
    return range2


def last_usable(pairs: Pairs, good_ns: Ints, bad_ns: Ints) -> Ints:
    """Bisect, to the nanosecond, for the last usable instant between a usable and a failed one."""
    found = good_ns.copy()
    wide = np.abs(bad_ns - good_ns) > 1
    good_ns, bad_ns = good_ns[wide], bad_ns[wide]
    low_ns, high_ns = np.minimum(good_ns, bad_ns), np.maximum(good_ns, bad_ns)
    tasks = new_tasks(LAST_USABLE, len(good_ns), _NOTHING, low_ns, high_ns)
    tasks_of.begin_last_usable(good_ns, bad_ns, tasks.whole)
    run(pairs.take(wide), tasks)
    found[wide] = tasks.whole[:, tasks_of.INSIDE]
    return found


def minima(pairs: Pairs, bracket_ns: Ints, bracket: Floats) -> tuple[Ints, Floats]:
    """Instant and squared range of the minimum between three instants of each pair.

    `bracket_ns` and `bracket` (n, 3) are instants and squared ranges, the middle one of which
    is not above the outer ones.
    """
    margin_ns = round(tasks_of.WIDEST_S * NS_PER_S)
    tasks = new_tasks(
        MINIMUM, len(bracket), _NOTHING, bracket_ns[:, 0], bracket_ns[:, 2], margin_ns=margin_ns
    )
    tasks_of.begin_minima(bracket_ns, bracket, tasks.whole, tasks.real)
    run(pairs, tasks)
    # Copies, since a column of one row counts as contiguous, and would have compiled code of its own
    return tasks.whole[:, tasks_of.BEST].copy(), tasks.real[:, tasks_of.FOUND].copy()


def crossings(
    pairs: Pairs, threshold2: float, lowest: Floats, inside: tuple[Ints, Floats], outside: tuple[Ints, Floats]
) -> Ints:
    """Last instant within the threshold on the way from an instant inside to one outside, to 1 us.

    Both are given as instants and squared ranges; `lowest` is the least squared range of the encounter.
    """
    wide = np.abs(outside[0] - inside[0]) > tasks_of.CROSSING_NS
    if not wide.all():
        found = inside[0].copy()
        ends = ((instant[wide], range2[wide]) for instant, range2 in (inside, outside))
        found[wide] = crossings(pairs.take(wide), threshold2, lowest[wide], *ends)
        return found
    ends_ns = np.stack([inside[0], outside[0]])
    tasks = new_tasks(CROSSING, len(wide), _NOTHING, ends_ns, ends_ns)
    tasks_of.begin_crossings(threshold2, lowest, *inside, *outside, tasks.whole, tasks.real)
    run(pairs, tasks)
    return tasks.whole[:, tasks_of.INSIDE].copy()
