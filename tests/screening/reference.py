"""The screening truth, and the comparison of encounters with it."""

from __future__ import annotations

import csv
import gzip
import io
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np
from sgp4 import omm
from sgp4.api import Satrec

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    import gpuprop

    Floats = NDArray[np.float64]

START = np.datetime64("2024-11-01T00:00:00", "ns")
STOP = np.datetime64("2024-11-02T00:00:00", "ns")
SAMPLE = "celestrak-on-orbit-20241101.omm.csv.gz"


@cache
def python_sgp4_satellites() -> dict[int, Satrec]:
    """Return the bundled catalog as the truth's python-sgp4 read it."""
    packed = (files("gpuprop") / "data" / SAMPLE).read_bytes()
    satellites = {}
    for fields in csv.DictReader(io.StringIO(gzip.decompress(packed).decode())):
        satellite = Satrec()
        omm.initialize(satellite, fields)
        satellites[satellite.satnum] = satellite
    return satellites


@dataclass
class Truth:
    """Range minima: ids in ascending order, seconds after `START`, km, km/s."""

    ids: NDArray[np.int64]
    tca_s: Floats
    range_km: Floats
    speed_km_s: Floats

    @classmethod
    def read(cls, path: Path) -> Truth:
        opened = gzip.open(path, "rt") if path.suffix == ".gz" else path.open()
        with opened as lines:
            table = np.loadtxt(lines, delimiter=",", skiprows=1)
        return cls(np.sort(table[:, :2].astype(np.int64), axis=1), *table[:, 2:].T)

    def within(self, seconds: float) -> Truth:
        keep = self.tca_s < seconds
        return Truth(self.ids[keep], self.tca_s[keep], self.range_km[keep], self.speed_km_s[keep])


def seconds(instants: Any, missing: float) -> Floats:
    """Seconds after `START`; `missing` for NaT."""
    instants = np.asarray(instants).astype("datetime64[ns]")
    return np.where(np.isnat(instants), missing, (instants - START) / np.timedelta64(1, "s"))


def rows_of(truth: Truth, encounters: gpuprop.Encounters) -> NDArray[np.int64]:
    """Row whose interval holds each minimum of the truth; -1 where there is none."""
    enter, leave = seconds(encounters.enter, -np.inf), seconds(encounters.exit, np.inf)
    rows: dict[tuple[int, int], list[int]] = {}
    for row, pair in enumerate(
        zip(encounters.norad_id_1.tolist(), encounters.norad_id_2.tolist(), strict=True)
    ):
        rows.setdefault(pair, []).append(row)
    found = np.full(len(truth.tca_s), -1)
    for k, (pair, t) in enumerate(zip(truth.ids.tolist(), truth.tca_s.tolist(), strict=True)):
        # A minimum within 1 um of the threshold has an interval shorter than the truth's digits.
        found[k] = next(
            (row for row in rows.get(tuple(pair), []) if enter[row] - 1e-4 <= t <= leave[row] + 1e-4), -1
        )
    return found


def range_km(satellites: dict[int, Satrec], pair: tuple[int, int], t_s: float) -> float:
    """Distance of a pair by python-sgp4 alone, t_s after `START`."""
    positions = []
    for number in pair:
        error, r, _ = satellites[number].sgp4(2460615.5, t_s / 86400.0)
        assert error == 0
        positions.append(np.array(r))
    return float(np.linalg.norm(positions[1] - positions[0]))
