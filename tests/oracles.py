"""Independent implementations of SGP4 that gpuprop is held against.

python-sgp4 (Brandon Rhodes' build of the code published with AIAA 2006-6753) in either
operation mode, and the official Sgp4Prop, whose libraries come with the package keplemon.
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sgp4.api import WGS72, Satrec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuprop import Catalog

_LETTER = {"afspc": "a", "improved": "i"}


def satrecs(catalog: Catalog, mode: str = "afspc") -> Iterator[Satrec]:
    """Give python-sgp4's object for each element set, converted as its own reader does."""
    for i in range(len(catalog)):
        jd, fr = float(catalog.epoch_jd[i]), float(catalog.epoch_fr[i])
        satrec = Satrec()
        satrec.sgp4init(
            WGS72,
            _LETTER[mode],
            0,
            (jd + fr) - 2433281.5,
            float(catalog.bstar[i]),
            0.0,
            0.0,
            float(catalog.eccentricity[i]),
            float(catalog.arg_of_pericenter[i]) * (np.pi / 180.0),
            float(catalog.inclination[i]) * (np.pi / 180.0),
            float(catalog.mean_anomaly[i]) * (np.pi / 180.0),
            float(catalog.mean_motion[i]) / (1440.0 / (2.0 * np.pi)),
            float(catalog.ra_of_asc_node[i]) * (np.pi / 180.0),
        )
        satrec.jdsatepoch, satrec.jdsatepochF = jd, fr
        yield satrec


def python_sgp4(
    catalog: Catalog, minutes: np.ndarray, mode: str = "afspc"
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return r, v (n, n_time, 3) and the error codes (n, n_time) at minutes since each epoch."""
    shape = (len(catalog), len(minutes))
    r, v, error = np.empty((*shape, 3)), np.empty((*shape, 3)), np.empty(shape, np.uint8)
    for i, satrec in enumerate(satrecs(catalog, mode)):
        jd = np.full(len(minutes), satrec.jdsatepoch)
        error[i], r[i], v[i] = satrec.sgp4_array(jd, satrec.jdsatepochF + minutes / 1440.0)
    return r, v, error


class Sgp4Prop:
    """The official propagator, for two-line element sets.

    Used through the C interface of the Astrodynamic Standards; importing keplemon sets it up.
    """

    def __init__(self) -> None:
        import keplemon

        folder = Path(keplemon.__file__).parents[1] / "keplemon.libs"
        self._tle = ctypes.CDLL(str(next(folder.glob("libtle-*.so"))))
        self._sgp4 = ctypes.CDLL(str(next(folder.glob("libsgp4prop-*.so"))))
        self._tle.TleAddSatFrLines.restype = ctypes.c_int64
        self._tle.TleRemoveSat.argtypes = [ctypes.c_int64]
        for function in (self._sgp4.Sgp4InitSat, self._sgp4.Sgp4RemoveSat):
            function.argtypes = [ctypes.c_int64]
        self._sgp4.Sgp4PropMse.argtypes = [ctypes.c_int64, ctypes.c_double] + [ctypes.c_void_p] * 4

    def states(self, line_1: str, line_2: str, minutes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return r, v (n_time, 3) at minutes since epoch, NaN where it reports an error."""
        lines = [ctypes.create_string_buffer(line.encode(), 512) for line in (line_1, line_2)]
        key = self._tle.TleAddSatFrLines(*lines)
        if key <= 0 or self._sgp4.Sgp4InitSat(key) != 0:
            raise ValueError(f"Sgp4Prop refuses {line_1!r}")
        r, v = np.full((len(minutes), 3), np.nan), np.full((len(minutes), 3), np.nan)
        ds50, llh = ctypes.c_double(), (ctypes.c_double * 3)()
        position, velocity = np.empty(3), np.empty(3)
        for i, minute in enumerate(minutes):
            code = self._sgp4.Sgp4PropMse(
                key, float(minute), ctypes.byref(ds50), position.ctypes.data, velocity.ctypes.data, llh
            )
            if code == 0:
                r[i], v[i] = position, velocity
        self._sgp4.Sgp4RemoveSat(key)
        self._tle.TleRemoveSat(key)
        return r, v
