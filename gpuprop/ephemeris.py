"""Objects that are given by an ephemeris (CCSDS OEM) and not by an element set."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gpuprop.engines.cpu.constants import MU
from gpuprop.errors import InputError
from gpuprop.formats.epochs import iso_to_ns
from gpuprop.frames import gcrf_to_teme, j2000_to_gcrf
from gpuprop.piecewise import Piecewise
from gpuprop.timescale import to_utc_ns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog
    from gpuprop.formats import oem, sources

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Ephemeris", "read_ephemerides"]

_METHODS = ("LAGRANGE", "HERMITE", "LINEAR")
_INERTIAL = ("GCRF", "ICRF", "EME2000", "TEME")
_DEFAULT = "LAGRANGE", 7
_HIGHEST_DEGREE = 15
# Below this every orbit is bound, and the sieve's reach holds
_FASTEST_KM_S = 11.5


@dataclass(frozen=True, slots=True, eq=False)
class Ephemeris:
    """One segment of an ephemeris: a path between two manoeuvres, and nothing beyond.

    Attributes
    ----------
    norad_id : int
        Catalog number.
    name, object_id : str
        As the message has them.
    start_ns, stop_ns : int
        Usable span, ns UTC; the end does not belong to it where the next segment begins there.
    path : Piecewise
        Position and velocity in TEME.

    Examples
    --------
    >>> import gpuprop, gpuprop.messages
    >>> catalog = gpuprop.Catalog.sample().select(ids=[25544])
    >>> times = [f"2024-11-01T00:{minute:02}Z" for minute in range(60)]
    >>> text = gpuprop.messages.catalog_oem(catalog, times).to_kvn()
    >>> gpuprop.read_ephemerides(text, catalog=catalog)
    (<Ephemeris of 25544 from 2024-11-01T00:00:00.000000000 to 2024-11-01T00:59:00.000000000>,)
    """

    norad_id: int
    name: str
    object_id: str
    start_ns: int
    stop_ns: int
    path: Piecewise = field(repr=False)

    def __repr__(self) -> str:
        start, stop = (np.datetime64(ns, "ns") for ns in (self.start_ns, self.stop_ns))
        return f"<Ephemeris of {self.norad_id} from {start} to {stop}>"

    def states(self, times_ns: Ints) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Return positions, velocities (n, 3) and which of them are within the span; NaN beyond it."""
        inside = (times_ns >= self.start_ns) & (times_ns <= self.stop_ns)
        r, v = self.path.at(np.clip(times_ns, self.start_ns, self.stop_ns))
        r[~inside], v[~inside] = np.nan, np.nan
        return r, v, inside


def read_ephemerides(
    source: sources.Source,
    *,
    catalog: Catalog | None = None,
    norad_ids: Mapping[str, int] | None = None,
) -> tuple[Ephemeris, ...]:
    r"""Read the segments of an orbit ephemeris message (CCSDS 502.0, KVN or XML).

    Between its states a segment is interpolated as it says: INTERPOLATION and INTERPOLATION_DEGREE, which
    may be LAGRANGE, HERMITE or LINEAR; where it says nothing, LAGRANGE of degree 7. States beyond
    USEABLE_START_TIME and USEABLE_STOP_TIME serve interpolation only. Nothing is interpolated from one
    segment to the next.

    Parameters
    ----------
    source : path, file object, str or bytes
        Where the text is, or the text itself.
    catalog : Catalog, optional
        Tells the catalog numbers of objects by their OBJECT_ID.
    norad_ids : mapping of str to int, optional
        Catalog numbers by OBJECT_ID, before the catalog is asked. An OBJECT_ID that is a number is its own.

    Returns
    -------
    tuple of Ephemeris
        One per segment, in the order of catalog numbers and time.

    Raises
    ------
    CatalogError
        The text is no OEM.
    InputError
        A segment cannot be used: its object, frame, time system or interpolation is not known, it has too
        few states, or segments of an object overlap.
    ImportError
        The frame or time system needs pyerfa, which is not installed.

    Examples
    --------
    >>> import gpuprop
    >>> gpuprop.read_ephemerides("CCSDS_OEM_VERS = 2.0\nSPEED = 1\n")
    Traceback (most recent call last):
        ...
    gpuprop.errors.CatalogError: <text>, line 2: 'SPEED' is no keyword of an OEM header
    """
    from gpuprop.formats import oem, sources

    data, name = sources.load(source)
    _, _, segments = oem.read(data, name)
    numbers: dict[str, int] = {}
    if catalog is not None:
        numbers |= zip(catalog.object_id.tolist(), catalog.norad_id.tolist(), strict=True)
    numbers |= norad_ids or {}
    found = [
        _ephemeris(segment, numbers, f"{name}: segment {k}") for k, segment in enumerate(segments, start=1)
    ]
    return _in_turn(sorted(found, key=lambda one: (one.norad_id, one.start_ns)), name)


def _in_turn(found: list[Ephemeris], name: str) -> tuple[Ephemeris, ...]:
    """Let a segment end before the next one of its object begins."""
    for k, (one, following) in enumerate(zip(found[:-1], found[1:], strict=True)):
        if one.norad_id != following.norad_id or one.stop_ns < following.start_ns:
            continue
        if one.stop_ns > following.start_ns:
            raise InputError(f"{name}: usable spans of segments of object {one.norad_id} overlap")
        found[k] = replace(one, stop_ns=one.stop_ns - 1)
    return tuple(found)


