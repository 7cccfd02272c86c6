"""Text of OMM keywords -> NumPy columns of the right kind, all records at once."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gpuprop import arrow_compute as pc
from gpuprop.arrow_columns import numbers_of
from gpuprop.formats.columns import DTYPE, KEYWORD, REQUIRED, Array
from gpuprop.formats.epochs import iso_matrix_to_ns, iso_to_ns
from gpuprop.formats.report import CONTROL_CHARACTERS, quoted
from gpuprop.formats.tle_ids import alpha5_number

# A pyarrow.StringArray; pyarrow comes without types.
Text = Any

NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_NUMBER_RE2 = r"^[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?$"
_BLANKS = " \t"
LONGEST_NUMBER = 64
_EPOCH_WIDTHS = (19, *range(21, 30))


class Faults:
    """The first thing that is wrong with each record."""

    def __init__(self, count: int) -> None:
        self.wrong = np.zeros(count, bool)
        self.found: list[tuple[int, str, str]] = []
        self.repaired: list[tuple[int, str, str]] = []

    def add(self, row: int, keyword: str, reason: str) -> None:
        """Refuse a record, unless it is refused already."""
        if not self.wrong[row]:
            self.wrong[row] = True
            self.found.append((row, keyword, reason))


def strings(name: str, text: Text, faults: Faults) -> Array:
    """Return text without blanks around it; what is too long or holds a NUL is refused."""
    longest = 1 if name == "classification_type" else 255
    if _is_plain(text) and not (_lengths(text) > longest).any():
        values = _plain_strings(text)
    else:
        values = _any_strings(name, text, longest, faults)
    if name == "classification_type":
        values = np.where(values == "", "U", values)
    return values


def _any_strings(name: str, text: Text, longest: int, faults: Faults) -> Array:
    trimmed = pc.utf8_trim_whitespace(_filled(text))
    if len(trimmed) and pc.any(pc.match_substring(trimmed, "\0")).as_py():
        # A NumPy string drops NULs at its end, so they are looked for before.
        for row in np.flatnonzero(pc.match_substring(trimmed, "\0")).tolist():
            faults.add(row, KEYWORD[name], CONTROL_CHARACTERS)
    length = numbers_of(pc.utf8_length(trimmed))
    for row in np.flatnonzero(length > longest).tolist():
        faults.add(row, KEYWORD[name], f"the text has {length[row]} characters; {longest} are the limit")
    if (length > longest).any():
        trimmed = pc.utf8_slice_codeunits(trimmed, 0, longest)
    return np.array(trimmed.to_pylist(), "U") if len(trimmed) else np.empty(0, "U1")


def _is_plain(text: Text) -> bool:
    """Tell whether every text is there and printable ASCII."""
    offsets, data = _bytes(text)
    written = data[offsets[0] : offsets[-1]]
    return not text.null_count and bool(((written >= 0x20) & (written < 0x7F)).all())


def _padded(text: Text) -> npt.NDArray[np.int64]:
    """Return which plain texts have blanks around them."""
    offsets, data = _bytes(text)
    filled = np.flatnonzero(offsets[1:] > offsets[:-1])
    around = (data[offsets[filled]] == 0x20) | (data[offsets[filled + 1] - 1] == 0x20)
    return filled[around]


def _plain_strings(text: Text) -> Array:
    """Return plain text as an array of strings as wide as the longest, by spreading its bytes."""
    offsets, data = _bytes(text)
    length = _lengths(text)
    width = max(1, int(length.max(initial=0)))
    codes = np.zeros((len(text), width), np.uint32)
    codes[np.arange(width) < length[:, None]] = data[offsets[0] : offsets[-1]]
    values = codes.view(f"U{width}").ravel()
    padded = _padded(text)
    if len(padded):
        values[padded] = np.char.strip(values[padded])
        values = values.astype(f"U{max(1, np.char.str_len(values).max())}")
    return values


def _filled(text: Text) -> Text:
    return text.fill_null("") if text.null_count else text


def numbers(name: str, text: Text, faults: Faults) -> npt.NDArray[np.float64]:
    """Return the numbers as the doubles nearest to their text; what is no number is refused."""
    text = _without_endless(name, text, faults)
    try:
        # Rejects empty text, blanks, underscores and hexadecimal; "nan" and "inf" are for validation to find.
        return numbers_of(pc.as_float64(text))
    except pa.ArrowInvalid:
        pass
    text = pc.utf8_trim(text, _BLANKS)
    is_number = pc.match_substring_regex(text, _NUMBER_RE2)
    values = numbers_of(pc.cast(pc.if_else(is_number, text, "0"), pa.float64())).copy()
    odd = pc.invert(is_number)
    if name not in REQUIRED:
        odd = pc.and_(odd, pc.not_equal(text, ""))
    for row in np.flatnonzero(numbers_of(odd)).tolist():
        values[row] = _odd_number(name, row, text[row].as_py(), faults)
    return np.asarray(values)


def _without_endless(name: str, text: Text, faults: Faults) -> Text:
    """Refuse numbers of more characters than any number needs, and return the text without them."""
    text = _filled(text)
    if not (_lengths(text) > LONGEST_NUMBER).any():
        return text
    too_long = pc.greater(pc.binary_length(text), LONGEST_NUMBER)
    for row in np.flatnonzero(numbers_of(too_long)).tolist():
        faults.add(
            row, KEYWORD[name], f"{quoted(text[row].as_py())} is not a number of {LONGEST_NUMBER} characters"
        )
    return pc.if_else(too_long, "0", text)


def _odd_number(name: str, row: int, content: str, faults: Faults) -> float:
    if name == "norad_id" and (number := alpha5_number(content)) is not None:
        return number
    reason = f"{quoted(content)} is not a number" if content else "there is no value"
    faults.add(row, KEYWORD[name], reason)
    return -1.0 if name == "norad_id" else np.nan


def integers(name: str, values: Array, text: Text, faults: Faults) -> Array:
    """Return numbers as whole ones; fractions, exponents and what does not fit is refused."""
    limits = np.iinfo(DTYPE[name])
    high = min(limits.max, 2**53)
    with np.errstate(invalid="ignore"):
        bad = ~(np.floor(values) == values) | ~(np.abs(values) <= high)
    text = _filled(text)
    written = _written(text)
    if b"e" in written or b"E" in written:
        # A digit that turned into an exponent's letter would make another object of it.
        bad |= numbers_of(pc.match_substring_regex(text, "[0-9.][eE]"))
    for row in np.flatnonzero(bad).tolist():
        faults.add(
            row, KEYWORD[name], f"{quoted(text[row].as_py() or '')} is not a whole number of that size"
        )
    return np.where(bad, -1, values).astype(DTYPE[name])


def epochs(text: Text, faults: Faults) -> Array:
    """Return epochs as nanoseconds UTC since 1970; what is no epoch is refused."""
    if not _is_plain(text) or len(_padded(text)):
        text = pc.utf8_trim(_filled(text), _BLANKS)
    plain = pc.replace_substring_regex(text, "Z$", "") if b"Z" in _written(text) else text
    epoch = np.zeros(len(text), np.int64)
    good = np.zeros(len(text), bool)
    length = _lengths(plain)
    for width in set(length.tolist()):
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


def _lengths(text: Text) -> Array:
    """Return the number of bytes of each text."""
    offsets, _ = _bytes(text)
    return np.asarray(offsets[1:] - offsets[:-1])


def _bytes(text: Text) -> tuple[Array, npt.NDArray[np.uint8]]:
    """Return where each text begins, where the last one ends, and the bytes they are in."""
    _, offset_buffer, data_buffer = text.buffers()
    offset_type = np.int64 if pa.types.is_large_string(text.type) else np.int32
    offsets = np.frombuffer(offset_buffer or bytes(8), offset_type)[text.offset : text.offset + len(text) + 1]
    return offsets, np.frombuffer(data_buffer or b"", np.uint8)


def _written(text: Text) -> bytes:
    """Return all texts, one after the other."""
    offsets, data = _bytes(text)
    return data[offsets[0] : offsets[-1]].tobytes()


def _byte_columns(text: Text, rows: Array, width: int) -> npt.NDArray[np.uint8]:
    """Return the bytes of texts of one width, one row per character column."""
    offsets, data = _bytes(text)
    start = offsets[rows].astype(np.int64)
    out = np.empty((width, len(rows)), np.uint8)
    for column in range(width):
        out[column] = data[start + column]
    return out
