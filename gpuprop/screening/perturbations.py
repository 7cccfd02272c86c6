"""How far each object's path departs from two-body motion, measured, for the sieve's bounds.

The sieve allows every object three times the largest acceleration that J2 can cause. SGP4's
paths of a few objects bend more: drag polynomials far from their epoch, and perigees deep
in the atmosphere. What they show beyond that allowance is added to it, doubled.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.constants import J2, MU, RADIUSEARTHKM
from gpuprop.threads import get_num_threads, map_blocks

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

NS_PER_DAY = 86_400e9
# Twice what sun, moon and resonance do to the highest orbits, and the rounding of second differences
FLOOR_KM_S2 = 2e-6
_SPACING_S = 8.0
_SPACING_NS = round(_SPACING_S * 1e9)
_FRACTIONS = (0.02, 0.21, 0.37, 0.53, 0.79, 0.98)
_ECCENTRIC = 0.05
_AROUND_PERIGEE_S = (-180.0, -60.0, 0.0, 60.0, 180.0)
_LARGEST_BLOCK = 16_384  # objects at once


def unmodelled_acceleration(
    engine: Any, model: Any, catalog: Catalog, start_ns: int, stop_ns: int, *, rows: Ints | None = None
) -> Floats:
    """Acceleration, km/s^2, that the sieve has to allow each object beyond three times J2's; (n,).

    It is measured for all objects, or for those in `rows` alone.
    """
    every = np.arange(len(catalog)) if rows is None else rows

    def run(block: Ints) -> Floats:
        return _measured(engine, model, catalog, (start_ns, stop_ns), block)

    n_blocks = max(get_num_threads(), -(-len(every) // _LARGEST_BLOCK))
    if engine.on_device or len(every) < n_blocks:  # a device takes them all at once
        n_blocks = 1
    extra = np.zeros(len(catalog))
    extra[every] = np.concatenate(map_blocks(run, np.array_split(every, n_blocks)))
    return extra + FLOOR_KM_S2


def _measured(engine: Any, model: Any, catalog: Catalog, window: tuple[int, int], block: Ints) -> Floats:
    """Return what the paths of some objects show beyond three times J2's acceleration, doubled; (n,)."""
    start_ns, stop_ns = window
    extra = np.zeros(len(block))
    # Perigees lie farthest apart: the model is made ready for them, and for all the rest with it.
    places, times_ns = _perigees(catalog, block, start_ns, stop_ns)
    np.maximum.at(extra, places, _excess(_at_own_times(engine, model, block[places], times_ns)))
    instants_ns = [start_ns + round(fraction * (stop_ns - start_ns)) for fraction in _FRACTIONS]
    # Together they are faster; a device, with all objects in one block, has no need of that and less memory.
    for together in [[one] for one in instants_ns] if engine.on_device else [instants_ns]:
        for positions in _at_times(engine, model, block, together):
            np.maximum(extra, _excess(positions), out=extra)
    return extra


def _perigees(catalog: Catalog, block: Ints, start_ns: int, stop_ns: int) -> tuple[Ints, Ints]:
    """Places of eccentric objects in a list, and instants about their perigees."""
    places = np.flatnonzero(catalog.eccentricity[block] > _ECCENTRIC)
    eccentric = block[places]
    epoch, motion = catalog.epoch[eccentric], catalog.mean_motion[eccentric]
    turn = catalog.mean_anomaly[eccentric] / 360.0
    near = np.array([[start_ns], [stop_ns], [(start_ns + stop_ns) // 2]])
    turns = np.rint(turn + motion * ((near - epoch) / NS_PER_DAY))
    perigee = epoch + np.rint((turns - turn) / motion * NS_PER_DAY).astype(np.int64)
    offsets = np.round(np.array(_AROUND_PERIGEE_S) * 1e9).astype(np.int64)
    times_ns = perigee[:, None] + offsets[:, None]
    return np.tile(places, times_ns.shape[0] * times_ns.shape[1]), times_ns.ravel()


def _at_times(engine: Any, model: Any, rows: Ints, instants_ns: list[int]) -> Floats:
    """Positions (n_instants, 3, 3, n) of objects before, at and after each of some instants."""
    times_ns = np.array(instants_ns)[:, None] + _SPACING_NS * np.arange(-1, 2)
    out = np.empty((times_ns.size, 3, len(rows)))
    status = np.empty((times_ns.size, len(rows)), np.uint8)
    engine.positions(model, rows, times_ns.ravel(), out, status)
    return out.reshape(*times_ns.shape, 3, len(rows))


def _at_own_times(engine: Any, model: Any, rows: Ints, times_ns: Ints) -> Floats:
    """Positions (3, 3, n) of objects before, at and after an instant for each."""
    times = (times_ns + _SPACING_NS * np.arange(-1, 2)[:, None]).ravel()
    r, _, _ = engine.states_at(model, np.tile(rows, 3), times, velocity=False)
    return r.reshape(3, -1, 3).transpose(0, 2, 1)


def _excess(positions: Floats) -> Floats:
    """Twice the departure from two-body acceleration, less three times J2's; by second differences."""
    before, here, after = positions
    radius = np.sqrt((here * here).sum(axis=0))
    acceleration = (before - 2.0 * here + after) / _SPACING_S**2 + MU * here / radius**3
    allowed = 4.5 * J2 * MU * RADIUSEARTHKM**2 / radius**4
    excess = 2.0 * np.sqrt((acceleration * acceleration).sum(axis=0)) - allowed
    return np.where(np.isfinite(excess), excess, 0.0)
