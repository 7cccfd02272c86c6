"""Two-line element sets, with or without a name line, all rows at once.

Columns as published by CelesTrak (https://celestrak.org/NORAD/documentation/tle-fmt.php);
the comments and names below count them from 1, the code from 0.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gpuprop.formats import tle_lines
from gpuprop.formats.columns import Array, Columns, Reading, empty, join, take, text_array
from gpuprop.formats.digits import (
    BLANK,
    MINUS,
    POINT,
    ZERO,
    Bytes,
    Integers,
    Mask,
    exponent_form,
    fixed_point,
    sign_of,
    unsigned,
)
from gpuprop.formats.epochs import tle_to_ns
from gpuprop.formats.report import CONTROL_CHARACTERS, REFUSED, REPAIRED, ReportEntry, quoted

if TYPE_CHECKING:
    from collections.abc import Callable

WIDTH = tle_lines.WIDTH
_ROWS_AT_ONCE = 8_192

# Field -> line of the record and its columns, counted from 1.
PLACES: dict[str, tuple[int, int, int]] = {
    "norad_id": (1, 3, 7),
    "classification_type": (1, 8, 8),
    "object_id": (1, 10, 17),
    "epoch": (1, 19, 32),
    "mean_motion_dot": (1, 34, 43),
    "mean_motion_ddot": (1, 45, 52),
    "bstar": (1, 54, 61),
    "ephemeris_type": (1, 63, 63),
    "element_set_no": (1, 65, 68),
    "inclination": (2, 9, 16),
    "ra_of_asc_node": (2, 18, 25),
    "eccentricity": (2, 27, 33),
    "arg_of_pericenter": (2, 35, 42),
    "mean_anomaly": (2, 44, 51),
    "mean_motion": (2, 53, 63),
    "rev_at_epoch": (2, 64, 68),
}
_SEPARATORS = {1: (2, 9, 18, 33, 44, 53, 62, 64), 2: (2, 8, 17, 26, 34, 43, 52)}


def two_digit_year(year: Integers) -> Integers:
    """Return full years: 57 to 99 are 1957 to 1999, 00 to 56 are 2000 to 2056."""
    return np.where(year < 57, year + 2000, year + 1900)


def read(data: bytes, source: str, *, checksum: str = "error") -> Reading:
    """Read all element sets of a text.

    Parameters
    ----------
    data : bytes
        The text.
    source : str
        Its name, for messages.
    checksum : {"error", "warn", "ignore"}
        What to do with a record whose checksum is there and wrong.

    Returns
    -------
    Reading
        The records that could be parsed, and entries for what could not.
    """
    lines = tle_lines.split(data)
    pairs, entries = tle_lines.pair(lines, source)
    parts: list[Columns] = []
    for start in range(0, len(pairs.first), _ROWS_AT_ONCE):
        block = pairs.rows(slice(start, start + _ROWS_AT_ONCE))
        parts.append(_read_block(lines, block, source, checksum, entries))
    columns = join(parts, tuple(parts[0])) if parts else empty((*tuple(DEFAULT_NAMES), "line", "line_2"))
    entries.sort(key=lambda entry: entry.line)
    first, second = columns["line"], columns.pop("line_2")

    def where(row: int, field: str) -> tuple[int, str]:
        if field == "name":
            return int(first[row]), "name"
        line, start, stop = PLACES[field]
        return int((first, second)[line - 1][row]), span(start, stop)

    return Reading(columns, entries, where)


DEFAULT_NAMES = ("name", *PLACES)


def span(start: int, stop: int) -> str:
    """Return character columns as an entry shows them."""
    return f"{start}-{stop}" if stop > start else f"{start}"


@dataclass
class _Block:
    """Rows under test: what is wrong with each, the first fault only."""

    text: dict[int, Bytes]
    wrong: Mask
    faults: list[tuple[int, int, str, str]]

    def require(self, good: Mask, line: int, start: int, stop: int, need: str | Callable[[int], str]) -> None:
        """Refuse the rows that are not good, with the columns and what is needed there."""
        for row in np.flatnonzero(~good & ~self.wrong).tolist():
            content = self.text[line][start - 1 : stop, row].tobytes().decode("latin-1")
            reason = need(row) if callable(need) else f"{quoted(content)} stands where {need} is needed"
            self.faults.append((row, line, span(start, stop), reason))
        self.wrong |= ~good


def _read_block(
    lines: tle_lines.Lines, pairs: tle_lines.Pairs, source: str, checksum: str, entries: list[ReportEntry]
) -> Columns:
    text = {1: lines.characters(pairs.first), 2: lines.characters(pairs.second)}
    block = _Block(text, np.zeros(len(pairs.first), bool), [])
    _check_shape(block, lines, pairs)
    _check_separators(block)
    stale = _check_sums(block, checksum)
    columns = _fields(block)
    columns["name"], name_notes, with_nul = lines.names(pairs.name)
    block.faults += [(row, 0, "name", CONTROL_CHARACTERS) for row in with_nul if not block.wrong[row]]
    block.wrong[with_nul] = True
    columns["line"] = (pairs.first + 1).astype(np.int32)
    columns["line_2"] = (pairs.second + 1).astype(np.int32)
    numbers = {0: pairs.name + 1, 1: columns["line"], 2: columns["line_2"]}
    ids = columns["norad_id"]
    for row, line, column, reason in block.faults:
        who = int(ids[row]) if column != "3-7" and ids[row] >= 0 else None
        entries.append(ReportEntry(source, int(numbers[line][row]), column, reason, REFUSED, who))
    notes = [*stale, *_tail_notes(lines, pairs), *((row, 0, "", note) for row, note in name_notes)]
    for row, line, column, reason in notes:
        if not block.wrong[row]:
            place = int(numbers[line][row])
            entries.append(ReportEntry(source, place, column, reason, REPAIRED, int(ids[row])))
    keep = ~block.wrong
    return take(columns, keep)


def _check_shape(block: _Block, lines: tle_lines.Lines, pairs: tle_lines.Pairs) -> None:
    for number, which in ((1, pairs.first), (2, pairs.second)):
        length = lines.length(which)
        # Without a checksum a line may end at column 68; blanks at its end were cut off before.
        full = length >= WIDTH - 1

        def shortage(row: int, length: Array = length) -> str:
            return f"the line has {length[row]} characters; an element set line has {WIDTH}"

        for row in np.flatnonzero(~full & ~block.wrong).tolist():
            block.faults.append((row, number, "", shortage(row)))
        block.wrong |= ~full
        over = (length > WIDTH) & (lines.characters(which, WIDTH, WIDTH + 1)[0] != BLANK)
        over |= length > tle_lines.LONGEST

        def excess(row: int, length: Array = length) -> str:
            return f"the line runs on past column {WIDTH} ({length[row]} characters)"

        for row in np.flatnonzero(over & ~block.wrong).tolist():
            block.faults.append((row, number, "", excess(row)))
        block.wrong |= over


def _check_separators(block: _Block) -> None:
    for line, columns in _SEPARATORS.items():
        text = block.text[line]
        if bool(np.all([(text[column - 1] == BLANK).all() for column in columns])):
            continue
        for column in columns:
            block.require(text[column - 1] == BLANK, line, column, column, "a blank")


def line_sum(text: Bytes) -> Integers:
    """Return the checksums of lines: digits and one per minus, modulo ten, over columns 1 to 68."""
    digit = text[: WIDTH - 1] - np.uint8(ZERO)
    worth = np.where(digit < 10, digit, text[: WIDTH - 1] == MINUS)
    return np.asarray(worth.sum(axis=0, dtype=np.int64) % 10)


def _check_sums(block: _Block, policy: str) -> list[tuple[int, int, str, str]]:
    notes = []
    for line in (1, 2):
        written = block.text[line][WIDTH - 1]
        absent = written == BLANK
        digit = written - np.uint8(ZERO)
        block.require(absent | (digit < 10), line, WIDTH, WIDTH, "a checksum digit")
        if policy == "ignore":
            continue
        total = line_sum(block.text[line])
        matches = absent | (digit == total)

        def reason(row: int, digit: Bytes = digit, total: Integers = total) -> str:
            return f"the checksum is {digit[row]}, and the line sums to {total[row]}"

        if policy == "error":
            block.require(matches, line, WIDTH, WIDTH, reason)
        else:
            notes += [(row, line, f"{WIDTH}", reason(row)) for row in np.flatnonzero(~matches).tolist()]
    return notes


def _fields(block: _Block) -> Columns:
    one, two = block.text[1], block.text[2]
    ids = _catalog_numbers(block)
    columns: Columns = {"norad_id": ids, "epoch": _epochs(block)}
    letter = one[7]
    is_letter = (letter >= ord("A")) & (letter <= ord("Z"))
    block.require(is_letter | (letter == BLANK), 1, 8, 8, "a classification letter")
    letters = np.where(is_letter, letter, ord("U")).astype(np.uint8)
    columns["classification_type"] = letters.view("S1").astype("U1")
    columns["object_id"] = _designators(block)
    sign, good = _rate_sign(one[33])
    rate, rate_good = fixed_point(one[33:43], 1)
    rate_digits, digits_good = unsigned(one[35:43], blanks=False)
    block.require(good & digits_good & (one[34] == POINT), 1, 34, 43, "a rate like -.00001234")
    columns["mean_motion_dot"] = sign * (rate_digits / 1e8)
    for name, need in (("mean_motion_ddot", "a number like -12345-6"), ("bstar", "a number like -12345-6")):
        _, start, stop = PLACES[name]
        columns[name], good = exponent_form(one[start - 1 : stop])
        block.require(good, 1, start, stop, need)
    columns["ephemeris_type"] = _count(block, "ephemeris_type", np.int8)
    columns["element_set_no"] = _count(block, "element_set_no", np.int32)
    for name in ("inclination", "ra_of_asc_node", "arg_of_pericenter", "mean_anomaly"):
        _, start, stop = PLACES[name]
        value, good = fixed_point(two[start - 1 : stop], 3)
        block.require(good, 2, start, stop, "an angle like 123.4567")
        columns[name] = value / 1e4
    value, good = unsigned(two[26:33])
    block.require(good, 2, 27, 33, "an eccentricity of seven digits")
    columns["eccentricity"] = value / 1e7
    value, good = fixed_point(two[52:63], 2)
    block.require(good, 2, 53, 63, "a mean motion like 12.34567890")
    columns["mean_motion"] = value / 1e8
    columns["rev_at_epoch"] = _count(block, "rev_at_epoch", np.int32)
    return columns


def _rate_sign(column: Bytes) -> tuple[Array, Mask]:
    sign, good = sign_of(column)
    return sign, good | (column == ZERO)


def _catalog_numbers(block: _Block) -> Integers:
    first, good = catalog_number(block.text[1][2:7])
    block.require(good, 1, 3, 7, "a catalog number (digits, or one of A-H, J-N, P-Z and four digits)")
    second, good = catalog_number(block.text[2][2:7])
    block.require(good, 2, 3, 7, "a catalog number (digits, or one of A-H, J-N, P-Z and four digits)")
    block.require(
        first == second,
        2,
        3,
        7,
        lambda row: f"line 1 is of object {first[row]}, line 2 of object {second[row]}",
    )
    return np.where(good & (first == second), first, -1)


def catalog_number(text: Bytes) -> tuple[Integers, Mask]:
    """Read the five characters of a catalog number, Alpha-5 included.

    A letter stands for ten thousands from 10 on; I and O are left out
    (https://www.space-track.org/documentation#tle-alpha5).
    """
    plain, is_plain = unsigned(text)
    letter = text[0].astype(np.int64)
    rest, is_rest = unsigned(text[1:], blanks=False)
    is_letter = (letter >= 65) & (letter <= 90) & (letter != 73) & (letter != 79)
    tens = letter - 55 - (letter > 73) - (letter > 79)
    is_alpha = is_letter & is_rest
    return np.where(is_alpha, tens * 10_000 + rest, plain), is_plain | is_alpha


def _epochs(block: _Block) -> Integers:
    text = block.text[1]
    year, year_good = unsigned(text[18:20])
    units, units_good = fixed_point(text[20:32], 3)
    block.require(year_good, 1, 19, 20, "a year of two digits")
    block.require(units_good, 1, 21, 32, "a day of the year like 123.12345678")
    year = two_digit_year(year)
    epoch, good = tle_to_ns(year, units)
    block.require(good, 1, 21, 32, lambda row: f"there is no day {units[row] / 1e8:.8f} in {year[row]}")
    return epoch


def _count(block: _Block, field: str, kind: type) -> Array:
    line, start, stop = PLACES[field]
    text = block.text[line][start - 1 : stop]
    value, good = unsigned(text)
    blank = (text == BLANK).all(axis=0)
    need = "a digit" if start == stop else "a whole number"
    block.require(good | blank, line, start, stop, need)
    return np.where(good, value, 0).astype(kind)


def _designators(block: _Block) -> Array:
    """International designators as ``1998-067A``; whatever has another shape stays as it is."""
    text = block.text[1][9:17]
    block.require(
        np.asarray(((text >= 32) & (text < 127)).all(axis=0)), 1, 10, 17, "a designator in plain characters"
    )
    year, year_good = unsigned(text[0:2], blanks=False)
    _, launch_good = unsigned(text[2:5], blanks=False)
    letters = (text[5:] >= 65) & (text[5:] <= 90)
    ends = np.all([letters[i] | ((text[5 + i :] == BLANK).all(axis=0)) for i in range(3)], axis=0)
    regular = year_good & launch_good & letters[0] & ends
    out = np.full((12, text.shape[1]), BLANK, np.uint8)
    full = two_digit_year(year)
    for place, power in enumerate((1000, 100, 10, 1)):
        out[place] = ZERO + full // power % 10
    out[4] = ord("-")
    out[5:11] = text[2:]
    out[:8, ~regular] = text[:, ~regular]
    out[8:, ~regular] = BLANK
    joined = np.ascontiguousarray(out.T).view(f"S{len(out)}").ravel()
    if not regular.all():
        joined = np.char.strip(np.where(((joined.view(np.uint8).reshape(-1, 12)) < 127).all(1), joined, b""))
    return np.char.rstrip(joined).astype("U") if len(joined) else text_array([])


def _tail_notes(lines: tle_lines.Lines, pairs: tle_lines.Pairs) -> list[tuple[int, int, str, str]]:
    notes = []
    for number, which in ((1, pairs.first), (2, pairs.second)):
        for row in np.flatnonzero(lines.length(which) > WIDTH).tolist():
            tail = lines.text(int(which[row]))[WIDTH:].strip()
            notes.append((row, number, "", f"text after column {WIDTH} is ignored: {quoted(tail)}"))
    return notes
