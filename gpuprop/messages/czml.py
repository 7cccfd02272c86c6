"""CZML: orbits of objects and their encounters as a scene for Cesium and other globes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import gpuprop
from gpuprop.errors import InputError
from gpuprop.messages.czml_packets import FRAMES, Scene, interval
from gpuprop.messages.text import iso
from gpuprop.timescale import instant_ns

if TYPE_CHECKING:
    from gpuprop.catalog import Catalog
    from gpuprop.encounter_table import Encounters

__all__ = ["catalog_czml"]

_SAID = {
    "fixed": "Earth-fixed: TEME turned by the mean sidereal time of 1982, with UT1 = UTC and no polar motion",
    "inertial": "GCRF: TEME turned by IAU 2006/2000A precession and nutation",
}
_MARGIN_NS = 60_000_000_000


def catalog_czml(
    catalog: Catalog,
    start: Any,
    stop: Any,
    *,
    encounters: Encounters | None = None,
    frame: Literal["fixed", "inertial"] = "fixed",
    step_s: float | None = None,
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] | None = None,
) -> str:
    """Write the paths of all objects of a catalog, and encounters between them, as CZML.

    Parameters
    ----------
    catalog : Catalog
        The objects, each once.
    start, stop : time
        The window.
    encounters : Encounters, optional
        From a screening of these element sets: each becomes a line between both objects from a minute
        before it to a minute after it, and a mark where object 1 is at TCA. Those with a TCA outside the
        window are left out.
    frame : {"fixed", "inertial"}
        ``"fixed"`` turns TEME by the Earth's mean sidereal time; observed Earth orientation is left out,
        which shifts all objects alike, by up to 420 m. ``"inertial"`` is GCRF, which viewers turn
        themselves; Cesium does so rightly only when it has loaded its Earth orientation data. It needs
        pyerfa (extra ``messages``).
    step_s : float, optional
        Seconds between samples; for each object by how fast it passes its perigee if left out, so that
        interpolation adds less than 10 cm.
    engine : {"auto", "cpu", "cuda"}
        What to compute with.
    mode : {"afspc", "improved"}, optional
        SGP4's operation mode; that of the screening if left out, else ``"afspc"``.

    Returns
    -------
    str
        A JSON array of packets. Positions are in metres. States that are not usable are left out.

    Raises
    ------
    InputError
        The window is empty, an object is there twice, encounters have other objects, or no object has a
        usable state.
    ImportError
        pyerfa is not installed, and `frame` is ``"inertial"``.

    Examples
    --------
    >>> import gpuprop, gpuprop.messages, json
    >>> catalog = gpuprop.Catalog.sample().select(ids=[17842, 270293])
    >>> window = "2024-11-01T13:00Z", "2024-11-01T14:00Z"
    >>> encounters = gpuprop.screen(catalog, *window)
    >>> packets = json.loads(gpuprop.messages.catalog_czml(catalog, *window, encounters=encounters))
    >>> [packet["id"] for packet in packets]
    ['document', 'object/17842', 'object/270293', 'encounter/1/17842/270293']
    """
    if frame not in FRAMES:
        raise InputError(f"frame is {frame!r}; choose one of {', '.join(map(repr, FRAMES))}")
    first, last = instant_ns(start, name="start"), instant_ns(stop, name="stop")
    if not first < last:
        raise InputError("stop is not after start")
    if step_s is not None and not 0.1 <= step_s <= 86_400.0:
        raise InputError(f"step_s is {step_s:g}; give 0.1 to 86,400 seconds")
    ids, counts = np.unique(catalog.norad_id, return_counts=True)
    if (counts > 1).any():
        raise InputError(
            f"catalog has several element sets of object {ids[np.argmax(counts)]}; give one of each"
        )
    if mode is None:
        mode = "afspc" if encounters is None else encounters.parameters.get("mode", "afspc")
    scene = Scene(catalog, first, last, frame, step_s, engine, mode)
    paths = [scene.path(row) for row in range(len(catalog))]
    drawn = [path for path in paths if not isinstance(path, str)]
    if not drawn:
        raise InputError("no object of the catalog has a usable state in the window")
    marks = [] if encounters is None else scene.encounters(encounters)
    made = {
        "program": f"gpuprop {gpuprop.__version__}, SGP4 with WGS-72, mode {mode}",
        "frame": _SAID[frame],
        "catalog": catalog.digest,
        "left_out": "; ".join(path for path in paths if isinstance(path, str)) or "none",
    }
    packets = [_document(first, last, encounters, made), *drawn, *marks]
    return "[\n" + ",\n".join(json.dumps(one, allow_nan=False) for one in packets) + "\n]\n"


def _document(first: int, last: int, encounters: Encounters | None, made: dict[str, str]) -> dict[str, Any]:
    current = first
    if encounters is not None and len(encounters):
        tca = encounters.tca.astype(np.int64)
        inside = tca[(tca >= first) & (tca < last)]
        current = max(first, int(inside.min()) - _MARGIN_NS) if len(inside) else first
    return {
        "id": "document",
        "name": "gpuprop",
        "version": "1.0",
        "clock": {
            "interval": interval(first, last),
            "currentTime": f"{iso(current)}Z",
            "multiplier": 10,
            "range": "CLAMPED",
            "step": "SYSTEM_CLOCK_MULTIPLIER",
        },
        "properties": {name: {"string": text} for name, text in made.items()},
    }
