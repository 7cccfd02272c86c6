"""Orbit ephemeris messages (CCSDS 502.0-B-2): what they say, and those of a catalog."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

import gpuprop
from gpuprop.atomic_write import atomic_path
from gpuprop.errors import InputError
from gpuprop.formats import oem, sources
from gpuprop.messages.text import ascii_text, iso
from gpuprop.propagation import propagate
from gpuprop.screening.describe import ric_axes
from gpuprop.states import STATUS_MEANINGS
from gpuprop.timescale import instant_ns, to_ns

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from gpuprop.catalog import Catalog

    Floats = NDArray[np.float64]

__all__ = ["Oem", "OemSegment", "catalog_oem"]

_RIC = ("RTN", "RSW", "RIC", "QSW")
_LOWER = np.tril_indices(6)


@dataclass(frozen=True, slots=True, eq=False)
class OemSegment:
    """States of one object.

    Attributes
    ----------
    metadata : mapping
        Keywords and their text: ``OBJECT_NAME``, ``OBJECT_ID``, ``REF_FRAME``, ``TIME_SYSTEM`` and so on.
    times : ndarray of datetime64[ns], (n,)
        Instants in the segment's ``TIME_SYSTEM``, ascending.
    r, v : ndarray of float64, (n, 3)
        Positions and velocities, km and km/s, in the segment's ``REF_FRAME``.
    covariance_times : ndarray of datetime64[ns], (m,)
        Instants of the covariances.
    covariances : ndarray of float64, (m, 6, 6)
        Covariances, km^2, km^2/s and km^2/s^2.
    covariance_frames : tuple of str
        Frame of each.
    comments : tuple of str
        Comments of the segment.

    Examples
    --------
    >>> import gpuprop, gpuprop.messages
    >>> catalog = gpuprop.Catalog.sample().select(ids=[25544])
    >>> message = gpuprop.messages.catalog_oem(catalog, ["2024-11-01T00:00Z", "2024-11-01T00:01Z"])
    >>> message.segments[0].metadata["REF_FRAME"], message.segments[0].r.shape
    ('TEME', (2, 3))
    """

    metadata: Mapping[str, str]
    times: NDArray[np.datetime64]
    r: Floats
    v: Floats
    covariance_times: NDArray[np.datetime64] = field(default_factory=lambda: np.empty(0, "datetime64[ns]"))
    covariances: Floats = field(default_factory=lambda: np.empty((0, 6, 6)))
    covariance_frames: tuple[str, ...] = ()
    comments: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OemSegment):
            return NotImplemented
        arrays = ("times", "r", "v", "covariance_times", "covariances")
        return (
            dict(self.metadata) == dict(other.metadata)
            and self.comments == other.comments
            and self.covariance_frames == other.covariance_frames
            and all(np.array_equal(getattr(self, name), getattr(other, name)) for name in arrays)
        )

    __hash__ = None  # type: ignore[assignment]  # equal by value

    def covariance_at(self, time: Any, *, within_s: float = 60.0) -> Floats:
        """Return the covariance nearest to an instant, (6, 6), RIC, m^2, m^2/s and m^2/s^2.

        Parameters
        ----------
        time : time
            The instant, in the segment's time system.
        within_s : float
            How far the covariance, and the state that it is turned by, may be in time. They are not
            interpolated.

        Raises
        ------
        InputError
            There is none as near as that, or its frame is neither RTN nor that of the states.

        Examples
        --------
        >>> import gpuprop, gpuprop.messages
        >>> catalog = gpuprop.Catalog.sample().select(ids=[25544])
        >>> segment = gpuprop.messages.catalog_oem(catalog, "2024-11-01").segments[0]
        >>> segment.covariance_at("2024-11-01")
        Traceback (most recent call last):
            ...
        gpuprop.errors.InputError: ISS (ZARYA) has no covariance within 60 s of 2024-11-01T00:00:00.000
        """
        ns = instant_ns(time)
        which = self._nearest(self.covariance_times, ns, within_s, "covariance")
        matrix, frame = self.covariances[which] * 1e6, self.covariance_frames[which]
        if frame in _RIC:
            return matrix
        if frame != self.metadata["REF_FRAME"]:
            raise InputError(f"the covariance is in {frame}; RTN or the frame of the states is needed")
        state = self._nearest(self.times, ns, within_s, "state")
        axes = np.kron(np.eye(2), ric_axes(self.r[state][None], self.v[state][None])[0])
        return np.asarray(axes @ matrix @ axes.T)

    def _nearest(self, times: NDArray[np.datetime64], ns: int, within_s: float, what: str) -> int:
        off = np.abs(times.astype(np.int64) - ns)
        if not len(off) or off.min() > within_s * 1e9:
            name = self.metadata["OBJECT_NAME"]
            raise InputError(f"{name} has no {what} within {within_s:g} s of {iso(ns)}")
        return int(np.argmin(off))


@dataclass(frozen=True, slots=True)
class Oem:
    """One orbit ephemeris message.

    Attributes
    ----------
    header : mapping
        Keywords and their text.
    segments : tuple of OemSegment
        One or more.
    comments : tuple of str
        Comments of the header.

    Examples
    --------
    >>> import gpuprop, gpuprop.messages
    >>> catalog = gpuprop.Catalog.sample().select(ids=[25544, 48274])
    >>> message = gpuprop.messages.catalog_oem(catalog, ["2024-11-01T00:00Z"])
    >>> gpuprop.messages.Oem.read(message.to_kvn()) == message
    True
    """

    header: Mapping[str, str]
    segments: tuple[OemSegment, ...]
    comments: tuple[str, ...] = ()

    @classmethod
    def read(cls, source: sources.Source) -> Oem:
        r"""Read one message, KVN or XML.

        Parameters
        ----------
        source : path, file object, str or bytes
            Where the text is, or the text itself.

        Raises
        ------
        CatalogError
            The text is no OEM, or what must be there is missing or cannot be used; file and line are named.

        Examples
        --------
        >>> Oem.read("CCSDS_OEM_VERS = 2.0\nSPEED = 1\n")
        Traceback (most recent call last):
            ...
        gpuprop.errors.CatalogError: <text>, line 2: 'SPEED' is no keyword of an OEM header
        """
        data, name = sources.load(source)
        header, comments, segments = oem.read(data, name)
        return cls(MappingProxyType(header), tuple(map(_segment, segments)), tuple(comments))

    def to_kvn(self) -> str:
        """Return the message in keyword = value notation."""
        version, *others = [name for name in oem.HEADER if name in self.header]
        out = [f"{version} = {self.header[version]}", *(f"COMMENT {text}" for text in self.comments)]
        out += [f"{name} = {self.header[name]}" for name in others]
        for segment in self.segments:
            out += ["", "META_START", *(f"COMMENT {text}" for text in segment.comments)]
            out += [f"{name} = {segment.metadata[name]}" for name in oem.METADATA if name in segment.metadata]
            out.append("META_STOP")
            out += _state_lines(segment)
            out += _covariance_lines(segment)
        return "\n".join(out) + "\n"

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the message as KVN; the file appears whole or not at all."""
        with atomic_path(path) as temporary:
            temporary.write_text(self.to_kvn(), encoding="utf-8")


