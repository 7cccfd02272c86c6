"""Long steps of high objects: the bounds they rest on, and that nobody who comes near is passed over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpuprop
from gpuprop.engines.cpu.extents import extents
from gpuprop.engines.cpu.sieve_some import sweep_followed
from gpuprop.engines.geometry import SieveGeometry
from gpuprop.propagation import prepare
from gpuprop.screening.following import Follower, lowest_km
from gpuprop.screening.perturbations import unmodelled_acceleration
from gpuprop.screening.plan import make_plan
from gpuprop.timescale import instant_ns
from tests.screening.two_body import MU, fall

STEPS_S = [300.0, 600.0, 1200.0, 2400.0]


def on_ellipse(a: Any, e: Any, seconds: Any) -> tuple[Any, Any]:
    """Place in the plane of an ellipse, x towards its perigee, a time from there; by Newton's method."""
    mean = seconds * np.sqrt(MU / a**3)
    anomaly = mean + e * np.sin(mean)
    for _ in range(60):
        anomaly -= (anomaly - e * np.sin(anomaly) - mean) / (1.0 - e * np.cos(anomaly))
    return a * (np.cos(anomaly) - e), a * np.sqrt(1.0 - e * e) * np.sin(anomaly)


def dip(perigee_km: Any, e: Any, step_s: float, begin: Any) -> tuple[Any, Any]:
    """Least radius at the ends of a step that begins `begin` steps from perigee; over that at perigee."""
    ends = [
        np.hypot(*on_ellipse(perigee_km / (1.0 - e), e, (begin + offset) * step_s)) for offset in (0.0, 1.0)
    ]
    least = np.minimum(*ends)
    return least, least / perigee_km


@pytest.mark.parametrize("step_s", STEPS_S)
def test_a_path_high_at_both_ends_of_a_step_dips_by_a_hundredth_at_most(step_s: float) -> None:
    """All perigees above the ground and eccentricities up to nearly one, the perigee within the step."""
    perigee = np.geomspace(6380.0, 60_000.0, 400)[:, None, None]
    e = np.array([0.0, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.97, 0.995])[:, None]
    least, share = dip(perigee, e, step_s, -np.linspace(0.0, 1.0, 21))
    high = least >= lowest_km(step_s)
    assert high.any()
    assert share[high].max() < 1.0101
    # The bound is not far from the truth
    assert share[least >= 0.9 * lowest_km(step_s)].max() > 1.0101


