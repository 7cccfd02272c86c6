"""Bounds of where objects can be, against where python-sgp4 and the engine put them."""

from __future__ import annotations

import numpy as np
import pytest

import gpuprop
from gpuprop.engines.cpu.extents import Extents, extents
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


def test_reach_is_what_comparing_all_radii_gives() -> None:
    rng = np.random.default_rng(7)
    lower = rng.uniform(6500.0, 40_000.0, 300)
    bounds = Extents(lower, lower + rng.exponential(500.0, 300), np.ones(300, bool))
    looking = rng.random(300) < 0.05
    low, high = bounds.lower_km[looking] - 20.0, bounds.upper_km[looking] + 20.0
    near = (bounds.upper_km[:, None] >= low) & (bounds.lower_km[:, None] <= high)
    assert bounds.in_reach(looking, 20.0).tolist() == near.any(axis=1).tolist()
