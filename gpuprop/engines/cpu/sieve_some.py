"""The sieve for few primaries: who can come near them in a block of steps, then the gate, step by step.

*Reach.* The radii of both have to overlap, those of a primary being known from its own states in the
block. Then their directions have to meet. Let two points go round two planes with arguments of latitude u1
and u2; q1 and q2 are the rotations Rz(node) Rx(inclination) Rz(u). The angle d between the points obeys
sin(d/2) >= |z|, where z is the z component of the relative rotation,

    z = cos(i1/2) cos(i2/2) sin((du + dnode)/2) + sin(i1/2) sin(i2/2) sin((du - dnode)/2).

(With x and y the distances from the mutual node and I the angle between the planes, cos d = cos x cos y +
sin x sin y cos I. For a given x - y it is largest where x + y = 0, which gives
sin^2(d/2) >= sin^2((x - y)/2) cos^2(I/2) = z^2.) z changes as slowly as du and dnode do: for neighbours in
radius one value serves many steps. Objects depart from such points by at most `Extents.off`. A primary for
which that is no bound (in deep space) is taken along its own arcs, step by step. What remains are pairs and
blocks; only their states are computed.

*Gate.* That of `sieve`, with each object's least radius of the window in its bounds.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu import rows
from gpuprop.engines.cpu.arcs import N_ARC_ROWS, inverse_radii, trace_arcs
from gpuprop.engines.cpu.arithmetic import sincos
from gpuprop.engines.cpu.compile import inlined, kernel, prefer_wide_vectors
from gpuprop.engines.cpu.constants import J2, MU, RADIUSEARTHKM
from gpuprop.engines.cpu.initialize import NEAR
from gpuprop.engines.cpu.lanes import HALF, LOWER, MID_X, MID_Y, MID_Z, UPPER
from gpuprop.engines.cpu.sieve import gate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.engines.cpu.extents import Extents
    from gpuprop.engines.cpu.model import Model
    from gpuprop.engines.geometry import SieveGeometry

    Array = NDArray[Any]

__all__ = ["Reach", "path_bounds", "primary_arcs", "sieve_pairs"]

# Rows of the table of secular constants
(_U0, _U1, _NO, _T2, _T3, _T4, _T5, _NODE0, _NODE1, _NODE2, _COS, _SIN) = range(12)
# Rows of the phases
_AR, _AI, _BR, _BI, _DU, _DNODE, _SLACK, _LOWER, _UPPER, _N_PHASES = range(10)
# Rounding of float32 in sums of products of numbers up to one, and of radii
_ROUNDING, _RADIUS_ROUNDING = 1e-5, 1e-6
_NS_PER_MINUTE = 6.0e10
# An object that departs farther than this (rad) from its point on a circle is not followed by that point
_CIRCULAR = 0.3


def secular_table(model: Model) -> Array:
    """Return mean argument of latitude, node and inclination of near-Earth objects as functions of time."""
    table = np.zeros((12, len(model)))
    for group in model.groups:
        if group.kind != NEAR:
            continue
        constants, objects = group.table, group.objects
        table[_U0, objects] = constants[:, rows.MO] + constants[:, rows.ARGPO]
        table[_U1, objects] = constants[:, rows.MDOT] + constants[:, rows.ARGPDOT]
        pairs = {
            _NO: rows.NO, _T2: rows.T2COF, _T3: rows.T3COF, _T4: rows.T4COF, _T5: rows.T5COF,
            _NODE0: rows.NODEO, _NODE1: rows.NODEDOT, _NODE2: rows.NODECF,
        }  # fmt: skip
        for row, column in pairs.items():
            table[row, objects] = constants[:, column]
        half = 0.5 * np.arctan2(constants[:, rows.SINIP], constants[:, rows.COSIP])
        table[_COS, objects], table[_SIN, objects] = np.cos(half), np.sin(half)
    return table


@inlined
def _angles(secular: Array, k: int, t: float) -> tuple[float, float, float, float]:
    """Mean argument of latitude and node of object k, t minutes after its epoch, and their rates."""
    t2, t3, t4, t5 = secular[_T2, k], secular[_T3, k], secular[_T4, k], secular[_T5, k]
    no = secular[_NO, k]
    u = secular[_U0, k] + secular[_U1, k] * t + no * t * t * (t2 + t * (t3 + t * (t4 + t * t5)))
    du = secular[_U1, k] + no * t * (2.0 * t2 + t * (3.0 * t3 + t * (4.0 * t4 + t * 5.0 * t5)))
    node = secular[_NODE0, k] + t * (secular[_NODE1, k] + secular[_NODE2, k] * t)
    return u, node, du, secular[_NODE1, k] + 2.0 * secular[_NODE2, k] * t


@kernel
def _phases(secular: Array, minutes: Array, half: float, off: Array, out: Array) -> None:
    """Orientation at the middle of a block, what it changes within half a block, and what is uncertain."""
    prefer_wide_vectors()
    for k in range(minutes.size):
        t = minutes[k]
        u, node, du, dnode = _angles(secular, k, t)
        sin_a, cos_a = sincos(0.5 * (node + u))
        sin_b, cos_b = sincos(0.5 * (node - u))
        out[_AR, k] = secular[_COS, k] * cos_a
        out[_AI, k] = secular[_COS, k] * sin_a
        out[_BR, k] = secular[_SIN, k] * cos_b
        out[_BI, k] = secular[_SIN, k] * sin_b
        # z moves by half of what the angles do, and by half of the angles' departure
        out[_DU, k] = 0.5 * half * du
        out[_DNODE, k] = 0.5 * half * dnode
        far = abs(t) + half
        bend = 6.0 * abs(secular[_T3, k]) + far * (
            12.0 * abs(secular[_T4, k]) + far * 20.0 * abs(secular[_T5, k])
        )
        bend = abs(secular[_NO, k]) * (2.0 * abs(secular[_T2, k]) + far * bend) + 2.0 * abs(
            secular[_NODE2, k]
        )
        out[_SLACK, k] = 0.5 * off[k] + 0.25 * half * half * bend + _ROUNDING


@kernel
def _in_phase(p: int, phases: Array, threshold_km: float, low: float, high: float, near: Array) -> None:
    """Mark the objects that may meet primary p in a block, by radius and by the bound on z."""
    ar, ai, br, bi = phases[_AR], phases[_AI], phases[_BR], phases[_BI]
    du, dnode, slack = phases[_DU], phases[_DNODE], phases[_SLACK]
    lower, upper = phases[_LOWER], phases[_UPPER]
    par, pai, pbr, pbi, pdu, pdnode = ar[p], ai[p], br[p], bi[p], du[p], dnode[p]
    # Half the angle under which the threshold is seen from the centre of the Earth
    own = np.float32(slack[p] + 0.505 * threshold_km / max(low, RADIUSEARTHKM))
    for k in range(near.size):
        z = (par * ai[k] - pai * ar[k]) + (pbi * br[k] - pbr * bi[k])
        limit = own + slack[k] + abs(du[k] - pdu) + abs(dnode[k] - pdnode)
        near[k] = (abs(z) <= limit) & (lower[k] <= high) & (upper[k] >= low)


@kernel
def _near_arc(
    arc: Array,
    secular: Array,
    epoch_minutes: Array,
    middle: float,
    half: float,
    off: Array,
    phases: Array,
    near: Array,
) -> None:
    """Mark who may meet the arc of a primary in one step, from `middle` - `half` to + `half` minutes."""
    low, high, x, y, z, reach = arc[LOWER], arc[UPPER], arc[MID_X], arc[MID_Y], arc[MID_Z], arc[HALF]
    lower, upper = phases[_LOWER], phases[_UPPER]
    for k in range(near.size):
        if near[k] or lower[k] > high or upper[k] < low:
            continue
        u, node, du, dnode = _angles(secular, k, epoch_minutes[k] + middle)
        limit = reach + off[k] + 1.001 * half * (abs(du) + abs(dnode)) + _ROUNDING
        if limit < 2.0:
            snod, cnod = sincos(node)
            sinu, cosu = sincos(u)
            cosi = 1.0 - 2.0 * secular[_SIN, k] * secular[_SIN, k]
            sini = 2.0 * secular[_SIN, k] * secular[_COS, k]
            ex = cnod * cosu - snod * cosi * sinu - x
            ey = snod * cosu + cnod * cosi * sinu - y
            ez = sini * sinu - z
            near[k] = ex * ex + ey * ey + ez * ez <= limit * limit
        else:
            near[k] = True


@kernel
def _append(p: int, near: Array, is_primary: Array, pair: Array, n_found: int) -> int:
    """Write (p, k) for all that are marked; a pair of primaries once."""
    for k in range(near.size):
        if near[k] and k != p and not (is_primary[k] and k < p):
            if n_found < pair.shape[0]:
                pair[n_found, 0], pair[n_found, 1] = p, k
            n_found += 1
    return n_found


@kernel
def _reachable(
    primaries: Array,
    is_primary: Array,
    arcs: Array,
    secular: Array,
    epoch_minutes: Array,
    half_step: float,
    threshold_km: float,
    off: Array,
    phases: Array,
    pair: Array,
) -> int:
    """Write (primary, other) of all pairs that may meet in a block; return how many there are.

    `arcs` (n_steps, 8, n_primaries) are those of the primaries, `epoch_minutes` (n,) the epochs, counted
    back from the start of the block.
    """
    n_steps = arcs.shape[0]
    near = np.empty(off.size, np.bool_)
    n_found = 0
    for i in range(primaries.size):
        p = primaries[i]
        whole = True
        for k in range(n_steps):
            whole = whole and not math.isnan(arcs[k, HALF, i])
        low, high = phases[_LOWER, p], phases[_UPPER, p] + threshold_km
        if whole:
            low, high = np.float32(arcs[:, LOWER, i].min()), np.float32(arcs[:, UPPER, i].max())
            low, high = low - np.float32(0.01), high + np.float32(0.01)
        else:
            low -= threshold_km
        if whole and off[p] > _CIRCULAR:
            near[:] = False
            for k in range(n_steps):
                middle = (2 * k + 1) * half_step
                _near_arc(arcs[k, :, i], secular, epoch_minutes, middle, half_step, off, phases, near)
        else:
            _in_phase(p, phases, threshold_km, low, high, near)
        n_found = _append(p, near, is_primary, pair, n_found)
    return n_found


class Reach:
    """Tells which objects may come near the primaries in a block of steps.

    Parameters
    ----------
    model : Model
        All objects.
    bounds : Extents
        Their bounds over the window.
    primaries : ndarray of int64
        Rows of the primaries.
    geometry : SieveGeometry
        Step and threshold.
    """

    def __init__(self, model: Model, bounds: Extents, primaries: Array, geometry: SieveGeometry) -> None:
        self._secular = secular_table(model)
        self._epoch_ns = model.epoch_ns
        self._off = bounds.off
        self._radii = np.empty((2, len(model)), np.float32)
        self._radii[0] = bounds.lower_km * (1.0 - _RADIUS_ROUNDING) - 0.01
        self._radii[1] = np.minimum(bounds.upper_km, 1e30) * (1.0 + _RADIUS_ROUNDING) + 0.01
        self._primaries = primaries
        self._is_primary = np.zeros(len(model), np.bool_)
        self._is_primary[primaries] = True
        self._geometry = geometry

    def __call__(self, begin_ns: int, arcs: Array, tighter: tuple[Array, Array, Array]) -> Array:
        """Return the pairs (m, 2) of rows, a primary first, that may meet in a block.

        Parameters
        ----------
        begin_ns : int
            Start of the block, ns UTC.
        arcs : ndarray, shape (n_steps, 8, n_primaries)
            From `trace_arcs`, of the primaries in their order.
        tighter : (rows, lower, upper)
            Bounds of the radius, km, for some objects in this block.
        """
        n, n_steps = len(self._off), len(arcs)
        half_step = self._geometry.step_s / 120.0
        minutes = (begin_ns - self._epoch_ns) / _NS_PER_MINUTE
        phases = np.empty((_N_PHASES, n), np.float32)
        half = n_steps * half_step
        _phases(self._secular, minutes + half, half, self._off, phases)
        phases[_LOWER:] = self._radii
        some, lower, upper = tighter
        phases[_LOWER, some] = np.maximum(phases[_LOWER, some], lower * (1.0 - _RADIUS_ROUNDING) - 0.01)
        phases[_UPPER, some] = np.minimum(phases[_UPPER, some], upper * (1.0 + _RADIUS_ROUNDING) + 0.01)
        threshold_km = np.float32(self._geometry.threshold_km)
        room = 1024 + n
        while True:
            pair = np.empty((room, 2), np.int64)
            found = _reachable(
                self._primaries, self._is_primary, arcs, self._secular, minutes, half_step, threshold_km,
                self._off, phases, pair,
            )  # fmt: skip
            if found <= room:
                return pair[:found]
            room = found


@kernel
def gate_pairs(
    bounds: tuple,
    pairs: Array,
    positions: Array,
    gradient: Array,
    bulge: Array,
    first_step: int,
    candidate: Array,
    span: Array,
) -> int:
    """Pass pairs through the gate in every step; return how many candidates there are.

    `pairs` (m, 2) are columns of `positions` (n_steps + 1, 3, n); where an object has a position at one
    end of a step only, the pair is a candidate if it is in reach.
    """
    threshold_km, reach_km = bounds
    n_found = 0
    for m in range(pairs.shape[0]):
        i, j = pairs[m, 0], pairs[m, 1]
        steep, bend = max(gradient[i], gradient[j]), bulge[i] + bulge[j]
        ax = positions[0, 0, j] - positions[0, 0, i]
        ay = positions[0, 1, j] - positions[0, 1, i]
        az = positions[0, 2, j] - positions[0, 2, i]
        for k in range(positions.shape[0] - 1):
            bx = positions[k + 1, 0, j] - positions[k + 1, 0, i]
            by = positions[k + 1, 1, j] - positions[k + 1, 1, i]
            bz = positions[k + 1, 2, j] - positions[k + 1, 2, i]
            begin, end = gate(ax, ay, az, bx - ax, by - ay, bz - az, steep, bend, threshold_km)
            if math.isnan(ax) or math.isnan(bx):
                near2 = bx * bx + by * by + bz * bz if math.isnan(ax) else ax * ax + ay * ay + az * az
                begin, end = (0.0, 1.0) if near2 <= reach_km * reach_km else (2.0, -1.0)
            if begin <= 1.0 and end >= 0.0:
                if n_found < candidate.shape[0]:
                    candidate[n_found, 0], candidate[n_found, 1] = i, j
                    candidate[n_found, 2] = first_step + k
                    span[n_found, 0], span[n_found, 1] = begin, end
                n_found += 1
            ax, ay, az = bx, by, bz
    return n_found


def primary_arcs(geometry: SieveGeometry, positions: Array, semi_major_km: Array, unmodelled: Array) -> Array:
    """Return the arcs (n_steps, 8, n) of objects from their positions (n_steps + 1, 3, n).

    Radii have the threshold on both sides, half arcs the angle under which it is seen.
    """
    arcs = np.empty((len(positions) - 1, N_ARC_ROWS, positions.shape[2]))
    before, after = np.empty((2, positions.shape[2]))
    for k in range(len(arcs)):
        inverse_radii(positions[k], before)
        inverse_radii(positions[k + 1], after)
        trace_arcs(
            geometry.threshold_km, geometry.eighth, geometry.gradient, positions[k], positions[k + 1],
            before, after, semi_major_km, unmodelled, arcs[k],
        )  # fmt: skip
    arcs[:, LOWER] -= geometry.threshold_km
    arcs[:, HALF] += geometry.spread
    return arcs


def path_bounds(geometry: SieveGeometry, lower_km: Array, unmodelled: Array) -> tuple[Array, Array]:
    """Return what the gate has to know of each object: gravity's gradient, and the bulge, km."""
    inverse = 1.0 / np.maximum(lower_km, RADIUSEARTHKM)
    bulge = geometry.eighth * (4.5 * J2 * MU * RADIUSEARTHKM**2 * inverse**4 + unmodelled)
    return geometry.gradient * inverse**3, bulge


def sieve_pairs(
    geometry: SieveGeometry, pairs: Array, positions: Array, gradient: Array, bulge: Array, first_step: int
) -> tuple[Array, Array]:
    """Find the candidates among pairs (m, 2) of columns, as `gpuprop.engines.cpu.sieve.sieve` gives them."""
    room = 1024
    while True:
        candidate, span = np.empty((room, 3), np.int32), np.empty((room, 2), np.float32)
        bounds = geometry.threshold_km, geometry.reach_km
        n = gate_pairs(bounds, pairs, positions, gradient, bulge, first_step, candidate, span)
        if n <= room:
            return candidate[:n], span[:n]
        room = n
