"""Refinement by pairs side by side in the propagator's lanes, beside the same from one state at a time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gpuprop
from gpuprop.propagation import prepare
from gpuprop.screening.encounters import find_intervals
from gpuprop.screening.plan import make_plan
from gpuprop.screening.refine import Pairs, sampled
from gpuprop.screening.sieving import Sieve
from gpuprop.screening.stretches import Stretches, join

if TYPE_CHECKING:
    from numpy.typing import NDArray

START_NS = np.datetime64("2024-11-01T00:00:00", "ns").astype(np.int64)
OBJECTS = {"near-Earth": 1, "deep space": 2, "deep space with resonance": 3}


class Plain:
    """Pairs that know nothing but the range at an instant, as those of another kind of object do."""

    def __init__(self, pairs: Pairs) -> None:
        self._pairs = pairs

    def take(self, which: NDArray[Any]) -> Plain:
        return Plain(self._pairs.take(which))

    def range2(self, times_ns: NDArray[np.int64]) -> NDArray[np.float64]:
        return self._pairs.range2(times_ns)


def assert_same(pairs: Pairs, stretches: Stretches, plan: Any) -> int:
    in_lanes = find_intervals(pairs, stretches, plan)
    one_by_one = find_intervals(Plain(pairs), stretches, plan)  # type: ignore[arg-type]  # does for `Pairs`
    for name, found, expected in zip(in_lanes._fields, in_lanes, one_by_one, strict=True):
        np.testing.assert_array_equal(found, expected, err_msg=name)
    return len(in_lanes.stretch)


def test_lanes_give_the_same_bits() -> None:
    catalog = gpuprop.Catalog.sample()
    engine, model = prepare(catalog, "cpu", "afspc", "float64")
    plan = make_plan(
        START_NS, START_NS + 1200 * 10**9, len(catalog), threshold_km=25.0, step_s=60.0, max_memory=None
    )
    sieve = Sieve(engine, model, catalog, plan)
    stretches = join([block.stretches for block in sieve.run(plan.blocks())])
    pairs = Pairs(engine, model, stretches.row_1, stretches.row_2)
    assert assert_same(pairs, stretches, plan) > 2000


def test_only_outer_samples_are_left_out_and_only_where_nothing_depends_on_them() -> None:
    catalog = gpuprop.Catalog.sample()
    engine, model = prepare(catalog, "cpu", "afspc", "float64")
    starlinks = np.flatnonzero(np.char.startswith(catalog.name, "STARLINK"))[:400]
    pairs = Pairs(engine, model, starlinks[:200], starlinks[200:])
    offset, begin_ns = 6 * np.arange(201), np.full(200, START_NS)
    threshold2 = 5000.0**2
    some = sampled(pairs, threshold2, begin_ns, offset, 60 * 10**9).reshape(-1, 6)
    every = sampled(Plain(pairs), threshold2, begin_ns, offset, 60 * 10**9).reshape(-1, 6)  # type: ignore[arg-type]  # does for `Pairs`
    left_out = np.isinf(some)
    np.testing.assert_array_equal(some[~left_out], every[~left_out])
    counts = left_out.sum(axis=0)
    assert counts[0] > 20
    assert counts[5] > 20
    assert not counts[1:5].any()
    for outer, inner, next_one in ((0, 1, 2), (5, 4, 3)):
        idle = (every[:, inner] > threshold2) & (every[:, inner] > every[:, next_one])
        np.testing.assert_array_equal(left_out[:, outer], idle)


@pytest.mark.parametrize("first", OBJECTS)
@pytest.mark.parametrize("second", OBJECTS)
def test_pairs_of_all_regimes(first: str, second: str) -> None:
    """Whatever meets: thresholds so wide that the range of any two objects crosses them."""
    catalog = gpuprop.Catalog.sample()
    engine, model = prepare(catalog, "cpu", "afspc", "float64")
    rng = np.random.default_rng(OBJECTS[first] * 10 + OBJECTS[second])
    row_1, row_2 = (rng.choice(np.flatnonzero(model.regime == OBJECTS[name]), 30) for name in (first, second))
    plan = make_plan(
        START_NS, START_NS + 7200 * 10**9, len(catalog), threshold_km=5.0, step_s=60.0, max_memory=None
    )
    plan = replace(plan, geometry=plan.geometry._replace(threshold_km=20_000.0))
    whole = np.zeros(30, np.int64), np.full(30, 719)
    pairs = Pairs(engine, model, row_1, row_2)
    assert assert_same(pairs, Stretches(row_1, row_2, *whole), plan) > 0


def test_pairs_that_end_with_an_object() -> None:
    """87942 decays by the model 23 days after its epoch, before the sample's day."""
    catalog = gpuprop.Catalog.sample().select(ids=[87942, 25544, 5])
    engine, model = prepare(catalog, "cpu", "afspc", "float64")
    decaying = int(np.flatnonzero(catalog.norad_id == 87942)[0])
    minutes = np.arange(0, 40_000, 2.0)
    alive = gpuprop.propagate_since_epoch(catalog[[decaying]], minutes, velocity=False).status[0] == 0
    start_ns = int(catalog.epoch[decaying]) + (int(alive.argmin()) * 120 - 86_400) * 10**9
    plan = make_plan(
        start_ns, start_ns + 172_800 * 10**9, 3, threshold_km=1000.0, step_s=60.0, max_memory=None
    )
    others = np.flatnonzero(np.arange(3) != decaying)
    stretches = Stretches(
        np.full(2, decaying), others, np.zeros(2, np.int64), np.full(2, 2 * 8640 - 1, np.int64)
    )
    pairs = Pairs(engine, model, stretches.row_1, stretches.row_2)
    assert pairs.usable(np.full(2, plan.start_ns)).all()
    assert not pairs.usable(np.full(2, plan.stop_ns)).any()
    assert_same(pairs, stretches, plan)
