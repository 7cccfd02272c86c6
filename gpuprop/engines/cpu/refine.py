"""Minima of a pair's range and crossings of the threshold, as tasks that ask for one range after another.

A task knows the instant it wants next. Fed with the squared range there, it wants another instant or is
done. So the same arithmetic serves whatever answers: many pairs side by side in the lanes of the
propagator (`gpuprop.engines.cpu.search`), or any function from pairs and instants to ranges.

Only positions are used: SGP4's velocity is not their derivative. Instants are int64 ns, so that a result
depends on the instants asked for and on nothing else.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gpuprop.engines.cpu.compile import inlined, kernel, leaf, spliced

if TYPE_CHECKING:
    from gpuprop.engines.cpu.arrays import Floats, Ints

SAMPLE, MINIMUM, CROSSING, LAST_USABLE = range(4)
"""What a task looks for: ranges at even spaces, a minimum, a crossing of the threshold, where states end."""

# Whole numbers of a task: the instant it wants next, then what its kind needs
NEXT = 0
AT, FIRST, LAST, BEGIN, CELL = range(1, 6)
(BEST, HALF, LEFT, MIDDLE, RIGHT, PHASE, PASS) = range(1, 8)
INSIDE, OUTSIDE, KEPT = 1, 2, 3
N_WHOLE = 8
# Real numbers of a task
BEYOND = 0
BEFORE, HERE, FOUND = 0, 1, 2
VALUE_INSIDE, VALUE_OUTSIDE, LOWEST, START = 0, 1, 2, 3
N_REAL = 4

NS_PER_S = 1e9
# Half width of the parabola that finds a minimum: wide enough for the range to change by far more
# than its rounding (50 m of relative travel), narrow enough for relative motion to be straight.
_TRAVEL_KM = 0.05
_NARROWEST_S, WIDEST_S = 0.02, 5.0
_PASSES = 8
CROSSING_NS = 1000


class Tasks(NamedTuple):
    """Tasks of one kind, one per pair: whole (n, N_WHOLE) and real (n, N_REAL) numbers, all in `span_ns`."""

    kind: int
    whole: Ints
    real: Floats
    out: Floats  # where tasks of the kind SAMPLE put the ranges; infinity where one is not needed
    span_ns: tuple[int, int]


@inlined
def vertex_s(left_s: float, right_s: float, left: float, middle: float, right: float) -> tuple[float, float]:
    """Vertex (s from the middle) and curvature of the parabola through values at left_s < 0 < right_s.

    Where the parabola has no minimum, the curvature is not above 0 and the vertex is the lowest of the three.
    """
    slope_left = (left - middle) / left_s
    slope_right = (right - middle) / right_s
    curvature = (slope_right - slope_left) / (right_s - left_s)
    slope = slope_left - curvature * left_s
    if curvature > 0.0:
        vertex = -0.5 * slope / curvature
    elif min(left, right) < middle:
        vertex = left_s if left < right else right_s
    else:
        vertex = 0.0
    return min(max(vertex, left_s), right_s), curvature


@inlined
def nanoseconds(seconds: float) -> int:
    """Whole nanoseconds nearest to a time."""
    return int(np.rint(seconds * NS_PER_S))


@leaf
def begin_samples(
    threshold2: float, begin_ns: Ints, offset: Ints, cell_ns: int, whole: Ints, real: Floats
) -> None:
    """Make tasks of grids: numbers offset[i] to offset[i + 1], four at least, from begin_ns[i] on."""
    for i in range(len(whole)):
        task = whole[i]
        task[FIRST], task[LAST], task[BEGIN], task[CELL] = offset[i], offset[i + 1] - 1, begin_ns[i], cell_ns
        task[AT], task[NEXT] = offset[i] + 1, begin_ns[i] + cell_ns
        real[i, BEYOND] = threshold2


@spliced
def feed_sample(whole: Ints, real: Floats, out: Floats, i: int, range2: float) -> bool:
    """Put the range in its place; tell whether the grid is done.

    The inner samples come first. An outer one serves to tell where its neighbour is a minimum or within the
    threshold; it is left out where that one is neither.
    """
    first, last, at, beyond = whole[i, FIRST], whole[i, LAST], whole[i, AT], real[i, BEYOND]
    out[at] = range2
    if first < at < last - 1:
        at += 1
    elif at == last - 1 and not out[first + 1] > max(beyond, out[first + 2]):
        at = first
    elif at < last and not out[last - 1] > max(beyond, out[last - 2]):
        at = last
    else:
        return True
    whole[i, AT] = at
    whole[i, NEXT] = whole[i, BEGIN] + (at - first) * whole[i, CELL]
    return False


@leaf
def begin_minima(bracket_ns: Ints, bracket: Floats, whole: Ints, real: Floats) -> None:
    """Make tasks of brackets (n, 3), the middle value of which is not above the outer ones."""
    for i in range(len(whole)):
        left, middle, right = bracket_ns[i]
        left_s, right_s = (left - middle) / NS_PER_S, (right - middle) / NS_PER_S
        offset, curvature = vertex_s(left_s, right_s, bracket[i, 0], bracket[i, 1], bracket[i, 2])
        half_s = _TRAVEL_KM / math.sqrt(max(curvature, 1e-12))
        half = nanoseconds(min(max(half_s, _NARROWEST_S), WIDEST_S))
        best = middle + nanoseconds(offset)
        task = whole[i]
        task[NEXT], task[BEST], task[HALF], task[PHASE], task[PASS] = best - half, best, half, 0, 0
        task[LEFT], task[MIDDLE], task[RIGHT] = left, middle, right
        real[i, FOUND] = bracket[i, 1]


@spliced
def feed_minimum(whole: Ints, real: Floats, i: int, range2: float) -> bool:
    """Take the range at the instant wanted; tell whether the minimum is found, in BEST and FOUND.

    A parabola through three positions close to the estimate gives the next one, until it stays
    within their spacing.
    """
    phase = whole[i, PHASE]
    best, half = whole[i, BEST], whole[i, HALF]
    whole[i, PHASE] = phase + 1
    done = False
    if phase == 0:
        real[i, BEFORE] = range2
        whole[i, NEXT] = best
    elif phase == 1:
        real[i, HERE] = range2
        whole[i, NEXT] = best + half
    elif phase == 2:
        here = real[i, HERE]
        # Next to a failure one side has no state: what is known there is that it is no lower.
        before = here if math.isnan(real[i, BEFORE]) else real[i, BEFORE]
        after = here if math.isnan(range2) else range2
        half_s = half / NS_PER_S
        step_s, _ = vertex_s(-half_s, half_s, before, here, after)
        moved = min(max(best + nanoseconds(step_s), whole[i, LEFT]), whole[i, RIGHT])
        whole[i, BEST] = moved
        whole[i, PASS] += 1
        if abs(moved - best) >= half and whole[i, PASS] < _PASSES:
            whole[i, PHASE] = 0
            whole[i, NEXT] = moved - half
        else:
            whole[i, NEXT] = moved
    else:
        if range2 <= real[i, FOUND]:
            real[i, FOUND] = range2
        else:
            whole[i, BEST] = whole[i, MIDDLE]
        done = True
    return done


@spliced
def aim(whole: Ints, real: Floats, i: int) -> bool:
    """Set the next instant between both ends of a crossing's bracket; tell whether it is closed instead."""
    inside, outside = whole[i, INSIDE], whole[i, OUTSIDE]
    width = abs(outside - inside)
    part = real[i, VALUE_INSIDE] / (real[i, VALUE_INSIDE] - real[i, VALUE_OUTSIDE])
    # Estimates may stay on one side although the other end has been halved again and again.
    if abs(whole[i, KEPT]) > 3 or not math.isfinite(part):
        part = 0.5
    guard = min(CROSSING_NS // 2, width // 2)
    ahead = min(max(int(np.rint(part * width)), guard), width - guard)
    whole[i, NEXT] = inside + ahead if outside > inside else inside - ahead
    return width <= CROSSING_NS


@leaf
def begin_crossings(
    threshold2: float,
    lowest: Floats,
    inside_ns: Ints,
    inside: Floats,
    outside_ns: Ints,
    outside: Floats,
    whole: Ints,
    real: Floats,
) -> None:
    """Make tasks of instants within and beyond the threshold and their squared ranges.

    `lowest` are the least squared ranges of their encounters.
    """
    for i in range(len(whole)):
        start = math.sqrt(threshold2 - lowest[i])
        whole[i, INSIDE], whole[i, OUTSIDE], whole[i, KEPT] = inside_ns[i], outside_ns[i], 0
        real[i, VALUE_INSIDE] = math.sqrt(inside[i] - lowest[i]) - start
        real[i, VALUE_OUTSIDE] = math.sqrt(outside[i] - lowest[i]) - start
        real[i, LOWEST], real[i, START] = lowest[i], start
        aim(whole, real, i)


@spliced
def feed_crossing(whole: Ints, real: Floats, i: int, range2: float) -> bool:
    """Take the range at the instant wanted; tell whether the bracket is closed. The crossing is INSIDE.

    False position with the Illinois correction, on the root of the growth of the squared range since the
    minimum, which on a straight line is proportional to time. An estimate is kept off both ends, so that the
    bracket closes.
    """
    growth = range2 - real[i, LOWEST]
    value = math.sqrt(growth if growth > 0.0 else 0.0) - real[i, START]
    kept = whole[i, KEPT]
    if math.isnan(range2):
        value = np.inf
    if value <= 0.0:
        whole[i, INSIDE], real[i, VALUE_INSIDE] = whole[i, NEXT], value
        if kept > 0:
            real[i, VALUE_OUTSIDE] *= 0.5
        whole[i, KEPT] = max(kept, 0) + 1
    else:
        whole[i, OUTSIDE], real[i, VALUE_OUTSIDE] = whole[i, NEXT], value
        if kept < 0:
            real[i, VALUE_INSIDE] *= 0.5
        whole[i, KEPT] = min(kept, 0) - 1
    return aim(whole, real, i)


@kernel
def begin_last_usable(usable_ns: Ints, failed_ns: Ints, whole: Ints) -> None:
    """Make tasks of an instant with a state and one without; the last one with a state becomes INSIDE."""
    for i in range(len(whole)):
        whole[i, INSIDE], whole[i, OUTSIDE] = usable_ns[i], failed_ns[i]
        halve(whole, i)


@spliced
def halve(whole: Ints, i: int) -> bool:
    """Set the next instant in the middle between both ends; tell whether these are neighbours instead."""
    whole[i, NEXT] = whole[i, INSIDE] + (whole[i, OUTSIDE] - whole[i, INSIDE]) // 2
    return abs(whole[i, OUTSIDE] - whole[i, INSIDE]) <= 1


@spliced
def feed_last_usable(whole: Ints, i: int, range2: float) -> bool:
    """Take the range at the instant wanted; tell whether the last usable instant is found, in INSIDE."""
    whole[i, INSIDE if math.isfinite(range2) else OUTSIDE] = whole[i, NEXT]
    return halve(whole, i)


@spliced
def feed(kind: int, whole: Ints, real: Floats, out: Floats, i: int, range2: float) -> bool:
    """Take the range at the instant that task i wants; tell whether the task is done."""
    if kind == MINIMUM:
        done = feed_minimum(whole, real, i, range2)
    elif kind == CROSSING:
        done = feed_crossing(whole, real, i, range2)
    elif kind == LAST_USABLE:
        done = feed_last_usable(whole, i, range2)
    else:
        done = feed_sample(whole, real, out, i, range2)
    return done


@kernel
def feed_all(kind: int, whole: Ints, real: Floats, out: Floats, todo: Ints, range2: Floats) -> Ints:
    """Feed the tasks numbered `todo`; return which are not done."""
    still = np.empty_like(todo)
    n = 0
    for k in range(len(todo)):
        if not feed(kind, whole, real, out, todo[k], range2[k]):
            still[n] = todo[k]
            n += 1
    return still[:n]
