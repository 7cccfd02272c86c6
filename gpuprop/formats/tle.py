"""Two-line element sets, with or without a name line, all rows at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gpuprop.formats import tle_lines
from gpuprop.formats.columns import Reading, empty, join, take
from gpuprop.formats.digits import BLANK, MINUS, ZERO, Bytes, Integers
from gpuprop.formats.report import CONTROL_CHARACTERS, REFUSED, REPAIRED, ReportEntry, quoted
from gpuprop.formats.tle_fields import PLACES, Block, Place, read_fields, span

if TYPE_CHECKING:
    from gpuprop.formats.columns import Columns

WIDTH = tle_lines.WIDTH
_ROWS_AT_ONCE = 8_192

_SEPARATORS = {1: (2, 9, 18, 33, 44, 53, 62, 64), 2: (2, 8, 17, 26, 34, 43, 52)}
_NUMBERS = {"3-7"}
_NAME: Place = (0, 0, 0)
Note = tuple[int, Place, str]


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
        some = pairs.rows(slice(start, start + _ROWS_AT_ONCE))
        columns, added = _read_block(lines, some, source, checksum)
        parts.append(columns)
        entries += added
    names = ("name", *PLACES, "line", "line_2")
    columns = join(parts, names) if parts else empty(names)
    entries.sort(key=lambda entry: entry.line)
    first, second = columns["line"], columns.pop("line_2")

    def where(row: int, field: str) -> tuple[int, str]:
        place = PLACES.get(field)
        if place is None:
            return int(first[row]), field
        return int((first if place[0] == 1 else second)[row]), span(place)

    return Reading(columns, entries, where)


def _read_block(
    lines: tle_lines.Lines, pairs: tle_lines.Pairs, source: str, checksum: str
) -> tuple[Columns, list[ReportEntry]]:
    block = Block(lines.characters(pairs.first), lines.characters(pairs.second))
    notes = _check_lengths(block, lines, pairs)
    _check_separators(block)
    notes += _check_sums(block, checksum)
    columns = read_fields(block)
    columns["name"], name_notes, with_nul = lines.names(pairs.name)
    notes += [(row, _NAME, note) for row, note in name_notes]
    block.faults += [(row, _NAME, CONTROL_CHARACTERS) for row in with_nul if not block.wrong[row]]
    block.wrong[with_nul] = True
    numbers = (pairs.name + 1, pairs.first + 1, pairs.second + 1)
    columns["line"], columns["line_2"] = (number.astype(np.int32) for number in numbers[1:])
    notes = [note for note in notes if not block.wrong[note[0]]]
    entries = []
    for action, found in ((REFUSED, block.faults), (REPAIRED, notes)):
        for row, place, reason in found:
            who = int(columns["norad_id"][row])
            known = who if who >= 0 and span(place) not in _NUMBERS else None
            entries.append(
                ReportEntry(source, int(numbers[place[0]][row]), span(place), reason, action, known)
            )
    return take(columns, ~block.wrong), entries


def _check_lengths(block: Block, lines: tle_lines.Lines, pairs: tle_lines.Pairs) -> list[Note]:
    notes: list[Note] = []
    for number, which in ((1, pairs.first), (2, pairs.second)):
        length = lines.length(which)
        place = (number, 0, 0)
        # Without a checksum a line may end at column 68; blanks at its end were cut off before.
        short = np.flatnonzero(length < WIDTH - 1)
        reasons = {
            row: f"the line has {length[row]} characters; an element set line has {WIDTH}"
            for row in short.tolist()
        }
        block.require(length >= WIDTH - 1, place, reasons.__getitem__)
        glued = (length > WIDTH) & (lines.characters(which, WIDTH, WIDTH + 1)[0] != BLANK)
        over = glued | (length > tle_lines.LONGEST)
        reasons = {
            row: f"the line runs on past column {WIDTH} ({length[row]} characters)"
            for row in np.flatnonzero(over).tolist()
        }
        block.require(~over, place, reasons.__getitem__)
        for row in np.flatnonzero(length > WIDTH).tolist():
            tail = quoted(lines.text(int(which[row]))[WIDTH:].strip())
            notes.append((row, place, f"text after column {WIDTH} is ignored: {tail}"))
    return notes


def _check_separators(block: Block) -> None:
    for line, columns in _SEPARATORS.items():
        good = block.lines[line][[column - 1 for column in columns]] == BLANK
        for column, all_good in zip(columns, good.all(axis=1).tolist(), strict=True):
            if not all_good:
                place = (line, column, column)
                block.require(block.at(place)[0] == BLANK, place, "a blank")


def line_sum(text: Bytes) -> Integers:
    """Return the checksums of lines: digits and one per minus, modulo ten, over columns 1 to 68."""
    digit = text[: WIDTH - 1] - np.uint8(ZERO)
    worth = np.where(digit < 10, digit, text[: WIDTH - 1] == MINUS)
    return np.asarray(worth.sum(axis=0, dtype=np.int64) % 10)


def _check_sums(block: Block, policy: str) -> list[Note]:
    notes: list[Note] = []
    for line in (1, 2):
        place = (line, WIDTH, WIDTH)
        written = block.at(place)[0]
        digit = written - np.uint8(ZERO)
        absent = written == BLANK
        block.require(absent | (digit < 10), place, "a checksum digit")
        if policy == "ignore":
            continue
        total = line_sum(block.lines[line])
        stale = ~absent & (digit != total)
        reasons = {
            row: f"the checksum is {digit[row]}, and the line sums to {total[row]}"
            for row in np.flatnonzero(stale).tolist()
        }
        if policy == "error":
            block.require(~stale, place, reasons.__getitem__)
        else:
            notes += [(row, place, reason) for row, reason in reasons.items()]
    return notes