def _ephemeris(segment: oem.RawSegment, numbers: Mapping[str, int], where: str) -> Ephemeris:
    meta = segment.metadata
    object_id = meta["OBJECT_ID"]
    number = numbers.get(object_id, int(object_id) if object_id.isdigit() else None)
    if number is None:
        raise InputError(f"{where}: the catalog number of {object_id!r} is not known; give it in norad_ids")
    if meta["CENTER_NAME"].upper() != "EARTH":
        raise InputError(f"{where}: CENTER_NAME is {meta['CENTER_NAME']}; only EARTH can be screened")
    times_ns = to_utc_ns(np.array(segment.times_ns, np.int64), meta["TIME_SYSTEM"], where=where)
    states = np.array(segment.states)
    r, v = _teme(states[:, :3], times_ns, meta, where), _teme(states[:, 3:], times_ns, meta, where)
    if (np.linalg.norm(v, axis=1) > _FASTEST_KM_S).any():
        raise InputError(
            f"{where}: a speed is above {_FASTEST_KM_S:g} km/s; only bound orbits can be screened"
        )
    start_ns, stop_ns = _span(meta, times_ns, where)
    method, degree = _interpolation(meta, len(times_ns), where)
    make = Piecewise.hermite if method == "HERMITE" else Piecewise.lagrange
    return Ephemeris(number, meta["OBJECT_NAME"], object_id, start_ns, stop_ns, make(times_ns, r, v, degree))


def _span(meta: Mapping[str, str], times_ns: Ints, where: str) -> tuple[int, int]:
    ends = []
    for usable, end in (("USEABLE_START_TIME", 0), ("USEABLE_STOP_TIME", -1)):
        instant = int(times_ns[end])
        if usable in meta:
            try:
                stated = np.array([iso_to_ns(meta[usable])[0]], np.int64)
            except ValueError as error:
                raise InputError(f"{where}: {usable} {meta[usable]!r} is no instant: {error}") from None
            instant = int(to_utc_ns(stated, meta["TIME_SYSTEM"], where=where)[0])
        ends.append(min(max(instant, int(times_ns[0])), int(times_ns[-1])))
    if ends[1] <= ends[0]:
        raise InputError(f"{where}: its usable span has no length")
    return ends[0], ends[1]


def _interpolation(meta: Mapping[str, str], n: int, where: str) -> tuple[str, int]:
    method = meta.get("INTERPOLATION", _DEFAULT[0]).upper()
    if method not in _METHODS:
        raise InputError(f"{where}: INTERPOLATION is {method}; {', '.join(_METHODS)} can be used")
    text = meta.get("INTERPOLATION_DEGREE", "1" if method == "LINEAR" else str(_DEFAULT[1]))
    if not text.isdigit() or not 1 <= int(text) <= _HIGHEST_DEGREE:
        raise InputError(f"{where}: INTERPOLATION_DEGREE is {text}; 1 to {_HIGHEST_DEGREE} can be used")
    degree = 1 if method == "LINEAR" else int(text)
    if method == "HERMITE" and degree % 2 == 0:
        raise InputError(f"{where}: a HERMITE polynomial has an odd degree, not {degree}")
    needed = (degree + 1) // 2 if method == "HERMITE" else degree + 1
    if n < max(needed, 2):
        if "INTERPOLATION" in meta or n < 2:
            raise InputError(f"{where}: has {n} states; its interpolation needs {max(needed, 2)}")
        degree = n - 1
    return method, degree


def _teme(vectors: Floats, times_ns: Ints, meta: Mapping[str, str], where: str) -> Floats:
    frame = meta["REF_FRAME"].upper()
    if frame not in _INERTIAL:
        raise InputError(f"{where}: REF_FRAME is {frame}; {', '.join(_INERTIAL)} can be used")
    if frame == "TEME":
        return vectors
    return gcrf_to_teme(j2000_to_gcrf(vectors) if frame == "EME2000" else vectors, times_ns)


def placeholder_columns(one: Ephemeris) -> dict[str, Any]:
    """Osculating elements at the start of a segment: what stands for it where a catalog is needed."""
    r, v, _ = (part[0] for part in one.states(np.array([one.start_ns])))
    radius, speed2 = np.linalg.norm(r), v @ v
    a_km = 1.0 / (2.0 / radius - speed2 / MU)
    if not a_km > 0.0:
        raise InputError(f"the ephemeris of {one.norad_id} is not of a bound orbit")
    momentum = np.cross(r, v)
    node = np.cross([0.0, 0.0, 1.0], momentum)
    eccentricity = np.cross(v, momentum) / MU - r / radius
    e = float(np.linalg.norm(eccentricity))
    inclination = np.arccos(momentum[2] / np.linalg.norm(momentum))
    raan = np.arctan2(node[1], node[0]) if np.linalg.norm(node) > 0.0 else 0.0
    first = np.array([np.cos(raan), np.sin(raan), 0.0])
    second = np.cross(momentum / np.linalg.norm(momentum), first)
    perigee = np.arctan2(eccentricity @ second, eccentricity @ first)
    true = np.arctan2(r @ second, r @ first) - perigee
    anomaly = 2.0 * np.arctan2(np.sqrt(1.0 - e) * np.sin(true / 2), np.sqrt(1.0 + e) * np.cos(true / 2))
    mean = anomaly - e * np.sin(anomaly)
    return {
        "norad_id": one.norad_id,
        "name": one.name,
        "object_id": one.object_id if not one.object_id.isdigit() else "",
        "epoch": one.start_ns,
        "mean_motion": np.sqrt(MU / a_km**3) * 86_400.0 / (2.0 * np.pi),
        "eccentricity": e,
        "inclination": np.degrees(inclination),
        "ra_of_asc_node": np.degrees(raan) % 360.0,
        "arg_of_pericenter": np.degrees(perigee) % 360.0,
        "mean_anomaly": np.degrees(mean) % 360.0,
        "bstar": 0.0,
    }
