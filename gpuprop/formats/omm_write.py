"""Columns -> OMM as CSV, JSON, XML or KVN; every digit is kept.

Numbers are written as the shortest text that reads back as the same number.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from gpuprop.formats.columns import DTYPE, KEYWORD, Array
from gpuprop.formats.epochs import ns_to_iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The order of CelesTrak's files.
_ORDER = (
    "name",
    "object_id",
    "epoch",
    "mean_motion",
    "eccentricity",
    "inclination",
    "ra_of_asc_node",
    "arg_of_pericenter",
    "mean_anomaly",
    "ephemeris_type",
    "classification_type",
    "norad_id",
    "element_set_no",
    "rev_at_epoch",
    "bstar",
    "mean_motion_dot",
    "mean_motion_ddot",
)
_METADATA, _ELEMENTS, _TLE_PARAMETERS = _ORDER[:2], _ORDER[2:9], _ORDER[9:]
_CONTEXT = (
    ("CENTER_NAME", "EARTH"),
    ("REF_FRAME", "TEME"),
    ("TIME_SYSTEM", "UTC"),
    ("MEAN_ELEMENT_THEORY", "SGP4"),
)
# What a spreadsheet takes for the start of a formula.
_FORMULA = ("=", "+", "-", "@")


def _values(name: str, column: Array) -> list[Any]:
    if name == "epoch":
        return ns_to_iso(column)
    return list(column.tolist())


def _rows(columns: Mapping[str, Array]) -> Iterator[tuple[Any, ...]]:
    return zip(*(_values(name, columns[name]) for name in _ORDER), strict=True)


def to_csv(columns: Mapping[str, Array], *, spreadsheet_safe: bool = False) -> str:
    """Return OMM as CSV with CelesTrak's header.

    Parameters
    ----------
    columns : mapping
        One array per column.
    spreadsheet_safe : bool
        Put an apostrophe before names and designators that a spreadsheet would run as a formula.
    """
    table = {name: _values(name, columns[name]) for name in _ORDER}
    if spreadsheet_safe:
        for name in ("name", "object_id"):
            table[name] = [f"'{text}" if text.startswith(_FORMULA) else text for text in table[name]]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([KEYWORD[name] for name in _ORDER])
    writer.writerows(zip(*table.values(), strict=True))
    return out.getvalue()


def to_json(columns: Mapping[str, Array]) -> str:
    """Return OMM as a JSON list, one object per line, numbers as JSON numbers."""
    keywords = [KEYWORD[name] for name in _ORDER]
    records = (json.dumps(dict(zip(keywords, row, strict=True))) for row in _rows(columns))
    body = ",\n".join(records)
    return f"[\n{body}\n]\n" if body else "[]\n"


def to_xml(columns: Mapping[str, Array]) -> str:
    """Return OMM as XML, all messages in one NDM."""
    parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<ndm>\n']
    context = "".join(f"<{keyword}>{value}</{keyword}>" for keyword, value in _CONTEXT)
    for row in _rows(columns):
        text = {name: _xml_element(name, value) for name, value in zip(_ORDER, row, strict=True)}
        parts.append(
            '<omm id="CCSDS_OMM_VERS" version="2.0"><header><CREATION_DATE/><ORIGINATOR/></header>'
            f"<body><segment><metadata>{_joined(text, _METADATA)}{context}</metadata>"
            f"<data><meanElements>{_joined(text, _ELEMENTS)}</meanElements>"
            f"<tleParameters>{_joined(text, _TLE_PARAMETERS)}</tleParameters></data></segment></body></omm>\n"
        )
    parts.append("</ndm>\n")
    return "".join(parts)


def _xml_element(name: str, value: Any) -> str:
    text = escape(value) if DTYPE[name].kind == "U" else value
    return f"<{KEYWORD[name]}>{text}</{KEYWORD[name]}>"


def _joined(text: Mapping[str, str], names: tuple[str, ...]) -> str:
    return "".join(text[name] for name in names)


def to_kvn(columns: Mapping[str, Array]) -> str:
    """Return OMM as KVN, the messages one after the other."""
    context = "".join(f"{keyword} = {value}\n" for keyword, value in _CONTEXT)
    head = "CCSDS_OMM_VERS = 2.0\nCREATION_DATE =\nORIGINATOR =\n"
    parts = []
    for row in _rows(columns):
        lines = [f"{KEYWORD[name]} = {value}\n" for name, value in zip(_ORDER, row, strict=True)]
        split = len(_METADATA)
        parts.append(head + "".join(lines[:split]) + context + "".join(lines[split:]))
    return "\n".join(parts)
