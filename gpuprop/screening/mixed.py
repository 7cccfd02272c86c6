"""Element sets and ephemerides behind one engine's verbs.

An ephemeris takes a row of the catalog like any object; its states are interpolated and those
of all others computed. Outside its span it has none, with a status of its own, and all that the screening
knows of failures holds: encounters end there, and nothing reaches across to the next segment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.catalog import Catalog
from gpuprop.engines.cpu.constants import J2, MU, RADIUSEARTHKM
from gpuprop.ephemeris import Ephemeris, placeholder_columns
from gpuprop.errors import EngineUnavailable, InputError
from gpuprop.screening.stretches import CELL_NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from gpuprop.engines.cpu.sieve import SieveMemory
    from gpuprop.engines.geometry import SieveGeometry
    from gpuprop.screening.sieving import Sieve

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bytes = NDArray[np.uint8]

__all__ = ["MixedEngine", "step_within_spans", "with_placeholders"]

OUTSIDE = 10
"""Status of an ephemeris outside its span."""

# Points of every piece of a path at which its acceleration is measured
_POINTS = np.linspace(0.0, 1.0, 9)


def with_placeholders(catalog: Catalog, ephemerides: Sequence[Ephemeris]) -> Catalog:
    """Add a row for each ephemeris to a catalog: its id and name, and as epoch the start of its span."""
    for one in ephemerides:
        if not isinstance(one, Ephemeris):
            raise InputError(f"ephemerides hold {type(one).__name__}; give what read_ephemerides returns")
    if not ephemerides:
        return catalog
    keys = set(zip(catalog.norad_id.tolist(), catalog.epoch.tolist(), strict=True))
    for one in ephemerides:
        key = one.norad_id, one.start_ns
        if key in keys:
            raise InputError(
                f"object {one.norad_id} has two ephemerides, or an element set, that begin at "
                f"{np.datetime64(one.start_ns, 'ns')}; leave one out"
            )
        keys.add(key)
        if one.stop_ns - one.start_ns < CELL_NS:  # refinement might have no sample in it
            raise InputError(f"the span of an ephemeris of object {one.norad_id} is shorter than 10 s")
    rows = [placeholder_columns(one) for one in ephemerides]
    columns = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    return Catalog.concatenate([catalog, Catalog.from_arrays(**columns)])


def step_within_spans(step_s: float, ephemerides: Sequence[Ephemeris]) -> float:
    """Return a step no longer than the shortest span, so that the sieve sees every one."""
    return min(step_s, min((one.stop_ns - one.start_ns) / 1e9 for one in ephemerides))


class MixedEngine:
    """The verbs of an engine on the CPU, with some rows interpolated.

    Parameters
    ----------
    engine : CpuEngine
        Computes the rows that are element sets.
    catalog : Catalog
        The rows of the model, those of `with_placeholders` among them, in any order.
    ephemerides : sequence of Ephemeris
        The others.

    Raises
    ------
    EngineUnavailable
        The engine is not one on the CPU.
    """

    on_device = False
    xp = np

    def __init__(self, engine: Any, catalog: Catalog, ephemerides: Sequence[Ephemeris]) -> None:
        if engine.on_device:
            raise EngineUnavailable("ephemerides are screened by the CPU engine alone; give engine='cpu'")
        self._engine = engine
        self.name = engine.name
        place = {(one.norad_id, one.start_ns): one for one in ephemerides}
        keys = zip(catalog.norad_id.tolist(), catalog.epoch.tolist(), strict=True)
        self._by_row = {row: place[key] for row, key in enumerate(keys) if key in place}
        self._rows = np.array(list(self._by_row), np.int64)

    def positions(self, model: Any, rows: Ints, times_ns: Ints, out: Floats, status: Bytes) -> None:
        """Write positions time-major, like the engine."""
        self._engine.positions(model, rows, times_ns, out, status)
        for slot in np.flatnonzero(np.isin(rows, self._rows)).tolist():
            r, _, inside = self._by_row[int(rows[slot])].states(times_ns)
            out[:, :, slot] = r
            status[:, slot] = np.where(inside, 0, OUTSIDE)

    def states_at(
        self, model: Any, rows: Ints, times_ns: Ints, *, velocity: bool = True
    ) -> tuple[Floats, Floats | None, Bytes]:
        """Return one state per request, like the engine."""
        r, v, status = self._engine.states_at(model, rows, times_ns, velocity=velocity)
        for row in np.intersect1d(rows, self._rows).tolist():
            mine = np.flatnonzero(rows == row)
            r[mine], speeds, inside = self._by_row[row].states(times_ns[mine])
            status[mine] = np.where(inside, 0, OUTSIDE)
            if v is not None:
                v[mine] = speeds
        return r, v, status

    def sieve(
        self,
        geometry: SieveGeometry,
        positions: Floats,
        semi_major_km: Floats,
        unmodelled: Floats,
        first_step: int,
        *,
        memory: SieveMemory | None = None,
    ) -> Any:
        """Sieve like the engine."""
        return self._engine.sieve(geometry, positions, semi_major_km, unmodelled, first_step, memory=memory)

    def sieve_memory(self, n_objects: int) -> SieveMemory:
        """Allocate like the engine."""
        memory: SieveMemory = self._engine.sieve_memory(n_objects)
        return memory

    def allow(self, sieve: Sieve) -> None:
        """Add to what a sieve allows, beyond three times J2's acceleration, what interpolated paths need."""
        for slot, row in enumerate(sieve.rows.tolist()):
            if row in self._by_row:
                a_km = float(sieve.semi_major_km[slot])
                sieve.unmodelled[slot] += _allowance(self._by_row[row], a_km, sieve.plan.step_s)


def _allowance(one: Ephemeris, a_km: float, step_s: float) -> float:
    """Acceleration, km/s^2, beyond three times J2's that bounds an interpolated path during a step.

    Twice what the second derivative of its polynomials departs from two-body motion; the radius is bounded by
    vis-viva with one semi-major axis, so what the energy departs from that counts too; and so do
    the kinks between polynomials: a jump of the rate by k bends the path as much as k / step on either side.
    """
    path = one.path
    spacing_ns = np.diff(path.nodes_ns)
    piece = np.repeat(np.arange(len(spacing_ns)), len(_POINTS))
    times_ns = (path.nodes_ns[:-1, None] + np.rint(spacing_ns[:, None] * _POINTS)).astype(np.int64).ravel()
    used = (path.nodes_ns[piece + 1] >= one.start_ns) & (path.nodes_ns[piece] <= one.stop_ns)
    piece, times_ns = piece[used], times_ns[used]
    r, v, acceleration = (path.derivative(order, piece, times_ns) for order in range(3))
    radius = np.linalg.norm(r, axis=1)
    departure = np.linalg.norm(acceleration + MU * r / radius[:, None] ** 3, axis=1)
    allowed = 4.5 * J2 * MU * RADIUSEARTHKM**2 / radius**4
    energy = np.abs(np.einsum("ij,ij->i", v, v) - 2.0 * MU / radius + MU / a_km) / radius
    kinks_per_step = step_s * 1e9 // spacing_ns.min() + 1.0
    bend = 2.0 * float(path.kinks().max(initial=0.0)) * kinks_per_step / step_s
    return max(0.0, float((2.0 * departure - allowed + energy).max())) + bend
