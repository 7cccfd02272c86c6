"""What a fuzzed text says at a line, by another way than the reader's: split, match, decode one record."""

from __future__ import annotations

import csv
import io
import json
import re
import xml.etree.ElementTree as ET
from codecs import BOM_UTF8
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from xml.sax import SAXException, make_parser
from xml.sax.handler import ContentHandler

from tests.formats import oracle

if TYPE_CHECKING:
    from collections.abc import Iterator

    Fields = dict[str, str]

_UNITS = {
    "MEAN_MOTION": {"rev/day", "1/d", "rev/d"},
    **dict.fromkeys(("INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY"), {"deg"}),
    "BSTAR": {"1/er"},
    "MEAN_MOTION_DOT": {"rev/day**2", "rev/d**2"},
    "MEAN_MOTION_DDOT": {"rev/day**3", "rev/d**3"},
    "GM": {"km**3/s**2"},
}
_WITH_UNIT = re.compile(r"(.*?)[ \t]*\[([^\[\]]*)\]")
_PAIR = re.compile(r"[ \t]*([A-Za-z][A-Za-z0-9_]*)[ \t]*=(.*)", re.DOTALL)


def records(kind: str, data: bytes, line: int, *, summed: bool) -> Iterator[oracle.Record]:
    """Yield the element sets that may be meant by a record beginning at a line, counted from 1."""
    if kind == "tle":
        yield from _legal(lambda: oracle.tle(_tle_pair(data, line), summed=summed))
        return
    fields = {"csv": _csv_fields, "json": _json_fields, "xml": _xml_fields, "kvn": _kvn_fields}[kind]
    for found in fields(data, line):
        yield from _legal(lambda found=found: oracle.omm(found))


def _legal(reading: Any) -> Iterator[oracle.Record]:
    try:
        yield reading()
    except oracle.No:
        return


def _tle_pair(data: bytes, line: int) -> str:
    lines = re.split(b"\r\r?\n|\r|\n", data)[line - 1 :]
    used = [text.removeprefix(BOM_UTF8).strip(b" \t").decode("latin-1") for text in lines]
    return "\n".join([text for text in used if text and not text.startswith(("#", "//"))][:2])


def _csv_fields(data: bytes, line: int) -> Iterator[Fields]:
    rows = re.split("\r\r?\n|\r|\n", data.decode("utf-8", "replace"))
    header = next(row for row in rows if row.strip() and not row.lstrip().startswith("#"))
    names = [
        name.strip().strip("\ufeff").upper() for name in next(csv.reader([header], skipinitialspace=True))
    ]
    # A value in quotation marks may go on in the next lines.
    for last in range(line, min(line + 9, len(rows) + 1)):
        found = list(csv.reader(io.StringIO("\n".join(rows[line - 1 : last]), newline="")))
        if len(found) == 1 and len(found[0]) == len(names):
            yield dict(zip(names, found[0], strict=True))


def _json_fields(data: bytes, line: int) -> Iterator[Fields]:
    text = data.decode("utf-8", "surrogateescape")
    start = [0, *(place.end() for place in re.finditer("\n", text))][line - 1]
    end = text.find("\n", start)
    decoder = json.JSONDecoder(
        parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_once_each
    )
    for place in re.finditer(r"\{", text[start : end if end >= 0 else len(text)]):
        try:
            yield _texts(decoder.raw_decode(text, start + place.start())[0])
        except (ValueError, RecursionError, oracle.No):
            continue


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if found.setdefault(key.upper(), value) != value:
            found[key.upper()] = ["twice"]
    return found


def _texts(found: dict[str, Any]) -> Fields:
    given = {key: value for key, value in found.items() if key in _KEYWORDS and value is not None}
    oracle.need(all(isinstance(value, str) for value in given.values()))
    return given


def _kvn_fields(data: bytes, line: int) -> Iterator[Fields]:
    lines = re.split("\r\n|\n|\r", data.decode("utf-8", "surrogateescape"))
    fields: Fields = {}
    for text in lines[line - 1 :]:
        text = text.lstrip(" \t\ufeff").rstrip(" \t")
        found = _PAIR.fullmatch(text)
        if not text or text.startswith(("COMMENT", "#")):
            continue
        if found is None:
            return
        keyword, value = found[1].upper(), found[2].strip(" \t")
        if keyword == "CCSDS_OMM_VERS" and fields:
            break
        unit = _WITH_UNIT.fullmatch(value) if keyword in _UNITS else None
        if unit and unit[2].strip().lower() not in _UNITS[keyword]:
            return
        if fields.setdefault(keyword, unit[1] if unit else value) != (unit[1] if unit else value):
            fields[keyword] = "twice"
    yield fields


class _Segments(ContentHandler):
    """Keeps the segments that were complete before the text stopped being XML."""

    def __init__(self) -> None:
        super().__init__()
        self.tree = ET.TreeBuilder()
        self.found: list[ET.Element] = []

    def startElement(self, name: str, attrs: Any) -> None:
        self.tree.start(name, dict(attrs))

    def characters(self, content: str) -> None:
        self.tree.data(content)

    def endElement(self, name: str) -> None:
        element = self.tree.end(name)
        if _local(name) == "segment":
            self.found.append(element)


def _xml_fields(data: bytes, line: int) -> Iterator[Fields]:
    """Yield every segment, wherever it begins."""
    parser, segments = make_parser(), _Segments()
    parser.setContentHandler(segments)
    with suppress(SAXException, ValueError, LookupError):
        parser.feed(data)
    for element in segments.found:
        yield from _segment(element)


def _segment(segment: ET.Element) -> Iterator[Fields]:
    fields: Fields = {}
    for element in segment.iter():
        name = _local(element.tag)
        if name == "USER_DEFINED":
            name = f"USER_DEFINED_{element.get('parameter', '').upper()}"
        if name not in _KEYWORDS:
            continue
        units = element.get("units")
        value = (element.text or "").strip(" \t\r\n")
        if len(element) or (units is not None and units.strip().lower() not in _UNITS.get(name, {units})):
            return
        if fields.setdefault(name, value) != value:
            return
    yield fields


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


_KEYWORDS = {
    *("NORAD_CAT_ID", "OBJECT_ID", "OBJECT_NAME", "EPOCH", "EPOCH_MICROSECONDS", "MEAN_MOTION"),
    *("ECCENTRICITY", "INCLINATION", "RA_OF_ASC_NODE", "ARG_OF_PERICENTER", "MEAN_ANOMALY", "BSTAR"),
    *("MEAN_MOTION_DOT", "MEAN_MOTION_DDOT", "ELEMENT_SET_NO", "REV_AT_EPOCH", "EPHEMERIS_TYPE"),
    *("CLASSIFICATION_TYPE", "MEAN_ELEMENT_THEORY", "CENTER_NAME", "REF_FRAME", "TIME_SYSTEM", "GM"),
    *("USER_DEFINED_EARTH_MODEL", "USER_DEFINED_GRAVITY_MODEL", "USER_DEFINED_GRAVITY", "BTERM", "AGOM"),
}
