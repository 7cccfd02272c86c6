"""From TEME, the frame of SGP4, to GCRF, a frame of exchanged messages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["teme_to_gcrf"]

_NS_PER_DAY = 86_400_000_000_000
_JD_1970 = 2440587.5


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
