"""Mean orbits and who meets by them, against states of the engine and encounters of full screenings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpuprop
from gpuprop.engines.cpu import mean_orbits as mo
from gpuprop.engines.cpu.all_orbits import mean_orbits
from gpuprop.engines.cpu.arc_meetings import ArcMeetings
from gpuprop.engines.cpu.coplanar import coplanar_windows
from gpuprop.engines.cpu.crossings import Crossings
from gpuprop.engines.cpu.sieve_some import primary_arcs
from gpuprop.engines.geometry import SieveGeometry
from gpuprop.propagation import prepare
from gpuprop.timescale import instant_ns

MINUTE_NS = 60 * 10**9


@pytest.fixture(scope="module")
def catalog() -> gpuprop.Catalog:
    return gpuprop.Catalog.sample()[::3]


def model_of(catalog: gpuprop.Catalog) -> Any:
    return prepare(catalog, "cpu", "afspc", "float64")[1]


def positions_of(catalog: gpuprop.Catalog, times_ns: np.ndarray) -> np.ndarray:
    return gpuprop.propagate(catalog, times_ns.astype("datetime64[ns]"), velocity=False).r


@pytest.mark.parametrize("half_minutes", [60.0, 360.0])
@pytest.mark.parametrize("middle", ["2024-11-01T12:00", "2024-09-01", "2025-01-01"])
def test_objects_stay_as_near_to_their_mean_orbits_as_is_said(
    catalog: gpuprop.Catalog, middle: str, half_minutes: float
) -> None:
    middle_ns = instant_ns(middle)
    orbits, known = mean_orbits(model_of(catalog), middle_ns, half_minutes)
    assert known.mean() > 0.95
    assert known[model_of(catalog).regime > 1].mean() > 0.99
    o = orbits[known].T
    for minutes in half_minutes * np.linspace(-1.0, 1.0, 25):
        instant = np.array([middle_ns + round(minutes * MINUTE_NS)])
        r = positions_of(catalog[known], instant)[:, 0]
        radius = np.linalg.norm(r, axis=1)
        node = np.arctan2(o[mo.SIN_NODE], o[mo.COS_NODE]) + o[mo.NODE_RATE] * minutes
        sin_i, cos_i = np.hypot(o[mo.NX], o[mo.NY]), o[mo.NZ]
        x = (r[:, 0] * np.cos(node) + r[:, 1] * np.sin(node)) / radius
        across = (r[:, 1] * np.cos(node) - r[:, 0] * np.sin(node)) / radius
        y, height = across * cos_i + r[:, 2] / radius * sin_i, r[:, 2] / radius * cos_i - across * sin_i
        assert not (np.abs(np.arcsin(height)) > o[mo.OFF]).any()
        e, perigee = np.hypot(o[mo.ALONG], o[mo.ACROSS]), np.arctan2(o[mo.ACROSS], o[mo.ALONG])
        f = np.arctan2(y, x) - perigee
        loose = o[mo.OFF_E] + o[mo.ECCENTRICITY] * o[mo.OFF]
        lift = o[mo.WAVE] * (2.0 * x * x - 1.0)
        assert not (radius < o[mo.L_LO] / (1.0 + e * np.cos(f) + loose) + lift - o[mo.RADIAL]).any()
        assert not (radius > o[mo.L_HI] / (1.0 + e * np.cos(f) - loose) + lift + o[mo.RADIAL]).any()
        eccentric = 2.0 * np.arctan2(np.sqrt(1.0 - e) * np.sin(f / 2), np.sqrt(1.0 + e) * np.cos(f / 2))
        mean = eccentric - e * np.sin(eccentric) + perigee
        off = np.angle(np.exp(1j * (o[mo.PHASE] + o[mo.RATE] * minutes - mean)))
        # dM/df, and what the vector to the perigee changes, where they are largest
        least = 1.0 + e * np.cos(f) - loose
        steep = (1.0 - e * e) ** 1.5 + 1.6 * o[mo.OFF_E]
        near = (steep * o[mo.OFF] + o[mo.OFF_E] * (2.0 + 2.7 * o[mo.ECCENTRICITY])) / least**2
        assert not (np.abs(off) > o[mo.OFF_PHASE] + near).any()


@pytest.mark.parametrize(("threshold_km", "share"), [(2.0, 0.03), (20.0, 0.05)])
def test_every_encounter_lies_in_a_window(
    catalog: gpuprop.Catalog, threshold_km: float, share: float
) -> None:
    middle_ns, half = instant_ns("2024-11-01T06:00"), 360.0
    found = gpuprop.screen(catalog, "2024-11-01", "2024-11-01T12:00", threshold_km=threshold_km)
    orbits, known = mean_orbits(model_of(catalog), middle_ns, half)
    orbits, ids = orbits[known], catalog.norad_id[known]
    looking = np.flatnonzero(np.isin(ids, found.norad_id_1))[:300]
    met = Crossings(orbits, half, threshold_km)(looking)
    pairs, windows = coplanar_windows(met.coplanar, orbits, half, threshold_km)
    pairs, windows = np.concatenate([met.pair, pairs]), np.concatenate([met.window, windows])
    assert len(pairs) < share * len(looking) * len(ids)
    of_pair: dict[tuple[int, int], list[list[float]]] = {}
    for (one, two), window in zip(ids[pairs].tolist(), windows.tolist(), strict=True):
        of_pair.setdefault((one, two), []).append(window)
    described = np.isin(found.norad_id_1, ids[looking]) & np.isin(found.norad_id_2, ids)
    assert described.sum() > 50
    minutes = (found.tca.astype(np.int64) - middle_ns) / MINUTE_NS
    columns = (found.norad_id_1, found.norad_id_2, minutes)
    for one, two, t in zip(*(column[described].tolist() for column in columns), strict=True):
        assert any(begin <= t <= end for begin, end in of_pair[one, two])


def meeting_in_one_plane(n: int) -> gpuprop.Catalog:
    """Pairs (k, n + k) in almost the same plane, of every eccentricity, together once in 12 hours."""
    r = np.random.default_rng(3)
    e = np.where(r.random((2, n)) < 0.5, r.uniform(0.0, 0.05, (2, n)), r.uniform(0.0, 0.85, (2, n)))
    perigee, u = r.uniform(0.0, 2.0 * np.pi, (2, n)), r.uniform(0.0, 2.0 * np.pi, n)
    f = u - perigee
    radius = r.uniform(6800.0, 9000.0, n) * (1.0 + e[0]) / (1.0 + e[0] * np.cos(f[0]))
    a_km = radius * (1.0 + e * np.cos(f)) / (1.0 - e * e)
    high = (a_km * (1.0 - e) > 6700.0).all(axis=0)
    eccentric = 2.0 * np.arctan(np.sqrt((1.0 - e) / (1.0 + e)) * np.tan(f / 2.0))
    tilt = r.uniform(0.0, 0.2, (2, n))
    epoch = instant_ns("2024-11-01T06:00") + (r.uniform(-360.0, 360.0, n) * MINUTE_NS).astype(np.int64)
    columns = {
        "epoch": np.stack([epoch, epoch]).astype("datetime64[ns]"),
        "mean_motion": np.sqrt(398600.8 / a_km**3) * 1440.0 * 60.0 / (2.0 * np.pi),
        "eccentricity": e,
        "inclination": r.choice([1.0, 53.0, 63.4, 98.0], n) + tilt,
        "ra_of_asc_node": np.broadcast_to(np.degrees(r.uniform(0.0, 2.0 * np.pi, n)), (2, n)),
        "arg_of_pericenter": np.degrees(perigee),
        "mean_anomaly": np.degrees(eccentric - e * np.sin(eccentric)) % 360.0,
        "bstar": np.full((2, n), 1e-5),
    }
    columns = {name: column[:, high].ravel() for name, column in columns.items()}
    return gpuprop.Catalog.from_arrays(norad_id=np.arange(1, 2 * high.sum() + 1), **columns)


def test_coplanar_objects_are_near_each_other_in_windows_only() -> None:
    catalog, half, threshold_km = meeting_in_one_plane(150), 360.0, 50.0
    n, middle_ns = len(catalog) // 2, instant_ns("2024-11-01T06:00")
    orbits, known = mean_orbits(model_of(catalog), middle_ns, half)
    assert known.all()
    pairs = np.stack([np.arange(n), n + np.arange(n)], axis=1)
    minutes = np.arange(-half, half, 0.25)
    r = positions_of(catalog, middle_ns + (minutes * MINUTE_NS).astype(np.int64))
    near = np.linalg.norm(r[n:] - r[:n], axis=2) <= threshold_km
    assert (near.any(axis=1) & (catalog.eccentricity[:n] > 0.5)).sum() > 5
    assert near.any(axis=1).sum() > 0.5 * n
    found, windows = coplanar_windows(pairs, orbits, half, threshold_km)
    inside = np.zeros_like(near)
    for k, (begin, end) in zip(found[:, 0], windows, strict=True):
        inside[k] |= (begin <= minutes) & (minutes <= end)
    assert not (near & ~inside).any()
    assert inside.mean() < 0.05


def test_two_objects_at_the_same_node_at_once() -> None:
    """Planes at right angles that meet in the x axis, where both are near the epoch: by hand.

    The oblateness of the southern half puts both 11 km before the node then.
    """
    catalog = gpuprop.Catalog.from_arrays(
        norad_id=[1, 2], epoch=np.array(["2024-11-01"] * 2, "datetime64[ns]"), mean_motion=[15.0, 15.0],
        eccentricity=[0.001, 0.001], inclination=[45.0, 135.0], ra_of_asc_node=[0.0, 0.0],
        arg_of_pericenter=[0.0, 0.0], mean_anomaly=[0.0, 0.0], bstar=[0.0, 0.0],
    )  # fmt: skip
    orbits, known = mean_orbits(model_of(catalog), instant_ns("2024-11-01"), 20.0)
    met = Crossings(orbits, 20.0, 5.0)(np.array([0]))
    assert known.all()
    assert met.pair.tolist() == [[0, 1]]
    seconds = np.linspace(-10.0, 10.0, 2001)
    r = positions_of(catalog, instant_ns("2024-11-01") + (seconds * 1e9).astype(np.int64))
    near = seconds[np.linalg.norm(r[1] - r[0], axis=1) <= 5.0] / 60.0
    assert 0.01 < near.max() - near.min() < 0.02
    assert met.window[0, 0] < near.min() < near.max() < met.window[0, 1]
    # 10 km, the threshold on both sides, take 2 s at right angles; bounds leave as much again
    assert met.window[0, 1] - met.window[0, 0] < 0.1


def test_nobody_looks() -> None:
    met = Crossings(np.zeros((3, mo.N_ORBIT_ROWS)), 60.0, 5.0)(np.zeros(0, np.int64))
    assert [len(part) for part in met] == [0, 0, 0]


def test_everybody_near_an_arc_comes_to_it(catalog: gpuprop.Catalog) -> None:
    """Every object within 200 km at any half minute of five hours, for primaries on long ellipses."""
    begin, step_s, n_steps = instant_ns("2024-11-01"), 75.0, 240
    engine, model = prepare(catalog, "cpu", "afspc", "float64")
    geometry = SieveGeometry.of(200.0, step_s)
    orbits, known = mean_orbits(model, begin + 150 * MINUTE_NS, 150.0)
    primaries = np.flatnonzero((catalog.orbit_class == "HEO") & (catalog.mean_motion < 6.0))[::9][:12]
    times_ns = begin + (np.arange(n_steps + 1) * step_s * 1e9).astype(np.int64)
    positions = np.empty((n_steps + 1, 3, len(primaries)))
    engine.positions(model, primaries, times_ns, positions, np.empty((n_steps + 1, len(primaries)), np.uint8))
    arcs = primary_arcs(geometry, positions, model.a_km[primaries], np.full(len(primaries), 1e-4))
    found = ArcMeetings(orbits[known])(arcs, -150.0, step_s / 60.0)
    reached = {tuple(row) for row in found.tolist()}
    met = 0
    r = positions_of(catalog, begin + np.arange(1, 600) * 30 * 10**9)
    others = np.flatnonzero(known)
    for i, p in enumerate(primaries.tolist()):
        near, when = np.nonzero(np.linalg.norm(r[others] - r[p], axis=2) <= 200.0)
        met += len(near)
        for other, half_minute in zip(near.tolist(), when.tolist(), strict=True):
            assert (int((half_minute + 1) * 30 // step_s), i, other) in reached
    assert met > 0
    assert len(reached) < 0.01 * n_steps * len(primaries) * len(others)