def catalog_oem(
    catalog: Catalog,
    times: Any,
    *,
    engine: Literal["auto", "cpu", "cuda"] = "auto",
    mode: Literal["afspc", "improved"] = "afspc",
    originator: str = "gpuprop",
    creation_date: Any = None,
) -> Oem:
    """Make a message with the states of every object of a catalog, in TEME.

    Parameters
    ----------
    catalog : Catalog
        The objects, one segment each.
    times : time or sequence of times
        Instants, ascending.
    engine, mode
        As for `gpuprop.propagate`.
    originator : str
        Who sends the message.
    creation_date : time, optional
        Creation date, UTC; the present if left out.

    Returns
    -------
    Oem
        States that are not usable are left out, and comments say so.

    Raises
    ------
    InputError
        Times do not ascend, or no object has a usable state.

    Examples
    --------
    >>> import gpuprop, gpuprop.messages
    >>> catalog = gpuprop.Catalog.sample().select(ids=[25544])
    >>> gpuprop.messages.catalog_oem(catalog, "2024-11-01").segments[0].metadata["OBJECT_ID"]
    '1998-067A'
    """
    times_ns = to_ns(times)
    if not len(times_ns) or (np.diff(times_ns) <= 0).any():
        raise InputError("times must ascend, and there must be one at least")
    states = propagate(catalog, times_ns.view("datetime64[ns]"), engine=engine, mode=mode)
    assert states.v is not None
    segments, left_out = [], []
    for row in range(len(catalog)):
        good = states.status[row] == 0
        number = int(catalog.norad_id[row])
        if not good.any():
            code = int(states.status[row, 0])
            left_out.append(f"object {number} left out, no usable state: {STATUS_MEANINGS[code]}")
            continue
        comments = [f"catalog number {number}, element set of {iso(int(catalog.epoch[row]))} UTC"]
        if not good.all():
            comments.append(f"{np.count_nonzero(~good)} states that are not usable are left out")
        metadata = {
            "OBJECT_NAME": ascii_text(str(catalog.name[row])) or "UNKNOWN",
            "OBJECT_ID": ascii_text(str(catalog.object_id[row])) or str(number),
            "CENTER_NAME": "EARTH",
            "REF_FRAME": "TEME",
            "TIME_SYSTEM": "UTC",
            "START_TIME": iso(int(times_ns[good][0])),
            "STOP_TIME": iso(int(times_ns[good][-1])),
        }
        segments.append(
            OemSegment(
                MappingProxyType(metadata),
                times_ns[good].view("datetime64[ns]"),
                states.r[row, good],
                states.v[row, good],
                comments=tuple(comments),
            )
        )
    if not segments:
        raise InputError("no object of the catalog has a usable state at these times")
    created = np.datetime64("now", "ns") if creation_date is None else creation_date
    header = {
        "CCSDS_OEM_VERS": "2.0",
        "CREATION_DATE": iso(instant_ns(created, name="creation_date")),
        "ORIGINATOR": ascii_text(originator),
    }
    made = (
        f"made by gpuprop {gpuprop.__version__} from element sets by SGP4 with WGS-72, mode {mode}",
        f"element sets {catalog.digest}",
    )
    return Oem(MappingProxyType(header), tuple(segments), made + tuple(left_out))


