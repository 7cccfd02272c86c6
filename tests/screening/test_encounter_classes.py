"""Pairs of the real catalog that are no flybys, each with the row that python-sgp4 makes one expect."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpuprop
from tests.screening.reference import START, python_sgp4_satellites
from tests.screening.volume_reference import states

HOURS = 6


def distances_km(pair: tuple[int, int]) -> Any:
    """Distance every ten seconds of the window, by python-sgp4."""
    known = python_sgp4_satellites()
    r, _ = states([known[number] for number in pair], np.arange(0.0, HOURS * 3600.0 + 1.0, 10.0))
    return np.linalg.norm(r[1] - r[0], axis=1)


@pytest.mark.parametrize(
    ("pair", "threshold_km", "kind"),
    [
        # Modules of one station: with one element set, and with two
        ((48274, 53239), 5.0, "identical"),
        ((48274, 54216), 5.0, "identical"),
        ((25544, 49044), 10.0, "co-orbital"),
        # TerraSAR-X and TanDEM-X fly in formation
        ((31698, 36605), 5.0, "co-orbital"),
    ],
    ids=["Tianhe-Wentian", "Tianhe-Mengtian", "ISS-Nauka", "TerraSAR-X-TanDEM-X"],
)
def test_a_pair_that_never_parts_is_one_row(
    pair: tuple[int, int], threshold_km: float, kind: str, engine: Any
) -> None:
    catalog = gpuprop.Catalog.from_satrecs(python_sgp4_satellites()[number] for number in pair)
    stop = START + np.timedelta64(HOURS, "h")
    found = gpuprop.screen(
        catalog, START, stop, threshold_km=threshold_km, mode="improved", engine=engine.name
    )
    assert (found.norad_id_1.tolist(), found.norad_id_2.tolist()) == ([pair[0]], [pair[1]])
    assert found.kind.tolist() == [kind]
    assert found.duration_s[0] == HOURS * 3600.0
    assert np.isnat(found.enter[0])
    assert np.isnat(found.exit[0])
    range_km = distances_km(pair)
    assert range_km.max() < threshold_km
    assert range_km.min() - 0.01 <= found.miss_distance_km[0] <= range_km.min() + 1e-6
    inner = range_km[1:-1]
    lowest = ((inner < range_km[:-2]) & (inner < range_km[2:])).sum() if kind != "identical" else 0
    assert abs(int(found.n_minima[0]) - int(lowest)) <= 1
