"""From TEME, the frame of SGP4, to GCRF, a frame of exchanged messages, and to the turning Earth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["sidereal_angle", "teme_to_earth_fixed", "teme_to_gcrf"]

_NS_PER_DAY = 86_400_000_000_000
_JD_1970 = 2440587.5
_J2000_NS = 946_728_000_000_000_000


def teme_to_gcrf(vectors: Any, times_ns: Any) -> Floats:
    """Turn vectors from TEME of date into GCRF.

    TEME and the intermediate frame of IAU 2006/2000A share their pole; the angle between their origins is
    the mean sidereal time of 1982, by which TEME is defined (AIAA 2006-6753, appendix C), less the Earth
    rotation angle. Observed Earth orientation hardly enters and is left out: 1 cm in low orbit. The slow
    rotation of TEME itself, 8e-12 rad/s, is left out of velocities.

    Parameters
    ----------
    vectors : array_like
        Positions or velocities, (..., n, 3).
    times_ns : array_like
        Instants, int64 ns UTC, (n,).

    Returns
    -------
    ndarray of float64
        Vectors of the same shape.

    Raises
    ------
    ImportError
        pyerfa is not installed.

    Examples
    --------
    >>> from gpuprop.frames import teme_to_gcrf
    >>> teme_to_gcrf([[7000.0, 0.0, 0.0]], [1730419200000000000]).round(2).tolist()
    [[6999.87, -38.88, -16.85]]
    """
    matrices = _matrices(np.atleast_1d(np.asarray(times_ns, np.int64)))
    return np.asarray(np.einsum("nij,...nj->...ni", matrices, np.asarray(vectors, np.float64)))


def sidereal_angle(times_ns: Any) -> Floats:
    """Return the mean sidereal time of 1982, the angle of TEME to the Earth's prime meridian.

    Parameters
    ----------
    times_ns : array_like
        Instants, int64 ns UTC, which stands in for UT1 (they differ by less than 0.9 s).

    Returns
    -------
    ndarray of float64
        Radians, 0 to 2 pi, in the shape of `times_ns`.

    References
    ----------
    Aoki et al., Astron. Astrophys. 105 (1982); AIAA 2006-6753, appendix C.

    Examples
    --------
    >>> from gpuprop.frames import sidereal_angle
    >>> round(float(sidereal_angle(946_728_000_000_000_000)) * 12 / 3.141592653589793, 6)
    18.697375
    """
    after_j2000 = np.asarray(times_ns, np.int64) - _J2000_NS
    rest = after_j2000 % _NS_PER_DAY
    t = after_j2000 / (36_525.0 * _NS_PER_DAY)
    # At noon, when J2000 counts whole days, plus a sidereal turn for the rest of the day
    seconds = 67_310.54841 + (8_640_184.812866 + (0.093104 - 6.2e-6 * t) * t) * t
    turns = seconds / 86_400.0 + rest / _NS_PER_DAY
    return np.asarray(2.0 * np.pi * (turns % 1.0))


def teme_to_earth_fixed(positions: Any, times_ns: Any) -> Floats:
    """Turn positions from TEME of date into axes that turn with the Earth.

    UT1 is taken as UTC and the pole as that of date, which leaves the Earth's observed orientation out: up
    to 0.9 s of rotation, 420 m at the equator, and 15 m of polar motion, the same for objects that are near
    each other.

    Parameters
    ----------
    positions : array_like
        Positions, (..., n, 3).
    times_ns : array_like
        Instants, int64 ns UTC, (n,).

    Returns
    -------
    ndarray of float64
        Positions of the same shape: ITRF but for the Earth's observed orientation.

    Examples
    --------
    >>> from gpuprop.frames import teme_to_earth_fixed
    >>> teme_to_earth_fixed([[7000.0, 0.0, 0.0]], [1730419200000000000]).round(1).tolist()
    [[5301.0, -4571.6, 0.0]]
    """
    r, angle = np.asarray(positions, np.float64), sidereal_angle(times_ns)
    c, s = np.cos(angle), np.sin(angle)
    return np.stack([c * r[..., 0] + s * r[..., 1], c * r[..., 1] - s * r[..., 0], r[..., 2]], axis=-1)


def gcrf_to_teme(vectors: Any, times_ns: Any) -> Floats:
    """Turn vectors, (..., n, 3), from GCRF into TEME of date: the inverse of `teme_to_gcrf`.

    Examples
    --------
    >>> from gpuprop.frames import gcrf_to_teme, teme_to_gcrf
    >>> there = teme_to_gcrf([[7000.0, 0.0, 0.0]], [1730419200000000000])
    >>> gcrf_to_teme(there, [1730419200000000000]).round(9).tolist()
    [[7000.0, 0.0, 0.0]]
    """
    matrices = _matrices(np.atleast_1d(np.asarray(times_ns, np.int64)))
    return np.asarray(np.einsum("nji,...nj->...ni", matrices, np.asarray(vectors, np.float64)))


def j2000_to_gcrf(vectors: Any) -> Floats:
    """Turn vectors, (..., 3), from the mean equator and equinox of J2000 (EME2000) into GCRF.

    Examples
    --------
    >>> from gpuprop.frames import j2000_to_gcrf
    >>> j2000_to_gcrf([[7000.0, 0.0, 0.0]]).round(6).tolist()
    [[7000.0, -0.000495, 0.000564]]
    """
    try:
        import erfa
    except ImportError as error:
        raise ImportError("states in EME2000 need pyerfa: pip install 'gpuprop[messages]'") from error
    bias, _, _ = erfa.bp06(2451545.0, 0.0)
    return np.asarray(np.asarray(vectors, np.float64) @ bias)


def _matrices(times_ns: NDArray[np.int64]) -> Floats:
    try:
        import erfa
    except ImportError as error:
        raise ImportError("states in GCRF need pyerfa: pip install 'gpuprop[messages]'") from error
    days, rest = np.divmod(times_ns, _NS_PER_DAY)
    jd, fraction = _JD_1970 + days, rest / _NS_PER_DAY
    # TT runs a minute ahead of UTC; the pole turns by 1e-4 arcseconds in it
    celestial_to_intermediate = erfa.c2i06a(jd, fraction + 69.184 / 86_400.0)
    angle = erfa.gmst82(jd, fraction) - erfa.era00(jd, fraction)
    turn = erfa.rz(angle, np.broadcast_to(np.eye(3), (len(times_ns), 3, 3)).copy())
    return np.asarray(np.einsum("nki,nkj->nij", celestial_to_intermediate, turn))
