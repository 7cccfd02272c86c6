"""The lines of a TLE text, and which of them belong together."""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from gpuprop.formats.columns import Array, text_array
from gpuprop.formats.digits import BLANK, Bytes, Integers
from gpuprop.formats.report import REFUSED, ReportEntry, quoted
from gpuprop.formats.sources import with_line_feeds

WIDTH = 69
# Longer lines are not looked into. Verification sets carry times behind column 69.
LONGEST = 160

_STEPS = 32
_NEWLINE, _TAB = 10, 9
_TEXT, _ONE, _TWO, _COMMENT, _EMPTY = 0, 1, 2, 3, 4


@dataclass(frozen=True)
class Lines:
    """A text cut into lines, blanks at both ends of each left out.

    Attributes
    ----------
    raw : bytes
        The text.
    data : ndarray of uint8
        The same.
    start, stop : ndarray of int64
        Where each line begins and ends in it.
    kind : ndarray of int8
        Text, line 1, line 2, comment or empty.
    """

    raw: bytes
    data: Bytes
    start: Integers
    stop: Integers
    kind: npt.NDArray[np.int8]

    def length(self, which: Integers) -> Integers:
        """Return the number of bytes of the given lines."""
        return np.asarray(self.stop[which] - self.start[which])

    def characters(self, which: Integers, first: int = 0, last: int = WIDTH) -> Bytes:
        """Return the given columns (from 0) of the given lines, blanks past the end of a line."""
        place = self.start[which] + np.arange(first, last)[:, None]
        inside = place < self.stop[which]
        if inside.all():
            return self.data[place]
        return np.where(inside, self.data[np.minimum(place, len(self.data) - 1)], np.uint8(BLANK))

    def text(self, index: int) -> str:
        """Return one line; bytes that are not UTF-8 appear as in Latin-1."""
        return _decoded(self.raw[self.start[index] : self.stop[index]])[0]

    def names(self, which: Integers) -> tuple[Array, list[tuple[int, str]], list[int]]:
        """Return the names on the given lines (-1: none), notes on repaired ones, and rows with a NUL."""
        if (which < 0).all():
            return np.zeros(len(which), "U1"), [], []
        names: list[str] = []
        notes: list[tuple[int, str]] = []
        # A NumPy string drops NULs at its end, so they are looked for before.
        with_nul: list[int] = []
        start, stop = self.start.tolist(), self.stop.tolist()
        for row, line in enumerate(which.tolist()):
            if line < 0:
                names.append("")
                continue
            name, is_utf8 = _decoded(self.raw[start[line] : stop[line]])
            # A line with the name number alone names nothing.
            names.append(name[2:].strip() if name.startswith("0 ") else name.removeprefix("0") and name)
            if "\0" in name:
                with_nul.append(row)
            if not is_utf8:
                notes.append((row, "the name is not UTF-8; it was read as Latin-1"))
        return text_array(names), notes, with_nul


@dataclass(frozen=True)
class Pairs:
    """Line indices (from 0) of each record: name (-1: none), line 1, line 2."""

    name: Integers
    first: Integers
    second: Integers

    def rows(self, rows: Any) -> Pairs:
        """Return some of the records."""
        return Pairs(self.name[rows], self.first[rows], self.second[rows])


def _decoded(raw: bytes) -> tuple[str, bool]:
    try:
        return raw.decode(), True
    except UnicodeDecodeError:
        return raw.decode("latin-1"), False


def split(data: bytes) -> Lines:
    """Cut a text into lines, ended by line feed, carriage return or both."""
    # Files put together from several have byte order marks at the seams.
    data = with_line_feeds(data).replace(b"\n" + BOM_UTF8, b"\n")
    text = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(text == _NEWLINE)
    stop = ends if len(text) and text[-1] == _NEWLINE else np.append(ends, len(text))
    start = np.concatenate([[0], ends + 1])[: len(stop)]
    start, stop = start.astype(np.int64), stop.astype(np.int64)
    if len(text):
        start, stop = _trimmed(text, start, stop)
    return Lines(data, text, start, stop, _kinds(text, start, stop))


def _is_space(byte: Bytes) -> npt.NDArray[np.bool_]:
    return np.asarray((byte == BLANK) | (byte == _TAB))


