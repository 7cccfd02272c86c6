"""OMM as JSON: a list of flat objects, one object, or one object per line.

Numbers may be JSON numbers (CelesTrak) or strings (Space-Track); both are kept
as text until they are converted, so that no digit is lost.
"""

from __future__ import annotations

import json
import re
from typing import Any

import numpy as np

from gpuprop.formats import omm
from gpuprop.formats.columns import Reading
from gpuprop.formats.places import Places
from gpuprop.formats.report import REFUSED, ReportEntry, quoted
from gpuprop.formats.sources import with_line_feeds

# With byte order marks, which stand where files were joined.
_SPACE = re.compile("[ \t\r\n\ufeff]*")
# Possessive: a long run of blanks is gone through once.
_NEXT_RECORD = re.compile("\\}[ \t\r\n\ufeff]*+,?[ \t\r\n\ufeff]*+(?=\\{)")
# The decoder counts the lines before every fault, which takes long where there are many.
_MOST_BROKEN = 1000
_TWICE = "\0twice"
_BEFORE_VALUE = '"{}"[ \t]*:'


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = {key.upper(): value for key, value in pairs}
    if len(record) != len(pairs):
        first: dict[str, Any] = {}
        for key, value in pairs:
            if first.setdefault(key.upper(), value) != value and key.upper() in omm.KEYWORDS:
                record[_TWICE] = key.upper()
    return record


_DECODER = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)


def read(data: bytes, source: str) -> Reading:
    """Read all records of a text.

    Parameters
    ----------
    data : bytes
        The text.
    source : str
        Its name, for messages.

    Returns
    -------
    Reading
        The records that could be parsed, and entries for what could not.
    """
    data = with_line_feeds(data)
    text = data.decode("utf-8", "surrogateescape")
    breaks = np.array([match.start() for match in re.finditer("\n", text)], np.int64)
    values, starts, broken = _scan(text)
    lines = (np.searchsorted(breaks, np.array(starts, np.int64)) + 1).tolist()
    faults = []
    records: list[omm.Record] = []
    for row, value in enumerate(values):
        if not isinstance(value, dict):
            faults.append((row, "", f"{quoted(str(value))} is no object with OMM keywords"))
            value = {}
        elif _TWICE in value:
            faults.append((row, value[_TWICE], "the keyword is there twice, with different values"))
        records.append(value)
    reading = omm.from_records(records, Places(data, lines, _BEFORE_VALUE), source, faults)
    entries = [
        ReportEntry(source, int(np.searchsorted(breaks, place)) + 1, "", reason, REFUSED, None)
        for place, reason in broken
    ]
    merged = sorted(reading.entries + entries, key=lambda entry: entry.line)
    return Reading(reading.columns, merged, reading.where)


def _skip(text: str, place: int) -> int:
    found = _SPACE.match(text, place)
    return found.end() if found else place


def _scan(text: str) -> tuple[list[Any], list[int], list[tuple[int, str]]]:
    """Return the values, where each begins, and place and reason of what is no JSON."""
    values: list[Any] = []
    starts: list[int] = []
    broken: list[tuple[int, str]] = []
    place = _skip(text, 0)
    in_list = text.startswith("[", place)
    if in_list:
        place = _skip(text, place + 1)
        if text.startswith("]", place) and _skip(text, place + 1) == len(text):
            return values, starts, broken
    while place < len(text):
        try:
            value, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            broken.append((place, _why(error)))
            if len(broken) == _MOST_BROKEN:
                broken.append((place, f"after {_MOST_BROKEN} broken records the rest is not read"))
                break
            following = _NEXT_RECORD.search(text, place)
            if following is None:
                break
            place = following.end()
            continue
        values.append(value)
        starts.append(place)
        place = _skip(text, end)
        if in_list and text.startswith("]", place):
            rest = _skip(text, place + 1)
            if rest < len(text):
                broken.append((rest, f"there is text after the list: {quoted(text[rest : rest + 100])}"))
            return values, starts, broken
        if in_list and place < len(text) and not text.startswith(",", place):
            broken.append((place, "a comma or the end of the list is needed between two records"))
        elif text.startswith(",", place):
            place = _skip(text, place + 1)
    if in_list and not broken:
        broken.append((max(len(text) - 1, 0), "the text ends inside the list"))
    return values, starts, broken


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"this is no JSON: {error.msg} (line {error.lineno}, column {error.colno})"
    return "this is no OMM: it is nested too deeply"
