"""Bounds of where objects can be, against where python-sgp4 and the engine put them."""

from __future__ import annotations

import numpy as np
import pytest

import gpuprop
from gpuprop.engines.cpu.extents import extents
from gpuprop.engines.cpu.sieve_some import Reach, primary_arcs
from gpuprop.engines.geometry import SieveGeometry
from gpuprop.propagation import prepare
from gpuprop.timescale import instant_ns


@pytest.mark.parametrize(("start", "hours"), [("2024-11-01", 24), ("2024-10-01", 2), ("2025-02-01", 200)])
def test_no_state_is_outside_its_bounds(start: str, hours: int) -> None:
    catalog = gpuprop.Catalog.sample()[::6]
    engine, model = prepare(catalog, "cpu", "afspc", "float64")
    begin = instant_ns(start)
    times_ns = begin + np.linspace(0, hours * 3600e9, 97).astype(np.int64)
    bounds = extents(model, begin, int(times_ns[-1]))
    states = gpuprop.propagate(catalog, times_ns.astype("datetime64[ns]"), velocity=False)
    radius = np.linalg.norm(states.r, axis=2)
    usable = states.status == 0
    assert not (radius < bounds.lower_km[:, None])[usable].any()
    assert not (radius > bounds.upper_km[:, None])[usable].any()
    assert usable[bounds.safe].all()
    assert bounds.safe.mean() > 0.9


def test_radii_change_no_faster_than_the_bound() -> None:
    catalog = gpuprop.Catalog.sample()[::6]
    _, model = prepare(catalog, "cpu", "afspc", "float64")
    begin = instant_ns("2024-11-01")
    times_ns = begin + np.arange(0, 12 * 3600, 30) * 10**9
    bounds = extents(model, begin, int(times_ns[-1]))
    radius = np.linalg.norm(
        gpuprop.propagate(catalog, times_ns.astype("datetime64[ns]"), velocity=False).r, axis=2
    )
    climb = np.abs(np.diff(radius, axis=1)) / 30.0
    assert not (np.nan_to_num(climb) > bounds.climb_km_s[:, None]).any()


@pytest.mark.parametrize("kind", ["LEO", "HEO", "GEO"])
def test_pairs_that_come_near_are_reached(kind: str) -> None:
    """Every pair within 300 km at any whole minute, for ten primaries of a kind, in blocks of 80 minutes."""
    catalog = gpuprop.Catalog.sample()[::2]
    engine, model = prepare(catalog, "cpu", "afspc", "float64")
    begin, step_s = instant_ns("2024-11-01"), 300.0
    geometry = SieveGeometry.of(300.0, step_s)
    times_ns = begin + (np.arange(17) * step_s * 1e9).astype(np.int64)
    primaries = np.flatnonzero(catalog.orbit_class == kind)[::97][:10]
    bounds = extents(model, begin, int(times_ns[-1]))
    positions = np.empty((17, 3, len(primaries)))
    engine.positions(model, primaries, times_ns, positions, np.empty((17, len(primaries)), np.uint8))
    arcs = primary_arcs(geometry, positions, model.a_km[primaries], np.full(len(primaries), 1e-4))
    none = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    pairs = Reach(model, bounds, primaries, geometry)(begin, arcs, none)
    reached = {frozenset(pair) for pair in pairs.tolist()}
    minutes = begin + np.arange(81) * 60 * 10**9
    r = gpuprop.propagate(catalog, minutes.astype("datetime64[ns]"), velocity=False).r
    met = 0
    for p in primaries.tolist():
        near = (np.linalg.norm(r - r[p], axis=2) <= 300.0).any(axis=1)
        near[p] = False
        met += near.sum()
        assert all(frozenset((p, other)) in reached for other in np.flatnonzero(near).tolist())
    assert met > 0
    assert len(reached) < 0.5 * len(primaries) * len(catalog)