def _trimmed(text: Bytes, start: Integers, stop: Integers) -> tuple[Integers, Integers]:
    """Leave out blanks at both ends: step by step for all lines at once, the rest line by line."""
    stop, start = stop.copy(), start.copy()
    last = len(text) - 1
    todo = np.flatnonzero(stop > start)
    for _ in range(_STEPS):
        if not len(todo):
            break
        todo = todo[_is_space(text[stop[todo] - 1])]
        stop[todo] -= 1
        todo = todo[stop[todo] > start[todo]]
    for line in todo.tolist():
        stop[line] = start[line] + len(text[start[line] : stop[line]].tobytes().rstrip(b" \t"))
    todo = np.flatnonzero(stop > start)
    for _ in range(_STEPS):
        if not len(todo):
            break
        todo = todo[_is_space(text[np.minimum(start[todo], last)])]
        start[todo] += 1
        todo = todo[stop[todo] > start[todo]]
    for line in todo.tolist():
        start[line] = stop[line] - len(text[start[line] : stop[line]].tobytes().lstrip(b" \t"))
    return start, stop


def _kinds(text: Bytes, start: Integers, stop: Integers) -> npt.NDArray[np.int8]:
    kind = np.zeros(len(start), np.int8)
    if not len(text):
        kind[:] = _EMPTY
        return kind
    last = len(text) - 1
    first = text[np.minimum(start, last)]
    second = np.where(stop - start > 1, text[np.minimum(start + 1, last)], BLANK)
    gap = (second == BLANK) | (second == _TAB)
    kind[(first == ord("1")) & gap] = _ONE
    kind[(first == ord("2")) & gap] = _TWO
    kind[(first == ord("#")) | ((first == ord("/")) & (second == ord("/")))] = _COMMENT
    kind[stop == start] = _EMPTY
    return kind


def pair(lines: Lines, source: str) -> tuple[Pairs, list[ReportEntry]]:
    """Find the records, and report every line that is part of none.

    Parameters
    ----------
    lines : Lines
        The text.
    source : str
        Its name, for messages.

    Returns
    -------
    tuple of (Pairs, list of ReportEntry)
        The records in the order of the text, and the lines left over.
    """
    used = np.flatnonzero(lines.kind < _COMMENT)
    kind = lines.kind[used]
    opens = np.zeros(len(kind), bool)
    opens[:-1] = (kind[:-1] == _ONE) & (kind[1:] == _TWO)
    is_second = np.zeros(len(kind), bool)
    is_second[1:] = opens[:-1]
    swapped = set(_swapped(lines, used, kind, opens, is_second))
    opens[list(swapped)] = False
    is_second[1:] = opens[:-1]
    at = np.flatnonzero(opens)
    named = (at > 0) & (kind[at - 1] == _TEXT) if len(at) else np.zeros(0, bool)
    names = np.where(named, used[at - 1], -1) if len(at) else np.zeros(0, np.int64)
    taken = opens | is_second
    taken[at[named] - 1] = True
    first = used[at]
    second = used[at + 1] if len(at) else first
    left = np.flatnonzero(~taken)
    return Pairs(names, first, second), [
        _left_over(lines, int(used[place]), source, is_swapped=place in swapped or place - 1 in swapped)
        for place in left.tolist()
    ]


def _swapped(lines: Lines, used: Integers, kind: Array, opens: Array, is_second: Array) -> list[int]:
    """Return the places of lines 1 that pair with a line 2 only because all pairs are swapped.

    A line 2 alone, then lines 1 and 2 of the same object in turn, ending in a line 1 alone:
    every line 1 belongs to the line 2 before it, not to the one after.
    """
    found: list[int] = []
    alone = np.flatnonzero((kind == _TWO) & ~is_second).tolist()
    for place in alone:
        who = _number_text(lines, int(used[place]))
        run = []
        follow = place + 1
        while follow < len(kind) and opens[follow] and _number_text(lines, int(used[follow])) == who:
            run.append(follow)
            follow += 2
        ends_alone = follow < len(kind) and kind[follow] == _ONE and not opens[follow]
        if run and ends_alone and _number_text(lines, int(used[follow])) == who:
            found += run
    return found


def _number_text(lines: Lines, index: int) -> bytes:
    start = int(lines.start[index])
    return lines.raw[start + 2 : min(start + 7, int(lines.stop[index]))]


def _left_over(lines: Lines, index: int, source: str, *, is_swapped: bool) -> ReportEntry:
    kind = lines.kind[index]
    if is_swapped:
        reason = "line 2 stands before line 1"
    elif kind == _ONE:
        reason = "line 1 of an element set is not followed by its line 2"
    elif kind == _TWO:
        reason = "line 2 of an element set is not preceded by its line 1"
    else:
        reason = f"{quoted(lines.text(index))} is neither an element set line nor a name before one"
    return ReportEntry(source, index + 1, "", reason, REFUSED, None)
