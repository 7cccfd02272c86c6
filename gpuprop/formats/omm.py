"""Orbit Mean-Elements Messages: keywords and their text -> columns.

Keywords as in CCSDS 502.0-B-3 section 4 and as CelesTrak and Space-Track write
them. CSV, JSON, XML and KVN readers only find the text of each keyword; what it
means is decided here.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

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
from gpuprop.formats.epochs import iso_matrix_to_ns, iso_to_ns
from gpuprop.formats.report import CONTROL_CHARACTERS, REFUSED, REPAIRED, ReportEntry, quoted
from gpuprop.formats.tle_ids import alpha5_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Mask = npt.NDArray[np.bool_]
# A pyarrow.StringArray; pyarrow comes without types.
Text = Any
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

KEYWORDS = (*KEYWORD.values(), *FRAME_KEYWORDS, *MODEL_KEYWORDS, MICROSECONDS)
REQUIRED_KEYWORDS = tuple(KEYWORD[name] for name in REQUIRED)

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NUMBER_RE2 = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_BLANKS = " \t"
_LONGEST_NUMBER = 64
_EPOCH_WIDTHS = (19, *range(21, 30))


def unit_fault(keyword: str, unit: str) -> str | None:
    """Return what is wrong with the unit of a value, None if nothing is."""
    allowed = UNITS.get(keyword)
    if allowed is None or unit.strip().lower() in allowed:
        return None
    return f"the unit is {quoted(unit)}; {allowed[0]} is needed"


def set_once(record: Record, keyword: str, value: str) -> bool:
    """Put a value into a record; False if the record holds another one already."""
    return bool(record.setdefault(keyword, value) == value)


class _Faults:
    """The first thing that is wrong with each record."""

    def __init__(self, count: int) -> None:
        self.wrong = np.zeros(count, bool)
        self.found: list[tuple[int, str, str]] = []
        self.repaired: list[tuple[int, str, str]] = []

    def add(self, row: int, keyword: str, reason: str) -> None:
        if not self.wrong[row]:
            self.wrong[row] = True
            self.found.append((row, keyword, reason))


def from_records(
    records: Sequence[Record], lines: Sequence[int], source: str, found: Iterable[Fault] = ()
) -> Reading:
    """Turn one dict per record, keyword to text, into columns.

    Parameters
    ----------
    records : sequence of dict
        Text per keyword; what is no text there makes the record refused.
    lines : sequence of int
        Line of the source where each record begins.
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
            fields[keyword] = _text_values(keyword, values, faults)
    return read(fields, np.array(lines, np.int32), source, faults)


