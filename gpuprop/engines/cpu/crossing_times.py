"""When two objects are near the line in which their planes meet, both at once; see `crossings`."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from gpuprop.engines.cpu import mean_orbits as mo
from gpuprop.engines.cpu.arithmetic import atan2, round_, small_atan
from gpuprop.engines.cpu.compile import inlined, leaf, prefer_wide_vectors
from gpuprop.engines.cpu.constants import TWOPI
from gpuprop.engines.cpu.emit import WIDTH as EIGHT
from gpuprop.engines.cpu.emit import gather_eight
from gpuprop.engines.cpu.lanes import places_of_marks
from gpuprop.engines.cpu.rows import LANES as L

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]

__all__ = ["ASIN", "BOTH_ENDS", "N_PASS_ROWS", "N_ROWS", "settle"]

# asin(x) / x up to a quarter
ASIN = 1.011
_TURN = 0.5 / math.pi
# Rows of the work buffer after those of the orbits: at this end of the line and at the other one, then both
(_T1, _T1_THERE, _PART, _PART_THERE, _TURNS, _TURNS_THERE) = range(mo.N_TIMING_ROWS, mo.N_TIMING_ROWS + 6)
(_HALF1, _HALF1_THERE, _HALF2, _HALF2_THERE, _ALLOWED, _ALLOWED_THERE) = range(
    mo.N_TIMING_ROWS + 6, mo.N_TIMING_ROWS + 12
)
(_CHANGE, _PERIOD, _RATE2) = range(mo.N_TIMING_ROWS + 12, mo.N_TIMING_ROWS + 15)
N_ROWS = mo.N_TIMING_ROWS + 15
# Lanes at both ends of their lines, and what is known of each: where object 2 is when object 1 is at the line
# first, by how much that changes with every turn, how many turns there are, and how near 2 is to it at least
BOTH_ENDS = 2 * L
(_AT, _BY, _OFTEN, _LEAST) = range(4)
N_PASS_ROWS = 4
# Of instants, minutes
_ROUNDING_MIN = 1e-5


@inlined
def _latitude(
    x: float, y: float, z: float, cn: float, sn: float, nx: float, ny: float, nz: float
) -> tuple[float, float]:
    """Cosine and sine of the argument of latitude of a direction in a plane."""
    # Across the node in the plane: N x (cos node, sin node, 0)
    return x * cn + y * sn, (y * cn - x * sn) * nz + z * (nx * sn - ny * cn)


@inlined
def _centres(x: float, y: float, root: float) -> tuple[float, float]:
    """Return the true minus the mean anomaly at both ends of the line.

    For x = e cos f, y = e sin f and root = sqrt(1 - e^2) it is 2 atan(y / (1 + root + x)) + root y / (1 + x).
    """
    plus, minus = 1.0 + x, 1.0 - x
    # One division for four
    first, second = root + plus, root + minus
    both, ends = first * second, plus * minus
    inverse = y / (both * ends)
    here = 2.0 * small_atan(inverse * ends * second) + root * inverse * both * minus
    there = 2.0 * small_atan(inverse * ends * first) + root * inverse * both * plus
    return here, -there


@inlined
def _reach(
    inverse2: float,
    far: float,
    turn: float,
    cube: float,
    loose: float,
    off_phase: float,
    of_perigee: float,
) -> tuple[float, float, float]:
    """Largest and least dM/df of an object near the line, and what its phase may be off beside.

    `inverse2` is the largest 1 / (1 + e cos f)^2 there, and `far` the largest e cos f. The line itself moves
    by `turn`, of which the rates have allowed for as if dM/df were 1. 1 / (1 + x)^2 is at least 1 - 2 x.
    """
    steepest, least = (cube + loose) * inverse2, max((cube - loose) * (1.0 - 2.0 * far), 0.0)
    uneven = max(steepest - 1.0, 1.0 - least) + turn
    return steepest, least, uneven * turn + off_phase + of_perigee * inverse2


@leaf
def _phases(buf: Array, own: Array, half: float, psi: float) -> None:
    """Set when object 1 is at either end of the line, and where the objects in the lanes are then.

    Phases are turns since somebody was there, rates turns per minute, reaches minutes.
    """
    prefer_wide_vectors()
    n1x, n1y, n1z, cn1, sn1 = own[mo.NX], own[mo.NY], own[mo.NZ], own[mo.COS_NODE], own[mo.SIN_NODE]
    h1, k1, off1, root1, e1 = own[mo.ALONG], own[mo.ACROSS], own[mo.OFF], own[mo.ROOT], own[mo.ECCENTRICITY]
    off_e1, rest1, of_perigee1 = own[mo.OFF_E], own[mo.OFF_PHASE], mo.phase_of_perigee(own)
    cube1, loose1 = root1 * root1 * root1, 1.6 * off_e1
    for j in range(L):
        n2x, n2y, n2z = buf[mo.NX * L + j], buf[mo.NY * L + j], buf[mo.NZ * L + j]
        x, y, z = n1y * n2z - n1z * n2y, n1z * n2x - n1x * n2z, n1x * n2y - n1y * n2x
        sine = math.sqrt(x * x + y * y + z * z)
        scale = 1.0 / sine
        x, y, z = x * scale, y * scale, z * scale
        cosine = n1x * n2x + n1y * n2y + n1z * n2z
        cotangent = cosine * scale
        relative = buf[mo.NODE_RATE * L + j] - own[mo.NODE_RATE]
        delta = abs(relative) * half
        inverse = 1.0 / (sine - delta)
        kappa = ASIN * (psi + off1 + buf[mo.OFF * L + j])
        w, turn = kappa * inverse, delta * inverse
        apart = kappa / (math.sqrt(max(0.5 + 0.5 * cosine, 0.0)) - 0.5 * delta)
        rate1 = own[mo.RATE] - relative * (cotangent * (n1x * y - n1y * x) + n1z)
        rate2 = buf[mo.RATE * L + j] - relative * (cotangent * (n2x * y - n2y * x) - n2z)
        inverse = 1.0 / (rate1 * rate2)
        inverse1, inverse2 = inverse * rate2, inverse * rate1
        period = inverse1 * TWOPI
        change = rate2 * inverse1
        change -= round_(change)
        buf[_RATE2 * L + j], buf[_PERIOD * L + j], buf[_CHANGE * L + j] = _TURN * rate2, period, change
        c, s = _latitude(x, y, z, cn1, sn1, n1x, n1y, n1z)
        phase1, x1, y1 = own[mo.PHASE] - atan2(s, c), h1 * c + k1 * s, h1 * s - k1 * c
        cn2, sn2 = buf[mo.COS_NODE * L + j], buf[mo.SIN_NODE * L + j]
        c, s = _latitude(x, y, z, cn2, sn2, n2x, n2y, n2z)
        h2, k2, root2, e2 = (
            buf[mo.ALONG * L + j],
            buf[mo.ACROSS * L + j],
            buf[mo.ROOT * L + j],
            buf[mo.ECCENTRICITY * L + j],
        )
        phase2, x2, y2 = buf[mo.PHASE * L + j] - atan2(s, c), h2 * c + k2 * s, h2 * s - k2 * c
        off_e2, rest2 = buf[mo.OFF_E * L + j], buf[mo.OFF_PHASE * L + j]
        of_perigee2, cube2, loose2 = off_e2 * (2.0 + 2.7 * e2), root2 * root2 * root2, 1.6 * off_e2
        centres1, centres2 = _centres(x1, y1, root1), _centres(x2, y2, root2)
        # e cos f of objects near the line, and as their perigees may be
        wide1, wide2 = e1 * (w + turn) + off_e1, e2 * (w + turn) + off_e2
        for end in range(2):
            sign = 1.0 - 2.0 * end
            near1, near2 = 1.0 + max(sign * x1 - wide1, -e1), 1.0 + max(sign * x2 - wide2, -e2)
            inverse = 1.0 / (near1 * near2)
            near1, near2 = (inverse * near2) * (inverse * near2), (inverse * near1) * (inverse * near1)
            far1, far2 = min(sign * x1 + wide1, e1), min(sign * x2 + wide2, e2)
            most1, least1, still1 = _reach(near1, far1, turn, cube1, loose1, rest1, of_perigee1)
            most2, least2, still2 = _reach(near2, far2, turn, cube2, loose2, rest2, of_perigee2)
            most1, least1, still1 = most1 * inverse1, least1 * inverse1, still1 * inverse1 + _ROUNDING_MIN
            most2, least2, still2 = most2 * inverse2, least2 * inverse2, still2 * inverse2 + _ROUNDING_MIN
            half1, half2 = most1 * w + still1, most2 * w + still2
            shear = max(most1 - least2, most2 - least1)
            lag = min(half1 + half2, w * shear + apart * min(most1, most2) + still1 + still2)
            here1 = _TURN * (phase1 + centres1[end]) - 0.5 * end
            here2 = _TURN * (phase2 + centres2[end]) - 0.5 * end
            allowed, reach = lag * (_TURN * rate2), (half + half1) * (_TURN * rate1)
            # Object 1 is there at t1, and `turns` times more, one period apart
            first = round_(here1 - reach + 0.5)
            turns = round_(here1 + reach - 0.5) - first
            t1 = (first - here1) * period
            part = here2 + _TURN * rate2 * t1
            part -= round_(part)
            moves = abs(change) * turns
            never = (abs(part) - moves > allowed) & (abs(part) + moves < 1.0 - allowed)
            buf[(_T1 + end) * L + j], buf[(_PART + end) * L + j] = t1, part
            buf[(_HALF1 + end) * L + j], buf[(_HALF2 + end) * L + j] = half1, half2
            buf[(_ALLOWED + end) * L + j], buf[(_TURNS + end) * L + j] = allowed, -1.0 if never else turns


@leaf
def _passes(buf: Array, lanes: int, ends: Array, marks: Array, listed: Array, passes: Array) -> int:
    """List those that may be at an end of the line both at once, and how near they come to that in all turns.

    What is listed is the lane, plus `L` at the other end. Returns how many there are.
    """
    prefer_wide_vectors()
    for end in range(2):
        for j in range(L):
            may = (ends[j] >> end) & 1
            marks[end * L + j] = may if (j < lanes) & (buf[(_TURNS + end) * L + j] >= 0.0) else 0
    n = places_of_marks(marks, 0, listed, 0)
    most = 0.0
    for i in range(n):
        at, j = listed[i], listed[i] % L
        passes[_AT * BOTH_ENDS + i], passes[_BY * BOTH_ENDS + i] = buf[_PART * L + at], buf[_CHANGE * L + j]
        passes[_OFTEN * BOTH_ENDS + i], passes[_LEAST * BOTH_ENDS + i] = buf[_TURNS * L + at], 1.0
        most = max(most, buf[_TURNS * L + at])
    for turn in range(int(most) + 1):
        for i in range(n):
            part = passes[_AT * BOTH_ENDS + i] + turn * passes[_BY * BOTH_ENDS + i]
            part = abs(part - round_(part)) if turn <= passes[_OFTEN * BOTH_ENDS + i] else 1.0
            passes[_LEAST * BOTH_ENDS + i] = min(passes[_LEAST * BOTH_ENDS + i], part)
    return n


@leaf
def _meet(
    buf: Array, at: int, least: float, p: int, k: int, half: float, pair: Array, window: Array, n_found: int
) -> int:
    """Write each time when both objects are near one end of the line; return how many have been found.

    The count goes on when there is no more room.
    """
    j = at % L
    first_t1, first_part = buf[_T1 * L + at], buf[_PART * L + at]
    period, change, rate2 = buf[_PERIOD * L + j], buf[_CHANGE * L + j], buf[_RATE2 * L + j]
    half1, half2, allowed = buf[_HALF1 * L + at], buf[_HALF2 * L + at], buf[_ALLOWED * L + at]
    if least > allowed:
        return n_found
    for turn in range(int(buf[_TURNS * L + at]) + 1):
        part = first_part + turn * change
        part -= round_(part)
        if abs(part) <= allowed:
            t1 = first_t1 + turn * period
            t2 = t1 - part / rate2
            begin = max(max(t1 - half1, t2 - half2), -half)
            until = min(min(t1 + half1, t2 + half2), half)
            if begin <= until:
                if n_found < pair.shape[0]:
                    pair[n_found, 0], pair[n_found, 1] = p, k
                    window[n_found, 0], window[n_found, 1] = begin, until
                n_found += 1
    return n_found


@leaf
def settle(
    buf: Array, lanes: int, objects: Array, ends: Array, marks: Array, listed: Array, passes: Array, p: int,
    orbits: Array, half: float, psi: float, pair: Array, window: Array, n_found: int,
) -> int:  # fmt: skip
    """Write when an object may meet those in the first lanes; return how many windows have been found.

    Parameters
    ----------
    buf : ndarray, shape (`N_ROWS` * `L`,)
        Work buffer.
    lanes : int
        How many lanes there are.
    objects : ndarray of int64, shape (`L`,)
        Who is in the lanes, as rows of `orbits`.
    ends : ndarray of uint8, shape (`L`,)
        At which ends of the line they may meet: the lowest two bits.
    marks, listed, passes : ndarray
        More room to work in: uint8 (`BOTH_ENDS`,), int32 (`BOTH_ENDS` + 16,) and float64
        (`N_PASS_ROWS` * `BOTH_ENDS`,).
    p : int
        The object, a row of `orbits`.
    orbits : ndarray, shape (n, `N_ORBIT_ROWS`)
        From `mean_orbits`.
    half : float
        Half of the span, minutes.
    psi : float
        Angle under which the threshold is seen.
    pair, window : ndarray
        Written from row `n_found` on, as far as there is room.
    """
    for first in range(0, mo.N_TIMING_ROWS, EIGHT):
        for j in range(0, lanes, EIGHT):
            gather_eight(orbits, objects, j, first, buf, j)
    _phases(buf, orbits[p], half, psi)
    for i in range(_passes(buf, lanes, ends, marks, listed, passes)):
        k, least = objects[listed[i] % L], passes[_LEAST * BOTH_ENDS + i]
        n_found = _meet(buf, listed[i], least, p, k, half, pair, window, n_found)
    return n_found
