"""Objects that no mean orbit describes, followed step by step: nobody who comes near is passed over."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpuprop
from gpuprop.engines.cpu.sieve_some import sweep_followed
from gpuprop.engines.geometry import SieveGeometry
from gpuprop.screening import some
from tests.screening.two_body import MU, fall


@pytest.mark.parametrize("threshold_km", [0.5, 20.0, 500.0])
@pytest.mark.parametrize("step_s", [60.0, 300.0])
def test_no_pair_that_meets_is_lost(step_s: float, threshold_km: float) -> None:
    """Two ellipses in any planes and directions that meet somewhere in the step."""
    rng, n, lowest = np.random.default_rng(round(step_s + threshold_km)), 3000, 7800.0
    part = rng.uniform(0.0, 1.0, n)
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
        SieveGeometry.of(threshold_km, step_s), positions[:, :, both], semi_major_km[both],
        np.zeros(len(both)), np.arange(len(both)), len(pairs), 0,
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


def ring_and_ellipses() -> tuple[gpuprop.Catalog, Any]:
    """A ring of 720 at 21,000 km, and twelve primaries on ellipses of 7000 x 40,000 km in its plane."""
    n = 732
    ring = np.arange(n) < 720
    motion = np.where(ring, 2.8527, 2.4098)  # revolutions a day on semi-major axes of 21,000 and 23,500 km
    catalog = gpuprop.Catalog.from_arrays(
        norad_id=np.arange(1, n + 1), epoch=np.full(n, np.datetime64("2024-11-01", "ns")), mean_motion=motion,
        eccentricity=np.where(ring, 1e-4, 0.702), inclination=np.full(n, 28.0),
        ra_of_asc_node=np.full(n, 40.0), arg_of_pericenter=np.where(ring, 0.0, 180.0),
        mean_anomaly=np.where(ring, 0.5, 30.0) * np.arange(n) % 360.0, bstar=np.zeros(n),
    )  # fmt: skip
    return catalog, ~ring


def part_of_the_sample() -> tuple[gpuprop.Catalog, Any]:
    catalog = gpuprop.Catalog.sample()[::9]
    return catalog, np.arange(len(catalog)) % 40 == 0


@pytest.mark.parametrize("described", [0.0, 0.5])
@pytest.mark.parametrize(
    ("objects", "threshold_km"), [(ring_and_ellipses, 200.0), (part_of_the_sample, 60.0)]
)
def test_what_mean_orbits_are_not_known_of_is_found_like_all_else(
    monkeypatch: pytest.MonkeyPatch, objects: Any, threshold_km: float, described: float
) -> None:
    """Mean orbits of nobody, or of every other object, against the filter of everybody against everybody."""
    catalog, primary = objects()

    def mean_orbits(*arguments: Any) -> Any:
        orbits, known = some_orbits(*arguments)
        return orbits, known & (np.random.default_rng(1).random(len(known)) < described)

    some_orbits = some.mean_orbits
    window = "2024-11-01", "2024-11-01T10:00"
    everybody = gpuprop.screen(catalog, *window, threshold_km=threshold_km, engine="cpu")
    monkeypatch.setattr(some, "mean_orbits", mean_orbits)
    found = gpuprop.screen(catalog, *window, threshold_km=threshold_km, primaries=primary, engine="cpu")
    ids = catalog.norad_id[primary]
    near_them = np.isin(everybody.norad_id_1, ids) | np.isin(everybody.norad_id_2, ids)
    expected = everybody.select(mask=near_them)
    assert len(expected) > 24
    assert found.to_arrow().replace_schema_metadata(None) == expected.to_arrow().replace_schema_metadata(None)
    assert found.report == everybody.report
