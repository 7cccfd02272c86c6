"""Encounters from the CUDA engine are those from the CPU engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gpuprop
from gpuprop.engines.geometry import SieveGeometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

DATA = Path(__file__).parents[1] / "data"
START = np.datetime64("2024-11-01T00:00:00", "ns")
FLAT_NS = 50_000  # near a minimum the range of a slow pair is flat to the last bit


def times_of(encounters: gpuprop.Encounters, name: str) -> NDArray[np.int64]:
    return np.asarray(getattr(encounters, name)).astype("datetime64[ns]").astype(np.int64)


def assert_same(ours: gpuprop.Encounters, theirs: gpuprop.Encounters) -> None:
    assert len(ours) == len(theirs)
    for name in ("norad_id_1", "norad_id_2", "kind", "n_minima"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    for name in ("enter", "exit"):
        assert np.abs(times_of(ours, name) - times_of(theirs, name)).max() <= 2_000
    assert np.abs(times_of(ours, "tca") - times_of(theirs, "tca")).max() <= FLAT_NS
    assert np.abs(ours.miss_distance_km - theirs.miss_distance_km).max() < 1e-8
    assert np.abs(ours.relative_speed_km_s - theirs.relative_speed_km_s).max() < 1e-9
    assert ours.report == theirs.report


@pytest.mark.parametrize(
    ("rows", "hours", "threshold_km"), [("2000", 24, 5.0), ("all", 2, 5.0), ("all", 2, 20.0)]
)
def test_both_engines_find_the_same(rows: str, hours: int, threshold_km: float, device_engine: Any) -> None:
    catalog = gpuprop.Catalog.sample()
    if rows == "2000":
        ids = np.loadtxt(DATA / "subset2000-20241101.norad-ids.txt", dtype=np.int64)
        catalog = catalog.select(ids=ids)
    stop = START + np.timedelta64(hours, "h")
    ours, theirs = (
        gpuprop.screen(catalog, START, stop, threshold_km=threshold_km, engine=name)
        for name in ("cuda", "cpu")
    )
    assert len(theirs) > 190
    assert_same(ours, theirs)


def test_both_sieves_let_the_same_candidates_through(device_engine: Any) -> None:
    from gpuprop.engines import get_engine
    from gpuprop.propagation import prepare

    catalog = gpuprop.Catalog.sample()[::5]
    cpu, model = prepare(catalog, "cpu", "afspc", "float64")
    times = START.astype(np.int64) + 120 * 10**9 * np.arange(4)
    positions, status = np.empty((4, 3, len(catalog))), np.empty((4, len(catalog)), np.uint8)
    cpu.positions(model, np.arange(len(catalog)), times, positions, status)
    # One that fails within the second step
    positions[2:, :, 7] = np.nan
    a_km = np.nan_to_num(model.a_km, nan=1.0)
    for threshold_km in (5.0, 200.0):
        geometry = SieveGeometry.of(threshold_km, 120.0)
        found = []
        for engine in (device_engine, get_engine("cpu")):
            pair, span = engine.sieve(geometry, positions, a_km, np.full(len(a_km), 2e-6), 11)
            first, second = np.sort(pair[:, :2], axis=1).T
            order = np.lexsort((second, first, pair[:, 2]))
            found.append((np.stack([first, second, pair[:, 2]])[:, order], span[order]))
        np.testing.assert_array_equal(found[0][0], found[1][0])
        np.testing.assert_allclose(found[0][1], found[1][1], rtol=1e-4, atol=1e-5)
        assert len(found[0][1]) > 50


def test_candidates_stay_on_the_device(device_engine: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from gpuprop.propagation import prepare
    from gpuprop.screening import on_device
    from gpuprop.screening.plan import make_plan
    from gpuprop.screening.stretches import join

    catalog = gpuprop.Catalog.sample()[::2]
    _, model = prepare(catalog, "cuda", "afspc", "float64")
    start = int(START.astype(np.int64))
    stop = start + 3600 * 10**9
    plan = make_plan(start, stop, len(catalog), threshold_km=5.0, step_s=120.0, max_memory=None)
    sieve = on_device.DeviceSieve(device_engine, model, catalog, plan, step_s=120.0, max_memory=None)
    returned = []
    to_host = device_engine.device.to_host

    def recorded(array: Any) -> Any:
        returned.append(array.shape)
        return to_host(array)

    monkeypatch.setattr(device_engine.device, "to_host", recorded)
    blocks = list(sieve.run(sieve.plan.blocks()))
    stretches = join([block.stretches for block in blocks])
    pairs, found = on_device.find_intervals(device_engine, model, stretches, plan)
    n_failing = sum(len(block.failing) for block in blocks)
    assert len(found.tca_ns) == len(pairs.row_1) > 100
    assert sum(len(block.stretches.first) for block in blocks) > 2 * len(found.tca_ns)
    assert isinstance(pairs.row_1, np.ndarray)
    assert max(shape[0] for shape in returned) <= max(len(found.tca_ns), n_failing, plan.n_steps + 1)
    assert sum(np.prod(shape) for shape in returned) < 20 * len(found.tca_ns) + 100 * n_failing


@pytest.mark.parametrize(("asked", "used"), [(None, 150.0), (40.0, 40.0)])
def test_the_engine_chooses_the_step_if_it_may(asked: float | None, used: float, device_engine: Any) -> None:
    few = gpuprop.Catalog.sample()[:20]
    found = gpuprop.screen(few, START, START + np.timedelta64(1, "h"), step_s=asked, engine="cuda")
    assert found.parameters["step_s"] == used


def test_the_more_objects_the_shorter_the_step(device_engine: Any) -> None:
    steps = [device_engine.best_step_s(n) for n in (0, 10, 10_000, 100_000, 1_000_000, 10**8)]
    assert steps == sorted(steps, reverse=True)
    assert (steps[0], steps[-1]) == (150.0, 10.0)


def test_constants_are_made_once_for_a_screening(
    emulated_engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gpuprop.engines.cuda import probe

    monkeypatch.setattr(probe, "find", lambda: probe.Finding(emulated_engine, ""))
    emulated_engine.device.launches.clear()
    gpuprop.screen(gpuprop.Catalog.sample()[:3000], START, START + np.timedelta64(1, "h"), engine="cuda")
    launched = emulated_engine.device.launches
    assert launched.count("initialize_objects") == 1
    assert {"sweep_cells", "sample_stretches", "find_intervals"} <= set(launched)
