"""The gate: whether and when a pair may be within the threshold during a step, from its chord alone.

One pair at a time, as `gate`; and for the many that the comparison of arcs leaves, `LANES` side by side.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gpuprop.engines.cpu.compile import inlined, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.emit import WIDTH, gather_eight
from gpuprop.engines.cpu.lanes import LOWER
from gpuprop.engines.cpu.rows import LANES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

NEVER = (2.0, -1.0)
# Row of the buffer of `pass_gates`, its last
PASSED = 16
_NEGLIGIBLE_KM2 = 1e-3


@inlined
def gate(
    ax: float,
    ay: float,
    az: float,
    dx: float,
    dy: float,
    dz: float,
    gradient: float,
    bulge: float,
    threshold_km: float,
) -> tuple[float, float]:
    """Part of the step in which a pair may be within the threshold: (from, to), or `NEVER`.

    a is the relative position at the start of the step, d its change until the end.
    """
    length2 = dx * dx + dy * dy + dz * dz
    along_chord = -(ax * dx + ay * dy + az * dz)
    limit = threshold_km + bulge + gradient * (threshold_km + 0.17 * math.sqrt(length2))
    # |a + s d| = limit, as length2 s^2 - 2 along_chord s + excess = 0
    excess = ax * ax + ay * ay + az * az - limit * limit
    if length2 < 1e-9:
        return (0.0, 1.0) if excess <= _NEGLIGIBLE_KM2 else NEVER
    discriminant = along_chord * along_chord - length2 * excess
    if discriminant < 0.0:
        return NEVER
    root = math.sqrt(discriminant)
    return (along_chord - root) / length2, (along_chord + root) / length2


@inlined
def gate_slots(chord: Array, i: int, j: int, threshold_km: float) -> tuple[float, float]:
    """`gate` for the objects in two slots."""
    ax, ay, az = chord[j, 0] - chord[i, 0], chord[j, 1] - chord[i, 1], chord[j, 2] - chord[i, 2]
    dx = chord[j, 3] - chord[i, 3] - ax
    dy = chord[j, 4] - chord[i, 4] - ay
    dz = chord[j, 5] - chord[i, 5] - az
    bulge = chord[i, 7] + chord[j, 7]
    return gate(ax, ay, az, dx, dy, dz, max(chord[i, 6], chord[j, 6]), bulge, threshold_km)


@leaf
def pass_gates(threshold_km: float, buf: Array) -> None:
    """Tell of `LANES` pairs which `gate` may pass: the same sums, without a branch and without the times.

    Rows 0 to 7 of the buffer have the chords of one object each, 8 to 15 those of the other; row 16 becomes
    1 for what passes, which is a little more than passes `gate`.
    """
    prefer_wide_vectors()
    for j in range(LANES):
        ax = buf[8 * LANES + j] - buf[j]
        ay = buf[9 * LANES + j] - buf[LANES + j]
        az = buf[10 * LANES + j] - buf[2 * LANES + j]
        dx = buf[11 * LANES + j] - buf[3 * LANES + j] - ax
        dy = buf[12 * LANES + j] - buf[4 * LANES + j] - ay
        dz = buf[13 * LANES + j] - buf[5 * LANES + j] - az
        one, two = buf[6 * LANES + j], buf[14 * LANES + j]
        gradient = one if one > two else two
        bulge = buf[7 * LANES + j] + buf[15 * LANES + j]
        length2 = dx * dx + dy * dy + dz * dz
        along_chord = -(ax * dx + ay * dy + az * dz)
        limit = threshold_km + bulge + gradient * (threshold_km + 0.17 * math.sqrt(length2))
        excess = ax * ax + ay * ay + az * az - limit * limit - _NEGLIGIBLE_KM2
        discriminant = along_chord * along_chord - length2 * excess
        beyond = along_chord - length2
        begins = (beyond <= 0.0) | (discriminant >= beyond * beyond)
        ends = (along_chord >= 0.0) | (excess <= 0.0)
        buf[PASSED * LANES + j] = 1.0 if (discriminant >= 0.0) & begins & ends else 0.0


@leaf
def pass_hits(
    threshold_km: float,
    slots: tuple[Array, ...],
    hits: tuple[Array, ...],
    n_hits: int,
    step: int,
    pair: Array,
    span: Array,
    n_found: int,
) -> int:
    """Pass pairs of slots through the gate; append candidates.

    The count goes on when there is no more room, so that the caller learns the need.
    """
    rows, member, _, chord = slots
    hit_own, hit_other, buf = hits
    for first in range(0, n_hits, LANES):
        for k in range(0, LANES, WIDTH):
            gather_eight(chord, hit_own, first + k, 0, buf, k)
            gather_eight(chord, hit_other, first + k, 0, buf[8 * LANES :], k)
        pass_gates(threshold_km, buf)
        for j in range(min(LANES, n_hits - first)):
            if buf[PASSED * LANES + j] == 0.0:
                continue
            i, k = hit_own[first + j], hit_other[first + j]
            # Of two lower radii that are the same, each is in the other's interval.
            if rows[LOWER, i] == rows[LOWER, k] and i > k:
                continue
            begin, end = gate_slots(chord, i, k, threshold_km)
            if begin <= 1.0 and end >= 0.0:
                if n_found < pair.shape[0]:
                    pair[n_found, 0], pair[n_found, 1], pair[n_found, 2] = member[i], member[k], step
                    span[n_found, 0], span[n_found, 1] = begin, end
                n_found += 1
    return n_found
