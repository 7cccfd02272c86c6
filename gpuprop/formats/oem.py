"""Orbit ephemeris messages (CCSDS 502.0-B-2) as text: segments of states, read and written."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gpuprop.errors import CatalogError
from gpuprop.formats import ndm_kvn, ndm_xml
from gpuprop.formats.epochs import iso_to_ns
from gpuprop.formats.report import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RawSegment", "read"]

HEADER = ("CCSDS_OEM_VERS", "CLASSIFICATION", "CREATION_DATE", "ORIGINATOR", "MESSAGE_ID")
METADATA = (
    "OBJECT_NAME",
    "OBJECT_ID",
    "CENTER_NAME",
    "REF_FRAME",
    "REF_FRAME_EPOCH",
    "TIME_SYSTEM",
    "START_TIME",
    "USEABLE_START_TIME",
    "USEABLE_STOP_TIME",
    "STOP_TIME",
    "INTERPOLATION",
    "INTERPOLATION_DEGREE",
)
_REQUIRED = (
    "OBJECT_NAME",
    "OBJECT_ID",
    "CENTER_NAME",
    "REF_FRAME",
    "TIME_SYSTEM",
    "START_TIME",
    "STOP_TIME",
)
_STATE = ("X", "Y", "Z", "X_DOT", "Y_DOT", "Z_DOT")
_ACCELERATION = ("X_DDOT", "Y_DDOT", "Z_DDOT")
_TRIANGLE = tuple(f"C{row}_{column}" for i, row in enumerate(_STATE) for column in _STATE[: i + 1])
_UNITS = {"X": "km", "Y": "km", "Z": "km", "X_DOT": "km/s", "Y_DOT": "km/s", "Z_DOT": "km/s"}


@dataclass
class RawSegment:
    """One segment: metadata, instants, states of six numbers, covariances as (ns, frame, 21 numbers)."""

    metadata: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    times_ns: list[int] = field(default_factory=list)
    states: list[list[float]] = field(default_factory=list)
    covariances: list[tuple[int, str, list[float]]] = field(default_factory=list)


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.header: dict[str, str] = {}
        self.comments: list[str] = []
        self.segments: list[RawSegment] = []

    def refuse(self, line: int, reason: str) -> CatalogError:
        return CatalogError(f"{self.source}, line {line}: {reason}")

    def head(self, line: int, name: str, text: str) -> None:
        if name not in HEADER:
            raise self.refuse(line, f"{quoted(name)} is no keyword of an OEM header")
        self._once(line, self.header, name, text)

    def meta(self, line: int, name: str, text: str) -> None:
        if name not in METADATA:
            raise self.refuse(line, f"{quoted(name)} is no keyword of OEM metadata")
        self._once(line, self.segments[-1].metadata, name, text)

    def _once(self, line: int, values: dict[str, str], name: str, text: str) -> None:
        if name in values:
            raise self.refuse(line, f"{name} is there twice")
        if not text:
            raise self.refuse(line, f"{name} has no value")
        values[name] = text

    def time(self, line: int, text: str) -> int:
        try:
            return iso_to_ns(text)[0]
        except ValueError as error:
            raise self.refuse(line, f"{quoted(text)} is no instant: {error}") from None

    def numbers(self, line: int, texts: Iterable[str]) -> list[float]:
        found = []
        for text in texts:
            try:
                value = float(text)
            except ValueError:
                raise self.refuse(line, f"{quoted(text)} is no number") from None
            if not math.isfinite(value):
                raise self.refuse(line, f"{quoted(text)} is no finite number")
            found.append(value)
        return found

    def state(self, line: int, time: str, numbers: list[str]) -> None:
        segment = self.segments[-1]
        if len(numbers) not in (6, 9):
            raise self.refuse(
                line, f"a state has {len(numbers)} numbers; 6 are needed, or 9 with accelerations"
            )
        ns = self.time(line, time)
        if segment.times_ns and ns <= segment.times_ns[-1]:
            raise self.refuse(line, "the state is not later than the one before it")
        segment.times_ns.append(ns)
        segment.states.append(self.numbers(line, numbers)[:6])

    def finish(self) -> None:
        for name in ("CREATION_DATE", "ORIGINATOR"):
            if name not in self.header:
                raise CatalogError(f"{self.source}: header: {name} missing")
        if not self.segments:
            raise CatalogError(f"{self.source}: holds no segment")
        for number, segment in enumerate(self.segments, start=1):
            missing = [name for name in _REQUIRED if name not in segment.metadata]
            if missing:
                raise CatalogError(f"{self.source}: segment {number}: {', '.join(missing)} missing")
            if not segment.states:
                raise CatalogError(f"{self.source}: segment {number}: holds no state")


def read(data: bytes, source: str) -> tuple[dict[str, str], list[str], list[RawSegment]]:
    """Read one message, KVN or XML: header, its comments, segments.

    Parameters
    ----------
    data : bytes
        The text.
    source : str
        Its name, for messages.

    Raises
    ------
    CatalogError
        The text is no OEM, or what must be there is missing or cannot be used.
    """
    reader = _Reader(source)
    if data.lstrip()[:1] == b"<":
        _read_xml(data, source, reader)
    else:
        _read_kvn(data, source, reader)
    reader.finish()
    return reader.header, reader.comments, reader.segments


def _read_kvn(data: bytes, source: str, reader: _Reader) -> None:
    place = ""
    for number, keyword, value, _ in ndm_kvn.lines(data, source):
        if not reader.header and keyword != "CCSDS_OEM_VERS":
            raise reader.refuse(number, "an OEM begins with CCSDS_OEM_VERS")
        if keyword == "COMMENT":
            (reader.segments[-1].comments if reader.segments else reader.comments).append(value)
        elif not keyword and value in ("META_START", "META_STOP", "COVARIANCE_START", "COVARIANCE_STOP"):
            place = _change(reader, number, place, value)
        elif place == "":
            if not keyword:
                raise reader.refuse(number, f"{quoted(value)} is no KEYWORD = value")
            reader.head(number, keyword, value)
        elif place == "META_START":
            reader.meta(number, keyword, value)
        elif place == "COVARIANCE_START":
            _covariance_line(reader, number, keyword, value)
        elif keyword:
            raise reader.refuse(number, f"{keyword} stands among states")
        else:
            time, *numbers = value.split()
            reader.state(number, time, numbers)
    if not reader.header:
        raise CatalogError(f"{source}: is empty")


def _change(reader: _Reader, number: int, place: str, marker: str) -> str:
    allowed = {
        "META_START": ("", "META_STOP", "COVARIANCE_STOP"),
        "META_STOP": ("META_START",),
        "COVARIANCE_START": ("META_STOP", "COVARIANCE_STOP"),
        "COVARIANCE_STOP": ("COVARIANCE_START",),
    }
    if place not in allowed[marker]:
        raise reader.refuse(number, f"{marker} stands in the wrong place")
    if marker == "META_START":
        reader.segments.append(RawSegment())
    if marker == "COVARIANCE_STOP" and any(len(c[2]) != 21 for c in reader.segments[-1].covariances):
        raise reader.refuse(number, "a covariance matrix has not all of its 21 numbers")
    return marker


def _covariance_line(reader: _Reader, number: int, keyword: str, value: str) -> None:
    found = reader.segments[-1].covariances
    if keyword == "EPOCH":
        # Without a frame of its own a covariance is in that of the states, or of the matrix before it
        frame = found[-1][1] if found else reader.segments[-1].metadata.get("REF_FRAME", "")
        found.append((reader.time(number, value), frame, []))
    elif keyword == "COV_REF_FRAME" and found:
        found[-1] = (found[-1][0], value, found[-1][2])
    elif keyword or not found:
        raise reader.refuse(number, f"{quoted(keyword or value)} is not expected in a covariance")
    else:
        found[-1][2].extend(reader.numbers(number, value.split()))
        if len(found[-1][2]) > 21:
            raise reader.refuse(number, "a covariance matrix has more than 21 numbers")


def _read_xml(data: bytes, source: str, reader: _Reader) -> None:
    found = ndm_xml.elements(data, source)
    if found[0].name != "oem":
        raise CatalogError(f"{source}: the root element is {quoted(found[0].name)}; oem is needed")
    reader.head(found[0].line, "CCSDS_OEM_VERS", found[0].attributes.get("version", ""))
    group: list[ndm_xml.Element] = []
    for element in found[1:]:
        if group and group[0].path + (group[0].name,) != element.path:
            _group(reader, group)
            group = []
        if element.name == "COMMENT" and not element.opens:
            (reader.segments[-1].comments if reader.segments else reader.comments).append(element.text)
        elif element.name == "segment":
            reader.segments.append(RawSegment())
        elif element.name in ("stateVector", "covarianceMatrix"):
            group = [element]
        elif group:
            group.append(element)
        elif not element.opens:
            reader_of = reader.meta if "metadata" in element.path else reader.head
            reader_of(element.line, element.name, element.text)
    if group:
        _group(reader, group)


def _group(reader: _Reader, group: list[ndm_xml.Element]) -> None:
    """Take one state or covariance: its opening element and its leaves."""
    head, line = group[0], group[0].line
    values = {element.name: element.text for element in group[1:]}
    for element in group[1:]:
        units = element.attributes.get("units")
        if units is not None and element.name in _UNITS and units != _UNITS[element.name]:
            raise reader.refuse(
                element.line, f"the unit of {element.name} is {quoted(units)}; it must be km or km/s"
            )
    names = _STATE if head.name == "stateVector" else _TRIANGLE
    missing = [name for name in ("EPOCH", *names) if name not in values]
    if missing:
        raise reader.refuse(line, f"{head.name}: {', '.join(missing[:3])} missing")
    if head.name == "stateVector":
        reader.state(line, values["EPOCH"], [values[name] for name in names])
        return
    found = reader.segments[-1].covariances
    frame = found[-1][1] if found else reader.segments[-1].metadata.get("REF_FRAME", "")
    numbers = reader.numbers(line, [values[name] for name in names])
    found.append((reader.time(line, values["EPOCH"]), values.get("COV_REF_FRAME", frame), numbers))
