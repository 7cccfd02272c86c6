"""OMM as CSV, as CelesTrak and Space-Track write it."""

from __future__ import annotations

import csv
import io
from codecs import BOM_UTF8
from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.csv as pa_csv

from gpuprop.errors import CatalogError
from gpuprop.formats import omm
from gpuprop.formats.columns import Reading
from gpuprop.formats.report import REFUSED, ReportEntry, quoted
from gpuprop.formats.sources import with_line_feeds

if TYPE_CHECKING:
    from collections.abc import Iterator

_ID = "NORAD_CAT_ID"
# A quoted value may hold line breaks; more than this many lines is a quote that was never closed.
_LONGEST_RECORD_LINES = 8
_LONGEST_LINE = 64 * 1024
# Each block is allocated at once, whether it fills or not; new memory costs more than many blocks.
_LARGEST_BLOCK = 2**20


def read(data: bytes, source: str) -> Reading:
    """Read all records of a text.

    Parameters
    ----------
    data : bytes
        The text, the header in its first line that is neither empty nor a comment.
    source : str
        Its name, for messages.

    Returns
    -------
    Reading
        The records that could be parsed, and entries for what could not.

    Raises
    ------
    CatalogError
        The header lacks a column that every record needs, or has one twice.
    """
    data = with_line_feeds(data)
    header_line, body = _header(data)
    header = _column_names(data, header_line, body, source)
    # Columns that are not read get names that cannot clash.
    names = [name if name in omm.KEYWORDS else f"#{index}" for index, name in enumerate(header)]
    first = header_line + 2
    has_header_again = any(data.find(text, body) >= 0 for text in (_ID.encode(), _ID.lower().encode()))
    fields = None if has_header_again else _fast(data, body, names)
    entries: list[ReportEntry] = []
    if fields is None:
        fields, lines, entries = _careful(data[body:], header, names, first, source)
    else:
        count = len(next(iter(fields.values())))
        lines = np.arange(first, first + count, dtype=np.int32)
    reading = omm.read(fields, lines, source)
    merged = sorted(entries + reading.entries, key=lambda entry: entry.line)
    return Reading(reading.columns, merged, reading.where)


def _header(data: bytes) -> tuple[int, int]:
    """Return the line index of the header, and the offset of the line after it."""
    start = 0
    index = 0
    while True:
        end = data.find(b"\n", start)
        stop = len(data) if end < 0 else end
        line = data[start:stop].strip()
        if (line and not line.startswith(b"#")) or end < 0:
            return index, min(stop + 1, len(data))
        start = stop + 1
        index += 1


def _column_names(data: bytes, header_line: int, body: int, source: str) -> list[str]:
    start = data.rfind(b"\n", 0, max(body - 1, 0)) + 1
    text = data[start:body].decode("utf-8", "replace").strip("\r\n")
    place = f"{source}, line {header_line + 1}"
    try:
        cells = next(csv.reader(io.StringIO(text, newline=""), skipinitialspace=True), [])
    except csv.Error as error:
        raise CatalogError(f"{place}: the header is no CSV: {error}") from None
    names = _normalized(cells)
    count = Counter(names)
    twice = [keyword for keyword in omm.KEYWORDS if count[keyword] > 1]
    if twice:
        raise CatalogError(f"{place}: the column {twice[0]} is there twice; keep one of them")
    missing = [keyword for keyword in omm.REQUIRED_KEYWORDS if keyword not in names]
    if missing:
        hint = "; separate the values by commas" if ";" in text or "\t" in text else ""
        raise CatalogError(f"{place}: the header has no column {', '.join(missing)}{hint}")
    return names


def _normalized(cells: list[str]) -> list[str]:
    # Where files were joined, a byte order mark stands before the first name and its quotation mark.
    return [cell.strip().strip("\ufeff").strip('"').upper() for cell in cells]


def _is_header(cells: list[str]) -> bool:
    # More keywords than a record could have as its texts.
    return len(set(omm.REQUIRED_KEYWORDS).intersection(_normalized(cells))) > 4


