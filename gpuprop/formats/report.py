"""What a reader refused or repaired, record by record."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, overload

__all__ = ["Report", "ReportEntry"]

REFUSED = "refused"
REPAIRED = "repaired"
SUPERSEDED = "superseded"
CONTROL_CHARACTERS = "the text holds control characters"

_SHOWN = 5
_LONGEST_QUOTE = 40


class ReportEntry(NamedTuple):
    """One record that was not taken as it stands.

    Attributes
    ----------
    source : str
        The file, or what the text was given as.
    line : int
        Line of the source, counted from 1; 0 where the whole source is meant.
    column : str
        The OMM keyword, or the character columns of a TLE line such as ``"27-33"``;
        empty where the whole line is meant.
    reason : str
        What is wrong, as a phrase.
    action : str
        ``"refused"``: not in the catalog. ``"repaired"``: in the catalog, the reason
        says what was overlooked. ``"superseded"``: legal, and left out because the
        source holds a later element set of the same object.
    norad_id : int or None
        The object, where its number could be read.
    """

    source: str
    line: int
    column: str
    reason: str
    action: str
    norad_id: int | None

    @property
    def place(self) -> str:
        """Source, line, column and object, as far as they are known, as a phrase.

        Examples
        --------
        >>> from gpuprop.formats.report import ReportEntry
        >>> ReportEntry("a.tle", 6, "27-33", "it is blank", "refused", 5).place
        'a.tle, line 6, columns 27-33 (object 5)'
        """
        line = f", line {self.line}" if self.line else ""
        column = f", {_column_phrase(self.column)}" if self.column else ""
        who = f" (object {self.norad_id})" if self.norad_id is not None else ""
        return f"{self.source}{line}{column}{who}"

    def __str__(self) -> str:
        return f"{self.place}: {self.action}: {self.reason}"


class Report(Sequence[ReportEntry]):
    """All records of a catalog that were refused, repaired or superseded.

    An immutable sequence of `ReportEntry`, in the order of the sources.

    Parameters
    ----------
    entries : iterable of ReportEntry
        What to hold.

    Examples
    --------
    >>> from gpuprop import Catalog
    >>> text = '''OBJECT A
    ... 1 00005U 58002B   25105.57785212  .00000246  00000-0  32610-3 0  9997
    ... 2 00005  34.2434 194.1488 1840599  10.4860 352.9258 10.85912635396795
    ... OBJECT B
    ... 1 00011U 59001A   25105.59495862  .00003749  00000-0  19901-2 0  9993
    ... 2 00011  32.8650 262.5698 1448152 144.8620 225.6699 11.8959877348
    ... '''
    >>> print(Catalog.read(text).report)
    1 refused
    <text>, line 6 (object 11): refused: the line has 65 characters; an element set line has 69
    """

    __slots__ = ("_entries",)

    def __init__(self, entries: Iterable[ReportEntry] = ()) -> None:
        self._entries = tuple(entries)

    @overload
    def __getitem__(self, index: int) -> ReportEntry: ...
    @overload
    def __getitem__(self, index: slice) -> Report: ...
    def __getitem__(self, index: int | slice) -> ReportEntry | Report:
        if isinstance(index, slice):
            return Report(self._entries[index])
        return self._entries[index]

    def __len__(self) -> int:
        return len(self._entries)

    def __iter__(self) -> Iterator[ReportEntry]:
        return iter(self._entries)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Report) and self._entries == other._entries

    def __hash__(self) -> int:
        return hash(self._entries)

    def __repr__(self) -> str:
        return f"<Report: {self.summary()}>"

    def __str__(self) -> str:
        refused_first = sorted(self._entries, key=lambda entry: entry.action != REFUSED)
        lines = [self.summary(), *map(str, refused_first[:_SHOWN])]
        if len(self) > _SHOWN:
            lines.append(f"... and {len(self) - _SHOWN} more")
        return "\n".join(lines)

    def summary(self) -> str:
        """Return the number of entries of each kind as a phrase.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> Catalog.sample().report.summary()
        'nothing refused or repaired'
        """
        counts = Counter(entry.action for entry in self._entries)
        parts = [f"{counts[action]} {action}" for action in (REFUSED, REPAIRED, SUPERSEDED) if counts[action]]
        return ", ".join(parts) or "nothing refused or repaired"

    def only(self, action: str) -> Report:
        """Return the entries of one kind.

        Parameters
        ----------
        action : {"refused", "repaired", "superseded"}
            The kind.

        Examples
        --------
        >>> from gpuprop import Catalog
        >>> len(Catalog.sample().report.only("refused"))
        0
        """
        return Report(entry for entry in self._entries if entry.action == action)

    def to_csv(self, path: str | Path) -> None:
        """Write the entries as a CSV table, one row each.

        Parameters
        ----------
        path : str or Path
            File to write; an existing one is replaced.

        Examples
        --------
        >>> import tempfile, pathlib
        >>> from gpuprop import Catalog
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "report.csv"
        >>> Catalog.sample().report.to_csv(path)
        >>> path.read_text().strip()
        'source,line,column,reason,action,norad_id'
        """
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(ReportEntry._fields)
            writer.writerows(self._entries)


def _column_phrase(column: str) -> str:
    """Return a column as the phrase an error or entry shows."""
    if not column[:1].isdigit():
        return column
    return f"columns {column}" if "-" in column else f"column {column}"


def quoted(text: str) -> str:
    """Return text from outside as it may stand in a message: escaped and cut."""
    if len(text) > _LONGEST_QUOTE:
        return ascii(text[:_LONGEST_QUOTE]) + "..."
    return ascii(text)
