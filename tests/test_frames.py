"""TEME to GCRF and to the turning Earth, against astropy and SOFA."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuprop.frames import sidereal_angle, teme_to_earth_fixed, teme_to_gcrf

TIMES = np.array(["1998-03-02T07:00", "2009-02-10T16:55:59.796", "2024-11-01T00:00"], "datetime64[ns]")


@pytest.mark.parametrize("time", TIMES)
def test_positions_are_those_of_astropy(time: np.datetime64) -> None:
    coordinates = pytest.importorskip("astropy.coordinates")
    import astropy.units as u
    from astropy.time import Time
    from astropy.utils import iers

    vectors = np.array([[7000.0, 1000.0, 2000.0], [-300.0, 42000.0, 50.0]])
    found = teme_to_gcrf(vectors[:, None, :], [time.astype(np.int64)])[:, 0]
    with iers.conf.set_temp("auto_download", False), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        at = Time(str(time), scale="utc")
        teme = coordinates.TEME(coordinates.CartesianRepresentation(vectors.T * u.km), obstime=at)
        expected = teme.transform_to(coordinates.GCRS(obstime=at)).cartesian.xyz.to_value(u.km).T
    # A milliarcsecond, what observed corrections of the pole amount to: 0.2 m at the distance of GEO
    np.testing.assert_allclose(found, expected, atol=5e-9 * 42_000.0)


def test_lengths_and_angles_stay() -> None:
    rng = np.random.default_rng(2)
    vectors = rng.normal(size=(2, 3, 3)) * 7000.0
    found = teme_to_gcrf(vectors, TIMES.astype(np.int64))
    np.testing.assert_allclose((found[0] * found[1]).sum(axis=1), (vectors[0] * vectors[1]).sum(axis=1))
    np.testing.assert_allclose(np.linalg.norm(found, axis=2), np.linalg.norm(vectors, axis=2))


@given(st.integers(-315_619_200_000_000_000, 4_102_444_800_000_000_000))
def test_the_sidereal_angle_is_that_of_sofa(ns: int) -> None:
    erfa = pytest.importorskip("erfa")
    days, rest = divmod(ns, 86_400_000_000_000)
    expected = erfa.gmst82(2440587.5 + days, rest / 86_400e9)
    off = float(sidereal_angle(ns)) - expected
    assert abs(off - 2.0 * np.pi * round(off / (2.0 * np.pi))) < 1e-11


@pytest.mark.parametrize("time", TIMES)
def test_earth_fixed_positions_are_those_of_astropy(time: np.datetime64) -> None:
    coordinates = pytest.importorskip("astropy.coordinates")
    import astropy.units as u
    from astropy.time import Time
    from astropy.utils import iers

    vectors = np.array([[7000.0, 1000.0, 2000.0], [-300.0, 42000.0, 50.0]])
    found = teme_to_earth_fixed(vectors[:, None, :], [time.astype(np.int64)])[:, 0]
    with iers.conf.set_temp("auto_download", False), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        at = Time(str(time), scale="utc")
        teme = coordinates.TEME(coordinates.CartesianRepresentation(vectors.T * u.km), obstime=at)
        expected = teme.transform_to(coordinates.ITRS(obstime=at)).cartesian.xyz.to_value(u.km).T
        turn = 7.2921159e-5 * float(at.delta_ut1_utc)
    # With the observed UT1 put in, what is left is polar motion: 0.6 arcseconds at most
    c, s = np.cos(turn), np.sin(turn)
    found = np.stack(
        [c * found[:, 0] + s * found[:, 1], c * found[:, 1] - s * found[:, 0], found[:, 2]], axis=1
    )
    assert (np.linalg.norm(found - expected, axis=1) < 3e-6 * np.linalg.norm(vectors, axis=1)).all()