def _fast(data: bytes, body: int, names: list[str]) -> dict[str, pa.StringArray] | None:
    """Read well-formed text as columns; None if any row is odd or a line is no row."""
    if data.startswith(BOM_UTF8, body):
        # pyarrow would take it for no part of the first value.
        return None
    rest = pa.py_buffer(data).slice(body)
    end = len(data.rstrip())
    rows = data.count(b"\n", body, end) + 1 if end > body else 0
    if rows == 0:
        return {name: pa.array([], pa.string()) for name in names if not name.startswith("#")}
    wanted = [name for name in names if not name.startswith("#")]
    try:
        table = pa_csv.read_csv(
            pa.BufferReader(rest),
            read_options=pa_csv.ReadOptions(
                use_threads=False, column_names=names, block_size=min(_LARGEST_BLOCK, len(rest))
            ),
            parse_options=pa_csv.ParseOptions(newlines_in_values=False),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(wanted, pa.string()),
                include_columns=wanted,
                strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    if table.num_rows != rows or b"\0" in data or not _is_well_quoted(data[body:]):
        return None
    return {name: _one_piece(table[name]) for name in wanted}


def _is_well_quoted(body: bytes) -> bool:
    """Return whether quotation marks enclose whole values only; pyarrow lets other things pass."""
    if b'"' not in body:
        return True
    text = np.frombuffer(body, np.uint8)
    marks = np.flatnonzero(text == ord('"'))
    if len(marks) % 2:
        return False
    around = np.frombuffer(b',"\n', np.uint8)
    before = text[marks[::2] - 1][marks[::2] > 0]
    after = text[np.minimum(marks[1::2] + 1, len(text) - 1)][marks[1::2] + 1 < len(text)]
    return bool(np.isin(before, around).all() and np.isin(after, around).all())


def _one_piece(column: pa.ChunkedArray) -> pa.StringArray:
    if column.num_chunks == 1:
        return column.chunk(0)
    return pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], pa.string())


def _stands_alone(raw: bytes) -> bool:
    """Return whether a line with an odd number of quotation marks is a record all the same."""
    try:
        next(csv.reader([raw.decode("utf-8", "replace")], strict=True), None)
    except csv.Error:
        return False
    return True


def _records(data: bytes, first: int) -> Iterator[tuple[int, str | None, str]]:
    """Yield line number and text of each record, or None and the reason it is none."""
    lines = data.split(b"\n")
    index = 0
    while index < len(lines):
        start, raw = index, lines[index]
        index += 1
        if not raw.strip():
            continue
        if raw.count(b'"') % 2 and not _stands_alone(raw):
            for extra in range(index, min(index + _LONGEST_RECORD_LINES, len(lines))):
                if lines[extra].count(b'"') % 2:
                    raw = b"\n".join(lines[start : extra + 1])
                    index = extra + 1
                    break
            else:
                yield first + start, None, "a quotation mark is never closed"
                continue
        if len(raw) > _LONGEST_LINE:
            yield first + start, None, f"the line has {len(raw)} bytes; {_LONGEST_LINE} are the limit"
            continue
        try:
            yield first + start, raw.decode(), ""
        except UnicodeDecodeError:
            yield first + start, None, "the line is not UTF-8 text"


def _careful(
    data: bytes, header: list[str], names: list[str], first: int, source: str
) -> tuple[dict[str, pa.StringArray], npt.NDArray[np.int32], list[ReportEntry]]:
    """Read line by line, and report every line that is no record.

    Files put together from several have their header again at the seams; under another
    header the values would change places.
    """
    rows: list[list[str]] = []
    numbers: list[int] = []
    entries: list[ReportEntry] = []
    for number, text, reason in _records(data, first):
        cells: list[str] = []
        if text is not None:
            try:
                cells = next(csv.reader(io.StringIO(text, newline=""), strict=True), [])
            except csv.Error as error:
                reason = f"the line is no CSV: {error}"
        if text is not None and _ID in text.upper() and _is_header(cells):
            if _normalized(cells) == header:
                continue
            reason = "another header with other columns; the lines from here on are not read"
            entries.append(ReportEntry(source, number, "", reason, REFUSED, None))
            break
        if not reason and len(cells) != len(names):
            reason = f"the line has {len(cells)} values, the header {len(names)}: {quoted(text or '')}"
        if reason:
            entries.append(ReportEntry(source, number, "", reason, REFUSED, None))
        else:
            rows.append(cells)
            numbers.append(number)
    columns = list(zip(*rows, strict=True)) or [()] * len(names)
    fields = {
        name: pa.array(columns[index], pa.string())
        for index, name in enumerate(names)
        if not name.startswith("#")
    }
    return fields, np.array(numbers, np.int32), entries
