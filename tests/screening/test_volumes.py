"""Boxes and ellipsoids: nothing slips through, and what is reported is inside."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gpuprop
from gpuprop import Volume
from gpuprop.errors import InputError
from tests.screening.reference import START, python_sgp4_satellites, seconds
from tests.screening.volume_reference import is_inside_at, pairs_inside

DATA = Path(__file__).parents[1] / "data"
MINUTES = 3
VOLUMES = [
    Volume.box(radial_km=2.0, in_track_km=44.0, cross_track_km=51.0),
    Volume.box(radial_km=(0.5, 20.0), in_track_km=(60.0, 5.0), cross_track_km=30.0),
    Volume.ellipsoid(radial_km=2.0, in_track_km=44.0, cross_track_km=51.0),
    Volume.ellipsoid(radial_km=(1.0, 25.0), in_track_km=(40.0, 4.0), cross_track_km=(3.0, 50.0)),
]


@cache
def subset() -> gpuprop.Catalog:
    ids = np.loadtxt(DATA / "subset2000-20241101.norad-ids.txt", dtype=np.int64)[::2]
    return gpuprop.Catalog.from_satrecs(python_sgp4_satellites()[number] for number in ids.tolist())


def pairs(encounters: gpuprop.Encounters) -> set[tuple[int, int]]:
    return set(zip(encounters.norad_id_1.tolist(), encounters.norad_id_2.tolist(), strict=True))


@pytest.mark.parametrize("volume", [VOLUMES[1], VOLUMES[3]], ids=str)
def test_brute_force_with_python_sgp4(volume: Volume) -> None:
    stop = START + np.timedelta64(MINUTES, "m")
    found = gpuprop.screen(subset(), START, stop, volume=volume, mode="improved", engine="cpu")
    truth = pairs_inside(subset().norad_id.tolist(), volume, 60 * MINUTES)
    assert len(truth) >= 2
    assert truth <= pairs(found)
    # Inside for less than the truth's 0.02 s, or for no longer than a millimetre
    for row in range(len(found)):
        pair = int(found.norad_id_1[row]), int(found.norad_id_2[row])
        assert is_inside_at(pair, volume, float(seconds(found.tca[row : row + 1], np.nan)[0]), 1e-5)
        assert pair in truth or found.duration_s[row] < 0.02


def test_a_sphere_is_a_threshold(engine: Any) -> None:
    stop = START + np.timedelta64(40, "m")
    plain = gpuprop.screen(subset(), START, stop, threshold_km=25.0, engine=engine.name)
    sphere = gpuprop.screen(subset(), START, stop, volume=Volume.sphere(25.0), engine=engine.name)
    assert len(plain) > 50
    assert pairs(sphere) == pairs(plain)
    assert np.array_equal(sphere.tca, plain.tca)
    assert np.array_equal(sphere.miss_distance_km, plain.miss_distance_km)
    assert np.array_equal(sphere.n_minima, plain.n_minima)
    assert np.array_equal(sphere.kind, plain.kind)
    assert np.abs(sphere.duration_s - plain.duration_s).max() < 5e-6


def test_only_the_volumes_of_primaries_count(engine: Any) -> None:
    volume = Volume.ellipsoid(radial_km=(1.0, 25.0), in_track_km=(40.0, 4.0), cross_track_km=50.0)
    stop = START + np.timedelta64(MINUTES, "m")
    primaries = subset().norad_id[::3]
    options = {"volume": volume, "mode": "improved", "engine": engine.name}
    whole = gpuprop.screen(subset(), START, stop, **options)
    found = gpuprop.screen(subset(), START, stop, primaries=primaries, **options)
    truth = pairs_inside(subset().norad_id.tolist(), volume, 60 * MINUTES, set(primaries.tolist()))
    assert truth <= pairs(found) < pairs(whole)
    extra = [
        row
        for row, pair in enumerate(zip(found.norad_id_1, found.norad_id_2, strict=True))
        if pair not in truth
    ]
    assert (found.duration_s[extra] < 0.02).all()


def test_volumes_by_orbit_class_and_by_object(engine: Any) -> None:
    large, small = Volume.sphere(25.0), Volume.sphere(5.0)
    stop = START + np.timedelta64(MINUTES, "m")
    plain = gpuprop.screen(subset(), START, stop, threshold_km=25.0, engine=engine.name)
    chosen = plain.norad_id_1[0]
    by_object = gpuprop.screen(
        subset(), START, stop, volume={int(chosen): large, "default": small}, engine=engine.name
    )
    wanted = (plain.norad_id_1 == chosen) | (plain.norad_id_2 == chosen) | (plain.miss_distance_km <= 5.0)
    assert pairs(by_object) == pairs(plain.select(mask=wanted))
    assert by_object.parameters["volume"] == {str(chosen): "ellipsoid=25,25,25", "default": "ellipsoid=5,5,5"}
    by_class = gpuprop.screen(
        subset(), START, stop, volume={"LEO": large, "default": small}, engine=engine.name
    )
    low = subset().norad_id[subset().orbit_class == "LEO"]
    wanted = np.isin(plain.norad_id_1, low) | np.isin(plain.norad_id_2, low) | (plain.miss_distance_km <= 5.0)
    assert pairs(by_class) == pairs(plain.select(mask=wanted))


def test_steps_and_halves_change_nothing() -> None:
    volume, stop = VOLUMES[1], START + np.timedelta64(30, "m")
    first = gpuprop.screen(subset(), START, stop, volume=volume, engine="cpu", step_s=120)
    again = gpuprop.screen(subset()[::-1], START, stop, volume=volume, engine="cpu", step_s=30)
    plain = [found.to_arrow().replace_schema_metadata(None) for found in (first, again)]
    assert len(first) > 20
    assert plain[0].equals(plain[1])


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        ("box=1,2", "give sphere=KM"),
        ("ball=5", "give sphere=KM"),
        ("box=1,x,2", "give sphere=KM"),
        ("box=1,-2,3", "in_track_km is -2.0"),
        ("sphere=0", "above 0"),
        ("sphere=2000", "at most 1000"),
    ],
)
def test_volumes_that_make_no_sense(volume: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Volume.parse(volume)


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        (5.0, "volume is float"),
        ({"LEO": Volume.sphere(5.0)}, "nothing is given for"),
        ({"GSO": Volume.sphere(5.0), "default": Volume.sphere(5.0)}, "'GSO' is no orbit class"),
        ({"default": 5.0}, "volume holds 5.0"),
        (Volume.box(radial_km=900, in_track_km=900, cross_track_km=900), "reaches 1559 km"),
    ],
)
def test_volume_arguments_that_make_no_sense(volume: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        gpuprop.screen(subset(), START, START + np.timedelta64(1, "m"), volume=volume)


def test_presets_are_what_was_published() -> None:
    # NTRS 20100028083: "10 x 40 x 40 km" and "2 x 25 x 25 km", radial x downtrack x crosstrack
    assert str(Volume.parse("human-spaceflight-detection")) == "box=10,40,40"
    assert str(Volume.parse("human-spaceflight-notification")) == "box=2,25,25"
    with pytest.raises(InputError, match="human-spaceflight-detection"):
        Volume.preset("leo")
