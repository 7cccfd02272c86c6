"""States from the CUDA engine, against the CPU engine and python-sgp4."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import gpuprop
from gpuprop import Catalog
from gpuprop.engines import get_engine
from gpuprop.errors import InputError
from gpuprop.propagation import prepare
from tests.oracles import python_sgp4

if TYPE_CHECKING:
    from pathlib import Path

MM = 1e-6
CM = 1e-5
MICROMETRE = 1e-9
DAY = np.array([0.0, 1e-3, 47.0, 360.0, 720.0, 719.999, 1440.0, -720.0, -1440.0])
MONTH = 1440.0 * np.array([-30.0, -10.0, 2.5, 7.0, 30.0])
START = np.datetime64("2024-11-01", "ns").astype(np.int64)
HOUR = 3_600_000_000_000


@pytest.fixture(scope="module")
def sample() -> Catalog:
    return Catalog.sample()


@pytest.fixture(scope="module")
def part(sample: Catalog) -> Catalog:
    """A hundredth of the sample, and its extremes."""
    rows = [np.arange(0, len(sample), 101), np.argsort(-sample.bstar)[:20]]
    rows += [np.argsort(sample.mean_motion)[:50], np.argsort(sample.mean_motion)[-20:]]
    rows += [np.argsort(sample.inclination)[:50], np.argsort(-sample.eccentricity)[:50]]
    return sample[np.unique(np.concatenate(rows))]


def columns(catalog: Catalog) -> dict[str, Any]:
    names = ["mean_motion", "eccentricity", "inclination", "ra_of_asc_node"]
    names += ["arg_of_pericenter", "mean_anomaly", "bstar"]
    return {"epoch_ns": catalog.epoch.copy(), **{name: getattr(catalog, name).copy() for name in names}}


def states_of(engine: Any, model: Any, times: np.ndarray, **options: Any) -> tuple[np.ndarray, ...]:
    """States at instants, on the host."""
    xp, shape = engine.xp, (len(model), len(times))
    r, v, status = xp.zeros((*shape, 3)), xp.zeros((*shape, 3)), xp.full(shape, 99, np.uint8)
    engine.propagate(model, times, r, v, status, **options)
    return tuple(np.asarray(a.get() if hasattr(a, "get") else a) for a in (r, v, status))


@pytest.mark.parametrize("mode", ["afspc", "improved"])
def test_agrees_with_python_sgp4(part: Catalog, mode: str, device_engine: Any) -> None:
    for minutes, gate in ((DAY, MM), (MONTH, CM)):
        states = gpuprop.propagate_since_epoch(part, minutes, mode=mode, engine="cuda").to_numpy()
        r, v, error = python_sgp4(part, minutes, mode)
        factor = get_engine("cpu").drag_factor_minutes(prepare(part, "cpu", mode, "float64")[1], minutes)
        agree = (states.status == 0) & (error == 0) & (np.abs(factor - 1.0) < 0.02)
        assert agree.mean() > 0.85
        np.testing.assert_array_equal(states.status[error != 0], error[error != 0])
        assert set(np.unique(states.status[error == 0])) <= {0, 7, 8}
        assert np.linalg.norm(states.r - r, axis=2)[agree].max() < gate
        assert np.linalg.norm(states.v - v, axis=2)[agree].max() < 1e-3 * gate


@pytest.mark.parametrize("name", ["celestrak-on-orbit-20241101.omm.csv.gz", "space-track-20250415.tle.gz"])
@pytest.mark.parametrize("mode", ["afspc", "improved"])
def test_whole_catalogs_are_those_of_the_cpu_engine(
    name: str, mode: str, shared_data: Path, device_engine: Any
) -> None:
    catalog = Catalog.read(shared_data / "catalogs" / name)
    cpu = get_engine("cpu")
    ours, theirs = (engine.initialize(**columns(catalog), mode=mode) for engine in (device_engine, cpu))
    np.testing.assert_array_equal(ours.regime, theirs.regime)
    np.testing.assert_allclose(ours.a_km, theirs.a_km, rtol=5e-15)
    day = np.int64(np.median(catalog.epoch))
    for days in (0.0, 1.0, 30.0, -20.0, 400.0):
        times = day + np.int64(days * 24) * HOUR + np.array([0, 7, 23]) * HOUR
        r, v, status = states_of(device_engine, ours, times)
        expected_r, expected_v, expected_status = states_of(cpu, theirs, times)
        np.testing.assert_array_equal(status, expected_status)
        # Where drag dominates, the last bit of a constant is worth more
        well = (status == 0) & (np.abs(cpu.drag_factor(theirs, times) - 1.0) < 0.02)
        assert well.mean() > 0.6
        gate = MM if days > 30.0 else 10 * MICROMETRE
        assert np.abs(r - expected_r)[well].max() < gate
        assert np.abs(v - expected_v)[well].max() < 0.1 * gate
        assert np.nanmax(np.abs(r - expected_r)) < MM * max(1.0, abs(days))


def test_all_verbs_give_the_same_bits(part: Catalog, device_engine: Any) -> None:
    model = device_engine.initialize(**columns(part))
    for n_time in (1, 2, 33, 70):
        times = START + np.linspace(-2, 25 * 24, n_time).astype(np.int64) * HOUR + 12_345
        r, v, status = states_of(device_engine, model, times)
        assert (status != 99).all()
        xp = device_engine.xp
        alone, codes = xp.zeros((*status.shape, 3)), xp.zeros(status.shape, np.uint8)
        device_engine.propagate(model, times, alone, None, codes)
        np.testing.assert_array_equal(gpuprop.States(alone, None, codes).to_numpy().r, r)

        rows = np.random.default_rng(n_time).permutation(len(model))
        out, out_status = np.zeros((n_time, 3, len(rows))), np.zeros((n_time, len(rows)), np.uint8)
        device_engine.positions(model, rows, times, out, out_status)
        np.testing.assert_array_equal(out.transpose(2, 0, 1), r[rows])
        np.testing.assert_array_equal(out_status.T, status[rows])

        some = np.random.default_rng(1).integers(0, len(model), 500)
        when = np.random.default_rng(2).integers(0, n_time, 500)
        for velocity in (True, False):
            r_at, v_at, status_at = device_engine.states_at(model, some, times[when], velocity=velocity)
            np.testing.assert_array_equal(r_at, r[some, when])
            np.testing.assert_array_equal(status_at, status[some, when])
            if velocity:
                np.testing.assert_array_equal(v_at, v[some, when])
            else:
                assert v_at is None


def test_no_state_depends_on_its_neighbours(part: Catalog, device_engine: Any) -> None:
    times = START + np.arange(-100, 900, 31) * HOUR
    together = states_of(device_engine, device_engine.initialize(**columns(part)), times)
    for rows in (np.arange(1), np.arange(5, 60, 7), np.arange(len(part))[::-1]):
        alone = states_of(device_engine, device_engine.initialize(**columns(part[rows])), times[::-1])
        for one, other in zip(alone, together, strict=True):
            np.testing.assert_array_equal(one[:, ::-1], other[rows])


def test_unusable_elements_are_nan_with_status_9(part: Catalog, device_engine: Any) -> None:
    given = columns(part)
    given["eccentricity"][17], given["mean_motion"][3], given["bstar"][40] = 1.5, 0.0, np.nan
    model = device_engine.initialize(**given)
    assert np.flatnonzero(model.regime == 0).tolist() == [3, 17, 40]
    r, v, status = states_of(device_engine, model, np.array([START]))
    assert status[[3, 17, 40], 0].tolist() == [9, 9, 9]
    assert np.isnan(r[[3, 17, 40]]).all()
    assert np.isnan(v[[3, 17, 40]]).all()
    _, _, status_at = device_engine.states_at(model, np.array([17, 0]), np.array([START, START]))
    assert status_at.tolist() == [9, 0]


def test_nothing_asked_for_is_nothing_done(part: Catalog, device_engine: Any) -> None:
    assert gpuprop.propagate(part[:0], "2024-11-01", engine="cuda").shape == (0, 1)
    assert gpuprop.propagate(part[:3], [], engine="cuda").shape == (3, 0)
    assert gpuprop.propagate_since_epoch(part[:3], [], engine="cuda").shape == (3, 0)
    model = device_engine.initialize(**columns(part[:3]))
    none = np.zeros(0, np.int64)
    r, v, status = device_engine.states_at(model, none, none)
    assert (r.shape, v.shape, status.shape) == ((0, 3), (0, 3), (0,))


@pytest.mark.parametrize("days", [1.0, 7.0, 30.0])
def test_mixed_precision_stays_within_its_bound(sample: Catalog, days: float, device_engine: Any) -> None:
    model = device_engine.initialize(**columns(sample))
    # Minutes since each epoch, as the bound is stated
    minutes = 1440.0 * days + np.array([-90.0, -47.0, 0.0])
    shape = (len(model), len(minutes))
    results = []
    for options in ({}, {"precision": "mixed"}):
        xp = device_engine.xp
        r, v, status = xp.zeros((*shape, 3)), xp.zeros((*shape, 3)), xp.zeros(shape, np.uint8)
        device_engine.propagate_minutes(model, minutes, r, v, status, **options)
        results.append(gpuprop.States(r, v, status).to_numpy())
    full, mixed = results
    np.testing.assert_array_equal(mixed.status, full.status)
    assert np.nanmax(np.linalg.norm(mixed.r - full.r, axis=2)) < 5e-5
    assert np.nanmax(np.linalg.norm(mixed.v - full.v, axis=2)) < 5e-7
    # What is not near the Earth, or has strong drag, is float64
    factor = get_engine("cpu").drag_factor_minutes(prepare(sample, "cpu", "afspc", "float64")[1], minutes)
    strong = (model.regime != 1) | (np.abs(factor - 1.0) >= 0.02).any(axis=1)
    np.testing.assert_array_equal(mixed.r[strong], full.r[strong])
    assert strong.sum() > 4000
    assert (mixed.r != full.r).any(axis=(1, 2))[~strong].mean() > 0.9


def test_precision_and_engine_are_chosen_by_name(part: Catalog, device_engine: Any) -> None:
    mixed = gpuprop.propagate(part[:5], "2024-11-01", engine="cuda", precision="mixed").to_numpy()
    full = gpuprop.propagate(part[:5], "2024-11-01", engine="cuda").to_numpy()
    assert np.abs(mixed.r - full.r).max() < 5e-5
    with pytest.raises(InputError, match="the CUDA engine computes in 'float64' or 'mixed'"):
        gpuprop.propagate(part[:5], "2024-11-01", engine="cuda", precision="float32")


def test_output_arrays_can_be_given(part: Catalog, device_engine: Any) -> None:
    xp, shape = device_engine.xp, (len(part), 2)
    out = xp.zeros((*shape, 3)), xp.zeros((*shape, 3)), xp.zeros(shape, np.uint8)
    states = gpuprop.propagate(part, ["2024-11-01", "2024-11-02"], engine="cuda", out=out)
    assert states.r is out[0]
    expected = gpuprop.propagate(part, ["2024-11-01", "2024-11-02"], engine="cuda")
    np.testing.assert_array_equal(states.to_numpy().r, expected.to_numpy().r)


def test_a_catalog_stays_on_the_device(part: Catalog, device_engine: Any) -> None:
    _, first = prepare(part, "cuda", "afspc", "float64")
    assert prepare(part, "cuda", "afspc", "float64")[1] is first
    prepare(part, "cpu", "afspc", "float64")
    assert prepare(part, "cuda", "afspc", "float64")[1] is first
    assert prepare(part, "cuda", "improved", "float64")[1] is not first


def test_a_catalog_leaves_the_device_with_its_last_reference(part: Catalog, device_engine: Any) -> None:
    short_lived = part[:3]
    model = weakref.ref(prepare(short_lived, "cuda", "afspc", "float64")[1])
    assert model() is not None
    del short_lived
    gc.collect()
    assert model() is None


def test_times_too_far_from_an_epoch_to_count_are_refused(part: Catalog, device_engine: Any) -> None:
    with pytest.raises(InputError, match="1700-01-01.* more than 292 years"):
        gpuprop.propagate(part, ["2024-11-01", "1700-01-01"], engine="cuda")


def test_far_past_and_future_are_those_of_the_cpu_engine(part: Catalog, device_engine: Any) -> None:
    times = ["1800-01-01", "2261-01-01"]
    some = part[::10]
    ours = gpuprop.propagate(some, times, engine="cuda").to_numpy()
    theirs = gpuprop.propagate(some, times, engine="cpu")
    np.testing.assert_array_equal(ours.status, theirs.status)
    assert (theirs.status == 0).any()
