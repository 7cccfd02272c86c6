"""TEME to GCRF, against astropy."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from gpuprop.frames import teme_to_gcrf

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
