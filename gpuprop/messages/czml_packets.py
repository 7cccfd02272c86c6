"""The packets of a CZML scene: paths of objects, and encounters."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from gpuprop.frames import teme_to_earth_fixed, teme_to_gcrf
from gpuprop.messages.text import iso
from gpuprop.propagation import propagate
from gpuprop.screening.at_tca import at_tca
from gpuprop.shown import shown
from gpuprop.states import STATUS_MEANINGS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters

FRAMES = {"fixed": "FIXED", "inertial": "INERTIAL"}

# Okabe and Ito (2008), lighter where that is needed on a dark scene
_COLOURS = ((86, 180, 233), (230, 159, 0), (0, 190, 140), (240, 228, 66), (204, 121, 167))
_ALARM, _WHITE, _BLACK = (255, 90, 50), (255, 255, 255), (0, 0, 0)
# Viewers interpolate by polynomials of this degree. At ninety samples to a revolution that is as fast as
# the perigee is passed, they stay within centimetres.
_DEGREE = 5
_SAMPLES = 90.0
_MARGIN_NS = 60_000_000_000


@dataclass(frozen=True, slots=True)
class Scene:
    """What is drawn, when, in which axes and computed how."""

    catalog: Catalog
    first: int
    last: int
    frame: Literal["fixed", "inertial"]
    step_s: float | None
    engine: Literal["auto", "cpu", "cuda"]
    mode: Literal["afspc", "improved"]

    def path(self, row: int) -> dict[str, Any] | str:
        """Return the packet of an object, or why it has none."""
        number = int(self.catalog.norad_id[row])
        times, r = self._states(row)
        if not len(times):
            return f"{number}: {STATUS_MEANINGS[int(r)]}"
        name = shown(str(self.catalog.name[row])) or str(number)
        epoch = iso(int(self.catalog.epoch[row]))
        colour, half = _rgba(_COLOURS[row % len(_COLOURS)]), 43_200.0 / float(self.catalog.mean_motion[row])
        return {
            "id": f"object/{number}",
            "name": name,
            "description": f"{escape(name)}, catalog number {number}, element set of {epoch} UTC",
            "availability": interval(int(times[0]), int(times[-1])),
            "position": {
                "epoch": f"{iso(self.first)}Z",
                "referenceFrame": FRAMES[self.frame],
                "interpolationAlgorithm": "LAGRANGE",
                "interpolationDegree": _DEGREE,
                "cartesian": _samples(self._turned(r, times), times - self.first),
            },
            "point": {"pixelSize": 7, "color": colour, "outlineColor": _rgba(_BLACK), "outlineWidth": 1},
            "label": _label(name, _WHITE, 0),
            "path": {
                "leadTime": half,
                "trailTime": half,
                "resolution": self._step_s(row),
                "width": 1.5,
                "material": {"solidColor": {"color": colour}},
            },
        }

    def _step_s(self, row: int) -> float:
        if self.step_s is not None:
            return self.step_s
        period_s = 86_400.0 / float(self.catalog.mean_motion[row])
        return period_s * float(1.0 - self.catalog.eccentricity[row]) ** 1.5 / _SAMPLES

    def _states(self, row: int) -> tuple[NDArray[np.int64], Any]:
        """Return instants and positions of the usable states; without any, the first status."""
        grid = np.arange(self.first, self.last, round(self._step_s(row) * 1e9), dtype=np.int64)
        times = np.append(grid, self.last)
        states = propagate(
            self.catalog[row : row + 1],
            times.view("datetime64[ns]"),
            engine=self.engine,
            mode=self.mode,
            velocity=False,
        ).to_numpy()
        good = states.status[0] == 0
        return times[good], states.r[0, good] if good.any() else states.status[0, 0]

    def _turned(self, r_km: Any, times_ns: NDArray[np.int64]) -> NDArray[np.float64]:
        return (teme_to_earth_fixed if self.frame == "fixed" else teme_to_gcrf)(r_km, times_ns)

    def encounters(self, encounters: Encounters) -> list[dict[str, Any]]:
        """Return a packet for every encounter with its TCA in the window."""
        tca = encounters.tca.astype(np.int64)
        inside = encounters.select(mask=(tca >= self.first) & (tca < self.last))
        if not len(inside):
            return []
        states = at_tca(inside, self.catalog, engine=self.engine, mode=self.mode)
        places = self._turned(states.r[0], inside.tca.astype(np.int64))
        return [self._encounter(inside, row, place) for row, place in enumerate(places)]

    def _encounter(self, encounters: Encounters, row: int, place: NDArray[np.float64]) -> dict[str, Any]:
        pair = [int(encounters[f"norad_id_{k}"][row]) for k in (1, 2)]
        names = [shown(str(encounters[f"name_{k}"][row])) for k in (1, 2)]
        name = " and ".join(f"{text} {number}".strip() for text, number in zip(names, pair, strict=True))
        miss = f"{encounters.miss_distance_km[row]:.3f} km"
        tca = int(encounters.tca[row].astype(np.int64))
        said = f"{miss} at {iso(tca)} UTC, {encounters.relative_speed_km_s[row]:.3f} km/s"
        position = _samples(place[None], np.zeros(1))[1:]
        return {
            "id": f"encounter/{row + 1}/{pair[0]}/{pair[1]}",
            "name": name,
            "description": escape(f"{name}: {said}, {encounters.kind[row]}"),
            "availability": self._seen(encounters, row),
            "position": {"referenceFrame": FRAMES[self.frame], "cartesian": position},
            "point": {"pixelSize": 9, "color": _rgba(_ALARM)},
            "label": _label(miss, _ALARM, -18),
            "polyline": {
                "positions": {"references": [f"object/{number}#position" for number in pair]},
                "arcType": "NONE",
                "width": 2,
                "material": {"solidColor": {"color": _rgba(_ALARM)}},
            },
        }

    def _seen(self, encounters: Encounters, row: int) -> str:
        """Return the encounter and a minute on both sides: a pass alone is too short to be seen."""
        bounds = []
        for name, edge, margin in (("enter", self.first, -_MARGIN_NS), ("exit", self.last, _MARGIN_NS)):
            value = encounters[name][row]
            bounds.append(edge if np.isnat(value) else int(value.astype(np.int64)) + margin)
        return interval(max(bounds[0], self.first), min(bounds[1], self.last))


def interval(first: int, last: int) -> str:
    """Write a time interval as CZML does."""
    return f"{iso(first)}Z/{iso(last)}Z"


def _rgba(colour: tuple[int, int, int]) -> dict[str, list[int]]:
    return {"rgba": [*colour, 255]}


def _label(text: str, colour: tuple[int, int, int], up: int) -> dict[str, Any]:
    return {
        "text": text,
        "font": "13px sans-serif",
        "style": "FILL_AND_OUTLINE",
        "fillColor": _rgba(colour),
        "outlineColor": _rgba(_BLACK),
        "outlineWidth": 2,
        "horizontalOrigin": "LEFT",
        "pixelOffset": {"cartesian2": [10, up]},
    }


def _samples(r_km: NDArray[np.float64], after_ns: Any) -> list[float]:
    """Return seconds and metres as CZML lists them, to the millimetre."""
    rows = np.column_stack([after_ns / 1e9, np.round(r_km * 1e3, 3)])
    return [float(number) for number in rows.ravel()]
