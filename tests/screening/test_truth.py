"""Encounters against range minima that were found by brute force with python-sgp4.

`subset2000-*` holds all minima up to 5 km of 2,000 objects in a day, `celestrak-*` those of the
whole catalog. They were computed in mode "improved", from epochs as ``sgp4.omm`` keeps them
(a double of seconds since 1949, up to 0.4 microseconds or 3 mm off what the file says), and
with TCA where SGP4's velocities make the range rate zero. So the epochs are taken from
python-sgp4 here; and where TCA differs, python-sgp4's own positions have to say whose range is
the smaller one.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gpuprop
from tests.screening.reference import (
    START,
    STOP,
    Truth,
    python_sgp4_satellites,
    range_km,
    rows_of,
    seconds,
)

DATA = Path(__file__).parents[1] / "data"
MILLIMETRE = 1e-6


@cache
def satellites() -> dict:
    return python_sgp4_satellites()


@cache
def truths_catalog() -> gpuprop.Catalog:
    return gpuprop.Catalog.from_satrecs(satellites().values())


def check(truth: Truth, encounters: gpuprop.Encounters) -> None:
    """Every minimum in a row, TCA and miss distance as they should be, no row beyond the threshold."""
    rows = rows_of(truth, encounters)
    assert (rows >= 0).all(), f"missed: {truth.ids[rows < 0][:5]}"
    assert (encounters.miss_distance_km <= 5.0).all()
    single = encounters.n_minima[rows] == 1
    assert (encounters.miss_distance_km[rows] <= truth.range_km + MILLIMETRE).all()
    late = np.abs(seconds(encounters.tca, np.nan)[rows] - truth.tca_s)
    higher = truth.range_km - encounters.miss_distance_km[rows]
    differs = single & ((higher > MILLIMETRE) | ((late > 1e-4) & (truth.speed_km_s > 0.1)))
    assert differs.sum() < len(rows) / 100
    tca_s = seconds(encounters.tca, np.nan)
    for k in np.flatnonzero(differs):
        pair, row = tuple(truth.ids[k].tolist()), rows[k]
        here, there = range_km(satellites(), pair, tca_s[row]), range_km(satellites(), pair, truth.tca_s[k])
        assert here <= there + 1e-8
        assert here == pytest.approx(encounters.miss_distance_km[row], abs=MILLIMETRE)


def with_steps() -> list[Any]:
    """Engines and steps; the shortest ones take the emulated engine long."""
    steps = 10.0, 30.0, 60.0, 120.0
    cases = [pytest.param("cpu", step_s) for step_s in steps]
    cases += [pytest.param("emulated", s, marks=pytest.mark.slow if s < 60.0 else ()) for s in steps]
    return cases + [pytest.param("cuda", step_s, marks=pytest.mark.gpu) for step_s in steps]


@pytest.mark.parametrize(("engine", "step_s"), with_steps(), indirect=["engine"])
def test_brute_force_of_2000_objects(engine: Any, step_s: float) -> None:
    ids = np.loadtxt(DATA / "subset2000-20241101.norad-ids.txt", dtype=np.int64)
    catalog = truths_catalog().select(ids=ids)
    encounters = gpuprop.screen(catalog, START, STOP, mode="improved", engine=engine.name, step_s=step_s)
    truth = Truth.read(DATA / "subset2000-20241101-24h-5km.csv")
    assert len(truth.tca_s) == 244
    check(truth, encounters)
    # What the truth cannot have: pairs whose range never changes.
    extra = np.setdiff1d(np.arange(len(encounters)), rows_of(truth, encounters))
    assert set(encounters.kind[extra]) == {"identical"}


def test_whole_catalog_for_a_day(engine: Any, shared_data: Path) -> None:
    truth = Truth.read(shared_data / "truth" / "celestrak-20241101-24h-5km.csv.gz")
    assert len(truth.tca_s) == 24_608
    encounters = gpuprop.screen(truths_catalog(), START, STOP, mode="improved", engine=engine.name)
    check(truth, encounters)
    extra = np.setdiff1d(np.arange(len(encounters)), rows_of(truth, encounters))
    # Identical elements have no minimum, and one at an end of the window is not a minimum either.
    assert set(encounters.kind[extra]) == {"identical", "cut by window"}
    assert (encounters.n_minima[extra] == 0).all()