def _text_values(keyword: str, values: list[Any], faults: list[Fault]) -> Text:
    try:
        return pa.array(values, pa.string())
    except (pa.ArrowException, TypeError, UnicodeError):
        pass
    for row, value in enumerate(values):
        if value is None:
            continue
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
    fields: Mapping[str, Text], lines: npt.NDArray[np.int32], source: str, found: Iterable[Fault] = ()
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

    Returns
    -------
    Reading
        The records that could be parsed, and entries for what could not.
    """
    faults = _Faults(len(lines))
    for row, keyword, reason in found:
        faults.add(row, keyword, reason)
    columns: Columns = {}
    for name in FIELDS:
        columns[name] = _column(name, fields.get(KEYWORD[name]), faults)
    _add_microseconds(columns, fields.get(MICROSECONDS), faults)
    _check_model(fields, faults)
    columns["line"] = lines
    entries = [
        ReportEntry(source, int(lines[row]), keyword, reason, action, _known_id(columns, row, keyword))
        for action, notes in ((REFUSED, faults.found), (REPAIRED, faults.repaired))
        for row, keyword, reason in notes
        if action == REFUSED or not faults.wrong[row]
    ]
    keep = ~faults.wrong
    if not keep.all():
        columns = take(columns, keep)
    kept_lines = columns["line"]
    return Reading(columns, entries, lambda row, field: (int(kept_lines[row]), KEYWORD[field]))


def _known_id(columns: Columns, row: int, keyword: str) -> int | None:
    number = int(columns["norad_id"][row])
    return number if keyword != "NORAD_CAT_ID" and number >= 0 else None


def _column(name: str, text: Text | None, faults: _Faults) -> Array:
    count = len(faults.wrong)
    if text is None and name in REQUIRED:
        text = pa.nulls(count, pa.string())
    if text is None:
        return np.full(count, DEFAULTS[name], DTYPE[name] if DTYPE[name].kind != "U" else "U1")
    if DTYPE[name].kind == "U":
        return _strings(name, text, faults)
    if name == "epoch":
        return _epochs(text, faults)
    values = _numbers(name, text, faults)
    return values if DTYPE[name].kind == "f" else _integers(name, values, text, faults)


def _strings(name: str, text: Text, faults: _Faults) -> Array:
    trimmed = pc.utf8_trim_whitespace(_filled(text))
    if len(trimmed) and pc.any(pc.match_substring(trimmed, "\0")).as_py():
        # A NumPy string drops NULs at its end, so they are looked for before.
        for row in np.flatnonzero(pc.match_substring(trimmed, "\0")).tolist():
            faults.add(row, KEYWORD[name], CONTROL_CHARACTERS)
    longest = 1 if name == "classification_type" else 255
    length = pc.utf8_length(trimmed).to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(length > longest).tolist():
        faults.add(row, KEYWORD[name], f"the text has {length[row]} characters; {longest} are the limit")
    if (length > longest).any():
        trimmed = pc.utf8_slice_codeunits(trimmed, 0, longest)
    values = np.array(trimmed.to_pylist(), "U") if len(trimmed) else np.empty(0, "U1")
    if name == "classification_type":
        values = np.where(values == "", "U", values)
    return values


def _filled(text: Text) -> Text:
    return text.fill_null("") if text.null_count else text


def _numbers(name: str, text: Text, faults: _Faults) -> npt.NDArray[np.float64]:
    text = _without_endless(name, text, faults)
    try:
        # Rejects empty text, blanks, underscores and hexadecimal; "nan" and "inf" are for validation to find.
        return np.asarray(pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        pass
    text = pc.utf8_trim(text, _BLANKS)
    is_number = pc.match_substring_regex(text, _NUMBER_RE2)
    values = pc.cast(pc.if_else(is_number, text, "0"), pa.float64()).to_numpy(zero_copy_only=False).copy()
    odd = pc.invert(is_number)
    if name not in REQUIRED:
        odd = pc.and_(odd, pc.not_equal(text, ""))
    for row in np.flatnonzero(odd.to_numpy(zero_copy_only=False)).tolist():
        values[row] = _odd_number(name, row, text[row].as_py(), faults)
    return np.asarray(values)


def _without_endless(name: str, text: Text, faults: _Faults) -> Text:
    """Refuse numbers of more characters than any number needs, and return the text without them."""
    text = _filled(text)
    too_long = pc.greater(pc.binary_length(text), _LONGEST_NUMBER)
    rows = np.flatnonzero(too_long.to_numpy(zero_copy_only=False)).tolist()
    if not rows:
        return text
    for row in rows:
        faults.add(
            row, KEYWORD[name], f"{quoted(text[row].as_py())} is not a number of {_LONGEST_NUMBER} characters"
        )
    return pc.if_else(too_long, "0", text)


def _odd_number(name: str, row: int, content: str, faults: _Faults) -> float:
    if name == "norad_id" and (number := alpha5_number(content)) is not None:
        return number
    if content or name in REQUIRED:
        reason = f"{quoted(content)} is not a number" if content else "there is no value"
        faults.add(row, KEYWORD[name], reason)
        return -1.0 if name == "norad_id" else np.nan
    return 0.0


def _integers(name: str, values: Array, text: Text, faults: _Faults) -> Array:
    limits = np.iinfo(DTYPE[name])
    high = min(limits.max, 2**53)
    with np.errstate(invalid="ignore"):
        bad = ~(np.floor(values) == values) | ~(np.abs(values) <= high)
    # A digit that turned into an exponent's letter would make another object of it.
    with_exponent = pc.match_substring_regex(_filled(text), "[0-9.][eE]")
    bad |= with_exponent.to_numpy(zero_copy_only=False)
    for row in np.flatnonzero(bad).tolist():
        faults.add(
            row, KEYWORD[name], f"{quoted(text[row].as_py() or '')} is not a whole number of that size"
        )
    return np.where(bad, -1, values).astype(DTYPE[name])


def _epochs(text: Text, faults: _Faults) -> Array:
    text = pc.utf8_trim(_filled(text), _BLANKS)
    plain = pc.replace_substring_regex(text, "Z$", "") if pc.any(pc.ends_with(text, "Z")).as_py() else text
    epoch = np.zeros(len(text), np.int64)
    good = np.zeros(len(text), bool)
    length = pc.binary_length(plain).to_numpy(zero_copy_only=False)
    for width in np.unique(length):
        if width in _EPOCH_WIDTHS:
            rows = np.flatnonzero(length == width)
            epoch[rows], good[rows] = iso_matrix_to_ns(_byte_columns(plain, rows, int(width)))
    for row in np.flatnonzero(~good).tolist():
        content = text[row].as_py()
        try:
            epoch[row], rounded = iso_to_ns(content)
        except ValueError as error:
            reason = f"{quoted(content)}: {error}" if content else "there is no value"
            faults.add(row, "EPOCH", reason)
            continue
        if rounded:
            faults.repaired.append((row, "EPOCH", f"{quoted(content)} was rounded to the nanosecond"))
    return epoch


def _byte_columns(text: Text, rows: Array, width: int) -> npt.NDArray[np.uint8]:
    """Return the bytes of texts of one width, one row per character column."""
    _, offset_buffer, data_buffer = text.buffers()
    offset_type = np.int64 if pa.types.is_large_string(text.type) else np.int32
    offsets = np.frombuffer(offset_buffer, offset_type)[text.offset : text.offset + len(text)]
    data = np.frombuffer(data_buffer, np.uint8)
    start = offsets[rows].astype(np.int64)
    out = np.empty((width, len(rows)), np.uint8)
    for column in range(width):
        out[column] = data[start + column]
    return out


def _add_microseconds(columns: Columns, text: Text | None, faults: _Faults) -> None:
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


def _check_model(fields: Mapping[str, Text], faults: _Faults) -> None:
    for keyword, allowed in FRAME_KEYWORDS.items():
        if keyword not in fields:
            continue
        for row, content in _written(fields[keyword]):
            if content.upper() not in allowed:
                need = f"{allowed[0]} is what this is propagated with"
                faults.add(row, keyword, f"{quoted(content)} is another model or frame; {need}")
    for keyword in MODEL_KEYWORDS:
        for row, content in _written(fields[keyword]) if keyword in fields else ():
            if keyword == "GM" and _NUMBER.fullmatch(content) and abs(float(content) - WGS72_GM) < 0.01:
                continue
            need = f"SGP4 has {WGS72_GM} km3/s2 (WGS72)" if keyword == "GM" else "only SGP4-XP has it"
            faults.add(row, keyword, f"{quoted(content)}: these are elements of another model; {need}")


def _written(text: Text) -> list[tuple[int, str]]:
    unique = pc.unique(text)
    if len(unique) == 1 and not (unique[0].as_py() or "").strip():
        return []
    return [
        (row, content.strip()) for row, content in enumerate(text.to_pylist()) if content and content.strip()
    ]
