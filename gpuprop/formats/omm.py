"""Orbit Mean-Elements Messages: keywords and their text -> columns.

Keywords as in CCSDS 502.0-B-3 section 4 and as CelesTrak and Space-Track write
them. CSV, JSON, XML and KVN readers only find the text of each keyword; what it
means is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gpuprop import arrow_compute as pc
from gpuprop.formats.columns import (
    DEFAULTS,
    DTYPE,
    FIELDS,
    KEYWORD,
    REQUIRED,
    Array,
    Columns,
    Reading,
    empty,
    take,
)
from gpuprop.formats.omm_values import (
    LONGEST_NUMBER,
    NUMBER,
    Faults,
    Text,
    epochs,
    integers,
    numbers,
    strings,
)
from gpuprop.formats.report import REFUSED, REPAIRED, ReportEntry, quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gpuprop.formats.places import Places

Record = dict[str, Any]
Fault = tuple[int, str, str]

# What a record may say about its frame and model, and which of it is SGP4 as run here.
FRAME_KEYWORDS: dict[str, tuple[str, ...]] = {
    "MEAN_ELEMENT_THEORY": ("SGP4", "SGP/SGP4", "SGP4/SDP4", "SDP4"),
    "CENTER_NAME": ("EARTH",),
    "REF_FRAME": ("TEME", "TEMEOFDATE", "TEME OF DATE"),
    "TIME_SYSTEM": ("UTC",),
    "USER_DEFINED_EARTH_MODEL": ("WGS-72", "WGS72"),
    "USER_DEFINED_GRAVITY_MODEL": ("WGS-72", "WGS72"),
    "USER_DEFINED_GRAVITY": ("WGS-72", "WGS72"),
}
# Numbers that only other models have, or that name a gravity field.
WGS72_GM = 398600.8
MODEL_KEYWORDS = ("GM", "BTERM", "AGOM")
# The old "tle" class of Space-Track gives the epoch in whole seconds and the rest apart.
MICROSECONDS = "EPOCH_MICROSECONDS"
# Units as KVN and XML may state them; any other unit would make another number.
UNITS: dict[str, tuple[str, ...]] = {
    "MEAN_MOTION": ("rev/day", "1/d", "rev/d"),
    "INCLINATION": ("deg",),
    "RA_OF_ASC_NODE": ("deg",),
    "ARG_OF_PERICENTER": ("deg",),
    "MEAN_ANOMALY": ("deg",),
    "BSTAR": ("1/er",),
    "MEAN_MOTION_DOT": ("rev/day**2", "rev/d**2"),
    "MEAN_MOTION_DDOT": ("rev/day**3", "rev/d**3"),
    "GM": ("km**3/s**2",),
}

MODEL_COLUMNS = (*FRAME_KEYWORDS, *MODEL_KEYWORDS)
KEYWORDS = (*KEYWORD.values(), *FRAME_KEYWORDS, *MODEL_KEYWORDS, MICROSECONDS)
# What stands in the columns of records that are refused for want of it.
_NO_VALUE = {"norad_id": -1, "epoch": 0}
REQUIRED_KEYWORDS = tuple(KEYWORD[name] for name in REQUIRED)


def unit_fault(keyword: str, unit: str) -> str | None:
    """Return what is wrong with the unit of a value, None if nothing is."""
    allowed = UNITS.get(keyword)
    if allowed is None or unit.strip().lower() in allowed:
        return None
    return f"the unit is {quoted(unit)}; {allowed[0]} is needed"


def set_once(record: Record, keyword: str, value: str) -> bool:
    """Put a value into a record; False if the record holds another one already."""
    return bool(record.setdefault(keyword, value) == value)


def from_records(
    records: Sequence[Record], places: Places, source: str, found: Iterable[Fault] = ()
) -> Reading:
    """Turn one dict per record, keyword to text, into columns.

    Parameters
    ----------
    records : sequence of dict
        Text per keyword; what is no text there makes the record refused.
    places : Places
        Where in the source records and values stand.
    source : str
        Its name, for messages.
    found : iterable of (int, str, str)
        Record, keyword and reason of faults that the reader has seen already.

    Returns
    -------
    Reading
        The records that could be parsed, and entries for what could not.
    """
    if not records:
        return Reading(empty((*FIELDS, "line")), [], lambda row, field: (0, KEYWORD[field]))
    faults = list(found)
    fields: dict[str, Text] = {}
    for keyword in KEYWORDS:
        values = [record.get(keyword) for record in records]
        if any(value is not None for value in values):
            values = ["" if value is None else value for value in values]
            fields[keyword] = _text_values(keyword, values, faults)
    return read(fields, np.array(places.starts, np.int32), source, faults, places.line)


def _text_values(keyword: str, values: list[Any], faults: list[Fault]) -> Text:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowException, TypeError, UnicodeError):
        pass
    for row, value in enumerate(values):
        values[row] = ""
        if not isinstance(value, str):
            faults.append((row, keyword, f"{quoted(str(value))} is neither a number nor text"))
            continue
        try:
            values[row] = value.encode().decode()
        except UnicodeError:
            faults.append((row, keyword, f"{quoted(value)} is not UTF-8 text"))
    return pa.array(values, pa.string())


def read(
    fields: Mapping[str, Text],
    lines: npt.NDArray[np.int32],
    source: str,
    found: Iterable[Fault] = (),
    line_of: Callable[[int, str], int] | None = None,
) -> Reading:
    """Turn the text of every keyword into columns.

    Parameters
    ----------
    fields : mapping of str to pyarrow.StringArray
        Text per keyword, one entry per record; null or empty where a record lacks it.
    lines : ndarray of int32
        Line of the source where each record begins.
    source : str
        Its name, for messages.
    found : iterable of (int, str, str)
        Record, keyword and reason of faults that the reader has seen already.
    line_of : callable, optional
        Gives the line of a record's keyword, where that may be another than the record's first.

    Returns
    -------
    Reading
        The records that could be parsed, and entries for what could not.
    """
    at = line_of or (lambda row, _: int(lines[row]))
    faults = Faults(len(lines))
    for row, keyword, reason in found:
        faults.add(row, keyword, reason)
    columns: Columns = {}
    for name in FIELDS:
        columns[name] = _column(name, fields.get(KEYWORD[name]), faults)
    _add_microseconds(columns, fields.get(MICROSECONDS), faults)
    _check_model(fields, faults)
    columns["line"] = lines
    entries = [
        ReportEntry(source, at(row, keyword), keyword, reason, action, _known_id(columns, row, keyword))
        for action, notes in ((REFUSED, faults.found), (REPAIRED, faults.repaired))
        for row, keyword, reason in notes
        if action == REFUSED or not faults.wrong[row]
    ]
    keep = ~faults.wrong
    if not keep.all():
        columns = take(columns, keep)
    kept = np.flatnonzero(keep)
    return Reading(columns, entries, lambda row, field: (at(int(kept[row]), KEYWORD[field]), KEYWORD[field]))


def _known_id(columns: Columns, row: int, keyword: str) -> int | None:
    number = int(columns["norad_id"][row])
    return number if keyword != "NORAD_CAT_ID" and number >= 0 else None


def _column(name: str, text: Text | None, faults: Faults) -> Array:
    count = len(faults.wrong)
    if text is None and name in REQUIRED:
        for row in range(count):
            faults.add(row, KEYWORD[name], "there is no value")
        return np.full(count, _NO_VALUE.get(name, np.nan), DTYPE[name])
    if text is None:
        return np.full(count, DEFAULTS[name], DTYPE[name] if DTYPE[name].kind != "U" else "U1")
    if DTYPE[name].kind == "U":
        return strings(name, text, faults)
    if name == "epoch":
        return epochs(text, faults)
    values = numbers(name, text, faults)
    return values if DTYPE[name].kind == "f" else integers(name, values, text, faults)


def _add_microseconds(columns: Columns, text: Text | None, faults: Faults) -> None:
    if text is None:
        return
    for row, content in enumerate(text.to_pylist()):
        if not content:
            continue
        if not (content.isascii() and content.isdigit() and len(content) <= 6):
            faults.add(row, MICROSECONDS, f"{quoted(content)} is not a number of microseconds")
        elif columns["epoch"][row] % 1_000_000_000 == 0:
            columns["epoch"][row] += int(content) * 1000
        elif columns["epoch"][row] % 1_000_000_000 != int(content) * 1000:
            faults.add(row, MICROSECONDS, "EPOCH has a fraction of its own, and another one")


def _check_model(fields: Mapping[str, Text], faults: Faults) -> None:
    for keyword, allowed in FRAME_KEYWORDS.items():
        if keyword not in fields:
            continue
        for row, content in _written(fields[keyword]):
            if content.upper() not in allowed:
                need = f"{allowed[0]} is what this is propagated with"
                faults.add(row, keyword, f"{quoted(content)} is another model or frame; {need}")
    for keyword in MODEL_KEYWORDS:
        for row, content in _written(fields[keyword]) if keyword in fields else ():
            if keyword == "GM" and _is_wgs72(content):
                continue
            need = f"SGP4 has {WGS72_GM} km3/s2 (WGS72)" if keyword == "GM" else "only SGP4-XP has it"
            faults.add(row, keyword, f"{quoted(content)}: these are elements of another model; {need}")


def model_fault(fields: Mapping[str, Text]) -> Fault | None:
    """Return row, keyword and reason of the first record that is of another model or frame, None if none is.

    Parameters
    ----------
    fields : mapping of str to pyarrow.StringArray
        Text of the keywords in `MODEL_COLUMNS`, as far as they are there.
    """
    faults = Faults(max((len(text) for text in fields.values()), default=0))
    _check_model(fields, faults)
    return faults.found[0] if faults.found else None


def _is_wgs72(gm: str) -> bool:
    is_number = len(gm) <= LONGEST_NUMBER and NUMBER.fullmatch(gm)
    return bool(is_number) and abs(float(gm) - WGS72_GM) < 0.01


def _written(text: Text) -> list[tuple[int, str]]:
    unique = pc.unique(text)
    if len(unique) == 1 and not (unique[0].as_py() or "").strip():
        return []
    return [
        (row, content.strip()) for row, content in enumerate(text.to_pylist()) if content and content.strip()
    ]