@pytest.mark.parametrize("threshold_km", [0.5, 20.0, 500.0])
@pytest.mark.parametrize("step_s", STEPS_S)
def test_no_pair_that_meets_high_up_is_lost(step_s: float, threshold_km: float) -> None:
    """Two ellipses in any planes and directions that meet somewhere in the step."""
    rng, n = np.random.default_rng(round(step_s + threshold_km)), 3000
    lowest, part = lowest_km(step_s), rng.uniform(0.0, 1.0, n)
    meeting = rng.normal(size=(n, 3))
    meeting *= (lowest * rng.uniform(1.0, 2.0, n) / np.linalg.norm(meeting, axis=1))[:, None]
    offset = rng.normal(size=(n, 3))
    offset *= (threshold_km * rng.uniform(0.0, 0.999, n) / np.linalg.norm(offset, axis=1))[:, None]
    r = np.concatenate([meeting, meeting + offset])
    v = rng.normal(size=(2 * n, 3))
    radius = np.linalg.norm(r, axis=1)
    speed = np.sqrt(MU / radius) * rng.uniform(0.3, 1.35, 2 * n)
    v *= (speed / np.linalg.norm(v, axis=1))[:, None]
    # Every other pair flies along together
    v[n + 1 :: 2] = v[1:n:2] * (1.0 + rng.normal(size=(n // 2, 1)) * 1e-4)
    part = np.tile(part, 2)
    positions = np.stack(
        [fall(r, v, seconds, pieces=128).T for seconds in (-part * step_s, (1.0 - part) * step_s)]
    )
    semi_major_km = 1.0 / (2.0 / radius - (v * v).sum(axis=1) / MU)
    high = np.linalg.norm(positions, axis=1).min(axis=0) >= lowest
    pairs = np.flatnonzero(high[:n] & high[n:])
    assert len(pairs) > 500
    both = np.concatenate([pairs, n + pairs])
    candidate, span = sweep_followed(
        SieveGeometry.of(threshold_km, step_s, lowest_km=lowest / 1.01), positions[:, :, both],
        semi_major_km[both], np.zeros(len(both)), np.arange(len(both)), len(pairs), 0,
    )  # fmt: skip
    found = {
        (i, j): (begin, end)
        for (i, j, _), (begin, end) in zip(candidate.tolist(), span.tolist(), strict=True)
    }
    for k, where in enumerate(part[pairs].tolist()):
        begin, end = found[k + len(pairs), k]
        assert begin - 1e-5 <= where <= end + 1e-5
    # And few others
    assert len(found) - len(pairs) < 0.05 * len(pairs) ** 2


def test_an_object_that_takes_no_part_in_a_step_is_left_out_of_it() -> None:
    positions = np.tile(np.array([[30_000.0] * 3, [0.0] * 3, [0.0] * 3]), (3, 1, 1))
    taken = np.array([[1, 0, 1], [1, 1, 1]], np.uint8)
    candidate, _ = sweep_followed(
        SieveGeometry.of(5.0, 300.0), positions, np.full(3, 30_000.0), np.zeros(3), np.arange(3), 2, 7, taken
    )
    assert sorted(map(tuple, candidate.tolist())) == [(2, 0, 7), (2, 0, 8), (2, 1, 8)]


def follow(
    catalog: gpuprop.Catalog, looking: Any, *, threshold_km: float, step_s: float, hours: float, every_s: int
) -> tuple[int, int]:
    """Follow everybody, and check that whoever is near one that looks was found then.

    Returns how often somebody was, and how many windows of long steps there were.
    """
    engine, model = prepare(catalog, "cpu", "afspc", "float64")
    begin = instant_ns("2024-11-01")
    plan = make_plan(
        begin, begin + round(hours * 3600e9), len(catalog), threshold_km=threshold_km, step_s=step_s,
        max_memory=None,
    )  # fmt: skip
    bounds = extents(model, begin, int(plan.sample_times(plan.n_steps, 0)[0]))
    unmodelled = unmodelled_acceleration(engine, model, catalog, plan.start_ns, plan.stop_ns)
    follower = Follower(
        engine, model, plan, bounds, looking, semi_major_km=np.nan_to_num(model.a_km, nan=1.0),
        unmodelled=unmodelled,
    )  # fmt: skip
    found = follower.follow(model.order, 0, plan.n_steps)
    reached: dict[tuple[int, int], list[tuple[float, float]]] = {}
    for (one, two, step), part in zip(found.candidate.tolist(), found.part.tolist(), strict=True):
        first, last = np.clip(np.array(part) + (-1e-4, 1e-4), 0.0, 1.0).tolist()
        span = begin + (step + first) * plan.step_ns, begin + (step + last) * plan.step_ns
        reached.setdefault((one, two), []).append(span)
    windows = np.stack([found.begin_ns, found.end_ns], axis=1)
    for (one, two), (first, last) in zip(found.pair.tolist(), windows.tolist(), strict=True):
        reached.setdefault((one, two), []).append((first, last))
    met = 0
    for instant in np.arange(begin, plan.stop_ns, every_s * 10**9).tolist():
        time = np.array([instant], "datetime64[ns]")
        r = gpuprop.propagate(catalog, time, velocity=False).r[:, 0]
        for looks in looking.tolist():
            near = ((r - r[looks]) ** 2).sum(axis=1) <= threshold_km**2
            for other in np.flatnonzero(near).tolist():
                if other != looks:
                    met += 1
                    assert any(first <= instant <= last for first, last in reached[looks, other])
    return met, len(windows)


@pytest.mark.parametrize(("step_s", "hours"), [(300.0, 9.0), (70.0, 3.3)])
def test_whoever_comes_near_is_found(step_s: float, hours: float) -> None:
    """Deep-space objects of a catalog against some of them, compared every three minutes."""
    catalog = gpuprop.Catalog.sample()
    deep = catalog.select(mask=(catalog.mean_motion < 6.4) & (np.arange(len(catalog)) % 2 == 0))
    met, windows = follow(
        deep, np.arange(0, len(deep), 17), threshold_km=600.0, step_s=step_s, hours=hours, every_s=180
    )
    assert met > 500
    assert windows > 100


def test_one_that_looks_rises_through_a_ring_of_high_objects() -> None:
    """A ring of 720 at 21,000 km, in long steps all the time, and twelve on ellipses of 7000 x 40,000 km."""
    n = 732
    looking = np.arange(720, n)
    ring = np.arange(n) < 720
    motion = np.where(ring, 2.8527, 2.4098)  # revolutions a day on semi-major axes of 21,000 and 23,500 km
    catalog = gpuprop.Catalog.from_arrays(
        norad_id=np.arange(1, n + 1), epoch=np.full(n, np.datetime64("2024-11-01", "ns")), mean_motion=motion,
        eccentricity=np.where(ring, 1e-4, 0.702), inclination=np.full(n, 28.0),
        ra_of_asc_node=np.full(n, 40.0), arg_of_pericenter=np.where(ring, 0.0, 180.0),
        mean_anomaly=np.where(ring, 0.5, 30.0) * np.arange(n) % 360.0, bstar=np.zeros(n),
    )  # fmt: skip
    met, _ = follow(catalog, looking, threshold_km=200.0, step_s=300.0, hours=10.0, every_s=30)
    # Each of the twelve passes the ring twice, at least
    assert met > 12 * 2
