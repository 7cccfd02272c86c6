"""Proximity episodes from the CUDA engine are those from the CPU engine."""

from __future__ import annotations

from typing import Any

import numpy as np

import gpuprop

START = np.datetime64("2024-11-01T00:00:00", "ns")
# Two servicers at their clients, and neighbours of theirs
BELT = [26824, 44625, 28358, 46113, 33055, 37602, 43562, 39460, 43488]


def test_both_engines_find_the_same(device_engine: Any) -> None:
    catalog = gpuprop.Catalog.sample().select(ids=BELT)
    stop = START + np.timedelta64(12, "h")
    ours, theirs = (
        gpuprop.watch(catalog, START, stop, assets=[44625, 46113, 43562], dwell_s=7200.0, engine=name)
        for name in ("cuda", "cpu")
    )
    assert len(theirs) >= 3
    for name in ("norad_id_1", "norad_id_2", "kind", "trend"):
        np.testing.assert_array_equal(ours[name], theirs[name])
    np.testing.assert_allclose(ours.dwell_s, theirs.dwell_s, atol=1e-4)
    for name in ("range_min_km", "range_mean_km", "range_max_km", "in_track_mean_km"):
        np.testing.assert_allclose(ours[name], theirs[name], atol=1e-6)


def test_nothing_lasts(device_engine: Any) -> None:
    catalog = gpuprop.Catalog.sample().select(ids=BELT)
    stop = START + np.timedelta64(3, "h")
    found = gpuprop.watch(
        catalog, START, stop, assets=None, range_km=1.0, dwell_s=1e4, relative_speed_km_s=1e-6, engine="cuda"
    )
    assert len(found) == 0