def _segment(raw: oem.RawSegment) -> OemSegment:
    states = np.array(raw.states)
    matrices = np.zeros((len(raw.covariances), 6, 6))
    for matrix, (_, _, numbers) in zip(matrices, raw.covariances, strict=True):
        matrix[_LOWER] = numbers
        matrix.T[_LOWER] = numbers
    return OemSegment(
        MappingProxyType(raw.metadata),
        np.array(raw.times_ns, np.int64).view("datetime64[ns]"),
        np.ascontiguousarray(states[:, :3]),
        np.ascontiguousarray(states[:, 3:]),
        np.array([ns for ns, _, _ in raw.covariances], np.int64).view("datetime64[ns]"),
        matrices,
        tuple(frame for _, frame, _ in raw.covariances),
        tuple(raw.comments),
    )


def _state_lines(segment: OemSegment) -> list[str]:
    times = segment.times.astype(np.int64).tolist()
    rows = np.concatenate([segment.r, segment.v], axis=1).tolist()
    return [f"{iso(ns)} " + " ".join(map(repr, row)) for ns, row in zip(times, rows, strict=True)]


def _covariance_lines(segment: OemSegment) -> list[str]:
    if not len(segment.covariances):
        return []
    out = ["COVARIANCE_START"]
    times = segment.covariance_times.astype(np.int64).tolist()
    for ns, matrix, frame in zip(times, segment.covariances.tolist(), segment.covariance_frames, strict=True):
        out += [f"EPOCH = {iso(ns)}", f"COV_REF_FRAME = {frame}"]
        out += [" ".join(map(repr, matrix[i][: i + 1])) for i in range(6)]
    return [*out, "COVARIANCE_STOP"]
