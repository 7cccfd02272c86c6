"""Screening volumes: spheres, and boxes and ellipsoids in the RIC frame of an object."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.catalog_groups import ORBIT_CLASSES
from gpuprop.errors import InputError
from gpuprop.screening.plan import LARGEST_THRESHOLD_KM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog

    Floats = NDArray[np.float64]

__all__ = ["Volume", "VolumeTable"]

_AXES = ("radial_km", "in_track_km", "cross_track_km")
_SHAPES = ("box", "ellipsoid")
_SEARCH_ERROR = 1e-6


PRESETS = {
    "human-spaceflight-detection": (10.0, 40.0, 40.0),
    "human-spaceflight-notification": (2.0, 25.0, 25.0),
}
"""Boxes that were published: radial, in-track and cross-track, km.

The two in which conjunctions of crewed spacecraft were looked for and told of in 2010 (Human Spaceflight
Recent Conjunctions of Interest, USSTRATCOM CSM Workshop, July 2010, NTRS 20100028083). It does not say
whether they are whole or half widths; here they are half widths, the larger reading.
"""


@dataclass(frozen=True, slots=True)
class Volume:
    """A region around an object, fixed in its RIC frame.

    Radial is away from the centre of the Earth, cross-track along the angular momentum, in-track completes
    the frame (CCSDS 508.0); the frame is formed from the state that SGP4 gives.

    Attributes
    ----------
    shape : {"box", "ellipsoid"}
        An ellipsoid whose semi-axes are all alike is a sphere. With limits that differ to both sides it
        consists of eight octants of ellipsoids.
    radial_km, in_track_km, cross_track_km : (float, float)
        How far it reaches to the negative and to the positive side, both above zero.

    Examples
    --------
    >>> round(Volume.box(radial_km=0.4, in_track_km=(2.0, 5.0), cross_track_km=2.0).reach_km, 3)
    5.4
    """

    shape: str
    radial_km: tuple[float, float]
    in_track_km: tuple[float, float]
    cross_track_km: tuple[float, float]

    def __post_init__(self) -> None:
        if self.shape not in _SHAPES:
            raise InputError(f"volume: shape is {self.shape!r}; choose 'box' or 'ellipsoid'")
        for name in _AXES:
            object.__setattr__(self, name, _sides(getattr(self, name), name))

    @classmethod
    def box(cls, *, radial_km: Any, in_track_km: Any, cross_track_km: Any) -> Volume:
        """Return a box; each limit is one number, or one for the negative and one for the positive side.

        Examples
        --------
        >>> Volume.box(radial_km=1, in_track_km=2, cross_track_km=3).in_track_km
        (2.0, 2.0)
        """
        return cls("box", radial_km, in_track_km, cross_track_km)

    @classmethod
    def ellipsoid(cls, *, radial_km: Any, in_track_km: Any, cross_track_km: Any) -> Volume:
        """Return an ellipsoid; each semi-axis is one number, or one for each side.

        Examples
        --------
        >>> Volume.ellipsoid(radial_km=1, in_track_km=2, cross_track_km=3).reach_km
        3.0
        """
        return cls("ellipsoid", radial_km, in_track_km, cross_track_km)

    @classmethod
    def sphere(cls, radius_km: float) -> Volume:
        """Return a sphere.

        Examples
        --------
        >>> Volume.sphere(5).reach_km
        5.0
        """
        sides = _sides(radius_km, "radius_km")
        return cls("ellipsoid", sides, sides, sides)

    @classmethod
    def preset(cls, name: str) -> Volume:
        """Return a published box; see `PRESETS` for names and source.

        Examples
        --------
        >>> str(Volume.preset("human-spaceflight-notification"))
        'box=2,25,25'
        """
        if name not in PRESETS:
            raise InputError(f"volume: preset is {name!r}; choose one of {', '.join(map(repr, PRESETS))}")
        radial, in_track, cross_track = PRESETS[name]
        return cls.box(radial_km=radial, in_track_km=in_track, cross_track_km=cross_track)

    @property
    def limits_km(self) -> tuple[tuple[float, float], ...]:
        """The limits of the three axes."""
        return self.radial_km, self.in_track_km, self.cross_track_km

    @property
    def reach_km(self) -> float:
        """Radius of the smallest sphere around the object that holds the volume."""
        farthest = [max(sides) for sides in self.limits_km]
        return max(farthest) if self.shape == "ellipsoid" else math.hypot(*farthest)

    @classmethod
    def parse(cls, text: str) -> Volume:
        """Read ``sphere=5``, ``box=0.4,44,51`` or ``ellipsoid=2,-5:25,10``: km, radial, in-track, cross.

        The name of a preset is taken too.

        Examples
        --------
        >>> Volume.parse("box=0.4,-2:5,2").in_track_km
        (2.0, 5.0)
        """
        if text in PRESETS:
            return cls.preset(text)
        shape, _, numbers = text.partition("=")
        try:
            limits = [_parsed(part) for part in numbers.split(",")]
        except ValueError:
            limits = []
        if shape == "sphere" and len(limits) == 1 and isinstance(limits[0], float):
            return cls.sphere(limits[0])
        if len(limits) != 3 or shape not in _SHAPES:
            raise InputError(
                f"volume {text!r}: give sphere=KM, box=R,I,C or ellipsoid=R,I,C, each in km or as -KM:KM, or "
                f"one of {', '.join(PRESETS)}"
            )
        return cls(shape, *limits)  # type: ignore[arg-type]  # made pairs at once

    def __str__(self) -> str:
        """Say it as the command takes it."""
        texts = [f"{a:g}" if a == b else f"-{a:g}:{b:g}" for a, b in self.limits_km]
        return f"{self.shape}={','.join(texts)}"


def _parsed(text: str) -> float | tuple[float, float]:
    low, colon, high = text.partition(":")
    return (-float(low), float(high)) if colon else float(text)


def _sides(given: Any, name: str) -> tuple[float, float]:
    values = (given, given) if isinstance(given, (int, float)) else given
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) != 2:
        raise InputError(f"volume: {name} is {given!r}; give one number or (negative side, positive side)")
    for value in values:
        if not isinstance(value, (int, float)) or not 0.0 < value <= 1000.0:
            raise InputError(f"volume: {name} is {given!r}; give lengths above 0 and at most 1000 km")
    return float(values[0]), float(values[1])


@dataclass(frozen=True, eq=False)
class VolumeTable:
    """The volume of every object of a catalog.

    Attributes
    ----------
    is_box : ndarray of bool, shape (n,)
        Its shape.
    limits_km : ndarray of float64, shape (n, 3, 2)
        Radial, in-track and cross-track limits, each to the negative and the positive side.
    """

    is_box: NDArray[np.bool_]
    limits_km: Floats

    @classmethod
    def of(cls, catalog: Catalog, given: Any) -> VolumeTable:
        """Resolve one volume, or a mapping by orbit class or by catalog number."""
        volumes = _volumes(catalog, given)
        known = {volume: k for k, volume in enumerate(dict.fromkeys(volumes))}
        which = np.array([known[volume] for volume in volumes], np.int64)
        is_box = np.array([volume.shape == "box" for volume in known], bool)
        limits = np.array([volume.limits_km for volume in known]).reshape(-1, 3, 2)
        return cls(is_box[which], limits[which])

    def reach_km(self, counts: NDArray[np.bool_]) -> float:
        """Return the largest reach of those that count."""
        farthest = self.limits_km[counts].max(axis=2)
        reach = np.where(self.is_box[counts], np.linalg.norm(farthest, axis=1), farthest.max(axis=1))
        largest = float(reach.max(initial=1e-3)) * (1.0 + 1e-9)
        if largest > LARGEST_THRESHOLD_KM:
            raise InputError(f"volume reaches {largest:.0f} km from its object; at most 1000 km are screened")
        return largest

    def may_enter(self, rows: NDArray[np.int64], a: Floats, b: Floats, slack: Floats) -> NDArray[np.bool_]:
        """Tell which chords a-b (n, 3) touch the volumes made larger by a factor of 1 + slack."""
        limits = self.limits_km[rows] * (1.0 + slack[:, np.newaxis, np.newaxis])
        along = b - a
        along = np.where(np.abs(along) < 1e-12, 1e-12, along)
        to = np.stack([(-limits[:, :, 0] - a) / along, (limits[:, :, 1] - a) / along])
        begin, end = to.min(axis=0).max(axis=1), to.max(axis=0).min(axis=1)
        touches = (begin <= end) & (begin <= 1.0) & (end >= 0.0)
        round_ = np.flatnonzero(touches & ~self.is_box[rows])
        least = self._least(rows[round_], a[round_], b[round_])
        touches[round_] = least <= 1.0 + slack[round_] + _SEARCH_ERROR
        return touches

    def _least(self, rows: NDArray[np.int64], a: Floats, b: Floats) -> Floats:
        """Least measure on chords: golden-section search of a convex function."""
        low, high = np.zeros(len(rows)), np.ones(len(rows))
        for _ in range(48):
            first, second = low + 0.382 * (high - low), low + 0.618 * (high - low)
            f1, f2 = (self.measure(rows, a + s[:, np.newaxis] * (b - a)) for s in (first, second))
            left = f1 <= f2
            high, low = np.where(left, second, high), np.where(left, low, first)
        return self.measure(rows, a + (0.5 * (low + high))[:, np.newaxis] * (b - a))

    def measure(self, rows: NDArray[np.int64], x_km: Floats) -> Floats:
        """Return how far points (n, 3) in the frames of objects are out: up to 1 is inside the volume."""
        limits = self.limits_km[rows]
        scaled = np.abs(x_km) / np.where(x_km < 0.0, limits[:, :, 0], limits[:, :, 1])
        return np.where(self.is_box[rows], scaled.max(axis=1), np.linalg.norm(scaled, axis=1))

    def smallest_km(self, rows: NDArray[np.int64]) -> Floats:
        """Return the shortest limit of each."""
        return np.asarray(self.limits_km[rows].min(axis=(1, 2)))


def _volumes(catalog: Catalog, given: Any) -> list[Volume]:
    if isinstance(given, Volume):
        return [given] * len(catalog)
    if isinstance(given, Mapping):
        by_class = all(isinstance(key, str) for key in given)
        keys = (catalog.orbit_class if by_class else catalog.norad_id).tolist()
        if by_class and (unknown := sorted(set(given) - set(ORBIT_CLASSES) - {"default"})):
            raise InputError(f"volume: {unknown[0]!r} is no orbit class; they are {', '.join(ORBIT_CLASSES)}")
        default = given.get("default")
        missing = [key for key in dict.fromkeys(keys) if key not in given]
        if missing and default is None:
            raise InputError(f"volume: nothing is given for {missing[0]!r}, and no 'default'")
        found = [given.get(key, default) for key in keys]
    else:
        raise InputError(f"volume is {type(given).__name__}; give a gpuprop.Volume or a mapping")
    for volume in found:
        if not isinstance(volume, Volume):
            raise InputError(f"volume holds {volume!r}; give gpuprop.Volume")
    return found


def described(given: Any) -> Any:
    """Return what was asked for as text, by class or number where it was given so."""
    if isinstance(given, Volume):
        return str(given)
    return {str(key): str(volume) for key, volume in given.items()}
