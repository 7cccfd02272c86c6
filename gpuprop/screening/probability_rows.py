"""The way of some encounters from states and covariances to probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu import encounter_plane, probability, probability_bounds, probability_checks
from gpuprop.screening.covariance import checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

NOTES = (
    "",
    "no covariance: only the maximum is given",
    "covariance of one object unknown: only the maximum is given",
    "slow encounter: the relative path bends, a 2-D probability does not hold",
    "no relative velocity: there is no encounter plane",
    "covariance not finite",
    "covariance not symmetric",
    "covariance not positive",
    "covariance of a size no object has; are the units m^2?",
    "state not usable; are the units km and km/s?",
    "hard-body radius not given, or not between 0 and 10 km; is the unit m?",
)
"""Why a row has no probability, by its number in `Probabilities.note`; 0 is a row that has one."""

_OK, _NONE, _ONE, _SLOW, _STILL, _NOT_FINITE, _NOT_SYMMETRIC, _NEGATIVE, _SIZE, _STATE, _RADIUS = range(11)
_NOTE_OF_KIND = np.zeros(6, np.uint8)
_NOTE_OF_KIND[encounter_plane.NOT_FINITE] = _NOT_FINITE
_NOTE_OF_KIND[encounter_plane.NOT_SYMMETRIC] = _NOT_SYMMETRIC
_NOTE_OF_KIND[encounter_plane.IMPLAUSIBLE] = _SIZE
_NOTE_OF_KIND[encounter_plane.NEGATIVE] = _NEGATIVE

# How far the path may bend, as a part of the length over which the density across it changes
_BEND = 0.1
# A maximum this little above the probability is none to speak of
_RISE = 1.001
_LARGEST_RADIUS_M = 10_000.0
_SOCRATES_M2 = np.diag([100.0**2, 300.0**2, 100.0**2])

COLUMNS: dict[str, Any] = {
    "probability": np.float64,
    "maximum": np.float64,
    "sigma_factor": np.float64,
    "diluted": np.bool_,
    "repaired": np.bool_,
    "miss_distance_m": np.float64,
    "relative_speed_m_s": np.float64,
    "sigma_minor_m": np.float64,
    "sigma_major_m": np.float64,
    "note": np.uint8,
}
"""What `Rows.run` gives for each encounter."""


@dataclass(slots=True)
class Rows:
    """Some encounters, their arrays as `encounter_plane.encounter_planes` takes them.

    Covariances are repaired in place. `scaling` says whose sigmas are scaled for the maximum;
    None leaves it out.
    """

    r: Floats
    v: Floats
    covariance: Floats
    radius: Floats
    in_ric: np.bool_
    method: str
    scaling: str | None
    keep_slow: bool

    def run(self) -> dict[str, Any]:
        """Return the `COLUMNS`."""
        refused, unknown, repaired = self._inspect()
        plane, measures = np.empty((len(self.radius), 8)), np.empty((len(self.radius), 2))
        encounter_plane.encounter_planes(self.r, self.v, self.covariance, self.in_ric, plane, measures)
        combined = np.concatenate([plane[:, :2], plane[:, 2:5] + plane[:, 5:8]], axis=1)
        minor, major = _axes(combined[:, 2:])
        note = self._notes(refused, unknown, measures, minor)
        wanted = (note == _OK) | (note == (_SLOW if self.keep_slow else _OK))
        result = np.full(len(note), np.nan)
        result[wanted] = integrate(combined[wanted], self.radius[wanted], self.method)
        may = wanted | (note == _ONE) | (note == _NONE)
        largest, factor = self._maximum(combined, plane, unknown, may)
        guessed = (note == _NONE) & may
        if self.scaling is not None and guessed.any():
            largest[guessed], factor[guessed], slow = self._without_covariance(guessed)
            note[np.flatnonzero(guessed)[slow]] = _SLOW
        known = ~unknown.all(axis=0)
        return {
            "probability": result,
            "maximum": largest,
            "sigma_factor": factor,
            "diluted": (factor < 1.0) & (largest > _RISE * result),
            "repaired": repaired,
            "miss_distance_m": plane[:, 0],
            "relative_speed_m_s": measures[:, 0],
            "sigma_minor_m": np.where(known, minor, np.nan),
            "sigma_major_m": np.where(known, major, np.nan),
            "note": note,
        }

    def _inspect(self) -> tuple[NDArray[np.uint8], Flags, Flags]:
        """Return a note for rows that are refused, which covariances are unknown, which were repaired."""
        (kind_1, repaired_1), (kind_2, repaired_2) = (checked(c) for c in self.covariance)
        refused = np.maximum(_NOTE_OF_KIND[kind_1], _NOTE_OF_KIND[kind_2])
        distance, speed = np.linalg.norm(self.r, axis=2), np.linalg.norm(self.v, axis=2)
        usable = (distance > 1e3) & (distance < 2e6) & (speed < 100.0)
        refused[~np.asarray(usable.all(axis=0))] = _STATE
        refused[~((self.radius > 0.0) & (self.radius <= _LARGEST_RADIUS_M))] = _RADIUS
        unknown = np.stack([kind_1, kind_2]) == encounter_plane.UNKNOWN
        return refused, unknown, repaired_1 | repaired_2

    def _notes(
        self, refused: NDArray[np.uint8], unknown: Flags, measures: Floats, minor: Floats
    ) -> NDArray[np.uint8]:
        slow = ~(measures[:, 1] <= _BEND * np.hypot(minor, self.radius))
        cases = {
            _STILL: ~(measures[:, 0] > 0.0),
            _NONE: unknown.all(axis=0),
            _SLOW: slow,
            _ONE: unknown.any(axis=0),
        }
        note = np.select(list(cases.values()), list(cases), _OK).astype(np.uint8)
        return np.where(refused > 0, refused, note)

    def _maximum(self, combined: Floats, plane: Floats, unknown: Flags, may: Flags) -> tuple[Floats, Floats]:
        largest, factor = np.full(len(may), np.nan), np.full(len(may), np.nan)
        if self.scaling is None:
            return largest, factor
        one = np.asarray(unknown.any(axis=0))
        rows = may & one & ~np.asarray(unknown.all(axis=0))
        found = np.empty(np.count_nonzero(rows))
        probability_bounds.bound_one_unknown(combined[rows], self.radius[rows], found)
        largest[rows] = found
        scaled = {"both": combined[:, 2:], "primary": plane[:, 2:5], "secondary": plane[:, 5:8]}[self.scaling]
        rows = may & ~one
        largest[rows], factor[rows] = _largest(combined[rows], scaled[rows], self.radius[rows])
        return largest, factor

    def _without_covariance(self, rows: Flags) -> tuple[Floats, Floats, Flags]:
        """Return maximum and factor over ellipsoids of one shape, and where their size makes a row slow."""
        n = np.count_nonzero(rows)
        plane, measures = np.empty((n, 8)), np.empty((n, 2))
        shape = np.tile(_SOCRATES_M2, (2, int(n), 1, 1))
        encounter_plane.encounter_planes(self.r[:, rows], self.v[:, rows], shape, np.True_, plane, measures)
        radius, scaled = self.radius[rows], plane[:, 2:5] + plane[:, 5:8]
        largest, factor = _largest(np.concatenate([plane[:, :2], scaled], axis=1), scaled, radius)
        # The bend goes with the cube of the time that the pair takes to cross its uncertainty
        slow = measures[:, 1] * factor**3 > _BEND * np.hypot(_axes(scaled)[0] * factor, radius)
        largest[slow] = factor[slow] = np.nan
        return largest, factor, slow


def _largest(plane: Floats, scaled: Floats, radius: Floats) -> tuple[Floats, Floats]:
    largest, factor = np.empty(len(radius)), np.empty(len(radius))
    probability_bounds.largest_probabilities(plane, np.ascontiguousarray(scaled), radius, largest, factor)
    return largest, factor


def integrate(plane: Floats, radius: Floats, method: str) -> Floats:
    """Return the probabilities of disks in their encounter planes: plane (n, 5) x, y, xx, xy, yy."""
    out = np.empty(len(plane))
    if method == "foster":
        probability.disk_probabilities(plane, radius, out)
    else:
        probability_checks.cross_check(plane, radius, np.bool_(method == "chan"), out)
    return out


def _axes(covariance: Floats) -> tuple[Floats, Floats]:
    """Return the sigmas along the axes of ellipses given as xx, xy, yy (n, 3)."""
    xx, xy, yy = covariance.T
    root = np.hypot(0.5 * (xx - yy), xy)
    large = np.maximum(0.0, 0.5 * (xx + yy) + root)
    small = np.divide(xx * yy - xy * xy, large, out=np.zeros_like(large), where=large > 0.0)
    return np.sqrt(np.maximum(0.0, small)), np.sqrt(large)
