"""Failures that hold: the definition, against python-sgp4 asked at every 2-minute mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gpuprop import Catalog, propagate, propagate_since_epoch
from gpuprop.engines.cpu.latch import cannot_fail
from tests.oracles import satrecs

if TYPE_CHECKING:
    from gpuprop.engines.cpu.model import Model

MARK = 2.0


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    """The objects of the sample with the lowest perigees, the strongest drag, and some of the rest."""
    sample = Catalog.sample()
    sample = sample[sample.mean_motion > 6.4]
    perigee = (sample.mean_motion ** (-2.0 / 3.0)) * (1.0 - sample.eccentricity)
    chosen = [
        np.argsort(perigee)[:60],
        np.argsort(-np.abs(sample.bstar))[:60],
        np.arange(0, len(sample), 997),
    ]
    return sample[np.unique(np.concatenate(chosen))]


def _first_mark(satrec: object, days: float, direction: int) -> float:
    """First mark at which python-sgp4 reports an error, infinite if none."""
    marks = direction * np.arange(0.0, days * 1440.0 + 1.0, MARK)
    error, _, _ = satrec.sgp4_array(  # type: ignore[attr-defined]  # untyped
        np.full(len(marks), satrec.jdsatepoch),  # type: ignore[attr-defined]  # untyped
        satrec.jdsatepochF + marks / 1440.0,  # type: ignore[attr-defined]  # untyped
    )
    return float(marks[np.argmax(error != 0)]) if error.any() else direction * np.inf


@pytest.mark.parametrize("direction", [1, -1])
def test_an_object_has_failed_from_its_first_failing_mark_on(catalog: Catalog, direction: int) -> None:
    days = 20.0
    minutes = direction * np.linspace(0.0, days * 1440.0, 601)
    states = propagate_since_epoch(catalog, minutes, velocity=False)
    failing = 0
    for i, satrec in enumerate(satrecs(catalog)):
        mark = _first_mark(satrec, days, direction)
        error, _, _ = satrec.sgp4_array(
            np.full(len(minutes), satrec.jdsatepoch), satrec.jdsatepochF + minutes / 1440.0
        )
        beyond = np.abs(minutes) > abs(mark)
        assert (states.status[i][error != 0] == error[error != 0]).all()
        np.testing.assert_array_equal(states.status[i][error == 0] == 8, beyond[error == 0])
        failing += np.isfinite(mark)
    assert failing >= 10
    assert np.isnan(states.r[states.status == 8]).all()


def test_the_status_of_a_time_does_not_depend_on_the_other_times(catalog: Catalog) -> None:
    minutes = np.linspace(0.0, 30_000.0, 301)
    together = propagate_since_epoch(catalog, minutes).status
    for k in (300, 7, 150):
        np.testing.assert_array_equal(
            propagate_since_epoch(catalog, minutes[k : k + 1]).status[:, 0], together[:, k]
        )


def test_objects_known_to_flicker_stay_failed() -> None:
    flickering = Catalog.sample().select(ids=[36884, 81579, 85220, 87942])
    assert len(flickering) == 4
    minutes = np.arange(0.0, 40_000.0, MARK)
    status = propagate_since_epoch(flickering, minutes).status
    for i, satrec in enumerate(satrecs(flickering)):
        error, _, _ = satrec.sgp4_array(
            np.full(len(minutes), satrec.jdsatepoch), satrec.jdsatepochF + minutes / 1440.0
        )
        first = int(np.argmax(error != 0))
        assert (error[first:] == 0).any(), "python-sgp4 calls this object usable again"
        assert (status[i, first:] != 0).all()
        assert (status[i, :first] == 0).all()


def test_objects_in_deep_space_may_come_back(test_data) -> None:
    catalog = Catalog.read(test_data / "SGP4-VER.TLE", checksum="ignore", duplicates="all")
    both = np.flatnonzero(catalog.norad_id == 20413)
    # Below the surface at perigee, at 1,459,132 minutes, by python-sgp4 as well
    status = propagate_since_epoch(catalog[both[-1:]], [1_459_132.0, 1_459_300.0]).status
    assert status.tolist() == [[6, 0]]


def test_bounds_never_clear_an_object_that_fails(catalog: Catalog) -> None:
    names = ["mean_motion", "eccentricity", "inclination", "ra_of_asc_node"]
    names += ["arg_of_pericenter", "mean_anomaly", "bstar"]
    from gpuprop.engines import get_engine

    columns = {name: getattr(catalog, name) for name in names}
    model: Model = get_engine("cpu").initialize(epoch_ns=catalog.epoch, **columns)
    group = model.groups[0]
    cleared = 0
    for slot, i in enumerate(group.objects):
        satrec = next(satrecs(catalog[int(i) : int(i) + 1]))
        for low in (-20_000.0, -3000.0, 0.0, 5000.0, 20_000.0):
            high = low + 2000.0
            if cannot_fail(group.table[slot], low, high):
                minutes = np.linspace(low, high, 401)
                error, _, _ = satrec.sgp4_array(
                    np.full(len(minutes), satrec.jdsatepoch), satrec.jdsatepochF + minutes / 1440.0
                )
                assert not error.any()
                cleared += 1
    assert cleared > 100


def test_absolute_times_latch_as_well(catalog: Catalog) -> None:
    times = np.datetime64("2024-11-25") + np.arange(3) * np.timedelta64(1, "h")
    absolute = propagate(catalog, times).status
    for i in np.flatnonzero((absolute == 8).any(axis=1))[:5]:
        minutes = (times.astype("datetime64[ns]").astype(np.int64) - catalog.epoch[i]) / 6e10
        relative = propagate_since_epoch(catalog[int(i) : int(i) + 1], minutes).status
        np.testing.assert_array_equal(relative[0], absolute[i])
